import Testing

@testable import App

@Suite("Settings of TLS")
struct TLSSettingsTests {
  @Test(
    "settings that need each other are missed by their name",
    arguments: [
      (["tls_key": "a.key"], "tls_certificate: is missing"),
      (["tls_certificate": "a.crt"], "tls_key: is missing"),
      (["tls_client_ca": "ca.crt"], "tls_client_ca: needs tls_certificate"),
      (["http_redirect_port": "80"], "http_redirect_port: needs tls_certificate"),
      (["hsts_seconds": "60"], "hsts_seconds: needs tls_certificate"),
      (
        ["tls_certificate": "a", "tls_key": "b", "http_redirect_target_port": "443"],
        "http_redirect_target_port: needs http_redirect_port"
      ),
      (
        ["tls_certificate": "a", "tls_key": "b", "port": "8443", "http_redirect_port": "8443"],
        "http_redirect_port: must not be port"
      ),
    ] as [([String: String], String)])
  func missing(given: [String: String], words: String) async throws {
    let error = await #expect(throws: SettingsError.self) {
      _ = try await ServiceSettings.load(commandLine: given, environment: [:], file: nil)
    }
    #expect(error?.description.contains(words) == true, "\(String(describing: error))")
  }

  @Test("all together are taken")
  func together() async throws {
    let settings = try await ServiceSettings.load(
      commandLine: [
        "tls_certificate": "a.crt", "tls_key": "a.key", "tls_client_ca": "ca.crt",
        "http_redirect_port": "8080", "http_redirect_target_port": "443",
        "hsts_seconds": "31536000",
      ], environment: [:], file: nil)
    #expect(settings.tlsCertificate == "a.crt")
    #expect(settings.tlsKey == "a.key")
    #expect(settings.tlsClientCA == "ca.crt")
    #expect(settings.httpRedirectPort == 8080)
    #expect(settings.httpRedirectTargetPort == 443)
    #expect(settings.hstsSeconds == 31_536_000)
  }

  @Test("nothing is encrypted, sent on or promised unless it is asked for")
  func defaults() {
    let settings = ServiceSettings()
    #expect(settings.tlsCertificate == nil)
    #expect(settings.httpRedirectPort == nil)
    #expect(settings.hstsSeconds == 0)
  }
}
