#include "tests/judge/watch.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <tuple>

#include "lessons/kit/check.h"
#include "lessons/kit/socket_pair.h"
#include "tests/judge/guest.h"
#include "tests/judge/kernel.h"
#include "tests/judge/subject.h"

namespace judge {
namespace {

using kit::check;
using kit::UniqueFd;

// How long the opening of a cgroup.procs file is delayed: until the program has
// nothing else to do, that is, or in the end, if it always has.
constexpr std::chrono::milliseconds kDelay{500};
constexpr std::chrono::milliseconds kLongestDelay{5000};

UniqueFd make_group() {
  return UniqueFd{
      check(::fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK,
                            O_RDONLY | O_CLOEXEC | O_LARGEFILE),
            "make a fanotify group")};
}

void allow(int group, int file) {
  const fanotify_response response{file, FAN_ALLOW};
  (void)!::write(group, &response, sizeof response);
}

void for_each_event(int group,
                    const std::function<void(UniqueFd, pid_t)>& handle) {
  alignas(fanotify_event_metadata) char bytes[4096];
  ssize_t size = ::read(group, bytes, sizeof bytes);
  const auto* event = reinterpret_cast<fanotify_event_metadata*>(bytes);
  for (; FAN_EVENT_OK(event, size); event = FAN_EVENT_NEXT(event, size)) {
    handle(UniqueFd{event->fd}, event->pid);
  }
}

// A message of one byte, with a descriptor: unix(7), SCM_RIGHTS.
struct Parcel {
  Parcel() {
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    *header() = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
  }
  cmsghdr* header() { return CMSG_FIRSTHDR(&message); }

  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
};

// Adds to a filter: the verdict on this call.
void add_verdict(std::vector<sock_filter>& filter, const Call& call,
                 __u32 verdict) {
  if (call.number == Call::kEvery) {
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, verdict));
    return;
  }
  const auto number = static_cast<__u32>(call.number);
  const bool any = !call.argument.has_value();
  const auto argument = static_cast<__u32>(offsetof(seccomp_data, args) +
                                           call.index * sizeof(__u64));
  filter.insert(
      filter.end(),
      {
          BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4),
          BPF_STMT(BPF_JMP | BPF_JA, any ? 2U : 0U),
          // The lower half comes first: our guests are little-endian.
          BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument),
          BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call.argument.value_or(0), 0, 1),
          BPF_STMT(BPF_RET | BPF_K, verdict),
      });
}

}  // namespace

FileWatch::FileWatch(const std::string& path, For what) : group_(make_group()) {
  const auto mask = what == For::kExec ? FAN_OPEN_EXEC_PERM : FAN_OPEN_PERM;
  check(
      ::fanotify_mark(group_.get(), FAN_MARK_ADD, mask, AT_FDCWD, path.c_str()),
      "watch {}", path);
}

void FileWatch::wait() const {
  Deadline deadline;
  pollfd held{group_.get(), POLLIN, 0};
  while (::poll(&held, 1, deadline.milliseconds_left()) != 1) {
    if (deadline.passed()) {
      throw Failed("no process has opened the file that the judge watches");
    }
  }
}

void FileWatch::answer(const std::function<void(pid_t)>& look) const {
  for_each_event(group_.get(), [&](const UniqueFd file, pid_t pid) {
    look(pid);
    allow(group_.get(), file.get());
  });
}

CgroupWatch::CgroupWatch() : group_(make_group()) {
  // The whole file system: the program's cgroup does not exist yet.
  check(::fanotify_mark(group_.get(), FAN_MARK_ADD | FAN_MARK_FILESYSTEM,
                        FAN_OPEN_PERM, AT_FDCWD, "/sys/fs/cgroup"),
        "watch the cgroup tree");
}

void CgroupWatch::receive() {
  for_each_event(group_.get(), [&](UniqueFd file, pid_t) {
    const auto path =
        read_link(AT_FDCWD, "/proc/self/fd/" + std::to_string(file.get()));
    const bool moves =
        path.ends_with("/cgroup.procs") || path.ends_with("/cgroup.threads");
    if (!moves || held_) {
      allow(group_.get(), file.get());
    } else {
      held_ = std::move(file);
      end_ = Deadline(kDelay, kLongestDelay);
    }
  });
}

void CgroupWatch::release() {
  if (!held_) return;
  allow(group_.get(), held_.get());
  held_.reset();
}

void CgroupWatch::release_if_due() {
  if (end_.passed()) release();
}

int CgroupWatch::milliseconds_left() const {
  return held_ ? end_.milliseconds_left() : 1000;
}

void make_fail(const std::vector<FailingCall>& calls) {
  std::vector<sock_filter> filter;
  for (const auto& [call, error] : calls) {
    add_verdict(filter, call, SECCOMP_RET_ERRNO | static_cast<__u32>(error));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog program{static_cast<unsigned short>(filter.size()),
                           filter.data()};
  check(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program),
        "make system calls fail");
}

CallWatch::CallWatch(std::vector<Call> calls) : calls_(std::move(calls)) {
  std::tie(sender_, receiver_) = kit::make_socket_pair();
}

void CallWatch::begin() const {
  // The listener has to get to the judge before anybody can be held. That
  // descriptor has a number that no program comes to, and ends with execve().
  constexpr int kFarAway = 1000;
  const UniqueFd sender{check(::fcntl(sender_.get(), F_DUPFD_CLOEXEC, kFarAway),
                              "keep a socket")};
  std::vector<sock_filter> filter;
  add_verdict(filter, {SYS_sendmsg, static_cast<unsigned>(sender.get())},
              SECCOMP_RET_ALLOW);
  for (const auto& call : calls_) {
    add_verdict(filter, call, SECCOMP_RET_USER_NOTIF);
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog program{static_cast<unsigned short>(filter.size()),
                           filter.data()};
  const UniqueFd listener{static_cast<int>(
      check(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                      SECCOMP_FILTER_FLAG_NEW_LISTENER, &program),
            "watch a system call"))};
  Parcel parcel;
  const int fd = listener.get();
  std::memcpy(CMSG_DATA(parcel.header()), &fd, sizeof fd);
  check(::sendmsg(sender.get(), &parcel.message, 0), "hand a listener over");
}

void CallWatch::take_over() {
  sender_.reset();  // Else we would wait for ever if nobody sends anything.
  Parcel parcel;
  if (check(::recvmsg(receiver_.get(), &parcel.message, MSG_CMSG_CLOEXEC),
            "receive a listener") != 1) {
    throw Failed("the program could not be watched");
  }
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(parcel.header()), sizeof fd);
  listener_.reset(fd);
}

pid_t CallWatch::receive() {
  const auto held = receive_call();
  return held ? held->pid : 0;
}

std::optional<HeldCall> CallWatch::receive_call() {
  pollfd held{listener_.get(), POLLIN, 0};
  if (::poll(&held, 1, 0) != 1 || (held.revents & POLLIN) == 0) return {};
  seccomp_notif call{};
  // It can fail: the process has been killed meanwhile.
  if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, &call) == -1) {
    return {};
  }
  held_ = call.id;
  HeldCall result{.pid = static_cast<pid_t>(call.pid),
                  .number = call.data.nr,
                  .arguments = {}};
  std::copy_n(call.data.args, result.arguments.size(),
              result.arguments.begin());
  return result;
}

void CallWatch::release() const {
  seccomp_notif_resp response{};
  response.id = held_;
  response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  (void)::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &response);
}

void CallWatch::answer(std::int64_t result) const {
  seccomp_notif_resp response{};
  response.id = held_;
  response.val = result;
  (void)::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &response);
}

void CallWatch::refuse(int error) const {
  seccomp_notif_resp response{};
  response.id = held_;
  response.error = -error;
  (void)::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &response);
}

}  // namespace judge
