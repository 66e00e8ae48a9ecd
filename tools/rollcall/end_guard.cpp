#include "tools/rollcall/end_guard.hpp"

#include <chrono>
#include <system_error>
#include <unistd.h>

namespace rollcall::tool {

using namespace std::chrono_literals;

void end_guard::begin() {
  if (thread_.joinable()) return;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    // no thread is available: there is no time limit then
  }
}

end_guard::~end_guard() {
  {
    const std::lock_guard guard{mutex_};
    over_ = true;
  }
  ended_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void end_guard::no_more_progress() {
  const std::lock_guard guard{mutex_};
  progress_ = nullptr;
}

void end_guard::run() {
  constexpr auto patience = 1800ms;
  std::unique_lock lock{mutex_};
  std::uint64_t before = 0;
  auto until = std::chrono::steady_clock::now() + patience;
  while (!ended_.wait_for(lock, 50ms, [this] { return over_; })) {
    const auto now = std::chrono::steady_clock::now();
    if (const auto done = progress_ ? progress_() : before; done != before) {
      before = done;
      until = now + patience;
    }
    if (now >= until) ::_exit(code_());
  }
}

} // namespace rollcall::tool
