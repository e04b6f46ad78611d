extension DetectionsFile {
  /// The file of one image's result.
  public static func encode(_ image: ImageDetections, model: DetectionModel) -> [UInt8] {
    let isOriented = image.detections.contains { $0.orientedBox != nil }
    var facts: [UInt8] = []
    let reasoning = image.reasoning.map(ReasoningSection.encode) ?? []
    let hasMasks = image.detections.contains { $0.mask != nil }
    let flags = (isOriented ? 1 : 0) | (reasoning.isEmpty ? 0 : 2) | (hasMasks ? 4 : 0)
    facts.append(number: UInt32(flags))
    for count in [
      image.detections.count, image.width, image.height, image.regionCount,
      image.cappedRegionCount,
    ] {
      facts.append(number: UInt32(clamping: count))
    }
    facts.append(number: UInt64(clamping: image.droppedByMaxDetections))
    facts.append(number: image.inference.seconds.bitPattern)
    for text in [model.task.rawValue, model.name, model.sha256] { facts.append(text: text) }
    facts.append(number: UInt32(clamping: model.classNames.count))
    for name in model.classNames { facts.append(text: name) }
    if !reasoning.isEmpty { facts.append(number: UInt64(reasoning.count)) }
    var masks: [UInt8] = []
    let maskRecords =
      hasMasks ? image.detections.map { MaskRecord($0.mask, appendedTo: &masks) } : []
    if hasMasks { facts.append(number: UInt64(masks.count)) }

    var bytes = magic
    bytes.append(number: hasMasks ? versionWithMasks : version)
    bytes.append(number: UInt32(clamping: leadingByteCount + facts.count))
    bytes += facts
    for (place, detection) in image.detections.enumerated() {
      bytes.append(detection, isOriented: isOriented)
      if hasMasks { maskRecords[place].append(to: &bytes) }
    }
    return bytes + masks + reasoning
  }
}

extension [UInt8] {
  mutating func append(number: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
  }

  mutating func append(float: Float) { append(number: float.bitPattern) }

  mutating func append(text: String) {
    append(number: UInt32(clamping: text.utf8.count))
    append(contentsOf: text.utf8)
  }

  mutating func append(_ detection: Detection, isOriented: Bool) {
    append(number: Int64(detection.classID))
    append(float: detection.confidence)
    let box = detection.box
    for value in [box.xMin, box.yMin, box.xMax, box.yMax] { append(float: value) }
    guard isOriented else { return }
    append(number: UInt32(detection.orientedBox == nil ? 0 : 1))
    let oriented =
      detection.orientedBox
      ?? OrientedBox(centerX: 0, centerY: 0, width: 0, height: 0, angle: 0)
    for value in [
      oriented.centerX, oriented.centerY, oriented.width, oriented.height, oriented.angle,
    ] {
      append(float: value)
    }
  }
}
