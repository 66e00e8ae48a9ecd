// The journal, the file that it may be written to, and first and last.
#include "actors/journal.hpp"
#include "actors/journal_file.hpp"
#include "test/actors/fabric.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <unistd.h>

using namespace fixture;
using rollcall::leave_reason;
using rollcall::story_cause;
using rollcall::story_event;
using rollcall::actors::journal;
using rollcall::actors::journal_file;

namespace {

const rollcall::replica_id node_a{"a", {7, 8}};

journal::step at(std::int64_t ms, std::string_view from = {}) {
  journal::step x;
  x.wall_ms = 1000 + ms;
  x.steady_ms = ms;
  x.whose = &node_a;
  x.from = from;
  return x;
}

void add(journal& j, std::string_view key, std::uint64_t clock,
         story_event what = story_event::joined) {
  j.add("room", key, 17, {{7, 8}, clock}, what, leave_reason::ended, story_cause::heartbeat);
}

std::string brief_story(const rollcall::tracker& t, std::string_view key) {
  std::string result;
  const auto story = t.why("room", key);
  if (!story) return rollcall::render(story.error());
  for (const auto& x : *story) {
    result += (result.empty() ? "" : ", ") + std::string{to_string(x.what)};
    if (x.what == story_event::left || x.what == story_event::hidden)
      result += "(" + std::string{to_string(x.reason)} + ")";
    result += " by " + through(x);
  }
  return result;
}

std::string temporary() {
  return "/tmp/rollcall-journal-" + std::to_string(::getpid()) + "-" + std::to_string(std::rand());
}

std::string content(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream{path}.rdbuf();
  return out.str();
}

} // namespace

TEST_CASE("a journal tells the story of one key, oldest first") {
  journal j{100, 1 << 20};
  j.begin(at(1, "a"));
  add(j, "ada", 1);
  add(j, "bob", 2);
  j.begin(at(2, "b"));
  add(j, "ada", 1, story_event::left);
  const auto story = j.story("room", "ada");
  REQUIRE(story.size() == 2);
  CHECK(story[0].what == story_event::joined);
  CHECK(story[0].wall_ms == 1001);
  CHECK(story[0].from == "a");
  CHECK(story[1].what == story_event::left);
  CHECK(story[1].from == "b");
  CHECK(story[1].reason == leave_reason::ended);
  CHECK(story[1].who == rollcall::pid{node_a, 17});
  CHECK(story[1].ref == rollcall::ref{{7, 8}, 1});
  CHECK(j.story("room", "nobody").empty());
  CHECK(j.story("roo", "mada").empty());
}

TEST_CASE("a journal keeps the last entries, within its bounds of number and bytes") {
  journal j{100, 1 << 20};
  for (std::uint64_t i = 0; i < 1000; ++i) {
    j.begin(at(static_cast<std::int64_t>(i), i % 3 == 0 ? "a" : "b"));
    add(j, "k" + std::to_string(i % 10), i);
  }
  CHECK(j.size() == 100);
  const auto story = j.story("room", "k3");
  REQUIRE(story.size() == 10);
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK(story[i].ref.clock == 903 + 10 * i);
    CHECK(story[i].steady_ms == static_cast<std::int64_t>(903 + 10 * i));
    CHECK(story[i].from == ((903 + 10 * i) % 3 == 0 ? "a" : "b"));
  }
  journal small{1'000'000, 10'000};
  for (std::uint64_t i = 0; i < 1000; ++i) {
    small.begin(at(static_cast<std::int64_t>(i)));
    add(small, "ada", i);
  }
  CHECK(small.memory_bytes() <= 10'000);
  CHECK(small.size() > 50);
  // At the defaults: 65,536 entries in 8 MiB.
  CHECK(journal{65'536, 8 * 1024 * 1024}.capacity() == 65'536);
  journal none{0, 1 << 20};
  none.begin(at(1));
  add(none, "ada", 1);
  CHECK(none.story("room", "ada").empty());
}

TEST_CASE("why tells what became of a key here: tracked, updated, ended") {
  test_system s;
  auto t = s.started();
  auto ada = s.idle();
  REQUIRE(t.track(ada, "room", "ada"));
  REQUIRE(t.update(ada, "room", "ada", {{"n", 1}}));
  s.kill(ada);
  CHECK(eventually([&] { return t.count("room") == 0; }));
  CHECK(brief_story(t, "ada")
        == "joined by operation, left(updated) by operation, joined by operation, "
           "left(ended) by operation");
  CHECK(brief_story(t, "nobody").empty());
  CHECK(t.why("no such topic", "nobody")->empty());
  CHECK(code(t.why("", "ada")) == errc::bad_topic);
  CHECK(code(t.why("room", "")) == errc::bad_key);
  const auto by_message =
      ask<rollcall::why_reply>(s.get(), t.as_actor(), rollcall::why_msg{"room", "ada"});
  REQUIRE(by_message);
  CHECK(by_message->story.size() == 4);
}

TEST_CASE("why tells that a node was silent, and that it came back") {
  two_nodes net{quick()};
  auto &a = net.a, &b = net.b;
  auto ada = net.sa.idle();
  REQUIRE(a.track(ada, "room", "ada"));
  CHECK(eventually([&] { return b.count("room") == 1; }));
  net.cut();
  CHECK(eventually([&] { return b.count("room") == 0; }));
  net.cut(false);
  CHECK(eventually([&] { return b.count("room") == 1; }));
  net.sa.kill(ada);
  CHECK(eventually([&] { return b.count("room") == 0; }));
  const auto story = b.why("room", "ada");
  REQUIRE(story);
  REQUIRE(story->size() >= 4); // a slow machine may call it down once more
  CHECK((*story)[0].what == story_event::joined);
  CHECK((*story)[0].from == "a");
  CHECK((*story)[1].what == story_event::hidden);
  CHECK((*story)[1].reason == leave_reason::node_down);
  CHECK((*story)[1].cause == story_cause::down);
  CHECK((*story)[1].heard_ms >= (*story)[0].wall_ms - 1000);
  CHECK((*story)[1].heard_ms <= (*story)[1].wall_ms);
  CHECK((*story)[2].what == story_event::shown);
  CHECK(story->back().what == story_event::left);
  CHECK(story->back().reason == leave_reason::ended);
  CHECK(to_text((*story)[1]).find("hidden: a was silent for ") != std::string::npos);
  CHECK(to_text((*story)[2]).find("shown again") != std::string::npos);
}

TEST_CASE("why names the replica whose presence was taken over") {
  two_nodes net;
  auto &a = net.a, &b = net.b;
  auto there = net.sa.idle(), here = net.sb.idle();
  REQUIRE(a.track(there, "room", "ada"));
  CHECK(eventually([&] { return b.count("room") == 1; }));
  REQUIRE(a.drain(50s));
  CHECK(eventually([&] { // heard of as soon as a join takes it over
    (void)b.track(here, "room", "ada");
    if (b.count("room") == 1) return true;
    (void)b.untrack(here);
    return false;
  }));
  const auto story = b.why("room", "ada");
  REQUIRE(story);
  const auto moved = std::find_if(story->begin(), story->end(), [](const auto& x) {
    return x.what == story_event::left && x.reason == leave_reason::moved;
  });
  REQUIRE(moved != story->end());
  CHECK(moved->who.replica.name == "a");
  CHECK(story->back().who.replica.name == "b");
}

TEST_CASE("a story is told in words") {
  rollcall::story_entry x;
  x.wall_ms = 43'381'120; // 12:03:01.120
  x.who = {node_a, 17};
  x.cause = story_cause::heartbeat;
  x.from = "b";
  CHECK(to_text(x) == "12:03:01.120 joined by a heartbeat of b (a#17)");
  CHECK(rollcall::wall_text(x.wall_ms) == "1970-01-01T12:03:01.120Z");
  x.what = story_event::hidden;
  x.cause = story_cause::down;
  x.reason = leave_reason::node_down;
  x.heard_ms = x.wall_ms - 30'000;
  CHECK(to_text(x)
        == "12:03:01.120 hidden: a was silent for 30.0 s (last frame 12:02:31.120) (a#17)");
  x.link_lost = true;
  CHECK(to_text(x)
        == "12:03:01.120 hidden: the link to a was lost (last frame 12:02:31.120) (a#17)");
  x.what = story_event::left;
  x.cause = story_cause::bye;
  CHECK(to_text(x) == "12:03:01.120 left: a said bye (a#17)");
}

TEST_CASE("a journal file is rotated, bounded, and tells what it had no room for") {
  const auto path = temporary();
  {
    journal_file file{path, {2000, 1 << 20}};
    for (int i = 0; i < 100; ++i) {
      file.write(std::string(99, 'x') + "\n");
      if (i % 5 == 4) file.flush();
    }
    file.flush();
    CHECK(file.lost() == 0);
    const auto size = content(path).size() + content(path + ".1").size();
    CHECK(content(path + ".1").size() >= 2000);
    CHECK(size <= 2 * 2500);
  }
  std::remove(path.c_str());
  std::remove((path + ".1").c_str());
  {
    journal_file file{path, {1 << 20, 250}};
    file.write(std::string(300, 'x'));
    CHECK(file.lost() == 1);
    file.write("a line\n");
    file.flush();
    CHECK(content(path) == "{\"lost\":1}\na line\n");
  }
  std::remove(path.c_str());
}

TEST_CASE("a journal file that cannot be written is refused at the start") {
  test_system s;
  rollcall::tracker_options o;
  o.journal_file = "/no/such/directory/journal";
  CHECK(code(s.start(o)) == errc::bad_option);
}

// -- first and last -------------------------------------------------------------------

namespace {

/// "+ada! -bob!": with a mark for the first and the last.
std::string marked(const rollcall::diff& d) {
  std::string result;
  for (const auto& t : d) {
    for (const auto& x : t.leaves)
      result += (result.empty() ? "-" : " -") + x.key + (x.last ? "!" : "");
    for (const auto& x : t.joins)
      result += (result.empty() ? "+" : " +") + x.key + (x.first ? "!" : "");
  }
  return result;
}

class counting : public rollcall::tracker_handler {
public:
  explicit counting(notes* to) : to_(to) {}
  bool wants_first_and_last() const override { return true; }
  void handle_diff(const rollcall::diff& d) override { to_->add(marked(d)); }

private:
  notes* to_;
};

} // namespace

TEST_CASE("a diff says of each join whether it is the first of its key, of each leave the last") {
  notes heard, quiet, told;
  test_system s;
  auto t = s.started({}, rollcall::make_handler<counting>(&heard));
  auto which = rollcall::on_topic("room");
  which.first_and_last = true;
  REQUIRE(t.subscribe(
      which, {.diff = [&](std::uint32_t, const rollcall::diff& d) { told.add(marked(d)); }}));
  auto one = s.idle(), two = s.idle();
  REQUIRE(t.track(one, "room", "ada"));
  REQUIRE(t.track(two, "room", "ada"));
  CHECK(t.count("room") == 2);
  CHECK(t.count_keys("room") == 1);
  REQUIRE(t.update(one, "room", "ada", {{"n", 1}}));
  REQUIRE(t.untrack(one, "room", "ada"));
  REQUIRE(t.update(two, "room", "ada", {{"n", 1}}));
  REQUIRE(t.untrack(two, "room", "ada"));
  const std::vector<std::string> expected{"+ada!", "+ada",      "-ada +ada",
                                          "-ada",  "-ada +ada", "-ada!"};
  CHECK(heard.get() == expected);
  CHECK(eventually([&] { return told.get() == expected; }));
  CHECK(t.count_keys("room") == 0);
}

TEST_CASE("tracks that are shown together are told one by one, each as it was") {
  notes heard;
  test_system s;
  auto t = s.started({}, rollcall::make_handler<counting>(&heard));
  std::vector<caf::actor> all;
  for (int i = 0; i < 20; ++i) all.push_back(s.idle());
  {
    caf::scoped_actor self{s.get()};
    for (const auto& x : all)
      rollcall::compat::send(
          self, t.shard(0),
          rollcall::track_msg{caf::actor_cast<caf::actor_addr>(x), "room", "ada", {}});
  }
  CHECK(eventually([&] { return heard.get().size() == 20; }));
  CHECK(heard.count("+ada!") == 1);
  CHECK(heard.get().front() == "+ada!");
  CHECK(t.count_keys("room") == 1);
}
