import Backends
import Foundation
import Testing

@Suite("Sandbox")
struct SandboxStateTests {
  @Test("what does not hold is named, with the kernel's reason where there is one")
  func missing() {
    #expect(SandboxState(inForce: Set(SandboxState.Part.allCases)).missing.isEmpty)
    let state = SandboxState(
      inForce: [.limits], problems: [.landlock: "Function not implemented"])
    #expect(state.missing == ["landlock (Function not implemented)", "seccomp"])
  }

  @Test("the share of memory is below what the machine has, and enough to work")
  func memory() throws {
    let share = try #require(ResourceLimits.memoryShare)
    let machine = Int(ProcessInfo.processInfo.physicalMemory)
    #expect(share <= machine / 4 * 3)
    #expect(share > 0)
  }
}
