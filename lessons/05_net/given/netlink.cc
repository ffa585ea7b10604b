#include "lessons/05_net/given/netlink.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <sched.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>

#include "lessons/kit/check.h"

using kit::check;
using kit::UniqueFd;

namespace container {
namespace {

constexpr std::size_t kLargestAnswer = 32 << 10;

template <typename Struct>
Struct read(std::string_view bytes) {
  Struct result{};
  std::memcpy(&result, bytes.data(), std::min(bytes.size(), sizeof result));
  return result;
}

std::string_view without(std::string_view bytes, std::size_t size) {
  return bytes.substr(std::min(bytes.size(), std::size_t{NLMSG_ALIGN(size)}));
}

// Who makes the socket must be in the namespace at that moment, and only then.
UniqueFd make_socket(int protocol, int name_space) {
  UniqueFd home;
  if (name_space != -1) {
    home.reset(check(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC),
                     "open our network namespace"));
    check(::setns(name_space, CLONE_NEWNET), "enter the network namespace");
  }
  UniqueFd fd{::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol)};
  const int error = errno;
  if (home) check(::setns(home.get(), CLONE_NEWNET), "come back from there");
  errno = error;
  check(fd.get(), "make a netlink socket");
  return fd;
}

// A batch of nf_tables is between these two.
Message batch_mark(int type) {
  Message mark(type);
  nfgenmsg fixed{};
  fixed.res_id = ::htons(NFNL_SUBSYS_NFTABLES);
  mark.put(fixed);
  // Nothing is to be answered to it.
  auto header = read<nlmsghdr>(mark.bytes());
  header.nlmsg_flags = NLM_F_REQUEST;
  std::memcpy(mark.bytes().data(), &header, sizeof header);
  return mark;
}

// Writes its number and its length into the message's header.
std::string numbered(std::string bytes, std::uint32_t sequence) {
  auto header = read<nlmsghdr>(bytes);
  header.nlmsg_len = static_cast<std::uint32_t>(bytes.size());
  header.nlmsg_seq = sequence;
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

// answer: an NLMSG_ERROR, which also says that all is well.
void check_answer(std::string_view answer, std::string_view what) {
  const auto header = read<nlmsghdr>(answer);
  const auto payload = without(answer, sizeof header);
  const int error = -read<nlmsgerr>(payload).error;
  if (error == 0) return;
  std::string_view advice;
  if ((header.nlmsg_flags & NLM_F_ACK_TLVS) != 0) {
    advice =
        find_attribute(without(payload, sizeof(nlmsgerr)), NLMSGERR_ATTR_MSG);
  }
  advice = advice.substr(0, advice.find('\0'));
  throw kit::SystemError(error, std::string(what), advice);
}

// Returns what the kernel says of it: an ifinfomsg, and attributes.
std::string find_link(Netlink& netlink, std::string_view name) {
  Message message(RTM_GETLINK);
  message.put(ifinfomsg{});
  message.add(IFLA_IFNAME, name);
  return netlink.ask(message, fmt::format("find the link {}", name));
}

}  // namespace

Message::Message(int type, int flags) {
  nlmsghdr header{};
  header.nlmsg_type = static_cast<std::uint16_t>(type);
  header.nlmsg_flags =
      static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  put(header);
}

void Message::append(const void* data, std::size_t size) {
  bytes_.append(static_cast<const char*>(data), size);
  bytes_.resize(
      NLMSG_ALIGN(bytes_.size()));  // Everything begins at a 4th byte.
}

void Message::start(int attribute, std::size_t size) {
  nlattr header{};
  header.nla_type = static_cast<std::uint16_t>(attribute);
  header.nla_len = static_cast<std::uint16_t>(sizeof header + size);
  put(header);
}

void Message::add(int attribute, std::string_view text) {
  start(attribute, text.size() + 1);
  append(std::string(text).c_str(), text.size() + 1);  // With its '\0'.
}

void Message::nest(int attribute, const std::function<void()>& content) {
  const std::size_t at = bytes_.size();
  start(attribute | NLA_F_NESTED, 0);
  content();
  const auto length = static_cast<std::uint16_t>(bytes_.size() - at);
  std::memcpy(bytes_.data() + at + offsetof(nlattr, nla_len), &length,
              sizeof length);
}

Netlink::Netlink(int protocol, int name_space)
    : socket_(make_socket(protocol, name_space)) {
  // Errors come with the kernel's words for them, and without our message.
  const int yes = 1;
  for (const int option : {NETLINK_EXT_ACK, NETLINK_CAP_ACK}) {
    check(::setsockopt(socket_.get(), SOL_NETLINK, option, &yes, sizeof yes),
          "set up a netlink socket");
  }
}

void Netlink::request(const Message& message, std::string_view what) {
  (void)ask(message, what);
}

std::string Netlink::ask(const Message& message, std::string_view what) {
  Message copy = message;
  ++sequence_;
  send(numbered(std::move(copy.bytes()), sequence_), what);
  return receive(sequence_, sequence_, what);
}

void Netlink::commit(std::vector<Message> messages, std::string_view what) {
  const auto first = sequence_ + 1;
  std::string bytes = numbered(batch_mark(NFNL_MSG_BATCH_BEGIN).bytes(), first);
  sequence_ = first;
  for (auto& message : messages) {
    bytes += numbered(std::move(message.bytes()), ++sequence_);
  }
  const auto last = sequence_;
  bytes += numbered(batch_mark(NFNL_MSG_BATCH_END).bytes(), ++sequence_);
  send(bytes, what);
  (void)receive(first, last, what);
}

void Netlink::send(const std::string& bytes, std::string_view what) {
  check(::send(socket_.get(), bytes.data(), bytes.size(), 0), "{}", what);
}

// Reads until the message `last` is answered, or one of the others is refused.
std::string Netlink::receive(std::uint32_t first, std::uint32_t last,
                             std::string_view what) {
  std::string answer;
  // Not a vector: filling it with zeros would take longer than most requests.
  const auto buffer = std::make_unique_for_overwrite<char[]>(kLargestAnswer);
  for (;;) {
    const auto size = check(
        ::recv(socket_.get(), buffer.get(), kLargestAnswer, 0), "{}", what);
    std::string_view rest(buffer.get(), static_cast<std::size_t>(size));
    while (rest.size() >= sizeof(nlmsghdr)) {
      const auto header = read<nlmsghdr>(rest);
      const auto message = rest.substr(0, header.nlmsg_len);
      rest = without(rest, header.nlmsg_len);
      // An answer to what was asked before, and failed.
      if (header.nlmsg_seq < first || header.nlmsg_seq > last) continue;
      if (header.nlmsg_type != NLMSG_ERROR) {
        answer = without(message, sizeof header);
        continue;
      }
      check_answer(message, what);
      if (header.nlmsg_seq == last) return answer;
    }
  }
}

int link_index(Netlink& netlink, std::string_view name) {
  return read<ifinfomsg>(find_link(netlink, name)).ifi_index;
}

HardwareAddress hardware_address(Netlink& netlink, std::string_view name) {
  const auto answer = find_link(netlink, name);
  const auto value =
      find_attribute(without(answer, sizeof(ifinfomsg)), IFLA_ADDRESS);
  if (value.size() != sizeof(HardwareAddress)) {
    kit::fail("the link {} has no hardware address", name);
  }
  return read<HardwareAddress>(value);
}

std::string_view find_attribute(std::string_view attributes, int attribute) {
  while (attributes.size() >= sizeof(nlattr)) {
    const auto header = read<nlattr>(attributes);
    if (header.nla_len < sizeof header) break;
    if ((header.nla_type & NLA_TYPE_MASK) == attribute) {
      return attributes.substr(0, header.nla_len).substr(sizeof header);
    }
    attributes = without(attributes, header.nla_len);
  }
  return {};
}

}  // namespace container
