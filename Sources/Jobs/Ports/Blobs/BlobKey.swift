/// The names of blobs.
public enum BlobKey {
  /// The prefix of all originals.
  public static let uploads = "uploads"
  /// The prefix of all results.
  public static let jobs = "jobs"
  /// The prefix of all registered models.
  public static let models = "models"

  /// The prefix of an upload's originals; each one's last segment is its file's id.
  public static func prefix(of upload: UploadID) -> String { "\(uploads)/\(upload)" }

  /// The prefix of what all attempts at a job have made; the next segment is the fencing token.
  public static func prefix(of job: JobID) -> String { "\(jobs)/\(job)" }

  /// The prefix of the files of a version of a model.
  public static func prefix(of files: ModelFilesID) -> String { "\(models)/\(files)" }

  /// The prefix of the golden pictures of a model.
  public static func prefix(of set: GoldenSetID) -> String { "\(models)/\(set)" }

  /// Whether the text is a key or a prefix: it can neither leave the store's folder nor name a file of the system.
  public static func isValid(_ key: String) -> Bool {
    // File systems allow 255 bytes a name; 512 a key leave room for any root in PATH_MAX.
    key.utf8.count <= 512
      && key.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        .allSatisfy { isName($0) && $0.count <= 255 }
  }

  private static func isName(_ segment: Substring.UTF8View) -> Bool {
    !segment.isEmpty && !segment.elementsEqual(".".utf8) && !segment.elementsEqual("..".utf8)
      && segment.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }
}
