/// What a multipart body says, in the order of its bytes.
///
/// For each part `partBegan`, any number of `partBytes`, `partEnded`; after the last part
/// `finished`.
enum MultipartEvent {
  case partBegan(MultipartPartHeaders)
  /// Some of the part's content, never empty. The pointer is good only while the handler runs.
  case partBytes(UnsafeRawBufferPointer)
  case partEnded
  /// The closing boundary: every part is complete. What follows is ignored.
  case finished
}

/// What the headers of a part say.
struct MultipartPartHeaders: Sendable, Equatable {
  /// The form field's name.
  var name: String
  /// The file's name as the client sent it, not to be trusted: see `SanitizedFilename`. nil when
  /// the part is no file; empty when a browser's file field was left empty.
  var filename: String?
  /// As sent; nil when the header is not there.
  var contentType: String?
}

/// How much of a body's frame is accepted. The content of the parts is the caller's to limit.
struct MultipartLimits: Sendable, Equatable {
  /// Bytes of one part's headers, the padding of the boundary line before them included. 16 KiB is
  /// what HTTP servers accept for a whole request's headers, and far more than the longest name
  /// needs. It also bounds the parser's memory, which keeps one header line at a time.
  var headerBytes = 16 << 10
  /// Headers of one part. Clients send one to four.
  var headersPerPart = 32
  /// Parts of one body: room for 100 files with some fields each, and for the answer that there are
  /// too many files.
  var parts = 1000
  /// Bytes before the first boundary. No HTTP client sends any; mail programs sent a line or two.
  var preambleBytes = 8 << 10
}
