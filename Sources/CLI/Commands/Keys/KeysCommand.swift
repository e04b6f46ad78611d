import App
import ArgumentParser
import Foundation
import Jobs

struct KeysCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "keys", abstract: "Create, list and revoke the keys of callers.",
    discussion: """
      A service with HARRIER_AUTH=on lets in who has a key: docs/security.md. The secret is printed once, and kept \
      nowhere. A running service takes a new key at once, and a revoked one for five seconds more.

        harrier keys create --name "survey team" --scopes read,submit
        harrier keys create --name prometheus --scopes metrics
        harrier keys list
        harrier keys revoke hrk_01k4v9c7m2f8q3t5w6x1y0z9ab
      """,
    subcommands: [CreateKeyCommand.self, ListKeysCommand.self, RevokeKeyCommand.self],
    defaultSubcommand: ListKeysCommand.self)
}

struct ListKeysCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List all keys, newest first; never their secrets.")

  @OptionGroup var options: ServiceOptions

  @Flag(help: "A JSON object a line.") var json = false

  func run() async throws {
    keepFilesPrivate()
    let now = Date()
    let keys = try await Services.keys(try await options.settings()).list()
    if json {
      for key in keys { print(KeyText.json(key, at: now)) }
    } else {
      print(KeyText.table(keys, at: now), terminator: "")
    }
  }
}

struct RevokeKeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "End keys for good, and the tokens and sessions made of them.")

  @OptionGroup var options: ServiceOptions

  @Argument(help: "Ids of keys: hrk_...") var ids: [String]

  func run() async throws {
    keepFilesPrivate()
    let keys = try await Services.keys(try await options.settings())
    var failed = false
    for text in ids {
      // Who pastes a whole key means that key.
      let id = text.split(separator: "_").prefix(2).joined(separator: "_")
      guard let id = APIKeyID(id), let key = try await keys.revoke(id) else {
        printError("harrier: no key \(id)")
        failed = true
        continue
      }
      print("Revoked: \(key.id) (\(key.name))")
    }
    if failed { throw ExitCode(1) }
  }
}
