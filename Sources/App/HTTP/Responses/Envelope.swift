import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import ObjectDetection

/// The contract's success envelope and the times in it.
enum Envelope {
  /// `{"status": "success", "message"?: ..., "data": {...}}`
  static func success(
    status: String = "success", message: String? = nil, _ data: (inout JSONWriter) -> Void
  ) -> String {
    var json = JSONWriter()
    json.object { json in
      json.string("status", status)
      if let message { json.string("message", message) }
      json.object("data", data)
    }
    return json.text
  }
}

extension JSONWriter {
  /// RFC 3339, UTC, milliseconds.
  mutating func time(_ key: String, _ time: Date) { string(key, time.rfc3339) }
}

extension Date {
  /// To the millisecond, as the stores keep times: what is answered now and what is read later are the same.
  var wholeMilliseconds: Date {
    Date(timeIntervalSince1970: (timeIntervalSince1970 * 1000).rounded() / 1000)
  }

  /// `2026-02-02T18:54:57.324Z`
  var rfc3339: String {
    let milliseconds = Int64((timeIntervalSince1970 * 1000).rounded())
    let (day, inDay) = milliseconds.flooredQuotientAndRemainder(dividingBy: 86_400_000)
    // Days to a civil date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    let shifted = day + 719_468
    let (era, dayOfEra) = shifted.flooredQuotientAndRemainder(dividingBy: 146_097)
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthIndex = (5 * dayOfYear + 2) / 153
    let month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let dayOfMonth = dayOfYear - (153 * monthIndex + 2) / 5 + 1
    let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))"
    let minutes = inDay / 60_000
    let clock = "\(padded(minutes / 60, 2)):\(padded(minutes % 60, 2))"
    let seconds = "\(padded(inDay % 60_000 / 1000, 2)).\(padded(inDay % 1000, 3))"
    return "\(date)T\(clock):\(seconds)Z"
  }
}

extension Int64 {
  fileprivate func flooredQuotientAndRemainder(dividingBy divisor: Int64) -> (Int64, Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}

private func padded(_ value: Int64, _ digits: Int) -> String {
  let text = String(value)
  return String(repeating: "0", count: max(0, digits - text.count)) + text
}

extension Response {
  /// A JSON document.
  static func json(
    _ text: String, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) -> Response {
    var headers = headers
    headers[.contentType] = "application/json; charset=utf-8"
    return Response(
      status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}
