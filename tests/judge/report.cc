// Tells the host what the cases have found: an event for each plan, start,
// failure and result, as JSON, one object a line, on a descriptor that only the
// judge has. The host trusts no other word from this guest.

#include "tests/judge/report.h"

#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <new>
#include <nlohmann/json.hpp>

#include "lessons/kit/check.h"
#include "lessons/kit/step.h"
#include "lessons/kit/unique_fd.h"
#include "tests/judge/box.h"
#include "tests/judge/guest.h"
#include "tests/judge/kernel.h"
#include "third_party/catch2.h"
#include "vm/seal.h"

#if KIT_CATCH2_VERSION == 2
using ListenerBase = Catch::TestEventListenerBase;
#else
using ListenerBase = Catch::EventListenerBase;
#endif

namespace judge {
namespace {

using nlohmann::json;

kit::UniqueFd events;
lab::Seal* seal = nullptr;
bool all_passed = true;

// A judge that may have been shown something else than the kernel's word has
// nothing more to say.
void stand_firm() {
  if (guest().footing_holds()) return;
  report_broken("somebody has changed the mounts of the judge's own namespace");
  ::_exit(70);
}

// What Catch gets as the message of a Waiting exception. No text of a program
// can look like it by accident.
constexpr char kWaitingMark[] = "\x01waiting for step ";

void send(const json& event) {
  if (!events) return;
  // What programs write may be no UTF-8.
  const auto line =
      seal->line_of(event.dump(-1, ' ', false, json::error_handler_t::replace));
  std::string_view rest = line;
  while (!rest.empty()) {
    rest.remove_prefix(static_cast<std::size_t>(kit::check(
        ::write(events.get(), rest.data(), rest.size()), "send an event")));
  }
}

// From here on no core dump holds this process's memory, and none of its pages
// goes to the swap device, where root could read them, and change them.
void keep_memory_to_ourselves() {
  kit::check(::prctl(PR_SET_DUMPABLE, 0), "become not dumpable");
  kit::check(::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT),
             "keep memory from being swapped");
}

// Receives the key into a page that no child gets a copy of. The agent has sent
// it before this process began.
lab::Seal* receive_seal() {
  const auto size = sizeof(lab::Seal);
  void* const page = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) throw std::bad_alloc();
  kit::check(::madvise(page, size, MADV_DONTFORK), "keep a page from children");

  lab::SealKey key{};
  const auto got = ::recv(events.get(), key.data(), key.size(), MSG_WAITALL);
  if (got != static_cast<ssize_t>(key.size())) {
    throw std::runtime_error("the agent has sent no key");
  }
  auto* const made = new (page) lab::Seal(key);
  ::explicit_bzero(key.data(), key.size());
  return made;
}

// The answers to a failed case, held back from before the host can give one
// until it is taken.
class Answers {
 public:
  Answers() {
    ::sigemptyset(&signals_);
    ::sigaddset(&signals_, SIGUSR1);
    ::sigaddset(&signals_, SIGTERM);
    kit::check(::sigprocmask(SIG_BLOCK, &signals_, &before_), "block signals");
  }
  ~Answers() { (void)::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;

  [[nodiscard]] bool say_enough() const {
    return ::sigwaitinfo(&signals_, nullptr) != SIGUSR1;
  }

 private:
  sigset_t signals_{};
  sigset_t before_{};
};

// Tells the result of a case that has failed, and ends here if the host wants
// to hear no more.
void send_to_be_answered(const json& result) {
  const Answers answers;
  send(result);
  if (!answers.say_enough()) return;
  guest().leave();
  ::_exit(1);
}

std::vector<std::string> tags_of(const Catch::TestCaseInfo& info) {
  std::vector<std::string> tags;
#if KIT_CATCH2_VERSION == 2
  tags = info.tags;
#else
  for (const auto& tag : info.tags) tags.emplace_back(tag.original);
#endif
  return tags;
}

constexpr std::string_view kPoints = "points:";

int points_of(const Catch::TestCaseInfo& info) {
  for (const auto& tag : tags_of(info)) {
    if (tag.starts_with(kPoints)) return std::stoi(tag.substr(kPoints.size()));
  }
  return 0;
}

// The tag that is a step, "06.2", or "".
std::string step_of(const Catch::TestCaseInfo& info) {
  for (const auto& tag : tags_of(info)) {
    if (kit::step_of(tag)) return tag;
  }
  return "";
}

// A path as the reader knows it: from the root of the repository.
std::string source_path(const std::string& path) {
  const auto at = path.rfind("tests/");
  return at == std::string::npos ? path : path.substr(at);
}

json describe(const Catch::TestCaseInfo& info) {
  auto tags = tags_of(info);
  std::erase_if(tags, [](const auto& tag) { return tag.starts_with(kPoints); });
  return {{"name", std::string(info.name)},
          {"tags", tags},
          {"points", points_of(info)},
          {"file", source_path(info.lineInfo.file)},
          {"line", info.lineInfo.line}};
}

class Reporter : public ListenerBase {
 public:
  using ListenerBase::ListenerBase;

  void testRunStarting(const Catch::TestRunInfo& run) override {
    ListenerBase::testRunStarting(run);
    json cases = json::array();
    const auto& all = Catch::getAllTestCasesSorted(*m_config);
    for (const auto& test :
         Catch::filterTests(all, m_config->testSpec(), *m_config)) {
#if KIT_CATCH2_VERSION == 2
      cases.push_back(describe(test));
#else
      cases.push_back(describe(test.getTestCaseInfo()));
#endif
    }
    // Of which these may be a share, or what a filter has left.
    send({{"event", "plan"}, {"cases", cases}, {"of", all.size()}});
    guest().remember();
  }

  void testCaseStarting(const Catch::TestCaseInfo& info) override {
    ListenerBase::testCaseStarting(info);
    name_ = std::string(info.name);
    failed_ = false;
    waiting_for_.clear();
    start_ = std::chrono::steady_clock::now();
    forget_last_account();
    set_current_step(step_of(info));
    guest().prepare();
    send({{"event", "start"}, {"case", name_}});
  }

#if KIT_CATCH2_VERSION == 2
  bool assertionEnded(const Catch::AssertionStats& stats) override {
    report(stats);
    return true;
  }
#else
  void assertionEnded(const Catch::AssertionStats& stats) override {
    report(stats);
  }
#endif

  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    ListenerBase::testCaseEnded(stats);
    if (stats.totals.assertions.total() == 0 && waiting_for_.empty()) {
      fail(__FILE__, __LINE__, "", "this case has checked nothing", {});
    }
    stop_waiting(false);
    guest().restore();
    stand_firm();
    const std::chrono::duration<double> time =
        std::chrono::steady_clock::now() - start_;
    json result = {{"event", "result"}, {"case", name_}};
    result["status"] = failed_                ? "failed"
                       : waiting_for_.empty() ? "passed"
                                              : "waiting";
    if (!waiting_for_.empty()) result["step"] = waiting_for_;
    result["seconds"] = time.count();
    if (result["status"] != "passed") all_passed = false;
    if (failed_ && is_one_of_many()) {
      send_to_be_answered(result);
    } else {
      send(result);
    }
  }

  void testRunEnded(const Catch::TestRunStats& stats) override {
    ListenerBase::testRunEnded(stats);
    send({{"event", "done"}});
  }

 private:
  void report(const Catch::AssertionStats& stats) {
    const auto& result = stats.assertionResult;
    if (result.isOk()) return;
    // What follows from the unwritten step is nobody's mistake.
    if (!waiting_for_.empty()) return;

    const std::string message{result.getMessage()};
    if (message.starts_with(kWaitingMark)) {
      waiting_for_ = message.substr(sizeof kWaitingMark - 1);
      stop_waiting(true);
      return;
    }
    json notes = json::array();
    for (const auto& info : stats.infoMessages) {
      if (info.message != message) notes.push_back(info.message);
    }
    const auto line = result.getSourceInfo();
    const bool compared = result.hasExpandedExpression();
    fail(line.file, line.line, expression_of(result),
         compared ? result.getExpandedExpression() : message, notes);
  }

  static std::string expression_of(const Catch::AssertionResult& result) {
    const std::string expression{result.getExpression()};
    // Catch2's words for an exception outside of a check.
    if (!expression.empty() && expression[0] != '{') return expression;
    return "that the case can go on";
  }

  void fail(const std::string& file, std::size_t line,
            const std::string& expected, const std::string& found, json notes) {
    failed_ = true;
    if (notes.is_null()) notes = json::array();
    const auto account = last_account();
    if (!account.empty()) notes.push_back(account);
    send({{"event", "failure"},
          {"case", name_},
          {"file", source_path(file)},
          {"line", line},
          {"expected", expected},
          {"found", found},
          {"notes", notes}});
  }

  std::string name_;
  bool failed_ = false;
  std::string waiting_for_;
  std::chrono::steady_clock::time_point start_;
};

CATCH_REGISTER_LISTENER(Reporter)

CATCH_TRANSLATE_EXCEPTION(const Waiting& waiting) {
  return kWaitingMark + waiting.step();
}

}  // namespace

void open_report() {
  const char* const number = std::getenv("JUDGE_EVENTS_FD");
  if (number == nullptr) return;
  events.reset(std::atoi(number));
  kit::check(::fcntl(events.get(), F_SETFD, FD_CLOEXEC),
             "keep the events to the judge");
  ::unsetenv("JUDGE_EVENTS_FD");
  // For the attacks' positive controls.
  if (std::getenv("JUDGE_UNGUARDED") == nullptr) keep_memory_to_ourselves();
  seal = receive_seal();
}

bool is_one_of_many() {
  static const bool told = std::getenv("JUDGE_ONE_OF_MANY") != nullptr;
  return told;
}

void report_state(const std::string& text) {
  send({{"event", "state"}, {"text", text}});
}

void report_broken(const std::string& why) {
  send({{"event", "broken"}, {"why", why}});
}

bool all_have_passed() { return all_passed; }

}  // namespace judge
