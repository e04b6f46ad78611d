import Foundation

/// The files and connections that this process may have open.
enum OpenFiles {
  /// Raises the limit as far as it may be raised without rights, and returns it. Systems start programs with
  /// 1024, for the sake of programs that use select(2).
  static func raiseLimit() -> Int {
    var limits = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limits) == 0 else { return 1024 }
    if limits.rlim_cur < limits.rlim_max {
      limits.rlim_cur = limits.rlim_max
      // Where it is refused the old limit goes on.
      setrlimit(resource, &limits)
      getrlimit(resource, &limits)
    }
    return Int(clamping: limits.rlim_cur)
  }
}
