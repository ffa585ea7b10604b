// Judges steps 03.1 and 03.2, the namespace and a map: lessons/03_user/user.h
// is the contract.

#include <linux/capability.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>

#include "tests/03_user/user.h"

namespace users {

// ---- 03.1: the namespace ----

TEST_CASE("03: the child has a user namespace of its own",
          "[03.1][points:2][own][only][flags]") {
  const auto box = start_and_hold({}, kAsStudent);
  HINT(
      "Without CLONE_NEWUSER in args.flags, clone3() makes no user namespace, "
      "and the kernel makes the other ones for nobody but root.");
  const auto child = child_of(box);

  HINT(
      "The child is in the host's user namespace, where nobody but root "
      "maps anything. clone3() makes a new one if CLONE_NEWUSER is in "
      "args.flags.");
  CHECK(child.own_namespaces().contains("user"));
  HINT(
      "The flags that were there must stay, and no other may come: add yours "
      "with |=.");
  CHECK(child.own_namespaces() == std::set<std::string>{"mnt", "user"});
}

TEST_CASE("03: the program stays where it is",
          "[03.1][points:1][idle][caller]") {
  const auto box = start_and_hold({}, kAsStudent);

  HINT(
      "unshare(2) moves its caller. The program would be in the new namespace "
      "itself, as nobody, and from there cannot give it any id but one.");
  CHECK(box.program().own_namespaces().empty());
}

TEST_CASE("03: the namespace belongs to who has made it",
          "[03.1][points:1][own]") {
  const auto box = start_and_hold({}, kAsStudent);
  const auto path = std::to_string(child_of(box).pid()) + "/ns/user";
  const kit::UniqueFd users{
      ::openat(judge::guest().proc(), path.c_str(), O_RDONLY | O_CLOEXEC)};
  uid_t owner = 0;
  REQUIRE(::ioctl(users.get(), NS_GET_OWNER_UID, &owner) == 0);

  HINT("Any user may make one: no other rights than the caller's are needed.");
  CHECK(owner == kStudent);
}

// ---- 03.2: a map ----

TEST_CASE("03: root inside is the caller outside",
          "[03.2][points:2][file][line]") {
  const auto box = start_and_hold({}, kAsStudent);

  HINT(
      "A line has the id inside, the id outside, and how many. Where it is "
      "missing, nobody inside has an id. Is it the file that is asked for?");
  CHECK(map_of(child_of(box), "uid_map") == text({{0, kStudent, 1}}));
}

TEST_CASE("03: another user's id can be the caller inside",
          "[03.2][points:1][line]") {
  // Root in the host may map anything, so here no map is refused.
  const std::vector<Range> map = {{0, judge::random_number(2000, 60000), 1}};
  const auto box = start_and_hold(options("--map-uid", map));

  HINT(
      "The order of a line is: inside, outside, count. The kernel has taken "
      "your map, and it means something else.");
  CHECK(map_of(child_of(box), "uid_map") == text(map));
}

TEST_CASE("03: a map has all its ranges", "[03.2][points:2][ranges]") {
  const auto map = random_map(static_cast<int>(judge::random_number(2, 5)),
                              200'000, 900'000);
  const auto box = start_and_hold(options("--map-uid", map));

  HINT(
      "Each range is a line, and all lines are one write(2). After that the "
      "map is closed for ever: a second write() is EPERM.");
  CHECK(map_of(child_of(box), "uid_map") == text(map));
}

TEST_CASE("03: a map of many ranges is one write",
          "[03.2][points:1][ranges][once]") {
  std::vector<Range> map;
  for (long i = 0; i < 300; ++i) map.push_back({2 * i, 3 * i + 9000, 1});
  const auto box = start_and_hold(options("--map-uid", map));

  HINT(
      "These are 300 ranges. A stream that writes when its buffer is full "
      "makes several writes of them, and the kernel takes the first.");
  CHECK(map_of(child_of(box), "uid_map") == text(map));
}

TEST_CASE("03: ids are 32-bit numbers", "[03.2][points:1][bits]") {
  const long half = 1L << 31;
  const long some = judge::random_number(1, 1'000'000);
  for (const auto& map : std::vector<std::vector<Range>>{
           {{0, half + some, 1}, {half + some, half - 1000, 500}},
           {{0, 0, (1L << 32) - 1}}}) {
    const auto box = start_and_hold(options("--map-uid", map));
    HINT(
        "Ids from 2147483648 on are no negative numbers, and the largest range "
        "has 4294967295 of them: std::uint32_t, not int.");
    CHECK(map_of(child_of(box), "uid_map") == text(map));
  }
}

TEST_CASE("03: a map that the kernel does not take is an error",
          "[03.2][points:1][EPERM]") {
  // Root may map root only with this one: user_namespaces(7).
  const auto root = judge::make_root_directory();
  const auto result = judge::run({"--root", root, "--", "/probe", "exit", "3"},
                                 {.lost_capabilities = 1ULL << CAP_SETFCAP});
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  HINT(
      "The kernel has refused the map (EPERM), and the program went on: to the "
      "next step, which fails for another reason. Look at what write(2) "
      "returns.");
  CHECK_THAT(result.errors, judge::contains(std::strerror(EPERM)));
}

}  // namespace users
