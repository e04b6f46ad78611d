import Foundation
import Jobs

/// Where blobs are: `s3://bucket/prefix?endpoint=http://127.0.0.1:8333&region=us-east-1&path_style=true`.
///
/// Without `endpoint` it is AWS' own of the region. Without `path_style` the bucket is part of the host at AWS
/// (unless its name has dots, which no certificate covers), and part of the path at any other endpoint.
/// `public_endpoint` is the one that clients of this service reach the same server by, where it is another.
public struct S3Location: Sendable, Equatable {
  public let bucket: String
  /// Without slashes at its ends; empty when blobs are at the bucket's root.
  public let prefix: String
  public let region: String
  /// Whether the bucket's name is in the path, not in the host.
  public let isPathStyle: Bool
  /// Where requests go.
  let origin: Origin
  /// Where clients with a presigned URL go.
  let publicOrigin: Origin

  /// `https://host:port`
  struct Origin: Sendable, Equatable, CustomStringConvertible {
    /// `http` or `https`.
    var scheme: String
    /// Host and, where it is not the scheme's own, port.
    var authority: String

    var description: String { "\(scheme)://\(authority)" }
  }

  /// - Throws: `JobsError(.storageError)` whose message names the part at fault.
  public init(_ text: String) throws {
    guard let parts = URLComponents(string: text), parts.scheme?.lowercased() == "s3" else {
      throw Self.error("does not begin with s3:// or is no URL")
    }
    guard parts.user == nil, parts.password == nil else {
      throw Self.error("may not hold credentials")
    }
    guard parts.port == nil, parts.fragment == nil else {
      throw Self.error("may have neither a port of its own nor a fragment")
    }
    bucket = try Self.bucket(parts.host ?? "")
    prefix = try Self.prefix(parts.path)
    var options = try Self.options(parts.queryItems ?? [])
    region = try Self.region(options.removeValue(forKey: "region") ?? "us-east-1")
    let endpoint = try options.removeValue(forKey: "endpoint").map {
      try Endpoint($0, option: "an endpoint")
    }
    let publicEndpoint = try options.removeValue(forKey: "public_endpoint").map {
      try Endpoint($0, option: "a public_endpoint")
    }
    let style = try options.removeValue(forKey: "path_style").map(Self.flag)
    if let unknown = options.keys.min() { throw Self.error("has an unknown option: \(unknown)") }
    isPathStyle = style ?? (endpoint != nil || bucket.contains("."))
    let endpoints = [endpoint, publicEndpoint].compactMap(\.self)
    guard isPathStyle || !endpoints.contains(where: \.isAddress) else {
      throw Self.error("has path_style=false, which needs an endpoint with a name, not an address")
    }
    let host =
      endpoint?.origin ?? Origin(scheme: "https", authority: "s3.\(region).amazonaws.com")
    let subdomain = isPathStyle ? "" : "\(bucket)."
    origin = Origin(scheme: host.scheme, authority: subdomain + host.authority)
    publicOrigin =
      publicEndpoint.map {
        Origin(scheme: $0.origin.scheme, authority: subdomain + $0.origin.authority)
      } ?? origin
  }

  /// A blob's key as the server knows it.
  func object(_ key: String) -> String { prefix.isEmpty ? key : "\(prefix)/\(key)" }

  /// The percent-encoded path of an object, or of the bucket for nil.
  func path(of object: String?) -> String {
    let bucketPath = isPathStyle ? "/\(bucket)" : ""
    guard let object else { return bucketPath.isEmpty ? "/" : bucketPath }
    return bucketPath + "/" + S3Signer.encode(object, keeping: "/")
  }

  private static func bucket(_ name: String) throws -> String {
    let isGood =
      (3...63).contains(name.utf8.count)
      && name.utf8.allSatisfy { isLowerOrDigit($0) || "-.".utf8.contains($0) }
      && name.utf8.first.map(isLowerOrDigit) == true && name.utf8.last.map(isLowerOrDigit) == true
    guard isGood else {
      throw error("has no valid bucket: 3 to 63 of a-z, 0-9, hyphen and dot, as in s3://bucket")
    }
    return name
  }

  private static func prefix(_ path: String) throws -> String {
    let segments = path.split(separator: "/", omittingEmptySubsequences: true)
    // S3 takes 1024 bytes a key; a blob's own key has up to 512.
    guard segments.joined(separator: "/").utf8.count <= 400 else {
      throw error("has a prefix of more than 400 bytes")
    }
    // Clients and proxies resolve dots, XML cannot hold control characters, and SeaweedFS takes a backslash for
    // a slash.
    guard
      segments.allSatisfy({ segment in
        segment != "." && segment != ".."
          && segment.utf8.allSatisfy { $0 >= 32 && $0 != 127 && $0 != UInt8(ascii: "\\") }
      })
    else {
      throw error("has a prefix with a segment of dots, a control character or a backslash")
    }
    return segments.joined(separator: "/")
  }

  private static func region(_ name: String) throws -> String {
    guard !name.isEmpty, name.utf8.allSatisfy({ isLowerOrDigit($0) || $0 == UInt8(ascii: "-") })
    else {
      throw error("has no valid region, such as us-east-1")
    }
    return name
  }

  private static func flag(_ text: String) throws -> Bool {
    guard let value = Bool(text) else { throw error("has a path_style that is not true or false") }
    return value
  }

  private static func options(_ items: [URLQueryItem]) throws -> [String: String] {
    try Dictionary(items.map { ($0.name, $0.value ?? "") }) { _, _ in
      throw error("has an option twice")
    }
  }

  private static func isLowerOrDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  fileprivate static func error(_ fault: String) -> JobsError {
    JobsError(.storageError, "The S3 URL \(fault)")
  }
}

/// A server that speaks S3.
private struct Endpoint {
  let origin: S3Location.Origin
  let isAddress: Bool

  init(_ text: String, option: String) throws {
    guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
      ["http", "https"].contains(scheme), let host = parts.percentEncodedHost, !host.isEmpty
    else { throw S3Location.error("has \(option) that is no http or https URL") }
    guard parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil,
      ["", "/"].contains(parts.path)
    else { throw S3Location.error("has \(option) with more than scheme, host and port") }
    // The client traps on a higher one.
    guard (1...65535).contains(parts.port ?? 443) else {
      throw S3Location.error("has \(option) with a port that is none")
    }
    let port = parts.port.flatMap { $0 == (scheme == "http" ? 80 : 443) ? nil : ":\($0)" }
    origin = S3Location.Origin(scheme: scheme, authority: host.lowercased() + (port ?? ""))
    isAddress = host.hasPrefix("[") || host.allSatisfy { $0.isNumber || $0 == "." }
  }
}
