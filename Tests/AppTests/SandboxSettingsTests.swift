import App
import Testing

@Suite("Settings of the sandbox")
struct SandboxSettingsTests {
  private func load(_ environment: [String: String]) async throws -> ServiceSettings {
    try await ServiceSettings.load(commandLine: [:], environment: environment, file: nil)
  }

  @Test("workers give up what the kernel takes, unless something else is said")
  func demand() async throws {
    #expect(try await load([:]).workerSandbox == .auto)
    for demand in SandboxDemand.allCases {
      let settings = try await load(["HARRIER_WORKER_SANDBOX": demand.rawValue])
      #expect(settings.workerSandbox == demand)
    }
    await #expect(throws: SettingsError.self) { try await load(["HARRIER_WORKER_SANDBOX": "on"]) }
  }

  @Test(
    "a limit of memory is none, or large enough to work",
    arguments: [("0", true), ("536870912", true), ("536870911", false), ("1", false)])
  func memory(text: String, isValid: Bool) async throws {
    let environment = ["HARRIER_WORKER_MAX_MEMORY_BYTES": text]
    if isValid {
      #expect(try await load(environment).workerMaxMemoryBytes == Int(text))
    } else {
      await #expect(throws: SettingsError.self) { try await load(environment) }
    }
    #expect(try await load([:]).workerMaxMemoryBytes == nil)
  }
}
