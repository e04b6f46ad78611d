import Backends
import Jobs

extension Services {
  /// Asks services that the operator named.
  static var httpTransport: any HTTPTransport { HTTPClientTransport() }
}
