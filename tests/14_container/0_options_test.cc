// What is given: wrong options are errors, before any step.

#include "tests/14_container/container.h"

using namespace container_judge;

TEST_CASE("14: options that are wrong are errors", "[given]") {
  const auto before = judge::Host::now();
  for (const auto& arguments :
       std::vector<Options>{{},
                            {"walk"},
                            {"run", "--no-such-option"},
                            {"run", "--pids-limit", "x"},
                            {"run", "--pids-limit", "-2"},
                            {"run", "--memory", "99999999999999999999"},
                            {"run", "--memory", "8m", "--memory", "9m"},
                            {"run", "--memory", "8m", "--memory-swap", "7m"},
                            {"run", "--memory-swap", "9m"},
                            {"run", "--cpus", "0"},
                            {"run", "--cpu-shares", "1"},
                            {"run", "--device-read-bps", "/dev/vda"},
                            {"run", "--root", "/no/such/root"},
                            {"run", "--root", "/etc/passwd"},
                            {"run", "--root", "/"},
                            {"run", "--root", ""},
                            {"run", "--root", "/dev"},
                            {"run", "--stop-timeout", "soon"},
                            {"run", "--security-opt", "seccomp=/dev/zero"},
                            {"run", "--name", "../escape"},
                            {"run", "--hostname", ""},
                            {"run", "--hostname", std::string(65, 'a')},
                            {"run", "--hostname", "a b"},
                            {"run", "--hostname", "a\nb"},
                            {"run", "--hostname=-a"},
                            {"run", "--domainname", "a/b"},
                            {"run", "--volume", "/etc"},
                            {"run", "--volume", "/etc:etc"},
                            {"run", "--volume", "/etc:/a:rslave"},
                            {"run", "--volume", "/etc:/proc/a"},
                            {"run", "--tmpfs", "/a:size=x"},
                            {"run", "--tmpfs", "/a", "--volume", "/etc:/a"},
                            {"run", "--network", "moon"},
                            {"run", "--network", "none", "--publish", "80:80"},
                            {"run", "--network", "host", "--ip", "10.85.0.9"},
                            {"run", "--network", "host", "--userns", "auto"},
                            {"run", "--ip", "10.86.0.9"},
                            {"run", "--ip", "10.85.0.1"},
                            {"run", "--publish", "80:80", "--publish", "80:81"},
                            {"run", "--publish", "0:80"},
                            {"run", "--user", "root"},
                            {"run", "--userns", "me"},
                            {"run", "--cap-add", "NO_SUCH"},
                            {"run", "--cap-add", "KILL", "--cap-drop", "KILL"},
                            {"run", "--privileged", "--cap-drop", "KILL"},
                            {"run", "--security-opt", "seccomp=/no/such/file"},
                            {"run", "--security-opt", "seccomp=/etc/passwd"},
                            {"run", "--security-opt", "apparmor=strict"},
                            {"run", "--env", "=x"},
                            {"run", "--env-file", "/no/such/file"},
                            {"run", "--workdir", "tmp"}}) {
    const auto result = judge::run(arguments);
    INFO(fmt::format("The words: {}", fmt::join(arguments, " ")));
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
  }
  CHECK(judge::run({"--help"}).ending == exited(0));
  CHECK(judge::run({"run", "--help"}).ending == exited(0));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("14: a root that would lead mounts elsewhere is an error",
          "[given]") {
  const auto before = judge::Host::now();
  for (const auto* name : {"proc", "sys", "dev"}) {
    const auto root = judge::make_root_directory();
    fs::remove(root + "/" + name);
    fs::create_directory_symlink("/tmp", root + "/" + name);
    const auto result =
        judge::run({"run", "--root", root, "--", "/probe", "exit", "3"});
    CHECK(result.ending == exited(125));
    CHECK_THAT(result.errors, judge::contains(name));
  }
  CHECK(judge::Host::settled(before) == before);
}
