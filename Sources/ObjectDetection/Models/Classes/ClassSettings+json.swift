extension JSONWriter {
  /// `class_map` and `class_thresholds`, where there are any: names in order, thresholds in the shortest text that reads
  /// as the same double.
  public mutating func members(of settings: ClassSettings) {
    if let map = settings.classMap {
      object("class_map") { json in
        for (name, label) in map.sorted(by: { $0.key < $1.key }) { json.string(name, label) }
      }
    }
    guard !settings.classThresholds.isEmpty else { return }
    object("class_thresholds") { json in
      for (name, threshold) in settings.classThresholds.sorted(by: { $0.key < $1.key }) {
        json.raw(name, "\(threshold)")
      }
    }
  }
}
