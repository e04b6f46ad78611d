import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import NIOCore
import ObjectDetection

/// Where the pictures of a job are, or one of them in the answer itself. Section 5 of the contract.
struct VisualizationRoutes: Sendable {
  private enum Format: String, CaseIterable {
    case url, base64
  }

  let service: Service

  /// `GET /api/v1/jobs/{job_id}/visualization`
  @Sendable func visualization(
    _ request: Request, _ context: HarrierContext
  ) async throws -> Response {
    let query = try QueryParameters(request, allowing: ["file_id", "format"])
    let format: Format = try query.choice("format") ?? .url
    let job = try await service.completedJob(context.jobID())
    let tag = EntityTag(of: job, request)
    if let answer = request.notModified(tag, .revalidated) { return answer }
    let results = try await service.results(of: job, only: query.fileID())
    let headers = HTTPFields.validators(tag, .revalidated)
    switch format {
    case .url: return .json(Self.urls(results), headers: headers)
    case .base64:
      guard results.images.count == 1, let image = results.images.first else {
        throw QueryParameters.invalid([
          .field("file_id", "REQUIRED", "The job has several files: name one of them")
        ])
      }
      let answer = try await Base64Pictures(of: image, job: job.id, service)
      return answer.response(headers: headers, context)
    }
  }

  private static func urls(_ results: JobResults) -> String {
    Envelope.success { json in
      json.string("job_id", results.job.id.description)
      json.array("visualizations") { json in
        for image in results.images {
          let files = "/api/v1/files/\(image.file.id)"
          let job = "job_id=\(results.job.id)"
          json.object { json in
            json.string("file_id", image.file.id.description)
            json.string("filename", image.file.filename)
            json.string("original_url", "\(files)/original")
            if image.record.annotatedKey != nil {
              json.string("annotated_url", "\(files)/annotated?\(job)")
            }
            if image.record.thumbnailKey != nil {
              json.string("thumbnail_url", "\(files)/thumbnail?\(job)")
            }
            json.integer("detection_count", image.record.detectionCount)
            if case .failed(let failure) = image.outcome {
              json.imageError(code: failure.code, message: failure.message)
            }
          }
        }
      }
    }
  }
}

/// The pictures of one image as `data:` URLs, encoded while they are read.
private struct Base64Pictures {
  private enum Part {
    case text(String)
    case picture(any BlobReader)

    var byteCount: Int {
      switch self {
      case .text(let text): text.utf8.count
      case .picture(let reader): (reader.sizeBytes + 2) / 3 * 4
      }
    }
  }

  private let parts: [Part]

  /// - Throws: `APIError(.invalidRequest)` when a picture is larger than such an answer may be.
  init(of image: StoredImage, job: JobID, _ service: Service) async throws {
    var json = JSONWriter()
    var parts: [Part] = []
    func open(_ key: String, as url: String) async throws -> any BlobReader {
      let reader = try await service.storedBlob(key)
      let limit = service.settings.maxBase64Bytes
      guard reader.sizeBytes <= limit else {
        throw APIError(
          .invalidRequest, "The picture is too large for base64",
          details:
            "It has \(reader.sizeBytes) bytes, the limit is \(limit): use format=url, or \(url)",
          field: "format")
      }
      return reader
    }
    func add(_ member: String, _ contentType: String, _ reader: any BlobReader) {
      json.beginString(member)
      json.continueString("data:\(contentType);base64,")
      parts += [.text(json.take()), .picture(reader)]
      json.end()
    }
    json.beginObject()
    json.string("status", "success")
    json.beginObject("data")
    json.string("file_id", image.file.id.description)
    json.string("filename", image.file.filename)
    json.string("format", "base64")
    let files = "/api/v1/files/\(image.file.id)"
    let original = try await open(image.file.blobKey, as: "\(files)/original")
    add("original_image", image.file.contentType, original)
    if let key = image.record.annotatedKey {
      let annotated = try await open(key, as: "\(files)/annotated?job_id=\(job)")
      add("annotated_image", try await annotated.pictureFormat().contentType, annotated)
    }
    json.integer("detection_count", image.record.detectionCount)
    json.endAll()
    self.parts = parts + [.text(json.take())]
  }

  func response(headers: HTTPFields, _ context: HarrierContext) -> Response {
    var headers = headers
    headers[.contentType] = "application/json; charset=utf-8"
    let parts = parts
    let length = parts.reduce(0) { $0 + $1.byteCount }
    let body = ResponseBody.stream(length: length, context) { writer in
      for part in parts {
        switch part {
        case .text(let text): try await writer.write(ByteBuffer(string: text))
        case .picture(let reader):
          try await reader.forEachPiece(of: 0..<reader.sizeBytes) { bytes in
            try await writer.write(ByteBuffer(string: Data(bytes).base64EncodedString()))
          }
        }
      }
    }
    return Response(status: .ok, headers: headers, body: body)
  }
}
