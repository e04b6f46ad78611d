extension SettingsTable {
  static let tls: [SettingDefinition] = [
    .optionalText(
      "tls_certificate", \.tlsCertificate, .line,
      "File of the certificate for HTTPS, PEM: its own first, then the chain. Read again when it changes. Not set: plain HTTP, as behind a proxy that ends TLS."
    ),
    .optionalText(
      "tls_key", \.tlsKey, .line,
      "File of the certificate's private key, PEM, not encrypted; only the service should read it."),
    .optionalText(
      "tls_client_ca", \.tlsClientCA, .line,
      "File of the authorities whose client certificates are asked for and required, PEM. Not set: clients need none."
    ),
    .optionalInteger(
      "http_redirect_port", \.httpRedirectPort, in: 0...65535,
      "Port that sends plain HTTP to HTTPS, on `host`; 0 takes a free one and logs it. Not set: none, so that nothing is sent in the clear by a forgotten `http://`."
    ),
    .optionalInteger(
      "http_redirect_target_port", \.httpRedirectTargetPort, in: 1...65535,
      "Port that `http_redirect_port` names. Not set: `port`; another one where a container's ports are mapped."
    ),
    .integer(
      "hsts_seconds", \.hstsSeconds, in: 0...63_072_000,
      "How long browsers shall ask this host name by HTTPS alone (HSTS); 0 does not say it. It holds for all ports and services of the name, and nobody can take it back: that is the operator's decision. A year is `31536000`."
    ),
  ]
}
