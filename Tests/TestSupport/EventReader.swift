import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Reads a stream of server-sent events that does not end by itself.
public struct EventReader: Sendable {
  public struct Event: Sendable, Equatable {
    public var name: String
    public var id: String?
    public var data: String

    /// The data's JSON object; empty when it is none.
    public var json: [String: Any] {
      let value = try? JSONSerialization.jsonObject(with: Data(data.utf8))
      return value as? [String: Any] ?? [:]
    }
  }

  private let url: String
  private let headers: [String: String]

  public init(url: String, headers: [String: String] = [:]) {
    self.url = url
    self.headers = headers
  }

  /// Reads until `isLast` says so of an event, and leaves.
  /// - Throws: `HTTPClientError` when nothing comes for a minute, and when the answer is an error.
  public func read(
    until isLast: @escaping @Sendable (Event) async throws -> Bool
  ) async throws -> [Event] {
    var request = HTTPClientRequest(url: url)
    for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
    let response = try await HTTPClient.shared.execute(request, timeout: .minutes(5))
    guard response.status == .ok else { throw HTTPClientError.remoteConnectionClosed }
    var events: [Event] = []
    var text = ""
    for try await bytes in response.body {
      text += String(buffer: bytes)
      while let end = text.firstRange(of: "\n\n") {
        let block = String(text[..<end.lowerBound])
        text = String(text[end.upperBound...])
        guard let event = Self.event(block) else { continue }
        events.append(event)
        if try await isLast(event) { return events }
      }
    }
    return events
  }

  /// nil for a comment.
  private static func event(_ block: String) -> Event? {
    var fields: [String: String] = [:]
    for line in block.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, !line.hasPrefix(":") else { continue }
      fields[String(parts[0])] = parts[1].trimmingCharacters(in: .whitespaces)
    }
    guard let name = fields["event"] else { return nil }
    return Event(name: name, id: fields["id"], data: fields["data"] ?? "")
  }
}
