// Rules: step 08.4.

#include "tests/08_seccomp/filters.h"

namespace filters {
namespace {

constexpr long kWaitpid32 = 7;

}  // namespace

// ---- 08.4: rules -----------------------------------------------------------

TEST_CASE("08: a call gets the errno of its rule",
          "[08.4][points:2][verdict]") {
  const auto number = random_errno();
  const auto box =
      judge::start(profile(with_rules(deny("'mkdir', 'rmdir'", number))));
  (void)command(box, "");
  const auto one = random_path();
  const auto two = random_path();

  HINT("The verdict of the rule has its errno in it: leave it as it is.");
  CHECK(box.ask("call " + word(SYS_mkdir) + " " + one + " 448") ==
        error(number));
  CHECK(!exists(box, one));
  CHECK(box.ask("call " + word(SYS_rmdir) + " " + one) == error(number));

  // A call that does the same under another name is another call.
  CHECK(box.ask("call " + word(SYS_mkdirat) + " -100 " + two + " 448") ==
        "ok 0");
  CHECK(exists(box, two));
}

TEST_CASE("08: a rule holds in all architectures",
          "[08.4][points:1][architectures]") {
  const auto number = random_errno();
  const auto box = judge::start(profile(with_rules(deny("'mkdir'", number))));
  (void)command(box, "");
  const auto path = random_path();

  HINT("libseccomp knows the call's number in each of them.");
  CHECK(box.ask("call32 " + word(kMkdir32) + " " + path + " 448") ==
        error(number));
  CHECK(box.ask("call " + x32(SYS_mkdir) + " " + path + " 448") ==
        error(number));
  CHECK(!exists(box, path));
}

TEST_CASE("08: a rule holds for a call that 32-bit programs alone have",
          "[08.4][points:1][architectures]") {
  const auto number = random_errno();
  const auto box = judge::start(profile(with_rules(deny("'waitpid'", number))));
  const char* const hint =
      "waitpid(2) is a call of 32-bit programs only, and libseccomp knows it "
      "by a negative number. Only __NR_SCMP_ERROR is an unknown name.";
  (void)command(box, hint);

  HINT(hint);
  CHECK(box.ask("call32 " + word(kWaitpid32) + " -1 0 1") == error(number));
}

TEST_CASE("08: an allow list lets nothing else through",
          "[08.4][points:2][verdict]") {
  const auto number = random_errno();
  const auto other = number - 1;
  const auto box = judge::start(profile(with_rules(
      std::string(kNeeded) + ", " + deny("'rmdir'", other),
      "'SCMP_ACT_ERRNO', 'defaultErrnoRet': " + std::to_string(number))));
  (void)command(box, "A rule for each of its names lets a call through.");
  const auto one = random_path();
  const auto two = random_path();

  CHECK(box.ask("call " + word(SYS_mkdir) + " " + one + " 448") == "ok 0");
  CHECK(exists(box, one));
  CHECK(box.ask("call " + word(SYS_mkdirat) + " -100 " + two + " 448") ==
        error(number));
  CHECK(!exists(box, two));
  CHECK(box.ask("call " + word(SYS_getpid)) == error(number));
  HINT(
      "The rule and the default verdict refuse a call with different errors: "
      "these are different verdicts.");
  CHECK(box.ask("call " + word(SYS_rmdir) + " " + one) == error(other));
  CHECK(box.ask("call 900") == error(ENOSYS));
  CHECK(box.end(7) == judge::exited(7));
}

TEST_CASE("08: every sort of verdict is passed on",
          "[08.4][points:1][verdict]") {
  const auto rules = with_rules(
      act("getpgid", "KILL_PROCESS") + "," + act("getpriority", "KILL_THREAD") +
      "," + act("getsid", "TRAP") + "," + act("sched_yield", "LOG") + "," +
      act("getppid", "TRACE") + "," + deny("'mkdir'", 0));
  {
    const auto box = judge::start(profile(rules));
    (void)command(box, "");
    CHECK(box.ask("call " + word(SYS_sched_yield)) == "ok 0");
    HINT("An errno of 0: the call does nothing, and seems to have worked.");
    const auto path = random_path();
    CHECK(box.ask("call " + word(SYS_mkdir) + " " + path + " 448") == "ok 0");
    CHECK(!exists(box, path));
    HINT("SCMP_ACT_TRACE asks a tracer. There is none: ENOSYS.");
    CHECK(box.ask("call " + word(SYS_getppid)) == error(ENOSYS));
    HINT("SCMP_ACT_KILL_THREAD ends the thread; the command goes on.");
    CHECK(box.ask("thread-call " + word(SYS_getpriority)) == "ok");
    HINT(
        "SCMP_ACT_KILL_PROCESS ends the command, whichever of its threads "
        "makes the call. The verdict of the rule has to stay as it is.");
    CHECK(box.ask("thread-call " + word(SYS_getpgid)) == "ended");
    CHECK(box.wait() == kKilled);
  }
  const auto box = judge::start(profile(rules));
  (void)command(box, "");
  CHECK(box.ask("call " + word(SYS_getsid)) == "ended");
  CHECK(box.wait() == kKilled);
}

TEST_CASE("08: the condition of a rule is looked at",
          "[08.4][points:2][conditions]") {
  struct Operator {
    const char* name;
    bool below, equal, above;  // Does it hold for such an argument?
  };
  const auto number = random_errno();
  const auto value = random_64();
  const auto index = static_cast<int>(judge::random_number(1, 5));
  const auto slot = static_cast<std::size_t>(index) - 1;
  for (const auto& [name, below, equal, above] :
       {Operator{"LT", true, false, false}, Operator{"LE", true, true, false},
        Operator{"EQ", false, true, false}, Operator{"NE", true, false, true},
        Operator{"GE", false, true, true},
        Operator{"GT", false, false, true}}) {
    const auto box = judge::start(profile(
        with_rules(deny("'splice'", number, condition(index, name, value)))));
    (void)command(box, "");
    // 1 less and more, and the same in the upper 32 bits.
    for (const auto step : {std::uint64_t{1}, std::uint64_t{1} << 32}) {
      for (const int side : {-1, 0, 1}) {
        std::vector<std::uint64_t> arguments(5, 0);
        arguments[slot] = value + static_cast<std::uint64_t>(side) * step;
        const auto asked = harmless(arguments);
        CAPTURE(name, value, asked);
        HINT(
            "A condition compares one argument, the whole of its 64 bits, by "
            "its own operator: pass them on as they are.");
        const bool holds = side < 0 ? below : side == 0 ? equal : above;
        CHECK((box.ask(asked) == error(number)) == holds);
      }
    }
  }
}

TEST_CASE("08: a condition can look at some bits only",
          "[08.4][points:1][conditions]") {
  const auto number = random_errno();
  const std::uint64_t mask = 0xf0f0'0000'0ff0;
  const std::uint64_t wanted = random_64() & mask;
  const auto box = judge::start(profile(with_rules(
      deny("'splice'", number, condition(2, "MASKED_EQ", mask, wanted)))));
  (void)command(box, "");

  const auto others = random_64() & ~mask;
  HINT("A condition has two values: SCMP_CMP_MASKED_EQ needs both.");
  CHECK(box.ask(harmless({0, wanted | others})) == error(number));
  HINT("A condition has two values: SCMP_CMP_MASKED_EQ needs both.");
  CHECK(box.ask(harmless({0, (wanted ^ 0x10) | others})) != error(number));
  CHECK(box.ask(harmless({0, (wanted ^ (1ULL << 44)) | others})) !=
        error(number));
}

TEST_CASE("08: all conditions of a rule have to hold",
          "[08.4][points:2][conditions]") {
  const auto number = random_errno();
  const auto a = random_64();
  const auto b = random_64();
  const auto c = random_64();
  const auto box = judge::start(profile(
      with_rules(deny("'splice'", number,
                      condition(1, "EQ", a) + ", " + condition(3, "GT", b) +
                          ", " + condition(5, "NE", c)))));
  (void)command(box, "");

  CHECK(box.ask(harmless({a, 0, b + 1, 0, 0})) == error(number));
  HINT(
      "Only the first condition of three holds, and the rule was applied. "
      "::seccomp_rule_add_array() takes all of them, for one rule.");
  CHECK(box.ask(harmless({a, 0, b, 0, c})) != error(number));
  HINT("The first condition does not hold, the others do.");
  CHECK(box.ask(harmless({a + 1, 0, b + 1, 0, 0})) != error(number));
  HINT("The second condition does not hold, the others do.");
  CHECK(box.ask(harmless({a, 0, b, 0, 0})) != error(number));
  HINT("The third condition does not hold, the others do.");
  CHECK(box.ask(harmless({a, 0, b + 1, 0, c})) != error(number));
}

TEST_CASE("08: one of several rules is enough",
          "[08.4][points:1][verdict][conditions]") {
  const auto one = random_errno();
  const auto a = random_64();
  const auto box = judge::start(
      profile(with_rules(deny("'splice'", one, condition(1, "EQ", a)) + ", " +
                         deny("'splice'", one, condition(1, "EQ", a + 2)))));
  (void)command(box, "");
  CHECK(box.ask(harmless({a})) == error(one));
  CHECK(box.ask(harmless({a + 2})) == error(one));
  CHECK(box.ask(harmless({a + 1})) != error(one));
}

TEST_CASE("08: calls that are not known are left out",
          "[08.4][points:1][unknown]") {
  const auto number = random_errno();
  const auto box = judge::start(
      profile(with_rules(act("no_such_" + judge::random_name(), "LOG") + ", " +
                         deny("'mkdir'", number))));
  (void)command(
      box,
      "The profile has a name that libseccomp does not know: __NR_SCMP_ERROR. "
      "It may be that of a newer call, and is no reason to give up.");
  CHECK(box.ask("call " + word(SYS_mkdir) + " " + random_path()) ==
        error(number));
}

TEST_CASE("08: a call that cannot be refused is an error",
          "[08.4][points:1][unknown][false]") {
  const auto name = "no_such_" + judge::random_name();
  const auto result = run_with(profile(with_rules(deny("'" + name + "'", 1))));
  HINT(
      "The profile refuses a call that libseccomp does not know, and allows "
      "all others. compile() makes that an error if add_rule() returns false.");
  CHECK(result.ending == judge::exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(name));
}

TEST_CASE("08: a call need not be there in each architecture",
          "[08.4][points:1][architectures]") {
  const auto number = random_errno();
  const auto box = judge::start(
      profile("{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [" +
              deny("'stat64', 'waitpid', 'mkdir'", number) + "]}"));
  (void)command(
      box,
      "The profile has calls that 32-bit programs have, and 64-bit ones do "
      "not. A function with \"exact\" in its name takes that for an error.");
  CHECK(box.ask("call " + word(SYS_mkdir) + " " + random_path()) ==
        error(number));
}

TEST_CASE("08: a rule may say what happens anyway",
          "[08.4][points:1][otherwise]") {
  const auto box = judge::start(profile(
      with_rules(act("mkdir", "ALLOW") + ", " + act("getpgid", "ALLOW"))));
  (void)command(
      box,
      "The verdict of a rule is the default one, and libseccomp takes no such "
      "rule (EACCES). There is nothing to add.");
  CHECK(box.ask("call " + word(SYS_mkdir) + " " + random_path() + " 448") ==
        "ok 0");
}

}  // namespace filters
