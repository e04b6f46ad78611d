import Foundation

/// What a process may still do behind a `WorkerSandbox`. Files and folders that are not there are passed over.
public struct SandboxRules: Sendable, Equatable {
  /// What it may do with sockets.
  public enum Network: String, Sendable {
    /// None can be made.
    case none
    /// It may connect to others.
    case outgoing
    /// Others may connect to it as well.
    case both
  }

  /// Files, and folders with all beneath them, that it may read.
  public var readable: [String] = []
  /// Files that it may read and write; folders beneath which it may make and remove files and folders as well.
  public var writable: [String] = []
  /// Folders whose names alone it may list, of all folders beneath them too.
  public var listable: [String] = []
  /// Devices that it may read, write and control.
  public var devices: [String] = []
  /// Programs that it may become, beside its own.
  public var programs: [String] = []
  public var network = Network.none
  public var limits = ResourceLimits()
  /// Replaces `TMPDIR`: nothing is shared with other programs' `/tmp`. Must be in `writable`.
  public var temporaryFolder: String

  public init(temporaryFolder: String) { self.temporaryFolder = temporaryFolder }
}

extension SandboxRules {
  /// What the libraries of any program read: themselves, fonts, the time zone, the processor's shape.
  static let system = [
    "/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/fonts", "/var/cache/fontconfig",
    "/etc/localtime", "/etc/timezone", "/etc/nsswitch.conf", "/etc/passwd", "/etc/group",
    "/dev/random", "/dev/urandom", "/dev/zero",
    // All of it: libdispatch looks its threads up by /proc/ID, and ends the process where it cannot. What is of other
    // processes' memory and environment stays closed, as Landlock lets nobody trace who is outside.
    "/proc", "/sys/devices/system", "/sys/fs/cgroup", "/sys/kernel/mm", "/sys/bus",
  ]

  /// What is read to find a host and to trust it.
  static var network: [String] {
    [
      nameServers, "/etc/hosts", "/etc/host.conf", "/etc/gai.conf", "/etc/services", "/etc/ssl",
      "/etc/pki", "/etc/ca-certificates", "/var/lib/ca-certificates",
    ]
  }

  /// `/etc/resolv.conf`, or the folder of it where it can be replaced by another file: a rule knows the file, not
  /// its name, and a worker that cannot read the new one finds no host any more. A file that is mounted there, as
  /// in containers, stays.
  private static var nameServers: String {
    let name = "/etc/resolv.conf"
    guard let path = realPath(name) else { return name }
    let folder = String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
    guard let file = fileStatus(path), let parent = fileStatus(folder) else { return path }
    return file.st_dev == parent.st_dev ? folder : path
  }
}
