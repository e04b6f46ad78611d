public import Foundation

/// The package's folder, found from where this file was compiled.
public let packageRoot = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The files under Tests/Fixtures.
public enum Fixtures {
  /// The place of a fixture, for example `images/png-rgb8.png`.
  public static func url(_ path: String) -> URL {
    packageRoot.appending(path: "Tests/Fixtures").appending(path: path)
  }

  /// Decodes the JSON fixture at `path`; its `snake_case` keys become `snakeCase`.
  public static func decode<Document: Decodable>(
    _ type: Document.Type = Document.self, from path: String
  ) throws -> Document {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(contentsOf: url(path)))
  }

  /// The rows under `cases` of a file in Tests/Fixtures/numerics.
  public static func cases<Case: Decodable>(
    _ type: Case.Type = Case.self, of file: String
  ) throws -> [Case] {
    try decode(CaseFile<Case>.self, from: "numerics/\(file)").cases
  }
}

private struct CaseFile<Case: Decodable>: Decodable { var cases: [Case] }
