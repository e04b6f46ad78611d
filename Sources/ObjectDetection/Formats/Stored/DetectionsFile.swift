/// What is kept of one image's result: its header here, its detections with their exact floats and masks in pieces.
///
/// The bytes are a function of model and result alone. Little-endian; a header, then one record of a fixed
/// size for each detection, in result order:
///
///     8  magic            4  version (1,       4  bytes of the header   4  flags (bit 0: oriented boxes,
///                            with masks 2)                                bit 1: reasoning, bit 2: masks)
///     4  detections       4  width             4  height                4  regions
///     4  capped regions   8  dropped           8  inference seconds (double)
///     texts, each 4 bytes of length and UTF-8: task, model name, SHA-256; 4 bytes of count, class names
///     with reasoning: 8  its bytes      with masks: 8  their bytes
///
///     8  class id   4  confidence   16  x1 y1 x2 y2
///     with oriented boxes: 4  whether this detection has one   20  centre x y, width, height, angle
///     with masks: 8  where its mask begins among them   4  the mask's bytes, 0 where it has none
///
///     behind the last one, with masks: each as `MaskBytes`, in the same order
///     behind them, with reasoning: a `ReasoningSection`
public struct DetectionsFile: Sendable, Equatable {
  /// Like PNG's: no text, and changed by transfers that change line ends.
  static let magic: [UInt8] = [0x89, 0x48, 0x44, 0x45, 0x54, 0x0d, 0x0a, 0x1a]
  static let version: UInt32 = 1
  static let versionWithMasks: UInt32 = 2
  /// Bytes that `headerByteCount(leading:)` looks at.
  public static let leadingByteCount = 16

  public let model: ModelIdentity
  public let image: ImageSummary
  let isOriented: Bool
  let hasMasks: Bool
  private let headerByteCount: Int
  /// 0 where no rules were applied.
  private let reasoningByteCount: Int
  /// Of all masks together.
  private let maskByteCount: Int

  /// How many bytes the header has.
  ///
  /// - Throws: `DetectionError(.storageError)` when the file is no such file, or of another version.
  public static func headerByteCount(leading bytes: [UInt8]) throws -> Int {
    var cursor = ByteCursor(bytes)
    guard try cursor.bytes(magic.count) == magic else { throw damaged("wrong magic bytes") }
    let version: UInt32 = try cursor.number()
    guard version == Self.version || version == Self.versionWithMasks else {
      throw DetectionError(
        .storageError, "A stored result is of another version of Harrier",
        cause: "version \(version)")
    }
    return Int(try cursor.number(UInt32.self))
  }

  /// - Parameters:
  ///   - bytes: the header, at least.
  ///   - fileByteCount: of the whole file.
  /// - Throws: `DetectionError(.storageError)` for a file that is not as it was written.
  public init(header bytes: [UInt8], fileByteCount: Int) throws {
    headerByteCount = try Self.headerByteCount(leading: bytes)
    guard headerByteCount <= bytes.count else { throw Self.damaged("no whole header") }
    var cursor = ByteCursor(Array(bytes[..<headerByteCount]), from: Self.leadingByteCount)
    let flags: UInt32 = try cursor.number()
    guard flags <= 7 else { throw Self.damaged("unknown flags") }
    isOriented = flags & 1 != 0
    hasMasks = flags & 4 != 0
    let count = Int(try cursor.number(UInt32.self))
    let width = Int(try cursor.number(UInt32.self))
    let height = Int(try cursor.number(UInt32.self))
    let regions = Int(try cursor.number(UInt32.self))
    let cappedRegions = Int(try cursor.number(UInt32.self))
    let dropped = Int(truncatingIfNeeded: try cursor.number(UInt64.self))
    let seconds = Double(bitPattern: try cursor.number())
    // Thirty years are longer than any inference, and fit into a Duration.
    guard width > 0, height > 0, dropped >= 0, 0..<1e9 ~= seconds else {
      throw Self.damaged("impossible numbers")
    }
    image = ImageSummary(
      width: width, height: height, detectionCount: count, regionCount: regions,
      cappedRegionCount: cappedRegions, droppedByMaxDetections: dropped,
      inferenceSeconds: seconds)
    guard let task = ModelTask(rawValue: try cursor.text()) else {
      throw Self.damaged("unknown task")
    }
    let name = try cursor.text()
    let sha256 = try cursor.text()
    var classNames: [String] = []
    // Not reserved ahead: a wrong count ends with the bytes.
    for _ in 0..<(try cursor.number(UInt32.self)) { classNames.append(try cursor.text()) }
    model = ModelIdentity(name: name, task: task, sha256: sha256, classNames: classNames)
    let tail = flags & 2 == 0 ? 0 : try cursor.number(UInt64.self)
    guard tail <= ReasoningSection.maxBytes else { throw Self.damaged("impossible numbers") }
    reasoningByteCount = Int(tail)
    let masks = hasMasks ? try cursor.number(UInt64.self) : 0
    guard masks <= UInt64(count) * UInt64(MaskBytes.maxBytes) else {
      throw Self.damaged("impossible numbers")
    }
    maskByteCount = Int(masks)
    guard cursor.isAtEnd else { throw Self.damaged("a header that is too long") }
    guard fileByteCount == maskByteRange.upperBound + reasoningByteCount else {
      throw Self.damaged("\(fileByteCount) bytes for \(count) detections")
    }
  }

  static func damaged(_ cause: String) -> DetectionError {
    DetectionError(.storageError, "A stored result is damaged", cause: cause)
  }
}

extension DetectionsFile {
  private var recordByteCount: Int {
    (isOriented ? 52 : 28) + (hasMasks ? MaskRecord.byteCount : 0)
  }

  /// Where a run of detections is in the file.
  public func byteRange(of detections: Range<Int>) -> Range<Int> {
    let size = recordByteCount
    return headerByteCount + detections.lowerBound * size..<headerByteCount + detections.upperBound
      * size
  }

  /// Where all masks are in the file; empty where there are none.
  private var maskByteRange: Range<Int> {
    let start = byteRange(of: 0..<image.detectionCount).upperBound
    return start..<start + maskByteCount
  }

  /// Where the masks of a run of detections are in the file; empty where they have none.
  ///
  /// - Parameter bytes: of their `byteRange(of:)`.
  /// - Throws: `DetectionError(.storageError)` for bytes that are not as they were written.
  public func maskByteRange(of bytes: [UInt8]) throws -> Range<Int> {
    let spans = try maskSpans(of: bytes)
    let start = maskByteRange.lowerBound
    guard let first = spans.first, let last = spans.last else { return start..<start }
    return start + first.lowerBound..<start + last.upperBound
  }

  /// Of each detection in the bytes of a `byteRange(of:)`, where its mask is among all masks. They follow each other.
  private func maskSpans(of bytes: [UInt8]) throws -> [Range<Int>] {
    guard hasMasks else { return [] }
    let size = recordByteCount
    var spans: [Range<Int>] = []
    for end in stride(from: size, through: bytes.count, by: size) {
      let record = try MaskRecord(ByteCursor(bytes, from: end - MaskRecord.byteCount))
      guard record.range.upperBound <= maskByteCount,
        spans.last?.upperBound ?? record.range.lowerBound == record.range.lowerBound
      else { throw Self.damaged("masks that do not follow each other") }
      spans.append(record.range)
    }
    return spans
  }

  /// Where the reasoning is in the file; nil where no rules were applied.
  public var reasoningByteRange: Range<Int>? {
    guard reasoningByteCount > 0 else { return nil }
    let start = maskByteRange.upperBound
    return start..<start + reasoningByteCount
  }

  /// The reasoning in the bytes of `reasoningByteRange`.
  ///
  /// - Throws: `DetectionError(.storageError)` for bytes that are not as they were written.
  public func reasoning(in bytes: [UInt8]) throws -> ImageReasoning {
    try ReasoningSection.decode(bytes, detectionCount: image.detectionCount)
  }

  /// The detections in the bytes of a `byteRange(of:)`.
  ///
  /// - Parameter masks: the bytes of their `maskByteRange(of:)`; nil leaves the masks out.
  /// - Throws: `DetectionError(.storageError)` for bytes that are not as they were written.
  public func detections(in bytes: [UInt8], masks: [UInt8]? = nil) throws -> [Detection] {
    let size = recordByteCount
    guard bytes.count.isMultiple(of: size) else { throw Self.damaged("a piece of a detection") }
    var detections: [Detection] = []
    detections.reserveCapacity(bytes.count / size)
    for start in stride(from: 0, to: bytes.count, by: size) {
      var cursor = ByteCursor(bytes, from: start)
      detections.append(try Self.detection(&cursor, isOriented: isOriented))
    }
    guard let masks else { return detections }
    let spans = try maskSpans(of: bytes)
    for (place, span) in spans.enumerated() where !span.isEmpty {
      let start = span.lowerBound - spans[0].lowerBound
      guard start + span.count <= masks.count else { throw Self.damaged("the end before its time") }
      detections[place].mask = try MaskBytes.decode(Array(masks[start..<start + span.count]))
    }
    return detections
  }

  static func detection(_ cursor: inout ByteCursor, isOriented: Bool) throws -> Detection {
    let classID = Int(truncatingIfNeeded: try cursor.number(Int64.self))
    let confidence = try cursor.float()
    let box = BoundingBox(
      xMin: try cursor.float(), yMin: try cursor.float(), xMax: try cursor.float(),
      yMax: try cursor.float())
    // Boxes are clipped to their image. The bound keeps whole pixels, as VOC writes them, inside an Int.
    guard confidence.isFinite,
      [box.xMin, box.yMin, box.xMax, box.yMax].allSatisfy({ abs($0) < 1e9 })
    else { throw damaged("impossible numbers") }
    var detection = Detection(classID: classID, confidence: confidence, box: box)
    guard isOriented else { return detection }
    let isPresent: UInt32 = try cursor.number()
    let oriented = OrientedBox(
      centerX: try cursor.float(), centerY: try cursor.float(), width: try cursor.float(),
      height: try cursor.float(), angle: try cursor.float())
    guard isPresent <= 1 else { throw damaged("unknown flags") }
    if isPresent == 1 { detection.orientedBox = oriented }
    return detection
  }

  /// A whole file that is in memory. Times are not kept but the inference's.
  ///
  /// - Throws: `DetectionError(.storageError)` for a file that is not as it was written.
  public static func decode(
    _ bytes: [UInt8]
  ) throws -> (model: ModelIdentity, image: ImageDetections) {
    let file = try DetectionsFile(header: bytes, fileByteCount: bytes.count)
    let image = file.image
    let records = Array(bytes[file.byteRange(of: 0..<image.detectionCount)])
    var detections = ImageDetections(
      width: image.width, height: image.height,
      detections: try file.detections(
        in: records, masks: Array(bytes[try file.maskByteRange(of: records)])),
      regionCount: image.regionCount, cappedRegionCount: image.cappedRegionCount,
      droppedByMaxDetections: image.droppedByMaxDetections,
      inference: .seconds(image.inferenceSeconds))
    detections.reasoning = try file.reasoningByteRange.map {
      try file.reasoning(in: Array(bytes[$0]))
    }
    return (file.model, detections)
  }
}
