import App
import ArgumentParser
import Foundation
import Jobs

struct CreateKeyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make a key and print it, once.",
    discussion: """
      The key alone goes to standard output, so that a script can take it:

        KEY=$(harrier keys create --name nightly --scopes read,submit --expires-in 90d)
      """)

  private static let maxCharacters = 255
  private static let maxDays = 36_500

  @OptionGroup var options: ServiceOptions

  @Option(help: "What it is for, for people.") var name: String

  @Option(
    help: ArgumentHelp(
      "What it may: read, submit, metrics, admin; several with commas.", valueName: "scopes"))
  var scopes: String

  @Option(
    help:
      "Whose uploads and jobs it makes and sees; keys of one owner share them. Default: its own alone."
  )
  var owner: String?

  @Option(
    help: ArgumentHelp("When it ends: 12h, 90d. Default: when it is revoked.", valueName: "time"))
  var expiresIn: String?

  @Option(help: "Requests a minute; 0 is without limit. Default: rate_limit.")
  var requestsPerMinute: Int?

  @Option(help: "Bytes of uploads a day; 0 is without limit. Default: quota_bytes_per_day.")
  var bytesPerDay: Int?

  @Option(help: "Jobs that may wait; 0 is without limit. Default: quota_queued_jobs.")
  var queuedJobs: Int?

  @Option(help: "Jobs worked on at once; 0 is without limit. Default: quota_running_jobs.")
  var runningJobs: Int?

  func validate() throws {
    try Self.checkLine(name, of: "--name")
    if let owner { try Self.checkLine(owner, of: "--owner") }
    _ = try parsedScopes()
    if let expiresIn, Self.seconds(expiresIn) == nil {
      throw ValidationError("--expires-in must be hours or days, such as 12h or 90d")
    }
    for (option, value) in [
      ("--requests-per-minute", requestsPerMinute), ("--bytes-per-day", bytesPerDay),
      ("--queued-jobs", queuedJobs), ("--running-jobs", runningJobs),
    ] where value.map({ $0 < 0 }) ?? false {
      throw ValidationError("\(option) must not be negative")
    }
  }

  func run() async throws {
    keepFilesPrivate()
    let expiresAt = expiresIn.flatMap(Self.seconds).map { Date().addingTimeInterval($0) }
    let (key, secret) = try await Services.keys(try await options.settings()).create(
      name: name, owner: owner, scopes: try parsedScopes(),
      limits: AccessLimits(
        requestsPerMinute: requestsPerMinute, bytesPerDay: bytesPerDay, queuedJobs: queuedJobs,
        runningJobs: runningJobs),
      expiresAt: expiresAt)
    printError("\(key.id): \(KeyText.summary(key)). This is the only time that the key is shown.")
    print(secret)
  }

  private func parsedScopes() throws -> Set<AccessScope> {
    let words = scopes.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    let known = AccessScope.allCases.map(\.rawValue).joined(separator: ", ")
    guard !words.isEmpty else { throw ValidationError("--scopes: name some of \(known)") }
    return Set(
      try words.map { word in
        guard let scope = AccessScope(rawValue: word) else {
          throw ValidationError("--scopes: \"\(word)\" is none of \(known)")
        }
        return scope
      })
  }

  private static func checkLine(_ text: String, of option: String) throws {
    guard (1...maxCharacters).contains(text.count),
      text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control })
    else { throw ValidationError("\(option) must be a line of 1 to \(maxCharacters) characters") }
  }

  /// nil for what is no time.
  private static func seconds(_ text: String) -> TimeInterval? {
    guard let unit = text.last, let count = Int(text.dropLast()), count > 0 else { return nil }
    switch unit {
    case "h" where count <= maxDays * 24: return TimeInterval(count) * 3600
    case "d" where count <= maxDays: return TimeInterval(count) * 86_400
    default: return nil
    }
  }
}
