// Given: forwarding of packets by the host, while a container needs it.

#pragma once

#include <optional>
#include <string>

#include "lessons/kit/keeper.h"
#include "lessons/kit/unique_fd.h"

namespace container {

// While one of these exists, in this or any other process, the host passes
// on packets that are not for itself (net.ipv4.ip_forward). Afterwards this is
// as it was before the first of them.
//
// The link goes first. By itself, it would wait for its namespace, and that for
// connections that were open at the end: their last packets get no answer when
// nobody passes them on.
class Forwarding {
 public:
  // link: the container's, the end on the host. Throws SystemError, and
  // std::runtime_error if it is not known what forwarding was before.
  explicit Forwarding(const std::string& link);

  // Calls end() if nobody has, and tells nobody what goes wrong.
  ~Forwarding();

  // Removes the link, and restores the setting if nobody else needs it: this
  // also if that fails. Then throws what went wrong.
  void end();

 private:
  std::string link_;
  std::string before_;  // What forwarding was.
  std::optional<kit::Keeper> keeper_;
  kit::UniqueFd state_;  // Until it is ended.
};

}  // namespace container
