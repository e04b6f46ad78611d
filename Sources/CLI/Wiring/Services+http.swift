import ArgumentParser
import Backends
import Jobs

extension Services {
  /// Asks services that the operator named.
  static var httpTransport: any HTTPTransport { HTTPClientTransport() }

  /// Asks a service that was named with what it takes to trust it, and to be trusted.
  ///
  /// - Throws: a `ValidationError` for a file that cannot be used.
  static func httpTransport(_ options: TLSOptions) throws -> any HTTPTransport {
    do {
      return try HTTPClientTransport(
        trustedCertificates: options.caFile,
        certificate: options.certificate.flatMap { path in options.key.map { (path, $0) } })
    } catch {
      throw ValidationError(error.message)
    }
  }
}
