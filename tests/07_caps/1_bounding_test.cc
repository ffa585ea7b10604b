// Judges lesson 07: lessons/07_caps/capabilities.h is the contract.
//
// In this lesson, as in 00, the program becomes its command. The kernel makes
// new sets of capabilities at that moment. So there are two looks: prepared(),
// at what the steps have made, just before; and command(), at what came of it.

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tests/07_caps/caps.h"

namespace caps {

// ---- What is given ---------------------------------------------------------

TEST_CASE("07: an unwritten step ends the program with 75", "[given]") {
  const auto root = judge::make_root_directory();
  const auto result = judge::run({"--root", root, "--", "/probe", "exit", "0"},
                                 {.hold_at_todo = false});

  if (result.ending != judge::exited(75)) {
    SUCCEED("All steps are written.");
    return;
  }
  HINT("A skeleton says which step is next, and nothing else.");
  CHECK(result.is_one_line());
}

TEST_CASE("07: options that are wrong are errors", "[given]") {
  const auto before = judge::Host::now();
  const auto word = judge::random_name();
  for (const auto& options :
       std::vector<Options>{{"--no-such-option"},
                            {"--cap-add"},
                            {"--cap-add", "FOO_" + word},
                            {"--cap-drop", "FOO_" + word},
                            {"--cap-add", ""},
                            {"--cap-add", "21"},
                            {"--cap-add", "CAP_"},
                            {"--cap-add", "CHOWN,KILL"},
                            {"--cap-add", "KILL", "--cap-drop", "cap_kill"},
                            {"--cap-add", "ALL", "--cap-drop", "all"},
                            {"--user", ""},
                            {"--user", word},
                            {"--user", "-1"},
                            {"--user", "4294967295"},
                            {"--user", "1000:"},
                            {"--user", ":1000"},
                            {"--user", "1000:1000:1000"},
                            {"--user", "1000", "--user", "1000"},
                            {"--root", "/judge/roots/" + word}}) {
    auto arguments = options;
    arguments.insert(arguments.end(), {"--", judge::guest().probe()});
    const auto result = judge::run(arguments);
    CHECK(result.ending == judge::exited(125));
    CHECK(result.is_one_line());
    if (options.back().find(word) != std::string::npos) {
      CHECK_THAT(result.errors, judge::contains(word));
    }
  }
  CHECK(judge::run({"--help"}).ending == judge::exited(0));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("07: an ordinary user is told that this needs root", "[given]") {
  const auto result = judge::run({"--", judge::guest().probe(), "exit", "3"},
                                 {.student = true});
  CHECK(result.ending == judge::exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(std::strerror(EPERM)));
}

// ---- 07.1: the bounding set ------------------------------------------------

TEST_CASE("07: the bounding set has Docker's fourteen",
          "[07.1][points:2][keep]") {
  const auto box = judge::start({});
  const auto sets = prepared(
      box,
      "Taking something out needs CAP_SETPCAP: nothing may be given up before "
      "this is done.");

  HINT(difference(sets.bounding, kDocker) +
       "What is in `keep` stays in the bounding set; every other capability is "
       "taken out, by its number.");
  CHECK(sets.bounding == kDocker);
}

TEST_CASE("07: the bounding set has what is asked for",
          "[07.1][points:1][keep]") {
  const int dropped = random_default();
  const int added = random_other();
  const auto wanted = (kDocker - number(dropped)) | number(added);
  const auto box = judge::start(
      {"--cap-drop", name_of(dropped), "--cap-add", "CAP_" + name_of(added)});
  const auto sets = prepared(box);

  HINT(difference(sets.bounding, wanted) +
       "Is it `keep` that decides, and not a list of names?");
  CHECK(sets.bounding == wanted);
}

TEST_CASE("07: nothing is left, up to the kernel's last",
          "[07.1][points:2][all]") {
  const auto box = judge::start({"--cap-drop", "ALL"});
  const auto left = prepared(box).bounding;

  HINT(difference(left, kNone) +
       "A number from a header or a manual page is that of an older kernel: "
       "ask this one how many there are, by PR_CAPBSET_READ until it fails.");
  CHECK(left == kNone);
}

namespace {

// Runs the program as if this kernel had one capability more, with the number
// `newest`. Returns whether the program has taken it out of the bounding set.
bool takes_out(unsigned newest) {
  judge::Subject program(
      {"--root", judge::make_root_directory(), "--", "/probe", "exit", "0"},
      {.held_calls = {{SYS_prctl, newest, 1}}});
  bool taken_out = false;
  (void)judge::becomes_true(program, [&] {
    while (const auto call = program.watch().receive_call()) {
      const auto operation = call->arguments[0];
      taken_out = taken_out || operation == PR_CAPBSET_DROP;
      if (operation == PR_CAPBSET_READ || operation == PR_CAPBSET_DROP) {
        program.watch().answer(operation == PR_CAPBSET_READ && !taken_out);
      } else {
        program.watch().release();
      }
    }
    return taken_out || program.ending() || !program.unwritten_step().empty();
  });
  return taken_out;
}

}  // namespace

TEST_CASE("07: the kernel may have more than a header",
          "[07.1][points:1][all]") {
  const auto newest = static_cast<unsigned>(last_capability() + 1);

  HINT("This kernel has a capability with the number "
       << newest
       << ", and the program has left it in the bounding set: CAP_LAST_CAP is "
          "the last one of the headers that it was compiled with. Ask by "
          "PR_CAPBSET_READ, until that fails with EINVAL.");
  CHECK(takes_out(newest));
}

TEST_CASE("07: a gap is not the end of the list", "[07.1][points:1][gaps]") {
  judge::How how;
  how.circumstances.lost_capabilities =
      number(CAP_DAC_READ_SEARCH).bits | number(CAP_NET_BROADCAST).bits;
  how.hold_end = true;  // A later step may ask for what is not there.
  const auto box = judge::start({}, how);
  const Sets sets(box.program().file("status"));

  HINT(difference(sets.bounding, kDocker) +
       "The caller had taken some out before. PR_CAPBSET_READ returns 0 for "
       "those, and -1 where the list ends.");
  CHECK(sets.bounding == kDocker);
}

TEST_CASE("07: without CAP_SETPCAP, nothing can be taken out",
          "[07.1][points:1][EPERM]") {
  check_not_permitted(
      run_with({"--cap-drop", "SETPCAP"},
               {.lost_capabilities = number(CAP_SETPCAP).bits}),
      "The program was started without CAP_SETPCAP. PR_CAPBSET_DROP has failed "
      "(EPERM), and the command has run with a bounding set that was too "
      "large: check() each call.");
}

TEST_CASE("07: an error is not the end of the list",
          "[07.1][points:1][idle][errors]") {
  judge::How how;
  how.circumstances.failing_calls = {{{SYS_prctl, PR_CAPBSET_READ}, EPERM}};
  const auto result = run_with({}, how.circumstances);
  HINT(
      "PR_CAPBSET_READ has failed with EPERM, and the command has run with its "
      "bounding set as it was. Only EINVAL means that the kernel knows no "
      "more.");
  if (result.ending == judge::exited(125)) {
    CHECK(result.is_one_line());
    return;
  }
  // Those who do without this call have nothing to tell.
  CHECK(judge::start({}, how).command().status("CapBnd") == "00000000a80425fb");
}

TEST_CASE("07: all can be kept", "[07.1][points:0][keep]") {
  const auto box = judge::start({"--cap-add", "all"});
  const auto sets = prepared(box);

  HINT(difference(sets.bounding, all()));
  CHECK(sets.bounding == all());
}

}  // namespace caps
