import Jobs

/// Whose each upload, file and job is. That never changes, so it is looked up once.
struct Ownership: Sendable {
  /// Some megabytes; those who poll ask for few.
  private static let capacity = 10_000

  private let jobs: any JobStore
  private let uploads: any UploadStore
  private let known = RecentValues<String, Owner>(capacity: capacity)

  /// `nil` inside: nobody had to say who they are when it was made.
  private struct Owner: Sendable { var name: String? }

  init(jobs: any JobStore, uploads: any UploadStore) {
    self.jobs = jobs
    self.uploads = uploads
  }

  /// - Throws: `APIError.noSuchJob` for a job that is not there, or not for this caller: both look the same.
  func check(_ id: JobID, for caller: Caller) async throws {
    try await check(id.description, for: caller, or: .noSuchJob) {
      try await jobs.job(id).map { Owner(name: $0.owner) }
    }
  }

  /// - Throws: `APIError.noSuchUpload`.
  func check(_ id: UploadID, for caller: Caller) async throws {
    try await check(id.description, for: caller, or: .noSuchUpload) {
      try await uploads.upload(id).map { Owner(name: $0.owner) }
    }
  }

  /// - Throws: `APIError.noSuchFile`.
  func check(_ id: FileID, for caller: Caller) async throws {
    try await check(id.description, for: caller, or: .noSuchFile) {
      guard let file = try await uploads.file(id) else { return nil }
      return try await uploads.upload(file.uploadID).map { Owner(name: $0.owner) }
    }
  }

  private func check(
    _ id: String, for caller: Caller, or absent: APIError,
    _ lookUp: () async throws -> Owner?
  ) async throws {
    // Who sees everything is told by the route itself what is not there.
    if caller.isAdmin { return }
    if let owner = known[id] {
      guard caller.sees(owner.name) else { throw absent }
      return
    }
    guard let owner = try await lookUp() else { throw absent }
    known.remember(owner, for: id)
    guard caller.sees(owner.name) else { throw absent }
  }
}
