/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "condition-sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FD_MAX 1024
#define FILES_MAX 256
#define PROCESSORS 2

void
condition_sandbox_settle (void)
{
  pid_t parent = getppid ();

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  if (getppid () != parent || parent == 1)
    _exit (1);                  /* it was gone before */
  for (int fd = 3; fd < FD_MAX; fd++)
    close (fd);
  errno = 0;
  if (nice (10) == -1 && errno != 0)
    g_debug ("the priority stays");
  unsetenv ("GST_DEBUG_FILE");
  unsetenv ("GST_TRACERS");
  /* whoever has started it has just read the registry */
  setenv ("GST_REGISTRY_UPDATE", "no", 0);
}

static void
limit (int what, guint64 most)
{
  const struct rlimit l = { most, most };

  if (most > 0)
    setrlimit (what, &l);
}

void
condition_sandbox_limit (guint64 seconds, guint64 memory_mib, guint64 file_bytes)
{
  const struct rlimit none = { 0, 0 };

  setrlimit (RLIMIT_CORE, &none);
  limit (RLIMIT_CPU, seconds * PROCESSORS);
  limit (RLIMIT_FSIZE, file_bytes);
  limit (RLIMIT_NOFILE, FILES_MAX);
#if !defined (__SANITIZE_ADDRESS__) && !defined (__SANITIZE_THREAD__)
  limit (RLIMIT_DATA, memory_mib << 20);
#endif
}

/* --- seccomp ---------------------------------------------------------------------------- */

#if defined (__x86_64__)
# define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined (__aarch64__)
# define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef ARCHITECTURE
# define X32_BIT 0x40000000u
# define LOAD(field) BPF_STMT (BPF_LD | BPF_W | BPF_ABS, (offsetof (struct seccomp_data, field)))
# define DENY BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)
/* the next statement is DENY */
# define REFUSE(nr) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, 1), DENY

static void
close_calls (void)
{
  static struct sock_filter filter[] = {
    LOAD (arch),
    BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
    DENY,
    LOAD (nr),
    BPF_JUMP (BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1),
    DENY,
    REFUSE (__NR_execve),
    REFUSE (__NR_execveat),
    REFUSE (__NR_ptrace),
    REFUSE (__NR_process_vm_readv),
    REFUSE (__NR_process_vm_writev),
    REFUSE (__NR_connect),
    REFUSE (__NR_bind),
    REFUSE (__NR_listen),
    REFUSE (__NR_accept),
    REFUSE (__NR_accept4),
    REFUSE (__NR_sendmmsg),
    REFUSE (__NR_unshare),
    REFUSE (__NR_setns),
    REFUSE (__NR_mount),
    REFUSE (__NR_bpf),
    REFUSE (__NR_keyctl),
    REFUSE (__NR_io_uring_setup),
    REFUSE (__NR_socket),
    BPF_STMT (BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = { G_N_ELEMENTS (filter), filter };

  if (syscall (__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0)
    g_warning ("this kernel has no seccomp filter: the network stays open to it");
}
#else
static void
close_calls (void)
{
}
#endif

/* --- Landlock --------------------------------------------------------------------------- */

#define WRITING (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
    LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | \
    LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | \
    LANDLOCK_ACCESS_FS_MAKE_SYM)

static void
close_disk (const gchar * folder)
{
  const struct landlock_ruleset_attr rules = { .handled_access_fs = WRITING };
  struct landlock_path_beneath_attr here = { .allowed_access = WRITING };
  int set = (int) syscall (__NR_landlock_create_ruleset, &rules, sizeof rules, 0);

  if (set < 0)
    return;                     /* a kernel before 5.13, or without it */
  here.parent_fd = open (folder, O_PATH | O_CLOEXEC);
  if (here.parent_fd >= 0) {
    syscall (__NR_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &here, 0);
    close (here.parent_fd);
  }
  syscall (__NR_landlock_restrict_self, set, 0);
  close (set);
}

void
condition_sandbox_close (const gchar * folder)
{
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return;
  close_disk (folder);
  close_calls ();
}
