import Hummingbird
import Jobs
import Logging
import NIOPosix

/// Takes in the body of a model's upload. Nothing of it stays but what was made a version.
struct ModelUploadReceiver: Sendable {
  /// Each may be a gigabyte, and is compiled afterwards.
  static let concurrentUploads = 2

  let settings: ServiceSettings
  let blobs: any BlobStore
  let threads: NIOThreadPool
  let slots: WorkSlots
  let logger: Logger

  /// Reads the body to its end and calls `body` with what was sent, whose files are removed afterwards.
  func receive<Result>(
    _ request: Request, _ body: (ModelUpload) async throws -> Result
  ) async throws -> Result {
    if let length = request.headers.announcedBytes, length > settings.maxModelBytes {
      throw tooLarge
    }
    let boundary = try MultipartBoundary(contentType: request.headers[.contentType] ?? "")
    return try await slots.withSlot {
      let sink = ModelUploadSink(
        boundary: boundary, stem: try await blobs.temporaryPath(),
        maxDocumentBytes: settings.maxJSONBytes)
      do {
        try await BodyIntake(
          threads: threads, maxBytes: settings.maxModelBytes, tooLarge: tooLarge
        ).fill(sink, from: request.body)
        let upload = try await threads.runIfActive { try sink.finish() }
        let result = try await body(upload)
        await remove(sink)
        return result
      } catch {
        await remove(sink)
        throw error
      }
    }
  }

  private func remove(_ sink: ModelUploadSink) async {
    do {
      try await uncancelled { [threads] in
        try await threads.runIfActive { sink.removeTemporaryFiles() }
      }
    } catch {
      logger.warning("temporary files stay behind", metadata: ["cause": "\(error)"])
    }
  }

  private var tooLarge: APIError {
    APIError(
      .uploadTooLarge, "The model is too large",
      details: "At most \(settings.maxModelBytes) bytes in one request")
  }
}
