import ObjectDetection

/// What `GET /health/ready` says.
enum ReadinessAnswer: Sendable, Equatable {
  /// One thing that the service needs.
  struct Part: Sendable, Equatable {
    var name: String
    /// What is wrong with it, in the service's words.
    var problem: String
  }

  /// Names of what was asked and answers.
  case ready([String])
  /// `message` for people; no parts while the service shuts down.
  case notReady(message: String, [Part])

  /// - Throws: `SourceFailure` when it is another answer than that of a Harrier service.
  init(status: Int, body: [UInt8]) throws(SourceFailure) {
    guard status == 200 || status == 503 else { throw SourceFailure(status: status) }
    let answer: JSONValue
    do {
      answer = try JSONValue(answer: body)
    } catch {
      throw status == 200 ? error : SourceFailure(status: status)
    }
    if status == 200 {
      guard case .object(let data)? = answer["data"], data["status"]?.text == "ready" else {
        throw SourceFailure.unexpected
      }
      self = .ready(data.members.filter { $0.value["status"] != nil }.map(\.key))
    } else {
      guard let message = answer["message"]?.text else { throw SourceFailure(status: status) }
      let parts = (answer["errors"]?.elements ?? []).compactMap { entry in
        entry["field"]?.text.map { Part(name: $0, problem: entry["error"]?.text ?? "fails") }
      }
      self = .notReady(message: message, parts)
    }
  }
}
