/// One object that the model found, in pixels of the upright image.
public struct Detection: Sendable, Hashable {
  public var classID: Int
  /// 0...1.
  public var confidence: Float
  /// Clipped to the image. For oriented models the box around `orientedBox`.
  public var box: BoundingBox
  /// Only from oriented models; not clipped, its corners may lie outside the image.
  public var orientedBox: OrientedBox?
  /// Where the model's output has the factors of its mask. 0 once the mask is made.
  var candidate: Int32 = 0
  /// Only from segmentation models: the object's pixels, inside `box`.
  public var mask: InstanceMask?

  public init(
    classID: Int, confidence: Float, box: BoundingBox, orientedBox: OrientedBox? = nil,
    mask: InstanceMask? = nil
  ) {
    self.classID = classID
    self.confidence = confidence
    self.box = box
    self.orientedBox = orientedBox
    self.mask = mask
  }

  /// The order of every result: highest confidence first, ties by class, then by position.
  public static func inResultOrder(_ left: Detection, _ right: Detection) -> Bool {
    if left.confidence != right.confidence { return left.confidence > right.confidence }
    if left.classID != right.classID { return left.classID < right.classID }
    return left.precedesByPosition(right)
  }

  /// Order by x1, y1, x2, y2 and, for oriented boxes that share them, by angle and width.
  func precedesByPosition(_ other: Detection) -> Bool {
    if box.xMin != other.box.xMin { return box.xMin < other.box.xMin }
    if box.yMin != other.box.yMin { return box.yMin < other.box.yMin }
    if box.xMax != other.box.xMax { return box.xMax < other.box.xMax }
    if box.yMax != other.box.yMax { return box.yMax < other.box.yMax }
    guard let mine = orientedBox, let theirs = other.orientedBox else { return false }
    if mine.angle != theirs.angle { return mine.angle < theirs.angle }
    return mine.width < theirs.width
  }
}
