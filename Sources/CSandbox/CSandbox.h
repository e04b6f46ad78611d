// Linux' own headers for Landlock, seccomp and the numbers of system calls. glibc has no functions for most of them,
// and Swift cannot call the variadic syscall(2).
#ifndef HARRIER_CSANDBOX_H
#define HARRIER_CSANDBOX_H

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// As the newest kernel knows it (6.12); an older one takes the beginning that it knows. Debian 12's header has the
// first member only.
struct harrier_landlock_ruleset {
  uint64_t handled_access_fs;
  uint64_t handled_access_net;
  uint64_t scoped;
};

// Packed in the kernel's interface, which Swift does not know.
static inline long harrier_landlock_add_path(int ruleset, uint64_t access, int path) {
  struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = path};
  long result = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  return result < 0 ? -errno : result;
}

// One system call; its result, or the negative errno.
static inline long harrier_system_call(long number, long a, long b, long c, long d, long e) {
  long result = syscall(number, a, b, c, d, e);
  return result < 0 ? -errno : result;
}

#endif
