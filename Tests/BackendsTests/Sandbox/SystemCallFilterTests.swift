import CSandbox
import Foundation
import Testing

@testable import Backends

/// The filter's program, run here as the kernel runs it (seccomp(2), linux/bpf_common.h).
@Suite("System call filter")
struct SystemCallFilterTests {
  private static let own: pid_t = 4711
  #if arch(x86_64)
    private static let here: UInt32 = 0xC000_003E
  #else
    private static let here: UInt32 = 0xC000_00B7
  #endif
  private static let refused = UInt32(SECCOMP_RET_ERRNO) | UInt32(EPERM)
  private static let unknown = UInt32(SECCOMP_RET_ERRNO) | UInt32(ENOSYS)
  private static let allowed = UInt32(SECCOMP_RET_ALLOW)

  /// What the filter answers to one call.
  private func answer(
    _ number: Int32, _ arguments: [UInt64] = [], architecture: UInt32 = here,
    network: SandboxRules.Network = .none
  ) throws -> UInt32 {
    var data = Data()
    withUnsafeBytes(of: number) { data += $0 }
    withUnsafeBytes(of: architecture) { data += $0 }
    // The instruction's address, which no filter of ours reads.
    data += Data(count: 8)
    for index in 0..<6 {
      withUnsafeBytes(of: index < arguments.count ? arguments[index] : 0) { data += $0 }
    }
    let program = SystemCallFilter(process: Self.own, network: network).program
    return try #require(run(program, data), "the program ran over its end")
  }

  private func run(_ program: [sock_filter], _ data: Data) -> UInt32? {
    var (accumulator, index) = (UInt32(0), 0)
    while index < program.count {
      let instruction = program[index]
      index += 1
      let (code, value) = (Int32(instruction.code), instruction.k)
      switch code {
      case BPF_LD | BPF_W | BPF_ABS:
        accumulator = data.dropFirst(Int(value)).prefix(4).reversed().reduce(0) {
          $0 << 8 | UInt32($1)
        }
      case BPF_ALU | BPF_AND | BPF_K: accumulator &= value
      case BPF_RET | BPF_K: return value
      default:
        let isTrue =
          switch code {
          case BPF_JMP | BPF_JEQ | BPF_K: accumulator == value
          case BPF_JMP | BPF_JGT | BPF_K: accumulator > value
          case BPF_JMP | BPF_JGE | BPF_K: accumulator >= value
          case BPF_JMP | BPF_JSET | BPF_K: accumulator & value != 0
          default: false
          }
        index += Int(isTrue ? instruction.jt : instruction.jf)
      }
    }
    return nil
  }

  @Test("what inference, decoding and the stores call is allowed")
  func allowedCalls() throws {
    let needed = [
      SYS_read, SYS_write, SYS_openat, SYS_mmap, SYS_mprotect, SYS_futex, SYS_epoll_pwait,
      SYS_eventfd2, SYS_renameat, SYS_linkat, SYS_unlinkat, SYS_fsync, SYS_fdatasync, SYS_flock,
      SYS_getrandom, SYS_sched_setaffinity, SYS_mbind, SYS_setpriority, SYS_exit_group,
      SYS_rt_sigaction, SYS_memfd_create, SYS_socketpair, SYS_signalfd4, SYS_timerfd_settime,
    ]
    for number in needed { #expect(try answer(number) == Self.allowed, "\(number)") }
  }

  @Test("programs, other processes and the kernel's odder parts are refused, whatever the network")
  func refusedCalls() throws {
    let refused = [
      SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
      SYS_pidfd_getfd, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_keyctl,
      SYS_io_uring_setup, SYS_mount, SYS_unshare, SYS_setns, SYS_open_by_handle_at,
      SYS_init_module, SYS_reboot, SYS_shmget, SYS_personality,
    ]
    for network in [SandboxRules.Network.none, .outgoing, .both] {
      for number in refused {
        #expect(try answer(number, network: network) == Self.refused, "\(number)")
      }
    }
  }

  @Test("threads may be made, processes may not")
  func clone() throws {
    // As glibc's pthread_create and fork ask.
    #expect(try answer(SYS_clone, [0x3D_0F00]) == Self.allowed)
    #expect(try answer(SYS_clone, [0x120_0011]) == Self.refused)
    #expect(try answer(SYS_clone3) == Self.unknown)
    #if arch(x86_64)
      #expect(try answer(SYS_fork) == Self.refused)
      #expect(try answer(SYS_vfork) == Self.refused)
    #endif
  }

  @Test("signals and limits are for the process itself")
  func itself() throws {
    let own = UInt64(Self.own)
    #expect(try answer(SYS_kill, [own, 15]) == Self.allowed)
    #expect(try answer(SYS_tgkill, [own, own, 6]) == Self.allowed)
    // 0 and negative numbers are groups of processes.
    for other in [1, 0, UInt64(bitPattern: -1), UInt64(bitPattern: -4711)] {
      #expect(try answer(SYS_kill, [other, 9]) == Self.refused)
      #expect(try answer(SYS_tgkill, [other, other, 9]) == Self.refused)
    }
    #expect(try answer(SYS_prlimit64, [0, 7]) == Self.allowed)
    #expect(try answer(SYS_prlimit64, [own, 7]) == Self.allowed)
    #expect(try answer(SYS_prlimit64, [1, 7]) == Self.refused)
  }

  @Test("an argument's upper half, which the kernel does not read, opens nothing")
  func upperHalf() throws {
    let high = UInt64(1) << 32
    #expect(try answer(SYS_ioctl, [0, high | 0x5412]) == Self.refused)
    #expect(try answer(SYS_socket, [high | 16, 3], network: .both) == Self.refused)
  }

  @Test("no character is typed into a terminal")
  func terminals() throws {
    #expect(try answer(SYS_ioctl, [0, 0x5412]) == Self.refused)
    #expect(try answer(SYS_ioctl, [0, 0x541C]) == Self.refused)
    // TCGETS, which isatty(3) asks.
    #expect(try answer(SYS_ioctl, [1, 0x5401]) == Self.allowed)
  }

  @Test("sockets are as the stores need them")
  func sockets() throws {
    let (stream, datagram, raw, flags) = (UInt64(1), UInt64(2), UInt64(3), UInt64(0o2004000))
    for family in [AF_INET, AF_INET6, AF_UNIX].map(UInt64.init) {
      #expect(try answer(SYS_socket, [family, stream]) == Self.refused)
      for network in [SandboxRules.Network.outgoing, .both] {
        for kind in [stream, datagram, stream | flags, datagram | flags] {
          #expect(try answer(SYS_socket, [family, kind], network: network) == Self.allowed)
        }
        #expect(try answer(SYS_socket, [family, raw], network: network) == Self.refused)
      }
    }
    // AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG
    for family in [UInt64(16), 17, 40, 38] {
      #expect(try answer(SYS_socket, [family, stream], network: .both) == Self.refused)
    }
    for number in [SYS_bind, SYS_listen, SYS_accept4] {
      #expect(try answer(number, [3], network: .outgoing) == Self.refused)
      #expect(try answer(number, [3], network: .both) == Self.allowed)
    }
  }

  @Test("another processor's calls end the process, and x32's are not there")
  func otherCalls() throws {
    // AUDIT_ARCH_I386: int $0x80 reaches it from a process of 64 bits.
    #expect(
      try answer(11, architecture: 0x4000_0003) == SECCOMP_RET_KILL_PROCESS)
    #if arch(x86_64)
      #expect(try answer(0x4000_0000 | 59) == Self.unknown)
    #endif
  }

  @Test("calls of kernels to come are not there")
  func newCalls() throws {
    #expect(try answer(456) == Self.allowed)
    #expect(try answer(457) == Self.unknown)
    #expect(try answer(0x3FFF_FFFF) == Self.unknown)
  }
}
