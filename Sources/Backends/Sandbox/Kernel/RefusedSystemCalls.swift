import CSandbox

/// System calls that a worker has no use for, and somebody who has taken it over would have.
enum RefusedSystemCalls {
  /// Whatever their arguments.
  static let always = otherProcesses + kernel + machine + sharing + ofThisProcessor

  /// Starting programs: rules are read by the API process, so a worker starts none.
  static let programs = [SYS_execve, SYS_execveat]

  /// Looking into other processes of the same user, and signals by ways that are not checked below.
  private static let otherProcesses = [
    SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_process_madvise,
    SYS_process_mrelease, SYS_kcmp, SYS_pidfd_open, SYS_pidfd_getfd, SYS_pidfd_send_signal,
    SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo, SYS_tkill, SYS_move_pages, SYS_migrate_pages,
  ]

  /// Parts of the kernel that attacks have come through again and again. io_uring would also pass by this filter.
  private static let kernel = [
    SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_keyctl, SYS_add_key, SYS_request_key,
    SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register, SYS_fanotify_init,
    SYS_vmsplice, SYS_personality, SYS_lookup_dcookie,
  ]

  /// What only root may do; in a container the service may be run by it.
  private static let machine = [
    SYS_mount, SYS_umount2, SYS_mount_setattr, SYS_move_mount, SYS_open_tree, SYS_fsopen,
    SYS_fsconfig, SYS_fsmount, SYS_fspick, SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns,
    SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_mknodat, SYS_init_module,
    SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_kexec_file_load, SYS_reboot,
    SYS_swapon, SYS_swapoff, SYS_acct, SYS_quotactl, SYS_quotactl_fd, SYS_syslog,
    SYS_sethostname, SYS_setdomainname, SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime,
    SYS_adjtimex, SYS_vhangup, SYS_nfsservctl,
  ]

  /// System V's and POSIX' ways between processes, which no rule about files knows.
  private static let sharing = [
    SYS_shmget, SYS_shmat, SYS_shmctl, SYS_semget, SYS_semctl, SYS_semop, SYS_semtimedop,
    SYS_msgget, SYS_msgctl, SYS_msgsnd, SYS_msgrcv, SYS_mq_open, SYS_mq_unlink,
  ]

  #if arch(x86_64)
    private static let ofThisProcessor = [
      SYS_fork, SYS_vfork, SYS_mknod, SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_uselib,
      SYS_ustat, SYS_sysfs,
    ]
  #else
    private static let ofThisProcessor: [Int32] = []
  #endif

  /// futex_requeue of Linux 6.7: numbers are the same everywhere since 5.1, and what comes later is not
  /// known to this list. Libraries do without, as on an older kernel.
  static let lastKnown: UInt32 = 456
}
