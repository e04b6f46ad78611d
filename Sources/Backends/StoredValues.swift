import Jobs

/// An id that the store itself has written.
func storedIdentifier<Kind>(_ text: String) throws -> Identifier<Kind> {
  guard let id = Identifier<Kind>(text) else {
    throw JobsError(.databaseError, "The metadata store holds an invalid id")
  }
  return id
}

/// nil where there is no code.
func storedFailure(code: String?, message: String?, details: String?) -> JobFailure? {
  code.map { JobFailure(code: $0, message: message ?? "", details: details) }
}

extension [ImageRecord] {
  /// Those of these files, in their order.
  func inOrder(of files: [FileID]) -> [ImageRecord] {
    let byFile = Dictionary(map { ($0.fileID, $0) }, uniquingKeysWith: { first, _ in first })
    return files.compactMap { byFile[$0] }
  }
}
