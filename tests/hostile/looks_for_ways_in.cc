// Mistake: it tries each way into the memory of the judge and the kernel
// Fails: 00.1
// Says: attack: no way in
// Unguarded: 00.1
// Unguarded says: attack: all 12 ways are open

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tests/hostile/tools.h"

// 0, or the error.
int error_of(long result) { return result == -1 ? errno : 0; }

int trace(pid_t judge) {
  const int error = error_of(::ptrace(PTRACE_SEIZE, judge, nullptr, nullptr));
  if (error == 0) {
    ::ptrace(PTRACE_INTERRUPT, judge, nullptr, nullptr);
    ::waitpid(judge, nullptr, 0);
    ::ptrace(PTRACE_DETACH, judge, nullptr, nullptr);
  }
  return error;
}

int read_memory(pid_t judge) {
  return error_of(
      ::open(fmt::format("/proc/{}/mem", judge).c_str(), O_RDWR | O_CLOEXEC));
}

int read_remotely(pid_t judge) {
  char byte = 0;
  iovec here{&byte, 1};
  iovec there{reinterpret_cast<void*>(hostile::address_of_seal(judge)), 1};
  return error_of(::process_vm_readv(judge, &here, 1, &there, 1, 0));
}

int take_descriptor(pid_t judge) {
  const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, judge, 0));
  return error_of(::syscall(SYS_pidfd_getfd, pidfd, 3, 0));
}

// A program for a tracepoint could read what the judge has in memory while the
// judge itself is in a system call.
int load_bpf(pid_t) {
  const bpf_insn nothing[] = {{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0},
                              {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
  attributes.insns = reinterpret_cast<std::uint64_t>(nothing);
  attributes.insn_cnt = std::size(nothing);
  attributes.license = reinterpret_cast<std::uint64_t>("GPL");
  return error_of(
      ::syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes));
}

// Samples of the judge's registers and of its stack.
int sample(pid_t judge) {
  perf_event_attr event{};
  event.size = sizeof event;
  event.type = PERF_TYPE_SOFTWARE;
  event.config = PERF_COUNT_SW_CPU_CLOCK;
  event.sample_period = 1;
  event.sample_type = PERF_SAMPLE_STACK_USER;
  event.sample_stack_user = 4096;
  return error_of(::syscall(SYS_perf_event_open, &event, judge, -1, -1, 0));
}

// Who may load modules is told that this is none.
int load_module(pid_t) {
  const int error = error_of(::syscall(SYS_init_module, "", 0, ""));
  return error == EPERM ? error : 0;
}

int load_kernel(pid_t) {
  const int error = error_of(::syscall(SYS_kexec_load, 0, 1000, nullptr, 0));
  return error == EPERM ? error : 0;
}

int read_kcore(pid_t) {
  return error_of(::open("/proc/kcore", O_RDONLY | O_CLOEXEC));
}

int read_dev_mem(pid_t) {
  return error_of(::open("/dev/mem", O_RDONLY | O_CLOEXEC));
}

int probe_kernel(pid_t) {
  ::mkdir("/tmp/tracing", 0700);
  ::mount("tracefs", "/tmp/tracing", "tracefs", 0, nullptr);
  return error_of(::open("/tmp/tracing/kprobe_events", O_WRONLY | O_CLOEXEC));
}

// A page that goes to the swap device can be read there, and changed.
int swap_out(pid_t judge) {
  const auto address = hostile::address_of_seal(judge);
  const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, judge, 0));
  iovec page{reinterpret_cast<void*>(address), 4096};
  (void)::syscall(SYS_process_madvise, pidfd, &page, 1, MADV_PAGEOUT, 0);
  const int pages = ::open(fmt::format("/proc/{}/pagemap", judge).c_str(),
                           O_RDONLY | O_CLOEXEC);
  std::uint64_t entry = 0;
  (void)!::pread(pages, &entry, sizeof entry,
                 static_cast<off_t>(address / 4096 * sizeof entry));
  constexpr std::uint64_t kSwapped = 1ULL << 62;
  return (entry & kSwapped) != 0 ? 0 : EPERM;
}

void attack(const std::string&) {
  const std::pair<const char*, int (*)(pid_t)> ways[] = {
      {"ptrace", trace},           {"mem", read_memory},
      {"vm_readv", read_remotely}, {"getfd", take_descriptor},
      {"bpf", load_bpf},           {"perf", sample},
      {"module", load_module},     {"kexec", load_kernel},
      {"kcore", read_kcore},       {"/dev/mem", read_dev_mem},
      {"kprobe", probe_kernel},    {"swap", swap_out}};
  std::vector<std::string> open;
  for (const auto& [name, way] : ways) {
    if (way(hostile::judge()) == 0) open.emplace_back(name);
  }
  if (open.size() == std::size(ways)) {
    hostile::say(fmt::format("all {} ways are open", open.size()));
  } else if (open.empty()) {
    hostile::say("no way in");
  } else {
    hostile::say(fmt::format("open: {}", fmt::join(open, ", ")));
  }
}
