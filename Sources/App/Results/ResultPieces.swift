import Jobs
import ObjectDetection

/// A result document of a job, made while it is read: in memory are a page of detections and a piece of text.
struct ResultPieces {
  /// A piece has at least so many bytes, so that small images do not make many small writes.
  static let pieceBytes = 1 << 16

  private enum Step {
    case begin
    case image(Int)
    case detections(Int, DetectionPages)
    case done
  }

  private let results: JobResults
  private let overview: ResultOverview
  private let filter: ResultFilter
  private let service: Service
  private var document: any ResultDocument
  private var step = Step.begin

  /// - Parameter overview: of the same results through the same filter.
  init(
    _ document: any ResultDocument, of results: JobResults, _ overview: ResultOverview,
    _ filter: ResultFilter, _ service: Service
  ) {
    self.results = results
    self.overview = overview
    self.filter = filter
    self.service = service
    self.document = document
  }

  /// nil behind the end.
  ///
  /// - Throws: `JobsError` or `DetectionError` with `.storageError`.
  mutating func next() async throws -> String? {
    var text = ""
    while text.utf8.count < Self.pieceBytes {
      guard let more = try await advance() else { break }
      text += more
    }
    return text.isEmpty ? nil : text
  }

  private mutating func advance() async throws -> String? {
    switch step {
    case .begin:
      step = .image(0)
      return document.begin()
    case .image(let index):
      guard index < results.images.count else {
        step = .done
        return document.end()
      }
      step = .detections(
        index,
        try await DetectionPages(
          of: results.images[index], filter, service, withChanges: document is DetectionsJSON,
          withMasks: true))
      return document.begin(overview.images[index])
    case .detections(let index, var pages):
      guard let page = try await pages.next() else {
        step = .image(index + 1)
        return document.end(overview.images[index])
      }
      step = .detections(index, pages)
      return document.add(page.detections, changes: page.changes, to: overview.images[index])
    case .done:
      return nil
    }
  }
}

/// The detections of one image, a page at a time.
struct DetectionPages {
  /// As JSON some 250 KB.
  static let pageCount = 512
  /// The masks of a page, but for a single one; as polygons at most ten times as much.
  static let maskBytes = 1 << 20

  private let stored: (file: DetectionsFile, reader: any BlobReader)?
  private let filter: ResultFilter
  /// By place in the result.
  private let changes: [Int: DetectionChange]
  private let withMasks: Bool
  private var position = 0

  /// Some of the detections, with what rules did to each; without changes where they did nothing.
  struct Page {
    var detections: [Detection]
    var changes: [DetectionChange?]
  }

  /// Of an image that failed there are none.
  init(
    of image: StoredImage, _ filter: ResultFilter, _ service: Service, withChanges: Bool = false,
    withMasks: Bool = false
  ) async throws {
    self.filter = filter
    self.withMasks = withMasks
    guard case .found(let file, let key) = image.outcome else {
      stored = nil
      changes = [:]
      return
    }
    let reader = try await service.storedBlob(key)
    stored = (file, reader)
    changes = withChanges ? try await reader.reasoning(of: file)?.changes ?? [:] : [:]
  }

  /// nil behind the last page; an empty page has nothing that the filter lets through.
  mutating func next() async throws -> Page? {
    guard let (file, reader) = stored, position < file.image.detectionCount else { return nil }
    var page = position..<min(position + Self.pageCount, file.image.detectionCount)
    var bytes = try await reader.read(whole: file.byteRange(of: page))
    var masks: [UInt8]?
    if withMasks {
      let recordBytes = bytes.count / page.count
      var range = try file.maskByteRange(of: bytes)
      while range.count > Self.maskBytes, page.count > 1 {
        page = page.lowerBound..<page.lowerBound + page.count / 2
        bytes.removeLast(bytes.count - page.count * recordBytes)
        range = try file.maskByteRange(of: bytes)
      }
      masks = range.isEmpty ? nil : try await reader.read(whole: range)
    }
    position = page.upperBound
    let detections = try file.detections(in: bytes, masks: masks)
    guard !changes.isEmpty else { return Page(detections: filter(detections), changes: []) }
    let kept = detections.indices.filter { filter.lets(detections[$0]) }
    return Page(
      detections: kept.map { detections[$0] }, changes: kept.map { changes[page.lowerBound + $0] })
  }
}

extension BlobReader {
  /// - Throws: `JobsError(.storageError)` where less is left.
  fileprivate func read(whole range: Range<Int>) async throws -> [UInt8] {
    let bytes = try await read(at: range.lowerBound, count: range.count)
    guard bytes.count == range.count else {
      throw JobsError(.storageError, "A stored file is shorter than it was")
    }
    return bytes
  }

  /// What rules did to the detections of a stored result; nil where none were applied.
  func reasoning(of file: DetectionsFile) async throws -> ImageReasoning? {
    guard let range = file.reasoningByteRange else { return nil }
    return try file.reasoning(in: try await read(at: range.lowerBound, count: range.count))
  }
}

extension JobResults {
  /// Counts what the filter lets through, by reading every detection once.
  ///
  /// Documents begin with their totals, which clients of a long answer want first; and a result that cannot be
  /// read is found before the first byte of the document.
  ///
  /// - Parameters:
  ///   - format: what the overview is for; of them only GeoJSON looks where images lie.
  ///   - filenames: others than the clients', in an archive.
  func overview(
    for format: ResultFormat, _ filter: ResultFilter, _ service: Service,
    filenames: [String]? = nil
  ) async throws -> ResultOverview {
    let places = format == .geojson ? try await georeferences(service) : []
    var tally = ClassTally()
    var headings: [ImageHeading] = []
    for (index, image) in images.enumerated() {
      var count = 0
      var pages = try await DetectionPages(of: image, filter, service)
      while let page = try await pages.next() {
        tally.add(page.detections)
        count += page.detections.count
      }
      var heading = image.heading(detectionCount: count, filename: filenames?[index])
      heading.georeference = places.isEmpty ? nil : places[index]
      headings.append(heading)
    }
    return ResultOverview(
      model: model, images: headings, classDistribution: tally.distribution(of: model))
  }
}
