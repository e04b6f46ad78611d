import CSandbox
import Foundation
import Jobs

/// The parts of root's power that a process has (capabilities(7)); none, where it does not belong to root.
enum Capabilities {
  /// Version 3 of the interface.
  private static let version: UInt32 = 0x2008_0522

  /// To change files of others, as root can: their owner, their content, their rights. Where the service is run by root
  /// on another user's data folder, workers must write there; which files, Landlock says.
  private static let kept: UInt32 = 1 << 0 | 1 << 1 | 1 << 3

  /// Takes all others from the calling thread. What it starts does not get them back, without new privileges.
  static func drop() throws {
    // Each of the two halves: effective, permitted, inheritable.
    var header: [UInt32] = [version, 0]
    var sets = [UInt32](repeating: 0, count: 6)
    try call("capget", SYS_capget, &header, &sets)
    for (index, set) in sets.enumerated() {
      sets[index] = index < 2 ? set & kept : 0
    }
    try call("capset", SYS_capset, &header, &sets)
  }

  private static func call(
    _ name: String, _ number: Int32, _ header: inout [UInt32], _ sets: inout [UInt32]
  ) throws {
    let result = header.withUnsafeMutableBytes { header in
      sets.withUnsafeMutableBytes { sets in
        harrier_system_call(
          Int(number), Int(bitPattern: header.baseAddress), Int(bitPattern: sets.baseAddress), 0, 0,
          0)
      }
    }
    guard result == 0 else { throw JobsError.sandbox(name, Int32(-result)) }
  }
}
