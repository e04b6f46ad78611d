import Foundation
public import Jobs
public import ObjectDetection

/// Pictures and what must be found in them, before they are a golden set.
public struct GoldenDraft: Sendable {
  /// A picture on the blob store's disk, in a file that is nobody else's.
  public struct Picture: Sendable {
    public var filename: String
    public var path: String
    public var sizeBytes: Int
    /// Lower-case hexadecimal.
    public var sha256: String
    /// Of the upright picture.
    public var size: PixelSize
    public var expected: [ExpectedBox] = []

    public init(
      filename: String, path: String, sizeBytes: Int, sha256: String, size: PixelSize
    ) {
      self.filename = filename
      self.path = path
      self.sizeBytes = sizeBytes
      self.sha256 = sha256
      self.size = size
    }
  }

  /// Somebody has looked at each box: more pictures nobody has looked at.
  public static let maxPictures = 100
  /// Of one picture: a version that is asked as jobs are does not find more.
  static let maxBoxes = DetectionOptions().maxDetections
  /// Aliases that a set may guard.
  static let maxAliases = 16

  public private(set) var pictures: [Picture]
  /// Of which something could have been marked.
  public let labels: Set<String>
  public let demand: GoldenDemand

  /// Pictures whose boxes are known.
  /// - Parameter maxBytes: of all pictures.
  /// - Throws: `DetectionError(.invalidFormat)` that names the picture.
  public init(
    pictures: [Picture], labels: Set<String>, demand: GoldenDemand, maxBytes: Int
  ) throws {
    self.pictures = pictures
    self.labels = labels
    self.demand = demand
    for index in pictures.indices { try self.pictures[index].clip() }
    try check(maxBytes)
  }

  /// Pictures, and a file that has the boxes of each under its name.
  /// - Throws: `DetectionError(.invalidFormat)` that names the picture that is missing, or that the file does not have.
  public init(
    pictures: [Picture], marked: COCOLabels, demand: GoldenDemand, maxBytes: Int
  ) throws {
    var pictures = pictures
    var places: [String: Int] = [:]
    for (index, picture) in pictures.enumerated() {
      guard places.updateValue(index, forKey: picture.filename) == nil else {
        throw Self.fault("two pictures are called \(picture.filename)")
      }
    }
    for image in marked.images {
      let filename = SanitizedFilename(image.filename).value
      guard let place = places.removeValue(forKey: filename) else {
        throw Self.fault("of the image \(filename) there is no picture, or it is there twice")
      }
      let size = pictures[place].size
      guard image.size ?? size == size else {
        throw Self.fault(
          "\(filename) has \(size.width)x\(size.height) pixels, and was marked at another size")
      }
      pictures[place].expected = image.boxes
    }
    if let left = places.min(by: { $0.value < $1.value })?.key {
      throw Self.fault("of the picture \(left) there is no image in the file of boxes")
    }
    try self.init(pictures: pictures, labels: marked.labels, demand: demand, maxBytes: maxBytes)
  }

  private func check(_ maxBytes: Int) throws {
    guard (1...Self.maxPictures).contains(pictures.count) else {
      throw Self.fault("there must be 1 to \(Self.maxPictures) pictures, not \(pictures.count)")
    }
    guard pictures.reduce(0, { $0 + $1.sizeBytes }) <= maxBytes else {
      throw Self.fault("the pictures have more than \(maxBytes) bytes together")
    }
    guard pictures.contains(where: { !$0.expected.isEmpty }) else {
      throw Self.fault("no box is expected in any picture, so nothing would be checked")
    }
    guard labels.count <= ClassSettings.maxEntries else {
      throw Self.fault("there are more than \(ClassSettings.maxEntries) classes")
    }
    guard demand.aliases.count <= Self.maxAliases else {
      throw Self.fault("more than \(Self.maxAliases) aliases are guarded")
    }
  }

  /// How many boxes are expected of each label.
  var classes: [String: Int] {
    var counts = Dictionary(uniqueKeysWithValues: labels.map { ($0, 0) })
    for box in pictures.flatMap(\.expected) { counts[box.label, default: 0] += 1 }
    return counts
  }

  fileprivate static func fault(_ words: String) -> DetectionError {
    DetectionError(.invalidFormat, words)
  }
}

extension GoldenDraft.Picture {
  /// Boxes end at the picture's border, as those of results do.
  fileprivate mutating func clip() throws {
    guard expected.count <= GoldenDraft.maxBoxes else {
      throw GoldenDraft.fault(
        "\(filename) has \(expected.count) boxes, at most \(GoldenDraft.maxBoxes) are found")
    }
    for index in expected.indices {
      let box = expected[index].box.clipped(
        toWidth: Float(size.width), height: Float(size.height))
      guard !box.isEmpty else {
        throw GoldenDraft.fault("box \(index + 1) of \(filename) is outside of the picture")
      }
      expected[index].box = box
    }
  }
}

/// The expected boxes of a set as they are stored: JSON, picture by picture.
enum ExpectedBoxFile {
  /// Of a hundred pictures with 3,000 oriented boxes each: 200 bytes a box, and room.
  private static let maxBytes = 128 << 20

  private struct Box: Codable {
    var label: String
    var xyxy: [Float]
    /// Centre, size and angle in radians.
    var xywhr: [Float]?
  }

  static func encode(_ pictures: [[ExpectedBox]]) throws -> [UInt8] {
    let boxes = pictures.map { boxes in
      boxes.map { expected in
        let box = expected.box
        return Box(
          label: expected.label, xyxy: [box.xMin, box.yMin, box.xMax, box.yMax],
          xywhr: expected.orientedBox.map {
            [$0.centerX, $0.centerY, $0.width, $0.height, $0.angle]
          })
      }
    }
    return Array(try JSONEncoder().encode(boxes))
  }

  static func read(_ key: String, from blobs: any BlobStore) async throws -> [[ExpectedBox]] {
    let bytes = try await blobs.bytes(key, limit: maxBytes)
    do {
      return try JSONDecoder().decode([[Box]].self, from: Data(bytes)).map { boxes in
        try boxes.map { box in
          guard box.xyxy.count == 4, box.xywhr?.count ?? 5 == 5 else { throw damaged("numbers") }
          return ExpectedBox(
            label: box.label,
            box: BoundingBox(
              xMin: box.xyxy[0], yMin: box.xyxy[1], xMax: box.xyxy[2], yMax: box.xyxy[3]),
            orientedBox: box.xywhr.map {
              OrientedBox(centerX: $0[0], centerY: $0[1], width: $0[2], height: $0[3], angle: $0[4])
            })
        }
      }
    } catch let error as DecodingError {
      throw damaged("\(error)")
    }
  }

  private static func damaged(_ cause: String) -> JobsError {
    JobsError(.storageError, "The stored boxes of golden pictures are damaged", cause: cause)
  }
}
