#include "tools/rollcall/line_output.hpp"

#include "test/catch.hpp"
#include "tools/rollcall/json_lines.hpp"

#include <atomic>
#include <csignal>
#include <unistd.h>
#include <vector>

using namespace rollcall::tool;

TEST_CASE("lines of many threads come out whole and all, each thread's in order") {
  int fds[2];
  REQUIRE(::pipe(fds) == 0);
  constexpr int threads = 4, each = 2000;
  std::vector<std::string> lines;
  std::thread reader([&] {
    line_splitter in;
    char chunk[4096];
    for (ssize_t n; (n = ::read(fds[0], chunk, sizeof chunk)) > 0;)
      in.feed({chunk, static_cast<std::size_t>(n)},
              [&](std::string_view line, bool) { lines.emplace_back(line); });
  });
  {
    line_output out(fds[1], nullptr);
    std::vector<std::thread> writers;
    for (int t = 0; t < threads; ++t)
      writers.emplace_back([&, t] {
        for (int i = 0; i < each; ++i)
          out.write(std::to_string(t) + " " + std::to_string(i) + std::string(100, 'x'));
      });
    for (auto& w : writers) w.join();
  }
  ::close(fds[1]);
  reader.join();
  ::close(fds[0]);
  REQUIRE(lines.size() == threads * each);
  int next[threads] = {};
  bool ordered = true;
  for (const auto& line : lines) {
    const int t = line[0] - '0';
    ordered =
        ordered
        && line == std::to_string(t) + " " + std::to_string(next[t]++) + std::string(100, 'x');
  }
  CHECK(ordered);
}

TEST_CASE("a reader that has gone is told once and holds nobody up") {
  ::signal(SIGPIPE, SIG_IGN);
  int fds[2];
  REQUIRE(::pipe(fds) == 0);
  ::close(fds[0]);
  std::atomic<int> told = 0;
  {
    line_output out(fds[1], [&] { ++told; });
    for (int i = 0; i < 100; ++i) out.write(std::string(line_output::limit / 8, 'x'));
  }
  CHECK(told <= 1); // none if the end came first
  ::close(fds[1]);
}

TEST_CASE("a reader that does not read does not hold up the end") {
  int fds[2];
  REQUIRE(::pipe(fds) == 0);
  {
    line_output out(fds[1], nullptr);
    out.write(std::string(1'000'000, 'x'));
    CHECK(out.waiting() <= line_output::limit);
  }
  ::close(fds[0]);
  ::close(fds[1]);
  SUCCEED("came back");
}

TEST_CASE("what is offered to a reader who does not read is lost, counted, and told once there is "
          "room") {
  int fds[2];
  REQUIRE(::pipe(fds) == 0);
  line_output_setup how;
  how.limit = 100'000;
  how.lost = [](std::size_t n) { return "lost " + std::to_string(n); };
  std::string all;
  {
    line_output out(fds[1], std::move(how));
    for (int i = 0; i < 1000; ++i) out.offer("line " + std::to_string(i) + std::string(990, '.'));
    CHECK(out.waiting() <= 130'000);
    char chunk[65536];
    std::size_t seen = 0;
    // read until it has said so
    while (all.find("lost ") == std::string::npos) {
      const auto n = ::read(fds[0], chunk, sizeof chunk);
      REQUIRE(n > 0);
      all.append(chunk, static_cast<std::size_t>(n));
      REQUIRE(++seen < 10'000);
    }
    const auto lost = std::stoul(all.substr(all.find("lost ") + 5));
    std::size_t came = 0;
    for (std::size_t at = 0; (at = all.find("line ", at)) != std::string::npos; ++at) ++came;
    CHECK(lost + came == 1000);
    CHECK(lost > 500);
    out.offer("again");
  }
  ::close(fds[1]);
  char chunk[64];
  const auto n = ::read(fds[0], chunk, sizeof chunk);
  CHECK(std::string(chunk, static_cast<std::size_t>(n > 0 ? n : 0)).find("again")
        != std::string::npos);
  ::close(fds[0]);
}

TEST_CASE("a writer that waits for room leaves some for what cannot wait") {
  int fds[2];
  REQUIRE(::pipe(fds) == 0);
  line_output_setup how;
  how.limit = 100'000;
  how.lost = [](std::size_t n) { return "lost " + std::to_string(n); };
  how.patience = std::chrono::milliseconds{100};
  {
    line_output out(fds[1], std::move(how));
    // more than the pipe and the queue hold: this one waits
    std::thread waits([&] {
      for (int i = 0; i < 300; ++i) out.write(std::string(1000, 'x'));
    });
    while (out.waiting() < 100'000) std::this_thread::yield();
    const auto before = out.waiting();
    out.offer("event");
    CHECK(out.waiting() >= before);
    out.stop_waiting();
    waits.join();
  }
  ::close(fds[0]);
  ::close(fds[1]);
}
