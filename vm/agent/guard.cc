#include "vm/agent/guard.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "lessons/kit/check.h"
#include "lessons/kit/unique_fd.h"

namespace lab {
namespace {

using kit::check;
using kit::UniqueFd;

// The system calls that nobody may make any more: the kernel's hooks for
// security modules refuse them.
constexpr std::string_view kClosed[] = {"bpf", "perf_event_open"};

std::vector<UniqueFd> programs;  // One for each of kClosed, or none at all.
std::string why_not;             // Why there is none.

// The kernel's own types, BTF: Documentation/bpf/btf.rst.
std::string read_types() {
  std::ifstream file("/sys/kernel/btf/vmlinux", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// How many bytes follow a type's header, for each kind.
std::size_t size_of_rest(std::uint32_t kind, std::uint32_t number) {
  switch (kind) {
    case BTF_KIND_INT:
    case BTF_KIND_VAR:
    case 17:  // BTF_KIND_DECL_TAG, since Linux 5.16
      return 4;
    case BTF_KIND_ARRAY:
      return sizeof(btf_array);
    case BTF_KIND_STRUCT:
    case BTF_KIND_UNION:
    case BTF_KIND_DATASEC:
    case 19:  // BTF_KIND_ENUM64, since Linux 6.0
      return 12 * std::size_t{number};
    case BTF_KIND_ENUM:
    case BTF_KIND_FUNC_PROTO:
      return 8 * std::size_t{number};
    default:
      return 0;
  }
}

// The number of the function `name` among the kernel's types; 0 if there is
// none.
std::uint32_t function_number(const std::string& types, std::string_view name) {
  btf_header header{};
  if (types.size() < sizeof header) return 0;
  std::memcpy(&header, types.data(), sizeof header);
  const char* const names = types.data() + header.hdr_len + header.str_off;
  std::size_t at = header.hdr_len + header.type_off;
  const auto end = at + header.type_len;
  for (std::uint32_t number = 1; at + sizeof(btf_type) <= end; ++number) {
    btf_type type{};
    std::memcpy(&type, types.data() + at, sizeof type);
    const auto kind = BTF_INFO_KIND(type.info);
    if (kind == BTF_KIND_FUNC && names + type.name_off == name) return number;
    at += sizeof type + size_of_rest(kind, BTF_INFO_VLEN(type.info));
  }
  return 0;
}

int bpf(int command, bpf_attr& attributes) {
  return static_cast<int>(
      ::syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

// A program for one hook: "return -EPERM".
UniqueFd load_program(std::uint32_t hook) {
  const bpf_insn refuse[] = {
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, -EPERM},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_LSM;
  attributes.expected_attach_type = BPF_LSM_MAC;
  attributes.attach_btf_id = hook;
  attributes.insns = reinterpret_cast<std::uint64_t>(refuse);
  attributes.insn_cnt = std::size(refuse);
  attributes.license = reinterpret_cast<std::uint64_t>("GPL");
  return UniqueFd{check(bpf(BPF_PROG_LOAD, attributes), "load a BPF program")};
}

// A link that nobody can take away again as long as this process lives.
void attach(const UniqueFd& program) {
  bpf_attr attributes{};
  attributes.raw_tracepoint.prog_fd = static_cast<std::uint32_t>(program.get());
  static std::vector<UniqueFd> links;
  links.emplace_back(check(bpf(BPF_RAW_TRACEPOINT_OPEN, attributes),
                           "attach a BPF program (is \"bpf\" in "
                           "/sys/kernel/security/lsm?)"));
}

void write(const char* path, std::string_view text) {
  const UniqueFd file{
      check(::open(path, O_WRONLY | O_CLOEXEC), "open {}", path)};
  check(::write(file.get(), text.data(), text.size()), "write {}", path);
}

}  // namespace

void prepare_guard() {
  try {
    const auto types = read_types();
    for (const auto hook : kClosed) {
      const auto number =
          function_number(types, fmt::format("bpf_lsm_{}", hook));
      if (number == 0) {
        throw std::runtime_error(fmt::format("no hook for {}(2)", hook));
      }
      programs.push_back(load_program(number));
    }
  } catch (const std::exception& error) {
    programs.clear();
    why_not = error.what();
  }
}

void guard_the_judge() {
  static bool guarded = false;
  if (guarded) return;  // By an earlier job of this guest, for good.
  if (programs.empty()) {
    throw std::runtime_error("this kernel cannot keep root out of the judge: " +
                             why_not);
  }
  // The last one closes bpf(2).
  for (auto program = programs.rbegin(); program != programs.rend();
       ++program) {
    attach(*program);
  }
  write("/proc/sys/kernel/yama/ptrace_scope", "3");
  write("/proc/sys/kernel/kexec_load_disabled", "1");
  write("/proc/sys/kernel/modules_disabled", "1");
  write("/sys/kernel/security/lockdown", "confidentiality");
  guarded = true;
}

}  // namespace lab
