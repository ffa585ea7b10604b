// The given part of lesson 03: ids that the system lends to ordinary users.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lessons/03_user/given/ids.h"

namespace container {

// Consecutive ids. 64 bits, so that the end is a number, too.
struct Row {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::uint64_t end() const { return first + count; }
};

// Is each id of `row` in one of `rows`?
bool cover(const std::vector<Row>& rows, Row row);

// The ids that exist in the caller's own user namespace.
std::vector<Row> ids_here(const IdKind& kind);

// The ids that /etc/subuid (/etc/subgid) lends to the caller. Its lines are
// like "student:100000:65536", with the name of a user, or the number; those
// for groups have names of users, too. Other lines are passed over.
std::vector<Row> lent_ids(const IdKind& kind);

// The caller's name in /etc/passwd, or its number.
std::string login_name();

}  // namespace container
