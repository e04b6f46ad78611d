import CSandbox
import Foundation
import Jobs

/// A program for seccomp: the kernel runs it before each system call of every thread.
struct SystemCallFilter {
  private(set) var program: [sock_filter] = []

  /// - Parameters:
  ///   - process: the one that it is for: it may send signals to itself only.
  ///   - startsPrograms: whether it may still become another program; which one, Landlock says.
  init(process: pid_t, network: SandboxRules.Network, startsPrograms: Bool = false) {
    let refuse = Self.answer(EPERM)
    program = [Self.load(Self.architectureOffset)]
    program += [Self.jump(BPF_JEQ, Self.architecture, 1, 0), Self.end(SECCOMP_RET_KILL_PROCESS)]
    program += [Self.load(Self.numberOffset)]
    // Those of x32 on x86_64 are above, too.
    program += Self.when(BPF_JGT, RefusedSystemCalls.lastKnown, [Self.answer(ENOSYS)])
    let refused = RefusedSystemCalls.always + (startsPrograms ? [] : RefusedSystemCalls.programs)
    for number in refused { program += Self.on(number, [refuse]) }
    // Its flags are in memory, where no filter can look: glibc takes clone then, as on an older kernel.
    program += Self.on(SYS_clone3, [Self.answer(ENOSYS)])
    // Threads are made, processes are not.
    program += Self.on(
      SYS_clone,
      [Self.loadArgument(0), Self.jump(BPF_JSET, Self.cloneThread, 0, 1), Self.allow, refuse])
    for number in [SYS_kill, SYS_tgkill] {
      program += Self.on(
        number,
        [Self.loadArgument(0), Self.jump(BPF_JEQ, UInt32(process), 0, 1), Self.allow, refuse])
    }
    // The limits of others of the same user could be lowered.
    program += Self.on(
      SYS_prlimit64,
      [Self.loadArgument(0)] + Self.when(BPF_JEQ, 0, [Self.allow])
        + Self.when(BPF_JEQ, UInt32(process), [Self.allow]) + [refuse])
    // Characters that a terminal would take for typed ones (CVE-2017-5226).
    program += Self.on(
      SYS_ioctl,
      [Self.loadArgument(1)] + Self.when(BPF_JEQ, UInt32(TIOCSTI), [refuse])
        + Self.when(BPF_JEQ, UInt32(TIOCLINUX), [refuse]) + [Self.allow])
    program += Self.sockets(network)
    program += [Self.allow]
  }

  /// Puts all threads of this process under it. They must have no new privileges.
  func install() throws {
    var program = program
    let result = program.withUnsafeMutableBufferPointer { filters in
      var code = sock_fprog(len: UInt16(filters.count), filter: filters.baseAddress)
      return withUnsafePointer(to: &code) {
        harrier_system_call(
          Int(SYS_seccomp), Int(SECCOMP_SET_MODE_FILTER), Int(SECCOMP_FILTER_FLAG_TSYNC),
          Int(bitPattern: $0), 0, 0)
      }
    }
    // Above zero: the thread that could not be put under it.
    guard result == 0 else {
      throw JobsError.sandbox("seccomp", result < 0 ? Int32(-result) : ESRCH)
    }
  }

  /// Whether programs can no longer be started. A filter of a container does not refuse this; and the call as it
  /// is made here would start nothing.
  static var isInForce: Bool {
    harrier_system_call(Int(SYS_execve), 0, 0, 0, 0, 0) == -Int(EPERM)
  }
}

// Sockets.
extension SystemCallFilter {
  private static func sockets(_ network: SandboxRules.Network) -> [sock_filter] {
    let refuse = answer(EPERM)
    // Pairs, which no other process can reach, are not asked for here.
    guard network != .none else { return on(SYS_socket, [refuse]) }
    let families = [AF_INET, AF_INET6, AF_UNIX].map(UInt32.init)
    // The kind has flags in its higher bits; raw ones read what belongs to others.
    let kinds = [SOCK_STREAM, SOCK_DGRAM].map { UInt32($0.rawValue) }
    let isPlain =
      [loadArgument(1), sock_filter(code: UInt16(BPF_ALU | BPF_AND | BPF_K), jt: 0, jf: 0, k: 0xf)]
      + kinds.flatMap { when(BPF_JEQ, $0, [allow]) } + [refuse]
    var filters = on(
      SYS_socket,
      [loadArgument(0)] + families.flatMap { when(BPF_JEQ, $0, isPlain) } + [refuse])
    if network == .outgoing {
      for number in [SYS_bind, SYS_listen, SYS_accept, SYS_accept4] {
        filters += on(number, [refuse])
      }
    }
    return filters
  }
}

// Instructions. The accumulator holds the call's number; who loads something else must end.
extension SystemCallFilter {
  /// CLONE_THREAD, which glibc's headers keep for GNU's programs.
  private static let cloneThread: UInt32 = 0x1_0000
  private static let numberOffset: UInt32 = 0
  private static let architectureOffset: UInt32 = 4

  #if arch(x86_64)
    private static let architecture: UInt32 = 0xC000_003E
  #elseif arch(arm64)
    private static let architecture: UInt32 = 0xC000_00B7
  #else
    #error("the filter does not know the system calls of this processor")
  #endif

  private static let allow = end(SECCOMP_RET_ALLOW)

  private static func end(_ action: UInt32) -> sock_filter {
    sock_filter(code: UInt16(BPF_RET | BPF_K), jt: 0, jf: 0, k: action)
  }

  /// The call fails with this error.
  private static func answer(_ error: Int32) -> sock_filter {
    end(UInt32(SECCOMP_RET_ERRNO) | UInt32(error))
  }

  private static func load(_ offset: UInt32) -> sock_filter {
    sock_filter(code: UInt16(BPF_LD | BPF_W | BPF_ABS), jt: 0, jf: 0, k: offset)
  }

  /// The lower half: arguments that are asked for here have 32 bits, of which the kernel takes no more.
  private static func loadArgument(_ index: UInt32) -> sock_filter { load(16 + 8 * index) }

  private static func jump(
    _ condition: Int32, _ value: UInt32, _ ifTrue: UInt8, _ ifFalse: UInt8
  ) -> sock_filter {
    sock_filter(
      code: UInt16(BPF_JMP | condition | BPF_K), jt: ifTrue, jf: ifFalse, k: value)
  }

  private static func when(
    _ condition: Int32, _ value: UInt32, _ body: [sock_filter]
  ) -> [sock_filter] {
    [jump(condition, value, 0, UInt8(body.count))] + body
  }

  private static func on(_ number: Int32, _ body: [sock_filter]) -> [sock_filter] {
    when(BPF_JEQ, UInt32(number), body)
  }
}
