import Jobs

extension UploadedFile {
  /// Whether browsers show the file as it is. They turn it upright themselves.
  var isShownByBrowsers: Bool { format == "JPEG" || format == "PNG" }
}

extension ImageRecord {
  /// How the keys of a worker's pictures end: `KEY.annotated`.
  static let annotatedKind = "annotated"
  /// The picture without marks, of files that browsers do not show.
  static let plainKind = "plain"

  /// Of the picture without marks, which lies beside the annotated one; nil where the job drew none. There is no such
  /// file where browsers show the original.
  var plainKey: String? {
    guard let annotatedKey, annotatedKey.hasSuffix(".\(Self.annotatedKind)") else { return nil }
    return annotatedKey.dropLast(Self.annotatedKind.count) + Self.plainKind
  }
}
