#include "tests/seccomp/bpf.h"

#include <cstring>

#include "lessons/kit/check.h"

namespace bpf {
namespace {

// The registers, and the memory of 16 words.
struct Machine {
  std::uint32_t a = 0, x = 0;
  std::uint32_t memory[BPF_MEMWORDS] = {};

  std::uint32_t& word(std::uint32_t index) {
    if (index >= BPF_MEMWORDS) kit::fail("no word {} of memory", index);
    return memory[index];
  }
};

std::uint32_t load(const seccomp_data& call, std::uint32_t offset) {
  if (offset % 4 != 0 || offset >= sizeof call) {
    kit::fail("no word at {} of a call", offset);
  }
  std::uint32_t word = 0;
  std::memcpy(&word, reinterpret_cast<const char*>(&call) + offset,
              sizeof word);
  return word;
}

std::uint32_t compute(unsigned operation, std::uint32_t a, std::uint32_t b) {
  switch (operation) {
    case BPF_ADD:
      return a + b;
    case BPF_SUB:
      return a - b;
    case BPF_MUL:
      return a * b;
    case BPF_DIV:
      return b == 0 ? 0 : a / b;
    case BPF_OR:
      return a | b;
    case BPF_AND:
      return a & b;
    case BPF_XOR:
      return a ^ b;
    case BPF_LSH:
      return b > 31 ? 0 : a << b;
    case BPF_RSH:
      return b > 31 ? 0 : a >> b;
    case BPF_NEG:
      return -a;
    default:
      kit::fail("unknown operation {}", operation);
  }
}

bool holds(unsigned comparison, std::uint32_t a, std::uint32_t b) {
  switch (comparison) {
    case BPF_JEQ:
      return a == b;
    case BPF_JGT:
      return a > b;
    case BPF_JGE:
      return a >= b;
    case BPF_JSET:
      return (a & b) != 0;
    default:
      kit::fail("unknown comparison {}", comparison);
  }
}

// Carries out what neither jumps nor ends.
void carry_out(Machine& machine, const sock_filter& one,
               const seccomp_data& call) {
  const std::uint32_t operand = BPF_SRC(one.code) == BPF_X ? machine.x : one.k;
  switch (BPF_CLASS(one.code)) {
    case BPF_LD:
      if (one.code == (BPF_LD | BPF_W | BPF_ABS)) {
        machine.a = load(call, one.k);
      } else if (one.code == (BPF_LD | BPF_IMM)) {
        machine.a = one.k;
      } else if (one.code == (BPF_LD | BPF_MEM)) {
        machine.a = machine.word(one.k);
      } else {
        kit::fail("unknown way to load: {:#x}", one.code);
      }
      return;
    case BPF_LDX:
      machine.x = BPF_MODE(one.code) == BPF_MEM ? machine.word(one.k) : one.k;
      return;
    case BPF_ST:
      machine.word(one.k) = machine.a;
      return;
    case BPF_STX:
      machine.word(one.k) = machine.x;
      return;
    case BPF_ALU:
      machine.a = compute(BPF_OP(one.code), machine.a, operand);
      return;
    case BPF_MISC:
      if (BPF_MISCOP(one.code) == BPF_TAX) {
        machine.x = machine.a;
      } else {
        machine.a = machine.x;
      }
      return;
    default:
      kit::fail("unknown instruction {:#x}", one.code);
  }
}

}  // namespace

Result run(std::span<const sock_filter> program, const seccomp_data& call) {
  Machine machine;
  Result result;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& one = program[at];
    ++result.instructions;
    if (BPF_CLASS(one.code) == BPF_RET) {
      result.verdict = BPF_RVAL(one.code) == BPF_A ? machine.a : one.k;
      return result;
    }
    if (BPF_CLASS(one.code) != BPF_JMP) {
      carry_out(machine, one, call);
    } else if (BPF_OP(one.code) == BPF_JA) {
      at += one.k;
    } else {
      const auto operand = BPF_SRC(one.code) == BPF_X ? machine.x : one.k;
      at += holds(BPF_OP(one.code), machine.a, operand) ? one.jt : one.jf;
    }
  }
  kit::fail("the program has no end");
}

}  // namespace bpf
