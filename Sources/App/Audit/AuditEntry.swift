import Foundation
import ObjectDetection

/// Who did what to which thing, when, from where; never a secret.
struct AuditEntry: Sendable, Equatable {
  /// What became of it.
  enum Outcome: String, Sendable {
    case done
    /// The caller is not known, may not, asks too often, or asks for what is not there for it.
    case refused
    case failed
  }

  var time: Date
  /// `POST /api/v1/jobs/{job_id}/cancel`, or of the command line `keys create`.
  var action: String
  var outcome: Outcome
  /// nil on the command line.
  var status: Int?
  var errorCode: String?
  /// Whose things; nil for nobody who is known.
  var owner: String?
  var keyID: String?
  /// `key`, `token`, `session`, `jwt`, `metrics_token`, `none`; `command` for the command line.
  var credential: String
  /// The client's address; on the command line the user's name.
  var client: String
  /// By name: `job_id`, `upload_id`, `file_id`, `key_id`.
  var ids: [String: String] = [:]
  var requestID: String?
  /// Refusals before this one for which there was no room.
  var leftOut = 0

  /// One line of JSON, with its end.
  var line: String {
    var json = JSONWriter()
    json.object { json in
      json.time("time", time)
      json.string("action", action)
      json.string("outcome", outcome.rawValue)
      if let status { json.integer("status", status) }
      if let errorCode { json.string("error_code", errorCode) }
      if let owner { json.string("owner", owner) }
      if let keyID { json.string("key_id", keyID) }
      json.string("credential", credential)
      json.string("client", client)
      if !ids.isEmpty {
        json.object("ids") { json in
          for (name, id) in ids.sorted(by: { $0.key < $1.key }) { json.string(name, id) }
        }
      }
      if let requestID { json.string("request_id", requestID) }
      if leftOut > 0 { json.integer("refusals_left_out", leftOut) }
    }
    return json.text + "\n"
  }
}
