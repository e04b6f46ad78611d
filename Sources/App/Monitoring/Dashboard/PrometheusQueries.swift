import Foundation
import Jobs

/// Asks a Prometheus for the numbers of all processes of the installation.
/// https://prometheus.io/docs/prometheus/latest/querying/api/
struct PrometheusQueries: Sendable {
  /// Of one query; it answers from memory.
  private static let timeout = Duration.seconds(2)
  /// Sixty points of one series are 2 KB.
  private static let maxAnswerBytes = 1 << 20

  /// One value at a time, each a step after the one before; nil where there is none.
  typealias Values = [Double?]

  private let transport: any HTTPTransport
  private let base: String
  private let headers: [(name: String, value: String)]
  private let selector: String

  /// - Parameters:
  ///   - url: with a user and a password if need be; a path before `/api` is kept.
  ///   - labels: `name=value` each, of the installation where one Prometheus scrapes several.
  init?(url: String, labels: [String], transport: any HTTPTransport) {
    guard var parts = URLComponents(string: url), let host = parts.host, !host.isEmpty else {
      return nil
    }
    var headers = [(name: "accept", value: "application/json")]
    if let user = parts.user {
      let pair = Data("\(user):\(parts.password ?? "")".utf8)
      headers.append(("authorization", "Basic \(pair.base64EncodedString())"))
    }
    (parts.user, parts.password, parts.query, parts.fragment) = (nil, nil, nil, nil)
    while parts.path.hasSuffix("/") { parts.path.removeLast() }
    guard let base = parts.string else { return nil }
    self.base = base
    self.headers = headers
    self.transport = transport
    selector = labels.compactMap(TextForm.namedValue).map { name, value in
      "\(name)=\"\(escapedLabelValue(value))\""
    }.joined(separator: ",")
  }

  /// A metric of this installation, with more labels to choose by.
  func metric(_ name: String, _ labels: String = "") -> String {
    let all = [labels, selector].filter { !$0.isEmpty }.joined(separator: ",")
    return all.isEmpty ? name : "\(name){\(all)}"
  }

  /// The values of a query with at most one series.
  /// - Throws: `JobsError(.unavailable)` when Prometheus does not answer, or not as it should.
  func values(of query: String, until end: Date, step: Int, count: Int) async throws -> Values {
    let last = Int(end.timeIntervalSince1970)
    let start = last - step * (count - 1)
    // A form, so that no proxy's limit on URLs matters.
    let form = [
      ("query", query), ("start", "\(start)"), ("end", "\(last)"), ("step", "\(step)"),
      ("timeout", "2s"),
    ]
    let body = form.map { "\($0)=\(escaped($1))" }.joined(separator: "&")
    let reply = try await transport.send(
      HTTPCall(
        method: "POST", url: "\(base)/api/v1/query_range",
        headers: headers + [("content-type", "application/x-www-form-urlencoded")],
        body: Array(body.utf8), timeout: Self.timeout, maxResponseBytes: Self.maxAnswerBytes))
    guard reply.status == 200 else {
      throw JobsError(
        .unavailable, "Prometheus does not answer",
        cause: "status \(reply.status): \(String(decoding: reply.body.prefix(200), as: UTF8.self))")
    }
    let series: [Answer.Series]
    do {
      series = try JSONDecoder().decode(Answer.self, from: Data(reply.body)).data.result
    } catch {
      throw JobsError(
        .unavailable, "Prometheus' answer cannot be read", cause: "\(error)")
    }
    var values = Values(repeating: nil, count: count)
    for point in series.first?.values ?? [] {
      let index = Int((point.time - Double(start)) / Double(step) + 0.5)
      if values.indices.contains(index), point.value.isFinite { values[index] = point.value }
    }
    return values
  }

  private func escaped(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
  }

  private struct Answer: Decodable {
    struct Payload: Decodable { let result: [Series] }
    struct Series: Decodable { let values: [Point] }
    /// `[1770058498, "12.5"]`
    struct Point: Decodable {
      let time: Double
      let value: Double

      init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        time = try container.decode(Double.self)
        value = Double(try container.decode(String.self)) ?? .nan
      }
    }
    let data: Payload
  }
}
