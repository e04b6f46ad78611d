import Testing

@testable import App

@Suite("Expect: 100-continue")
struct ContinueLimitTests {
  @Test("a body is asked for up to what its route takes")
  func limits() {
    var settings = ServiceSettings()
    settings.maxUploadBytes = 1 << 40
    settings.maxModelBytes = 2 << 40
    settings.maxGoldenBytes = 3 << 40
    func limit(_ target: String) -> Int { ChannelHandlers.maxBodyBytes(target, settings) }
    #expect(limit("/api/v1/inference/upload") == 1 << 40)
    #expect(limit("/api/v1/models/trees/versions") == 2 << 40)
    #expect(limit("/api/v1/models/trees/versions?a=/golden") == 2 << 40)
    let golden = limit("/api/v1/models/trees/golden")
    #expect(golden > 3 << 40 && golden < 4 << 40)
    for target in [
      "/api/v1/models/trees/versions/1/check", "/api/v1/models/trees/aliases/production",
      "/api/v1/inference/predict", "/other/versions", "",
    ] {
      #expect(limit(target) == settings.maxJSONBytes, "\(target)")
    }
  }
}
