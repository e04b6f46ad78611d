import Foundation
import Jobs
import TestSupport
import Testing

@testable import App

@Suite("WebhookSecret")
struct WebhookSecretTests {
  /// The example of the reference libraries: github.com/standard-webhooks/standard-webhooks.
  @Test("the signature is that of Standard Webhooks")
  func vector() throws {
    let secret = try #require(WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    let headers = secret.headers(
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek", at: Date(timeIntervalSince1970: 1_614_265_330.999),
      body: Array(#"{"test": 2432232314}"#.utf8))
    #expect(headers.map(\.name) == ["webhook-id", "webhook-timestamp", "webhook-signature"])
    #expect(
      headers.map(\.value) == [
        "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
      ])
  }

  @Test(
    "what is no secret is refused",
    arguments: [
      "", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
      "whsec_c2hvcnQ=", "whsec_***", "whsec_" + Data(count: 65).base64EncodedString(),
    ])
  func refused(text: String) {
    #expect(WebhookSecret(text) == nil)
  }

  @Test("a new secret is another one each time, reads as itself, and tells nothing of its key")
  func random() throws {
    let secret = WebhookSecret.random()
    #expect(secret != WebhookSecret.random())
    #expect(WebhookSecret(secret.text) == secret)
    #expect("\(secret)" == "webhook secret")
    #expect("\(Optional(secret).debugDescription)" == "Optional(webhook secret)")
  }

  private func settings(_ folder: TemporaryFolder) -> ServiceSettings {
    var settings = ServiceSettings()
    settings.dataDirectory = folder.path
    return settings
  }

  @Test("without a setting one is made once, for the service's own user only")
  func file() async throws {
    let folder = try TemporaryFolder()
    let settings = settings(folder)
    let secrets = try await withThrowingTaskGroup(of: WebhookSecret.self) { group in
      for _ in 0..<8 { group.addTask { try await settings.webhookSecret(sharedIn: nil) } }
      return try await group.reduce(into: [String]()) { $0.append($1.text) }
    }
    #expect(Set(secrets).count == 1, "all that start at once have the same")
    #expect(try folder.files() == ["webhook-secret"])
    let path = folder.path("webhook-secret")
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
    #expect((mode as? NSNumber)?.intValue == 0o600)
    #expect(try await settings.webhookSecret(sharedIn: nil).text == secrets[0])
  }

  @Test("the setting's secret is used, and no file is made")
  func setting() async throws {
    let folder = try TemporaryFolder()
    var settings = settings(folder)
    settings.webhookSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    #expect(try await settings.webhookSecret(sharedIn: nil).text == settings.webhookSecret)
    #expect(try folder.files().isEmpty)
  }

  @Test("a file that holds no secret stops the start and stays as it is")
  func damagedFile() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("whsec_", to: "webhook-secret")
    let error = await #expect(throws: JobsError.self) {
      try await settings(folder).webhookSecret(sharedIn: nil)
    }
    #expect(error?.message.contains("webhook-secret holds no secret") == true)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "whsec_")
  }
}
