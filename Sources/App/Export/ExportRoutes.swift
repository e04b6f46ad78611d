import HTTPTypes
import Hummingbird
import Jobs
import NIOCore
import ObjectDetection

/// Everything of a job in one archive, packed while it is sent.
struct ExportRoutes: Sendable {
  private enum Images: String, CaseIterable {
    case yes = "true"
    case no = "false"
  }

  let service: Service

  /// `GET /api/v1/jobs/{job_id}/export`
  @Sendable func export(_ request: Request, _ context: HarrierContext) async throws -> Response {
    let query = try QueryParameters(request, allowing: ["format", "images"])
    let format: ResultFormat = try query.choice("format") ?? .json
    let images: Images = try query.choice("images") ?? .no
    let job = try await service.completedJob(context.jobID())
    let tag = EntityTag(of: job, request)
    if let answer = request.notModified(tag, .revalidated) { return answer }
    let results = try await service.results(of: job)
    var headers = HTTPFields.validators(tag, .revalidated)
    headers[.contentType] = "application/zip"
    headers[.contentDisposition] = contentDisposition(
      "attachment", filename: "\(job.id)-\(format.rawValue).zip")
    headers[.xContentTypeOptions] = "nosniff"
    let service = service
    let body = ResponseBody.stream(context) { writer in
      let export = Export(results, format, withImages: images == .yes, service)
      let entries = ExportEntries(try await export.entries())
      let output = ArchiveOutput(writer)
      try await service.archives.writeZIP(
        { try await entries.next() }, to: { try await output.write($0) })
    }
    return Response(status: .ok, headers: headers, body: body)
  }
}

/// Lets an archive writer reach the answer's body. Unchecked because an archive writer writes its bytes one
/// after the other, and the body's own closure waits for it.
private final class ArchiveOutput: @unchecked Sendable {
  private var writer: any ResponseBodyWriter

  init(_ writer: any ResponseBodyWriter) { self.writer = writer }

  func write(_ bytes: [UInt8]) async throws { try await writer.write(ByteBuffer(bytes: bytes)) }
}

/// The entries in their turn, each made when it is asked for.
private actor ExportEntries {
  private var entries: ArraySlice<Export.Entry>

  init(_ entries: [Export.Entry]) { self.entries = entries[...] }

  func next() async throws -> ArchiveEntry? { try await entries.popFirst()?() }
}
