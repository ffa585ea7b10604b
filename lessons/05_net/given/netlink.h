// Given: messages to the kernel's network: netlink(7), rtnetlink(7).
//
// A message has a type, a fixed part and attributes. Attributes can have
// attributes in them. This one renames the link number 7:
//
//   Message message(RTM_NEWLINK);
//   ifinfomsg link{};
//   link.ifi_index = 7;
//   message.put(link);                      // the fixed part
//   message.add(IFLA_IFNAME, "uplink");     // an attribute
//   netlink.request(message, "rename the link");

#pragma once

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lessons/05_net/given/address.h"
#include "lessons/kit/unique_fd.h"

namespace container {

class Message {
 public:
  // type: RTM_NEWLINK and the like. flags: NLM_F_CREATE and the like.
  explicit Message(int type, int flags = 0);

  // The fixed part, that the man page names for this type: an ifinfomsg, ...
  template <typename Struct>
  void put(const Struct& fixed) {
    append(&fixed, sizeof fixed);
  }

  // An attribute. Numbers are sent with the size that their type has.
  void add(int attribute, std::string_view text);
  void add(int attribute, in_addr address) { add_raw(attribute, address); }
  void add(int attribute, const HardwareAddress& address) {
    add_raw(attribute, address);
  }
  void add(int attribute, std::integral auto number) {
    add_raw(attribute, number);
  }

  // An attribute that has in it what `content` puts and adds.
  void nest(int attribute, const std::function<void()>& content);

  std::string& bytes() { return bytes_; }

 private:
  template <typename Value>
  void add_raw(int attribute, const Value& value) {
    start(attribute, sizeof value);
    append(&value, sizeof value);
  }
  void start(int attribute, std::size_t size);
  void append(const void* data, std::size_t size);

  std::string bytes_;
};

class Netlink {
 public:
  // protocol: NETLINK_ROUTE, or NETLINK_NETFILTER for nf_tables.
  // name_space: a descriptor of the network namespace that is meant; -1 for the
  // one of the caller. A socket belongs to one namespace for all its life.
  explicit Netlink(int protocol, int name_space = -1);

  // Sends the message and waits for the kernel's answer. Throws SystemError,
  // with `what` and the kernel's own advice, which netlink has for some errors.
  void request(const Message& message, std::string_view what);

  // The same, and returns what the kernel has sent: the fixed part and the
  // attributes of the message with the answer.
  std::string ask(const Message& message, std::string_view what);

  // The same for several that are carried out together or not at all: a batch
  // of nf_tables.
  void commit(std::vector<Message> messages, std::string_view what);

 private:
  void send(const std::string& bytes, std::string_view what);
  std::string receive(std::uint32_t first, std::uint32_t last,
                      std::string_view what);

  kit::UniqueFd socket_;
  std::uint32_t sequence_ = 0;
};

// Returns the number of the link with that name: its ifi_index. Throws
// SystemError: ENODEV if there is none.
int link_index(Netlink& netlink, std::string_view name);

// Returns the link's hardware address. Throws SystemError: ENODEV if there is
// no such link.
HardwareAddress hardware_address(Netlink& netlink, std::string_view name);

// Returns the attribute's value: part of `attributes`, or empty.
std::string_view find_attribute(std::string_view attributes, int attribute);

}  // namespace container
