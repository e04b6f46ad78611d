import CSandbox
import Foundation
import Jobs

/// Linux' Landlock: what a thread, and all that it starts, may do with files beneath which folders.
///
/// Rules know files and folders, not names: what is renamed keeps its rights, what is put in its place has none.
struct Landlock {
  /// 5.19 brought renames from one folder into another, without which no file could be kept.
  private static let oldestVersion = 2

  /// O_PATH, which glibc's headers keep for GNU's programs.
  private static let withoutReading: Int32 = 0x20_0000

  /// Of the kernel's interface: 2 is Debian 12's.
  let version: Int

  /// - Throws: `JobsError` where the kernel has none, or a container forbids it.
  init() throws {
    let answer = harrier_system_call(
      Int(SYS_landlock_create_ruleset), 0, 0, Int(LANDLOCK_CREATE_RULESET_VERSION), 0, 0)
    guard answer >= Self.oldestVersion else {
      throw JobsError.sandbox("Landlock", answer < 0 ? Int32(-answer) : ENOSYS)
    }
    version = answer
  }

  /// Restricts the calling thread. Nothing takes it back.
  func restrict(to rules: SandboxRules) throws {
    var attributes = harrier_landlock_ruleset(
      handled_access_fs: handledFiles, handled_access_net: handledNetwork(rules.network),
      scoped: scopes)
    // An older kernel knows the beginning of it only, and takes no member that it does not know.
    let size = version >= 6 ? 24 : version >= 4 ? 16 : 8
    let ruleset = try withUnsafePointer(to: &attributes) {
      try call(
        "landlock_create_ruleset", SYS_landlock_create_ruleset, Int(bitPattern: $0), size)
    }
    defer { close(Int32(ruleset)) }
    for path in SandboxRules.system + rules.readable { try allow(path, Access.read, in: ruleset) }
    let mapped = try Self.mappedFiles
    for path in mapped { try allow(path, Access.read, in: ruleset) }
    for path in rules.listable { try allow(path, Access.readFolder, in: ruleset) }
    for path in rules.writable + ["/dev/null"] { try allow(path, Access.write, in: ruleset) }
    for path in rules.devices { try allow(path, Access.device, in: ruleset) }
    if rules.network != .none {
      for path in SandboxRules.network { try allow(path, Access.read, in: ruleset) }
    }
    for path in Self.program(of: mapped) + rules.programs {
      try allow(path, Access.run, in: ruleset)
    }
    _ = try call("landlock_restrict_self", SYS_landlock_restrict_self, ruleset)
  }

  /// Whether this process is restricted so that it can see nothing but what rules name: in no system is `/` closed.
  static var isInForce: Bool {
    let folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder < 0 else {
      close(folder)
      return false
    }
    return errno == EACCES
  }
}

// Rights.
extension Landlock {
  /// Bits of the kernel's interface; Debian 12's header ends with the second version.
  private enum Access {
    private static let execute: UInt64 = 1 << 0
    private static let writeFile: UInt64 = 1 << 1
    private static let readFile: UInt64 = 1 << 2
    static let readFolder: UInt64 = 1 << 3
    private static let removeFolder: UInt64 = 1 << 4
    private static let removeFile: UInt64 = 1 << 5
    private static let makeFolder: UInt64 = 1 << 7
    private static let makeFile: UInt64 = 1 << 8
    /// Into another folder, by rename and link.
    private static let move: UInt64 = 1 << 13
    static let truncate: UInt64 = 1 << 14
    /// ioctl(2) on devices.
    static let control: UInt64 = 1 << 15

    static let read = readFile | readFolder
    static let run = readFile | execute
    static let write =
      read | writeFile | removeFolder | removeFile | makeFolder | makeFile | move | truncate
    static let device = read | writeFile | control
    /// Those that a rule about something else than a folder may give.
    static let ofFiles = execute | writeFile | readFile | truncate | control
  }

  /// All that this kernel can forbid about files.
  private var handledFiles: UInt64 {
    // The first two versions have 14 rights.
    var all: UInt64 = (1 << 14) - 1
    if version >= 3 { all |= Access.truncate }
    if version >= 5 { all |= Access.control }
    return all
  }

  /// Version 4 can forbid to bind a TCP port (bit 0) and to connect to one (bit 1).
  private func handledNetwork(_ network: SandboxRules.Network) -> UInt64 {
    guard version >= 4 else { return 0 }
    return switch network {
    case .none: 0b11
    case .outgoing: 0b01
    case .both: 0
    }
  }

  /// Version 6 can forbid abstract Unix sockets (bit 0) and signals (bit 1) to processes outside.
  private var scopes: UInt64 { version >= 6 ? 0b11 : 0 }

  private func allow(_ path: String, _ access: UInt64, in ruleset: Int) throws {
    let file = open(path, Self.withoutReading | O_CLOEXEC)
    guard file >= 0 else {
      // Nothing to be read there, or nothing for this user.
      if [ENOENT, ENOTDIR, EACCES, ELOOP].contains(errno) { return }
      throw JobsError.sandbox("open \(path)", errno)
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw JobsError.sandbox("fstat \(path)", errno) }
    var allowed = access & handledFiles
    if status.st_mode & S_IFMT != S_IFDIR { allowed &= Access.ofFiles }
    let result = harrier_landlock_add_path(Int32(ruleset), allowed, file)
    guard result == 0 else { throw JobsError.sandbox("landlock_add_rule \(path)", Int32(-result)) }
  }

  private func call(_ name: String, _ number: Int32, _ first: Int, _ second: Int = 0) throws -> Int
  {
    let result = harrier_system_call(Int(number), first, second, 0, 0, 0)
    guard result >= 0 else { throw JobsError.sandbox(name, Int32(-result)) }
    return result
  }

  /// The program itself, also when its file was replaced, and the dynamic loader: what starting it anew executes.
  private static func program(of mapped: Set<String>) -> [String] {
    ["/proc/self/exe"] + mapped.filter { ($0 as NSString).lastPathComponent.hasPrefix("ld-") }
  }

  /// Files of which this process has pages: its libraries, wherever they are.
  private static var mappedFiles: Set<String> {
    get throws {
      let maps = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/maps"))
      // `FileManager` reads a page of it.
      let text = String(decoding: try maps.readToEnd() ?? Data(), as: UTF8.self)
      return Set(
        text.split(separator: "\n").compactMap { line in
          // Address, rights, offset, device, inode, and the path to the end of the line.
          line.firstIndex(of: "/").map { String(line[$0...]) }
        })
    }
  }
}
