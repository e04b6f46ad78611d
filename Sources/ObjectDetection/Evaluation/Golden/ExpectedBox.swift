/// An object that must be found, by the label that results have.
public struct ExpectedBox: Sendable, Equatable {
  public var label: String
  /// Pixels of the upright image.
  public var box: BoundingBox
  /// nil for axis-aligned labels.
  public var orientedBox: OrientedBox?

  public init(label: String, box: BoundingBox, orientedBox: OrientedBox? = nil) {
    self.label = label
    self.box = box
    self.orientedBox = orientedBox
  }

  /// A detection that somebody has looked at and found right.
  public init(_ detection: Detection, label: String) {
    self.init(label: label, box: detection.box, orientedBox: detection.orientedBox)
  }
}
