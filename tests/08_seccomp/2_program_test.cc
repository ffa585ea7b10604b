// A filter without rules, and its program: steps 08.2 and 08.3.

#include "tests/08_seccomp/filters.h"

namespace filters {

// ---- 08.3: the program -----------------------------------------------------
//
// Before the cases of 08.2: what a filter is shows only in its program, and
// these need no more of 08.2 than its default verdict.

TEST_CASE("08: a profile becomes a filter",
          "[08.3][points:2][program][nothing]") {
  const auto box = judge::start(profile("{'defaultAction': 'SCMP_ACT_ALLOW'}"));
  const auto& process = command(
      box,
      "The program that came from libseccomp was not taken. ::pread() reads "
      "from the beginning of the file, where ::seccomp_export_bpf() has left "
      "its position at the end; and a file of N bytes has N / "
      "sizeof(sock_filter) instructions.");

  CHECK(process.status("Seccomp") == "2");
  HINT(
      "There is more than one filter. to_program() asks for the program and "
      "installs nothing: ::seccomp_load() would do it here and now, and the "
      "filter would be there before everything is ready for it.");
  CHECK(process.status("Seccomp_filters") == "1");
}

TEST_CASE("08: the program leaves nothing behind", "[08.3][points:1][traces]") {
  const auto options = profile("{'defaultAction': 'SCMP_ACT_ALLOW'}");
  const auto before = judge::Host::now();
  const auto box = judge::start(options);
  (void)command(box, "");

  HINT(
      "The program was written to a file that others can see, and that stays. "
      "memfd_create(2) makes one that has no name.");
  CHECK(judge::Host::now().files == before.files);
  HINT(
      "The command has got a descriptor of that file: MFD_CLOEXEC, and an "
      "owner that closes it (kit::UniqueFd).");
  CHECK(box.at_exec().kept_descriptors.size() == 3);
}

TEST_CASE("08: a long program is read as a whole", "[08.3][points:1][whole]") {
  // Four instructions for each value.
  const auto box = judge::start(profile_of_length(300));
  const auto& process =
      command(box,
              "This profile makes a long one: 1200 instructions, and some. Is "
              "the whole program read?");
  CHECK(process.status("Seccomp") == "2");
}

// ---- 08.2: the beginning ---------------------------------------------------

TEST_CASE("08: calls without a rule get the default action",
          "[08.2][points:2][otherwise]") {
  const auto ending_with = [](const std::string& action) {
    return run_with(profile("{'defaultAction': '" + action + "'}")).ending;
  };

  HINT(
      "With SCMP_ACT_KILL_PROCESS for all calls, the command dies of the first "
      "one (SIGSYS). Is it policy.otherwise that ::seccomp_init() gets?");
  CHECK(ending_with("SCMP_ACT_KILL_PROCESS") == kKilled);
  HINT("SCMP_ACT_LOG lets calls through, and the kernel makes a note of them.");
  CHECK(ending_with("SCMP_ACT_LOG") == judge::exited(3));
}

TEST_CASE("08: other architectures are let in if the profile says so",
          "[08.2][points:2][architectures]") {
  const auto box = judge::start(profile(with_rules("")));
  const auto& process =
      command(box,
              "Adding the architecture of this machine fails with EEXIST: "
              "::seccomp_init() has done it. That is no error.");

  HINT(
      "A 32-bit call (int 0x80) was made, and archMap has SCMP_ARCH_X86. Is "
      "::seccomp_arch_add() called for each of policy.architectures?");
  CHECK(box.ask("call32 " + word(kGetpid32)) == "ok " + word(process.pid()));
  HINT(
      "The same for SCMP_ARCH_X32. (This kernel itself has no such calls, and "
      "says ENOSYS.)");
  CHECK(box.ask("call " + x32(SYS_getpid)) == error(ENOSYS));
}

TEST_CASE("08: the host's own architecture need not be named",
          "[08.2][points:1][own]") {
  const auto box = judge::start(
      profile("{'defaultAction': 'SCMP_ACT_ALLOW', 'architectures': "
              "['SCMP_ARCH_X86', 'SCMP_ARCH_X86']}"));
  const auto& process =
      command(box,
              "The profile names SCMP_ARCH_X86 alone, and that twice. The "
              "architecture of this host is in a new filter, and stays there; "
              "what is there already is no error.");

  CHECK(box.ask("call " + word(SYS_getpid)) == "ok " + word(process.pid()));
  CHECK(box.ask("call32 " + word(kGetpid32)) == "ok " + word(process.pid()));
}

TEST_CASE("08: an architecture that cannot be had is an error",
          "[08.2][points:1][EDOM]") {
  const auto result =
      run_with(profile("{'defaultAction': 'SCMP_ACT_ALLOW', 'architectures': "
                       "['SCMP_ARCH_X86_64', 'SCMP_ARCH_S390X']}"));

  HINT(
      "Libseccomp takes no architecture of another byte order (-EDOM), and the "
      "command has run without it. Only -EEXIST is no error: check_result() "
      "what else there is.");
  CHECK(result.ending == judge::exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(std::strerror(EDOM)));
}

TEST_CASE("08: all other architectures are kept out",
          "[08.2][points:2][others]") {
  for (const auto& instruction :
       {"call32 " + word(kGetpid32), "call " + x32(SYS_getpid)}) {
    const auto box =
        judge::start(profile("{'defaultAction': 'SCMP_ACT_ALLOW', "
                             "'architectures': ['SCMP_ARCH_X86_64']}"));
    (void)command(box, "An architecture that is there already is no error.");

    HINT(
        "The same call has another number in another architecture. Who does "
        "not look at the architecture lets mount(2) through as number 21. The "
        "attribute SCMP_FLTATR_ACT_BADARCH says what happens to such calls.");
    CHECK(box.ask(instruction) == "ended");
    CHECK(box.wait() == kKilled);
  }
}

TEST_CASE("08: such a call ends the whole process",
          "[08.2][points:1][others]") {
  const auto box = judge::start(profile("{'defaultAction': 'SCMP_ACT_ALLOW'}"));
  (void)command(box, "");

  HINT(
      "Only the thread was killed that made the call. That is what "
      "SCMP_FLTATR_ACT_BADARCH means if nobody sets it, and the others wait "
      "for that thread for ever: SCMP_ACT_KILL_PROCESS.");
  CHECK(box.ask("thread-call32 " + word(kGetpid32)) == "ended");
  CHECK(box.wait() == kKilled);
}

}  // namespace filters
