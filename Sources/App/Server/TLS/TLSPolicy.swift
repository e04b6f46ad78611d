import NIOCore
import NIOSSL

/// What the service speaks over TLS: version 1.3, and 1.2 with what is left of it that nobody advises against.
///
/// Source: RFC 9325 (Recommendations for Secure Use of TLS), Mozilla's "intermediate" configuration of 2025.
enum TLSPolicy {
  /// Of TLS 1.2: keys are exchanged anew for each connection, and encryption authenticates. Those of 1.3 are all
  /// of that kind. docs/tls.md lists both, and a test compares the list with what openssl may use.
  static let cipherSuites = [
    "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
  ]

  /// The first one also holds against a quantum computer that reads today's traffic later.
  static let curves: [NIOTLSCurve] = [.x25519_MLKEM768, .x25519, .secp256r1, .secp384r1]

  /// Without SHA-1, which the library's own list has at its end.
  static let signatures: [SignatureAlgorithm] = [
    .ecdsaSecp256R1Sha256, .ed25519, .rsaPssRsaeSha256, .rsaPkcs1Sha256, .ecdsaSecp384R1Sha384,
    .rsaPssRsaeSha384, .rsaPkcs1Sha384, .rsaPssRsaeSha512, .rsaPkcs1Sha512,
  ]

  /// How long a client may take to say goodbye after the service did.
  private static let farewell = TimeAmount.seconds(5)

  /// A context for new connections. Those that are open keep theirs.
  /// - Throws: for a key that is not the certificate's.
  static func context(
    for contents: CertificateFiles.Contents
  ) throws(SettingsError) -> NIOSSLContext {
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: contents.chain.map { .certificate($0) },
      privateKey: .privateKey(contents.key))
    configuration.minimumTLSVersion = .tlsv12
    configuration.cipherSuites = cipherSuites.joined(separator: ":")
    configuration.curves = curves
    configuration.signingSignatureAlgorithms = signatures
    configuration.verifySignatureAlgorithms = signatures
    configuration.renegotiationSupport = .none
    configuration.applicationProtocols = ["h2", "http/1.1"]
    configuration.shutdownTimeout = farewell
    if let authorities = contents.clientAuthorities {
      // No certificate, or none of these authorities, ends the handshake. Clients have no host name to compare.
      configuration.certificateVerification = .noHostnameVerification
      configuration.trustRoots = .certificates(authorities)
      // Clients that have several choose by it.
      configuration.sendCANameList = true
    }
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch NIOSSLError.failedToLoadPrivateKey {
      throw SettingsError("tls_key", "is not the key of the certificate in tls_certificate")
    } catch NIOSSLError.failedToLoadCertificate {
      throw SettingsError("tls_certificate", "its chain cannot be used for TLS")
    } catch {
      // The library's words, which hold neither keys nor certificates.
      throw SettingsError(
        "tls_certificate", "cannot be used with tls_key and tls_client_ca: \(error)")
    }
  }
}
