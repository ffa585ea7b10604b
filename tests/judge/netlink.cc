#include "tests/judge/netlink.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

#include "lessons/kit/check.h"

namespace judge::netlink {

using kit::check;
using kit::UniqueFd;

std::string padded(std::string bytes) {
  bytes.resize(NLMSG_ALIGN(bytes.size()));
  return bytes;
}

std::string attribute(int type, const std::string& value) {
  nlattr header{};
  header.nla_type = static_cast<std::uint16_t>(type);
  header.nla_len = static_cast<std::uint16_t>(sizeof header + value.size());
  return padded(raw(header) + value);
}

std::string text_attribute(int type, const std::string& text) {
  return attribute(type, text + '\0');
}

UniqueFd open(int protocol) {
  return UniqueFd{check(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol),
                        "make a netlink socket")};
}

namespace {

void send_message(const UniqueFd& socket, int type, int flags,
                  const std::string& content) {
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + content.size());
  header.nlmsg_type = static_cast<std::uint16_t>(type);
  header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  const auto bytes = raw(header) + content;
  check(::send(socket.get(), bytes.data(), bytes.size(), 0), "send a message");
}

}  // namespace

bool take_messages(char* bytes, ssize_t size, int& error, const Take& take) {
  auto left = static_cast<unsigned>(size);
  for (auto* message = reinterpret_cast<nlmsghdr*>(bytes);
       NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
    if (message->nlmsg_type == NLMSG_DONE) return true;
    if (message->nlmsg_type == NLMSG_ERROR) {
      error = -static_cast<nlmsgerr*>(NLMSG_DATA(message))->error;
      return true;
    }
    take(*message);
  }
  return false;
}

namespace {

void exchange(int protocol, int type, int flags, const std::string& content,
              const Take& take) {
  const auto socket = open(protocol);
  send_message(socket, type, flags, content);
  alignas(nlmsghdr) static char bytes[64 << 10];
  for (int error = 0;;) {
    const auto size = check(::recv(socket.get(), bytes, sizeof bytes, 0),
                            "receive a message");
    if (!take_messages(bytes, size, error, take)) continue;
    errno = error;
    check(error == 0 ? 0 : -1, "ask the kernel about the network");
    return;
  }
}

}  // namespace

void request(int type, int flags, const std::string& content) {
  exchange(NETLINK_ROUTE, type, NLM_F_ACK | flags, content,
           [](const nlmsghdr&) {});
}

void dump(int protocol, int type, const std::string& content,
          const Take& take) {
  exchange(protocol, type, NLM_F_DUMP, content, take);
}

Attributes parse_attributes(const char* bytes, std::size_t size) {
  Attributes result;
  auto left = static_cast<int>(size);
  for (const auto* each = reinterpret_cast<const rtattr*>(bytes);
       RTA_OK(each, left); each = RTA_NEXT(each, left)) {
    result[each->rta_type & NLA_TYPE_MASK] = {
        static_cast<const char*>(RTA_DATA(each)), RTA_PAYLOAD(each)};
  }
  return result;
}

std::string text_of(const Attributes& attributes, int type) {
  const auto bytes = bytes_of(attributes, type);
  return bytes.substr(0, bytes.find('\0'));
}

int number_of(const Attributes& attributes, int type) {
  int number = 0;
  const auto bytes = bytes_of(attributes, type);
  if (bytes.size() == sizeof number) {
    std::memcpy(&number, bytes.data(), sizeof number);
  }
  return number;
}

std::string bytes_of(const Attributes& attributes, int type) {
  const auto found = attributes.find(type);
  return found == attributes.end() ? "" : found->second;
}

std::string address_of(const Attributes& attributes, int type) {
  const auto bytes = bytes_of(attributes, type);
  if (bytes.size() != sizeof(in_addr)) return "";
  char text[INET_ADDRSTRLEN];
  return ::inet_ntop(AF_INET, bytes.data(), text, sizeof text);
}

}  // namespace judge::netlink
