#include "lessons/kit/step.h"

#include "third_party/catch2.h"

TEST_CASE("a step is a lesson and a number") {
  const auto step = kit::step_of("06.3");
  REQUIRE(step.has_value());
  CHECK(step->lesson == 6);
  CHECK(step->number == 3);
  CHECK(kit::to_string(*step) == "06.3");
  CHECK(kit::to_string(*kit::step_of("14.10")) == "14.10");
}

TEST_CASE("steps are in the order in which they are written") {
  CHECK(kit::step_of("06.9") < kit::step_of("06.10"));
  CHECK(kit::step_of("06.10") < kit::step_of("07.1"));
  CHECK(kit::step_of("06.3") == kit::step_of("06.3"));
}

TEST_CASE("what is no step is not taken for one") {
  for (const auto* text : {"", "06", "06.", ".3", "6.3", "006.3", "06.3.1",
                           "06.03", "06.0", "06.-3", "-6.3", "06.3 ", " 06.3",
                           "06.x", "xx.3", "06,3", "given", "06.99999999999"}) {
    INFO(text);
    CHECK_FALSE(kit::step_of(text).has_value());
  }
}
