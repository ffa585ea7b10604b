// What keeps root of the guest out of a judge.

#pragma once

namespace lab {

// At boot: has the kernel check and compile the programs that guard_the_judge()
// needs (bpf(2), BPF_PROG_TYPE_LSM). They are attached to nothing yet. On a
// kernel that has none of this, it does nothing.
void prepare_guard();

// From here on, and until the guest ends, for every process, root's too:
//
// - nobody attaches to another process: no ptrace(2), /proc/PID/mem,
//   process_vm_readv(2), pidfd_getfd(2) (Yama, ptrace_scope 3);
// - nobody reads or changes the kernel's memory: no /dev/mem, /proc/kcore,
//   kprobes, tracefs (lockdown(7), confidentiality);
// - nobody calls bpf(2) or perf_event_open(2), with which root could read the
//   memory of a process although the first two are in force;
// - there are no further modules, and no other kernel (kexec).
//
// None of it can be undone, so it holds for all jobs that follow, and calling
// this again does nothing. Throws if a part of it is not to be had.
void guard_the_judge();

}  // namespace lab
