#include "lessons/03_user/given/lent.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace container {
namespace {

// The next field of a line, which ends at ':' or with the line.
std::string next_field(std::istream& line) {
  std::string field;
  std::getline(line, field, ':');
  return field;
}

}  // namespace

bool cover(const std::vector<Row>& rows, Row row) {
  while (row.count > 0) {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](auto& each) {
      return each.first <= row.first && row.first < each.end();
    });
    if (found == rows.end()) return false;
    const auto covered = std::min(row.count, found->end() - row.first);
    row = {row.first + covered, row.count - covered};
  }
  return true;
}

std::vector<Row> ids_here(const IdKind& kind) {
  std::ifstream file(kind.here);
  std::vector<Row> rows;
  std::uint64_t parent = 0;
  for (Row row; file >> row.first >> parent >> row.count;) rows.push_back(row);
  return rows;
}

std::vector<Row> lent_ids(const IdKind& kind) {
  const std::string name = login_name();
  const std::string number = std::to_string(::getuid());
  std::ifstream file(kind.lent);
  std::vector<Row> rows;
  for (std::string text; std::getline(file, text);) {
    std::istringstream line(text);
    const std::string owner = next_field(line);
    Row row;
    char colon = 0;
    const bool good(line >> row.first >> colon >> row.count);
    if (good && (owner == name || owner == number)) rows.push_back(row);
  }
  return rows;
}

// The C library's getpwuid() asks other services as well, with plugins that a
// static program cannot load.
std::string login_name() {
  const std::string number = std::to_string(::getuid());
  std::ifstream file("/etc/passwd");
  for (std::string text; std::getline(file, text);) {
    std::istringstream line(text);
    const std::string name = next_field(line);
    (void)next_field(line);  // The password: "x".
    if (next_field(line) == number) return name;
  }
  return number;
}

}  // namespace container
