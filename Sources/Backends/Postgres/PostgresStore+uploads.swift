public import Foundation
public import Jobs

extension PostgresStore: UploadStore {
  private static let fileColumns = """
    id, upload_id, filename, format, width, height, size_bytes, sha256, blob_key
    """

  public func insert(_ upload: Upload) async throws {
    try await write { connection in
      try connection.query(
        "INSERT INTO upload (id, created_ms, expires_ms, owner) VALUES ($1, $2, $3, $4)",
        [
          upload.id.description, upload.createdAt.milliseconds, upload.expiresAt.milliseconds,
          upload.owner,
        ])
      for (position, file) in upload.files.enumerated() {
        try connection.query(
          """
          INSERT INTO file (position, \(Self.fileColumns))
          VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
          """,
          [
            position, file.id.description, upload.id.description, file.filename, file.format,
            file.width, file.height, file.sizeBytes, file.sha256, file.blobKey,
          ])
      }
    }
  }

  public func upload(_ id: UploadID) async throws -> Upload? {
    try await snapshot { try Self.upload(id, $0) }
  }

  public func file(_ id: FileID) async throws -> UploadedFile? {
    try await read { connection in
      try connection.query("SELECT \(Self.fileColumns) FROM file WHERE id = $1", [id.description])
        .first.map(Self.file)
    }
  }

  static let expiredUploads = """
    SELECT id FROM upload WHERE expires_ms <= $1 AND NOT EXISTS (
      SELECT 1 FROM job WHERE upload_id = upload.id AND state IN ('queued', 'processing')
        AND is_shadow IS DISTINCT FROM 1)
    ORDER BY expires_ms LIMIT $2
    """

  public func expired(at now: Date, limit: Int) async throws -> [Upload] {
    try await snapshot { connection in
      let rows = try connection.query(Self.expiredUploads, [now.milliseconds, limit]).rows
      return try rows.compactMap { try Self.upload(try storedIdentifier($0[0]), connection) }
    }
  }

  public func delete(_ id: UploadID) async throws -> DeletedUpload? {
    try await write { connection in
      // From here on no job over it is inserted.
      try connection.query("SELECT 1 FROM upload WHERE id = $1 FOR UPDATE", [id.description])
      guard let upload = try Self.upload(id, connection) else { return nil }
      let jobs = try connection.query(
        "SELECT id, ended_ms, is_shadow FROM job WHERE upload_id = $1 ORDER BY id",
        [id.description]
      ).rows
      let shadows = try jobs.map { try ($0[2] as Int?) == 1 }
      let isUsed = try zip(jobs, shadows).contains { try ($0[1] as Int64?) == nil && !$1 }
      guard !isUsed else {
        throw JobsError(.uploadInUse, "A job over this upload has not ended")
      }
      try connection.query("DELETE FROM upload WHERE id = $1", [id.description])
      return DeletedUpload(
        upload: upload, jobIDs: try jobs.map { try storedIdentifier($0[0]) },
        shadowCount: shadows.count { $0 })
    }
  }

  private static func upload(_ id: UploadID, _ connection: PostgresConnection) throws -> Upload? {
    let row = try connection.query(
      "SELECT created_ms, expires_ms, owner FROM upload WHERE id = $1", [id.description]
    ).first
    guard let row else { return nil }
    let files = try connection.query(
      "SELECT \(fileColumns) FROM file WHERE upload_id = $1 ORDER BY position", [id.description])
    return Upload(
      id: id, createdAt: Date(milliseconds: try row[0]), expiresAt: Date(milliseconds: try row[1]),
      files: try files.rows.map(file), owner: try row[2])
  }

  private static func file(_ row: PostgresRow) throws -> UploadedFile {
    UploadedFile(
      id: try storedIdentifier(row[0]), uploadID: try storedIdentifier(row[1]),
      filename: try row[2],
      format: try row[3], width: try row[4], height: try row[5], sizeBytes: try row[6],
      sha256: try row[7], blobKey: try row[8])
  }
}
