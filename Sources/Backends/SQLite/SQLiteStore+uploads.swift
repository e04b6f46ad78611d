public import Foundation
import GRDB
public import Jobs

extension SQLiteStore: UploadStore {
  private static let fileColumns = """
    id, upload_id, filename, format, width, height, size_bytes, sha256, blob_key
    """

  public func insert(_ upload: Upload) async throws {
    try await write { database in
      try database.execute(
        sql: "INSERT INTO upload (id, created_ms, expires_ms, owner) VALUES (?, ?, ?, ?)",
        arguments: [
          upload.id.description, upload.createdAt.milliseconds, upload.expiresAt.milliseconds,
          upload.owner,
        ])
      for (position, file) in upload.files.enumerated() {
        try database.execute(
          sql: """
            INSERT INTO file (position, \(Self.fileColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
          arguments: [
            position, file.id.description, upload.id.description, file.filename, file.format,
            file.width, file.height, file.sizeBytes, file.sha256, file.blobKey,
          ])
      }
    }
  }

  public func upload(_ id: UploadID) async throws -> Upload? {
    try await read { try Self.upload(id, $0) }
  }

  public func file(_ id: FileID) async throws -> UploadedFile? {
    try await read { database in
      let statement = try database.cachedStatement(
        sql: "SELECT \(Self.fileColumns) FROM file WHERE id = ?")
      return try Row.fetchOne(statement, arguments: [id.description]).map(Self.file)
    }
  }

  static let expiredUploads = """
    SELECT id FROM upload WHERE expires_ms <= ? AND NOT EXISTS (
      SELECT 1 FROM job WHERE upload_id = upload.id AND state IN ('queued', 'processing')
        AND is_shadow IS NOT 1)
    ORDER BY expires_ms LIMIT ?
    """

  public func expired(at now: Date, limit: Int) async throws -> [Upload] {
    try await read { database in
      let ids = try String.fetchAll(
        database, sql: Self.expiredUploads, arguments: [now.milliseconds, limit])
      return try ids.compactMap { try Self.upload(try storedIdentifier($0), database) }
    }
  }

  public func delete(_ id: UploadID) async throws -> DeletedUpload? {
    try await write { database in
      guard let upload = try Self.upload(id, database) else { return nil }
      guard try !Self.isUsed(id, database) else {
        throw JobsError(.uploadInUse, "A job over this upload has not ended")
      }
      let jobs = try Row.fetchAll(
        database, sql: "SELECT id, is_shadow FROM job WHERE upload_id = ? ORDER BY id",
        arguments: [id.description])
      try database.execute(sql: "DELETE FROM upload WHERE id = ?", arguments: [id.description])
      return DeletedUpload(
        upload: upload, jobIDs: try jobs.map { try storedIdentifier($0[0]) },
        shadowCount: jobs.count { ($0[1] as Int?) == 1 })
    }
  }

  private static func isUsed(_ id: UploadID, _ database: Database) throws -> Bool {
    try Bool.fetchOne(
      database,
      sql: """
        SELECT EXISTS (
          SELECT 1 FROM job WHERE upload_id = ? AND state IN ('queued', 'processing')
            AND is_shadow IS NOT 1)
        """,
      arguments: [id.description]) ?? false
  }

  private static func upload(_ id: UploadID, _ database: Database) throws -> Upload? {
    let row = try Row.fetchOne(
      database, sql: "SELECT created_ms, expires_ms, owner FROM upload WHERE id = ?",
      arguments: [id.description])
    guard let row else { return nil }
    let files = try Row.fetchAll(
      database, sql: "SELECT \(fileColumns) FROM file WHERE upload_id = ? ORDER BY position",
      arguments: [id.description])
    return Upload(
      id: id, createdAt: Date(milliseconds: row[0]), expiresAt: Date(milliseconds: row[1]),
      files: try files.map(file), owner: row[2])
  }

  private static func file(_ row: Row) throws -> UploadedFile {
    UploadedFile(
      id: try storedIdentifier(row[0]), uploadID: try storedIdentifier(row[1]), filename: row[2],
      format: row[3], width: row[4], height: row[5], sizeBytes: row[6], sha256: row[7],
      blobKey: row[8])
  }
}
