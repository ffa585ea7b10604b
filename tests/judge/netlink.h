// rtnetlink(7) and nf_tables messages: how they are made, sent and read.
//
// Written by hand, and apart from what lesson 05 has: a mistake there is not to
// be a mistake here, too.

#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstddef>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "lessons/kit/unique_fd.h"

namespace judge::netlink {

// ---- To the kernel ----

// A message, or an attribute, or several: everything begins at a 4th byte.
std::string padded(std::string bytes);

template <typename Struct>
std::string raw(const Struct& value) {
  return padded({reinterpret_cast<const char*>(&value), sizeof value});
}

std::string attribute(int type, const std::string& value);
std::string text_attribute(int type, const std::string& text);

// A socket of that protocol: NETLINK_ROUTE, NETLINK_NETFILTER.
kit::UniqueFd open(int protocol);

using Take = std::function<void(const nlmsghdr&)>;

// Asks the kernel to do something. Throws std::system_error if it does not.
void request(int type, int flags, const std::string& content);

// Calls `take` for everything of a kind that there is.
void dump(int protocol, int type, const std::string& content, const Take& take);

// ---- From the kernel ----

// Calls `take` for the messages in `bytes`. Returns true at the last one of an
// answer; then `error` is what the kernel says.
bool take_messages(char* bytes, ssize_t size, int& error, const Take& take);

// The attributes behind the fixed part of a message, by type.
using Attributes = std::map<int, std::string>;

Attributes parse_attributes(const char* bytes, std::size_t size);

template <typename Fixed>
std::pair<Fixed, Attributes> parse(const nlmsghdr& message) {
  Fixed fixed{};
  const auto* data = static_cast<const char*>(NLMSG_DATA(&message));
  std::memcpy(&fixed, data, sizeof fixed);
  return {fixed, parse_attributes(data + NLMSG_ALIGN(sizeof fixed),
                                  message.nlmsg_len - NLMSG_HDRLEN -
                                      NLMSG_ALIGN(sizeof fixed))};
}

// What an attribute says; "" or 0 if there is none of that type.
std::string text_of(const Attributes& attributes, int type);
int number_of(const Attributes& attributes, int type);
std::string bytes_of(const Attributes& attributes, int type);
std::string address_of(const Attributes& attributes, int type);  // IPv4.

}  // namespace judge::netlink
