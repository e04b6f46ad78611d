import CSandbox
import Foundation

/// Tries from inside a sandbox what it should refuse, and what it must not. Nothing is changed where it does not.
public struct SandboxCheck: Sendable {
  /// What came of one thing that was tried.
  public struct Finding: Sendable {
    public var what: String
    public var isRefused: Bool
    public var shouldBeRefused: Bool
    /// `Operation not permitted`; for people.
    public var answer: String

    public var isAsItShould: Bool { isRefused == shouldBeRefused }
  }

  private let rules: SandboxRules
  private let parent = Int(getppid())

  public init(_ rules: SandboxRules) { self.rules = rules }

  /// - Parameters:
  ///   - hidden: files and folders that must not be read; those that are not there are left out.
  ///   - kept: folders in which no file may be made.
  ///   - loopback: a TCP port of this machine, whether somebody listens there or not.
  public func run(hidden: [String], kept: [String], loopback port: UInt16) -> [Finding] {
    files(hidden, kept) + processes() + kernel() + network(port) + limits() + necessities()
  }

  // Each answer: nil for "done", else an errno.

  private func refused(_ what: String, _ answer: Int32?) -> Finding { finding(what, answer, true) }

  private func finding(_ what: String, _ answer: Int32?, _ should: Bool) -> Finding {
    Finding(
      what: what, isRefused: answer.map { Self.refusals.contains($0) } ?? false,
      shouldBeRefused: should, answer: answer.map { String(cString: strerror($0)) } ?? "done")
  }

  /// Other errors mean that the kernel would have done it, had it made sense.
  private static let refusals = [EPERM, EACCES, EROFS, ENOSYS, EFBIG, ENOMEM]
}

// What is tried.
extension SandboxCheck {
  private func files(_ hidden: [String], _ kept: [String]) -> [Finding] {
    let own = [
      "/", "/etc/shadow", "/proc/\(parent)/environ", "/proc/\(parent)/mem", "/tmp", "/root",
    ]
    let reads = (own + hidden).compactMap { path -> Finding? in
      let answer = opened(path, O_RDONLY)
      return answer == ENOENT ? nil : refused("read \(path)", answer)
    }
    return reads
      + (["/tmp", "/var/tmp", "/dev/shm"] + kept).compactMap { folder in
        let path = "\(folder)/harrier-check-\(getpid())"
        let answer = opened(path, O_WRONLY | O_CREAT | O_EXCL)
        unlink(path)
        return answer == ENOENT ? nil : refused("make a file in \(folder)", answer)
      }
  }

  private func processes() -> [Finding] {
    var child: pid_t = 0
    var words: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
    defer { words.forEach { free($0) } }
    let spawned = posix_spawn(&child, "/bin/true", nil, nil, &words, nil)
    if spawned == 0 { waitpid(child, nil, 0) }
    return [
      refused("start a program", spawned == 0 ? nil : spawned),
      refused("become a program", call(SYS_execve)),
      refused("signal its parent", call(SYS_kill, parent, 0)),
      // PTRACE_PEEKDATA
      refused("trace its parent", call(SYS_ptrace, 2, parent)),
      refused("read its parent's memory", call(SYS_process_vm_readv, parent)),
      refused("read its parent's limits", call(SYS_prlimit64, parent, Int(RLIMIT_NOFILE.rawValue))),
    ]
  }

  /// Each with arguments that make no sense: where it is not refused, the kernel says so and does nothing.
  private func kernel() -> [Finding] {
    [
      refused("use io_uring", call(SYS_io_uring_setup)),
      refused("load a BPF program", call(SYS_bpf, -1)),
      refused("read performance counters", call(SYS_perf_event_open)),
      refused("handle page faults", call(SYS_userfaultfd, -1)),
      refused("use the kernel's key rings", call(SYS_keyctl, -1)),
      refused("make name spaces", call(SYS_unshare)),
      refused("mount", call(SYS_mount)),
      refused("attach System V's memory", call(SYS_shmat, -1)),
      refused("type into a terminal", call(SYS_ioctl, 0, Int(TIOCSTI))),
    ]
  }

  private func network(_ port: UInt16) -> [Finding] {
    let isAlone = rules.network == .none
    return [
      finding("connect to 127.0.0.1:\(port)", connected(to: port), isAlone),
      finding("listen on a port", listened(), rules.network != .both),
      finding("open a Unix socket", socketMade(AF_UNIX, SOCK_STREAM), isAlone),
      finding("open a UDP socket", socketMade(AF_INET, SOCK_DGRAM), isAlone),
      refused("open a raw socket", socketMade(AF_INET, SOCK_RAW)),
      refused("open a netlink socket", socketMade(AF_NETLINK, SOCK_RAW)),
    ]
  }

  private func limits() -> [Finding] {
    // The dump's answer is a number: 0 for none.
    let dumps = harrier_system_call(Int(SYS_prctl), Int(PR_GET_DUMPABLE), 0, 0, 0, 0)
    var findings = [refused("leave a core file", dumps == 0 ? EPERM : nil)]
    if let bytes = rules.limits.memoryBytes {
      let memory = mmap(
        nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
      let answer = memory == MAP_FAILED ? errno : nil
      if answer == nil { munmap(memory, bytes) }
      findings.append(refused("take \(bytes) bytes of memory", answer))
    }
    if let bytes = rules.limits.fileBytes {
      findings.append(
        refused(
          "write a file beyond \(bytes) bytes",
          opened(temporaryPath, O_WRONLY | O_CREAT | O_EXCL) { file in
            pwrite(file, "x", 1, off_t(bytes)) < 0 ? errno : nil
          }))
      unlink(temporaryPath)
    }
    return findings
  }

  /// What a worker cannot do without.
  private func necessities() -> [Finding] {
    let written = opened(temporaryPath, O_WRONLY | O_CREAT | O_EXCL)
    unlink(temporaryPath)
    return [
      finding("make a file in \(rules.temporaryFolder)", written, false),
      finding("read random numbers", opened("/dev/urandom", O_RDONLY), false),
      finding("see the processors", opened("/sys/devices/system/cpu/online", O_RDONLY), false),
      finding("start a thread", threadStarted(), false),
      finding("signal itself", call(SYS_kill, Int(getpid()), 0), false),
    ]
      + rules.readable.filter { fileStatus($0) != nil }.map {
        finding("read \($0)", opened($0, O_RDONLY), false)
      }
  }

  private var temporaryPath: String { "\(rules.temporaryFolder)/harrier-check-\(getpid())" }
}

// Calls.
extension SandboxCheck {
  private func call(_ number: Int32, _ a: Int = 0, _ b: Int = 0) -> Int32? {
    let result = harrier_system_call(Int(number), a, b, 0, 0, 0)
    return result < 0 ? Int32(-result) : nil
  }

  private func opened(
    _ path: String, _ flags: Int32, _ body: (Int32) -> Int32? = { _ in nil }
  ) -> Int32? {
    let file = open(path, flags | O_CLOEXEC, 0o600)
    guard file >= 0 else { return errno }
    defer { close(file) }
    return body(file)
  }

  private func socketMade(
    _ family: Int32, _ kind: __socket_type, _ body: (Int32) -> Int32? = { _ in nil }
  ) -> Int32? {
    let file = socket(family, Int32(kind.rawValue), 0)
    guard file >= 0 else { return errno }
    defer { close(file) }
    return body(file)
  }

  private func connected(to port: UInt16) -> Int32? {
    socketMade(AF_INET, SOCK_STREAM) { file in
      withAddress(port: port) { connect(file, $0, $1) < 0 ? errno : nil }
    }
  }

  private func listened() -> Int32? {
    socketMade(AF_INET, SOCK_STREAM) { file in
      withAddress(port: 0) { bind(file, $0, $1) < 0 || listen(file, 1) < 0 ? errno : nil }
    }
  }

  private func withAddress(
    port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32?
  ) -> Int32? {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  private func threadStarted() -> Int32? {
    var thread = pthread_t()
    let result = pthread_create(&thread, nil, { _ in nil }, nil)
    if result == 0 { pthread_join(thread, nil) }
    return result == 0 ? nil : result
  }
}
