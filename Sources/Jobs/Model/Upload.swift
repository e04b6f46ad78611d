public import Foundation

/// Pictures that arrived together. All of them are kept, or none.
public struct Upload: Sendable, Equatable {
  public var id: UploadID
  public var createdAt: Date
  /// When it and all that was made from it may be deleted.
  public var expiresAt: Date
  /// In the order sent.
  public var files: [UploadedFile]
  /// Whose it is; nil where nobody had to say who they are.
  public var owner: String?

  public init(
    id: UploadID, createdAt: Date, expiresAt: Date, files: [UploadedFile], owner: String? = nil
  ) {
    self.id = id
    self.owner = owner
    self.createdAt = createdAt
    self.expiresAt = expiresAt
    self.files = files
  }
}

/// One picture as it was sent.
public struct UploadedFile: Sendable, Equatable {
  public var id: FileID
  public var uploadID: UploadID
  /// The client's, without folders and control characters.
  public var filename: String
  /// `JPEG`, `PNG` or `TIFF`.
  public var format: String
  /// Pixels of the upright image.
  public var width: Int
  public var height: Int
  public var sizeBytes: Int
  /// Lower-case hexadecimal.
  public var sha256: String
  /// Key of the bytes in the blob store.
  public var blobKey: String

  public init(
    id: FileID, uploadID: UploadID, filename: String, format: String, width: Int, height: Int,
    sizeBytes: Int, sha256: String, blobKey: String
  ) {
    self.id = id
    self.uploadID = uploadID
    self.filename = filename
    self.format = format
    self.width = width
    self.height = height
    self.sizeBytes = sizeBytes
    self.sha256 = sha256
    self.blobKey = blobKey
  }
}
