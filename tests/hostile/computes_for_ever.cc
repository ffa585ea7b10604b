// Mistake: it computes for ever
// Fails: given
// Says: has not ended

#include <string>

void attack(const std::string&) {
  for (volatile bool more = true; more;) {
  }
}
