import Foundation
import Jobs
import ObjectDetection

/// What the archive of a job holds:
///
///     manifest.json               job, model, configuration, files with their hashes, counts
///     labels/NAME.txt|.xml        YOLO and VOC: a file an image; images that failed have none
///     classes.txt                 YOLO: the class names, a line each
///     results.json, annotations.json, detections.csv, detections.geojson    the other formats: one document
///     images/NAME, annotated/NAME with images=true
///
/// Documents name the images as the archive does, where two files of one name have different ones.
struct Export: Sendable {
  typealias Entry = @Sendable () async throws -> ArchiveEntry

  private let results: JobResults
  private let format: ResultFormat
  private let withImages: Bool
  private let service: Service
  private let names: [String]
  private let time: Date

  init(_ results: JobResults, _ format: ResultFormat, withImages: Bool, _ service: Service) {
    self.results = results
    self.format = format
    self.withImages = withImages
    self.service = service
    names = exportNames(results.images.map(\.file))
    time = results.job.endedAt ?? results.job.createdAt
  }

  private var isFileAnImage: Bool { format == .yolo || format == .voc }

  func entries() async throws -> [Entry] {
    let overview = try await results.overview(
      for: format, .everything, service, filenames: names)
    let annotated = withImages ? try await annotatedNames() : [:]
    var entries = [text("manifest.json", manifest(overview, annotated))]
    if format == .yolo {
      entries.append(text("classes.txt", results.model.classNames.map { $0 + "\n" }.joined()))
    }
    if !isFileAnImage { entries.append(document(documentName, results, overview)) }
    for (index, image) in results.images.enumerated() {
      if isFileAnImage, let name = labelName(index) {
        let one = JobResults(job: results.job, model: results.model, images: [image])
        let part = ResultOverview(
          model: overview.model, images: [overview.images[index]],
          classDistribution: overview.classDistribution)
        entries.append(document(name, one, part))
      }
      guard withImages else { continue }
      entries.append(blob("images/\(names[index])", image.file.blobKey))
      if let name = annotated[index], let key = image.record.annotatedKey {
        entries.append(blob(name, key))
      }
    }
    return entries
  }

  private var documentName: String {
    switch format {
    case .json: "results.json"
    case .coco: "annotations.json"
    default: "detections.\(format.fileExtension)"
    }
  }

  /// nil for an image that failed: an empty file would say that there is nothing in it.
  private func labelName(_ index: Int) -> String? {
    guard case .found = results.images[index].outcome else { return nil }
    return "labels/\((names[index] as NSString).deletingPathExtension).\(format.fileExtension)"
  }

  private func annotatedNames() async throws -> [Int: String] {
    var names: [Int: String] = [:]
    for (index, image) in results.images.enumerated() {
      guard let key = image.record.annotatedKey else { continue }
      let format = try await service.storedBlob(key).pictureFormat()
      let stem = (self.names[index] as NSString).deletingPathExtension
      names[index] = "annotated/\(stem).\(format.fileExtension)"
    }
    return names
  }

  private func manifest(_ overview: ResultOverview, _ annotated: [Int: String]) -> String {
    var json = JSONWriter()
    json.object { json in
      json.string("job_id", results.job.id.description)
      json.string("upload_id", results.job.uploadID.description)
      json.time("created_at", results.job.createdAt)
      if let end = results.job.endedAt { json.time("completed_at", end) }
      json.string("format", format.rawValue)
      json.object("model") { $0.members(of: results.model) }
      json.raw("configuration", results.job.configuration)
      json.integer("total_images", results.images.count)
      json.integer("failed_images", overview.images.count { $0.found == nil })
      json.integer("total_detections", overview.totalDetections)
      json.array("files") { json in
        for (index, image) in results.images.enumerated() {
          json.object { json in
            write(image, index, annotated[index], to: &json)
          }
        }
      }
    }
    return json.text + "\n"
  }

  private func write(
    _ image: StoredImage, _ index: Int, _ annotated: String?, to json: inout JSONWriter
  ) {
    json.string("file_id", image.file.id.description)
    json.string("filename", image.file.filename)
    json.string("name", names[index])
    json.string("sha256", image.file.sha256)
    json.integer("size_bytes", image.file.sizeBytes)
    json.integer("width", image.file.width)
    json.integer("height", image.file.height)
    json.integer("detection_count", image.record.detectionCount)
    if isFileAnImage, let name = labelName(index) { json.string("labels", name) }
    if withImages { json.string("image", "images/\(names[index])") }
    if let annotated { json.string("annotated", annotated) }
    if case .failed(let failure) = image.outcome {
      json.imageError(code: failure.code, message: failure.message)
    }
  }
}

/// The kinds of entries.
extension Export {
  private func text(_ name: String, _ text: String) -> Entry {
    let (bytes, time) = (Array(text.utf8), time)
    return {
      ArchiveEntry(name: name, sizeBytes: bytes.count, modifiedAt: time) { offset, count in
        Array(bytes.dropFirst(offset).prefix(count))
      }
    }
  }

  private func blob(_ name: String, _ key: String) -> Entry {
    let (service, time) = (service, time)
    return {
      let reader = try await service.storedBlob(key)
      return ArchiveEntry(name: name, sizeBytes: reader.sizeBytes, modifiedAt: time) {
        try await reader.read(at: $0, count: $1)
      }
    }
  }

  /// Made twice: once for its size, which an archive has before the bytes, and once for the bytes.
  private func document(
    _ name: String, _ results: JobResults, _ overview: ResultOverview
  ) -> Entry {
    let (service, format, time) = (service, format, time)
    let pieces: @Sendable () -> ResultPieces = {
      ResultPieces(format.document(of: overview), of: results, overview, .everything, service)
    }
    return {
      var counted = pieces()
      var size = 0
      while let piece = try await counted.next() { size += piece.utf8.count }
      let reader = PieceReader(pieces)
      return ArchiveEntry(name: name, sizeBytes: size, modifiedAt: time) {
        try await reader.read(at: $0, count: $1)
      }
    }
  }
}

/// Gives a document that is made in pieces as bytes, from the front to the back.
private actor PieceReader {
  private let make: @Sendable () -> ResultPieces
  private var pieces: ResultPieces
  private var waiting: ArraySlice<UInt8> = []
  /// Of the first byte of `waiting`.
  private var position = 0

  init(_ make: @escaping @Sendable () -> ResultPieces) {
    self.make = make
    pieces = make()
  }

  func read(at offset: Int, count: Int) async throws -> [UInt8] {
    if offset < position {
      pieces = make()
      waiting = []
      position = 0
    }
    while position + waiting.count < offset + count {
      var pieces = pieces
      guard let piece = try await pieces.next() else { break }
      self.pieces = pieces
      waiting += piece.utf8
      drop(upTo: offset)
    }
    drop(upTo: offset)
    let bytes = Array(waiting.prefix(count))
    drop(upTo: offset + bytes.count)
    return bytes
  }

  private func drop(upTo offset: Int) {
    let count = min(max(0, offset - position), waiting.count)
    waiting = ArraySlice(Array(waiting.dropFirst(count)))
    position += count
  }
}
