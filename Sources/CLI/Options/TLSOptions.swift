import ArgumentParser

/// How a command trusts a service by HTTPS, and is trusted by it.
struct TLSOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "PEM file of the authorities that the service's certificate is trusted by. Default: the system's.",
      valueName: "file"))
  var caFile: String?

  @Option(
    name: .customLong("cert"),
    help: ArgumentHelp(
      "PEM file of a client certificate, where the service asks for one.", valueName: "file"))
  var certificate: String?

  @Option(help: ArgumentHelp("PEM file of that certificate's key.", valueName: "file"))
  var key: String?

  func validate() throws {
    guard (certificate == nil) == (key == nil) else {
      throw ValidationError("--cert and --key say nothing without each other")
    }
  }
}
