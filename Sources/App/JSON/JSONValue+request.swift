import ObjectDetection

extension JSONValue {
  /// Reads what a client sent.
  /// - Throws: `APIError(.invalidRequest)`, whose details name line and column.
  init(parsing bytes: [UInt8]) throws(APIError) {
    do {
      self = try JSONValue(json: bytes)
    } catch {
      throw APIError(.invalidRequest, "Malformed JSON", details: error.description(in: bytes))
    }
  }
}
