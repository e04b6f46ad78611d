import Foundation
import NIOSSL

/// The files that HTTPS needs, by their paths.
struct CertificateFiles: Sendable, Equatable {
  /// A chain has a few kilobytes, a bundle of all public authorities 200.
  private static let maxFileBytes = 1 << 20

  let certificate: String
  let key: String
  /// Authorities of client certificates; nil asks clients for none.
  let clientCA: String?

  /// nil where the settings name none.
  init?(_ settings: ServiceSettings) {
    guard let certificate = settings.tlsCertificate, let key = settings.tlsKey else { return nil }
    self.certificate = certificate
    self.key = key
    clientCA = settings.tlsClientCA
  }

  /// What the files hold. Each has been parsed, and the certificate is valid at `now`.
  struct Contents: Sendable {
    /// Not empty; the first one is the server's own.
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    /// Not empty; nil where no client certificates are asked for.
    let clientAuthorities: [NIOSSLCertificate]?
    let expiry: Date
  }

  /// Reads the files, which blocks. Whether key and certificate belong together is found by `TLSPolicy`.
  /// - Throws: for the first file that cannot be used, with the setting that names it; never what is in a key.
  func read(now: Date) throws(SettingsError) -> Contents {
    let chain = try certificates(in: certificate, of: "tls_certificate")
    let beginning = Date(timeIntervalSince1970: TimeInterval(chain[0].notValidBefore))
    let expiry = Date(timeIntervalSince1970: TimeInterval(chain[0].notValidAfter))
    guard beginning <= now else {
      throw SettingsError(
        "tls_certificate", "\(certificate) is not valid before \(Self.text(beginning))")
    }
    guard now < expiry else {
      throw SettingsError("tls_certificate", "\(certificate) has expired at \(Self.text(expiry))")
    }
    let key = try privateKey()
    let authorities: [NIOSSLCertificate]?
    if let clientCA {
      authorities = try certificates(in: clientCA, of: "tls_client_ca")
    } else {
      authorities = nil
    }
    return Contents(chain: chain, key: key, clientAuthorities: authorities, expiry: expiry)
  }

  /// What changes when a file is written or replaced, also by a link that points elsewhere.
  func versions() -> [Version?] { [certificate, key, clientCA].map { $0.flatMap(Version.init) } }

  /// Of one file at one time.
  struct Version: Sendable, Equatable {
    private let inode: UInt64?
    private let size: UInt64?
    private let changedAt: Date?

    /// nil where there is no file.
    init?(_ path: String) {
      // A link is followed: what it leads to is what is read.
      let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
      guard let attributes = try? FileManager.default.attributesOfItem(atPath: target) else {
        return nil
      }
      inode = (attributes[.systemFileNumber] as? NSNumber)?.uint64Value
      size = (attributes[.size] as? NSNumber)?.uint64Value
      changedAt = attributes[.modificationDate] as? Date
    }
  }

  /// Whether everybody on this machine may read the key.
  var isKeyPublic: Bool {
    let attributes = try? FileManager.default.attributesOfItem(atPath: key)
    let rights = (attributes?[.posixPermissions] as? NSNumber)?.uint16Value ?? 0
    return rights & 0o004 != 0
  }

  private func certificates(
    in path: String, of setting: String
  ) throws(SettingsError) -> [NIOSSLCertificate] {
    let bytes = try contents(of: path, of: setting)
    do {
      let certificates = try NIOSSLCertificate.fromPEMBytes(bytes)
      if !certificates.isEmpty { return certificates }
    } catch {
      // The library's reason names no place in the file.
    }
    throw SettingsError(setting, "\(path) holds no certificates in PEM")
  }

  private func privateKey() throws(SettingsError) -> NIOSSLPrivateKey {
    let bytes = try contents(of: key, of: "tls_key")
    guard !String(decoding: bytes, as: UTF8.self).contains("ENCRYPTED") else {
      throw SettingsError("tls_key", "\(key) is encrypted: nobody types its password at a restart")
    }
    do {
      return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
    } catch {
      throw SettingsError("tls_key", "\(key) holds no private key in PEM")
    }
  }

  private func contents(of path: String, of setting: String) throws(SettingsError) -> [UInt8] {
    do {
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { file.closeFile() }
      let data = try file.read(upToCount: Self.maxFileBytes + 1) ?? Data()
      if data.count <= Self.maxFileBytes { return Array(data) }
    } catch {
      throw SettingsError(setting, "\(path) cannot be read: \(ServiceSettings.reason(for: error))")
    }
    throw SettingsError(setting, "\(path) is larger than \(Self.maxFileBytes) bytes")
  }

  private static func text(_ date: Date) -> String { date.formatted(.iso8601) }
}
