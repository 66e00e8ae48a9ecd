#include "tools/faults/member.hpp"

#include <boost/json/parse.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>

namespace rollcall::faults {

using namespace std::chrono_literals;

void member::start(const std::vector<std::string>& command, const std::string& log) {
  pending_.clear();
  process_ = tool::child_process(command, {log});
  state_ = process_.failure().empty() ? state::starting : state::off;
}

void member::kill() {
  process_.end();
  pending_.clear();
  state_ = state::off;
}

bool member::quit(std::chrono::milliseconds limit) {
  process_.close_input();
  const bool in_order = process_.wait(limit) == 0;
  kill();
  return in_order;
}

void member::ask(std::string_view command, on_answer done) {
  const auto id = next_++;
  std::string line = "{\"id\":" + std::to_string(id) + ",";
  line += command.substr(1);
  pending_.emplace(id, std::move(done));
  process_.write_line(line);
}

bool member::take(const on_event& event) {
  std::string line;
  while (true) {
    const auto got = process_.read_line(line, 0ms);
    if (got == tool::child_process::read_result::closed) return false;
    if (got == tool::child_process::read_result::timeout) return true;
    boost::json::error_code error;
    auto value = boost::json::parse(line, error);
    if (error || !value.is_object()) continue;
    const auto& x = value.get_object();
    if (auto* id = x.if_contains("id"); id && id->is_int64()) {
      const auto found = pending_.find(static_cast<std::uint64_t>(id->get_int64()));
      if (found == pending_.end()) continue;
      auto done = std::move(found->second);
      pending_.erase(found);
      done(x, x.contains("ok"));
    } else if (x.contains("event")) {
      if (x.at("event") == "ready") state_ = state::up;
      event(x);
    }
  }
}

int member::exit_code() {
  const auto code = process_.wait(5s).value_or(-1);
  kill();
  return code;
}

long resident_kb(pid_t process) {
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  std::string word;
  while (status >> word)
    if (word == "VmRSS:") {
      long kb = 0;
      status >> kb;
      return kb;
    }
  return 0;
}

std::size_t open_files(pid_t process) {
  std::error_code error;
  std::size_t n = 0;
  for (std::filesystem::directory_iterator at("/proc/" + std::to_string(process) + "/fd", error),
       end;
       !error && at != end; at.increment(error))
    ++n;
  return n;
}

void limit_files(pid_t process, std::size_t most) {
  rlimit limit{};
  if (process <= 0 || ::prlimit(process, RLIMIT_NOFILE, nullptr, &limit) != 0) return;
  limit.rlim_cur = most == 0 ? limit.rlim_max : most;
  ::prlimit(process, RLIMIT_NOFILE, &limit, nullptr);
}

} // namespace rollcall::faults
