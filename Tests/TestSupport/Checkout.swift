public import Foundation

/// Files of this checkout, wherever the tests are started from.
public enum Checkout {
  /// The folder that holds Package.swift.
  public static let root = packageRoot.path

  /// A path below the checkout's root.
  public static func path(_ relative: String) -> String { "\(root)/\(relative)" }

  public static func imageFixture(_ name: String) -> String {
    path("Tests/Fixtures/images/\(name)")
  }
  public static func modelFixture(_ name: String) -> String {
    path("Tests/Fixtures/models/\(name)")
  }
  public static func sample(_ name: String) -> String { path("Samples/\(name)") }
  public static func model(_ name: String) -> String { path("Models/\(name)") }

  public static func data(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path))
  }
}
