#include "tools/rollcall/demo/stage.hpp"

#include "tools/rollcall/json_writer.hpp"

#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <poll.h>

namespace rollcall::tool::demo {

using namespace std::chrono;
namespace json = boost::json;

namespace {

constexpr auto frame = milliseconds{50}, fresh_for = milliseconds{1200},
               patience = milliseconds{10000};
constexpr std::string_view topic = "lobby", ask_id = "\"ask\"";
std::atomic<bool> stop_asked = false;

std::string status_meta(const std::string& status) {
  json_writer out;
  out.open('{').member("status", status).close('}');
  return out.take();
}

} // namespace

void stop_on_signals() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop_asked = true; };
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
}

stage::stage(terminal& out) : out_(out) {
  std::string path = (std::filesystem::temp_directory_path() / "rollcall-demo-XXXXXX").string();
  if (::mkdtemp(path.data())) logs_ = path;
  for (const char* name : {"a", "b", "c"}) {
    nodes_.emplace_back();
    nodes_.back().name = name;
  }
}

stage::~stage() {
  for (auto& g : guests_) g.process.end();
  for (auto& n : nodes_) n.process.end();
  std::error_code ignored;
  if (!logs_.empty() && trouble_.empty()) std::filesystem::remove_all(logs_, ignored);
}

bool stop_was_asked() noexcept { return stop_asked; }

bool stage::stopped() const noexcept { return stop_asked; }

double stage::seconds() const { return duration<double>(steady_clock::now() - start_).count(); }

void stage::fail(std::string why) {
  if (trouble_.empty()) trouble_ = std::move(why);
}

void stage::start(std::size_t which) {
  auto& n = nodes_[which];
  std::vector<std::string> args{own_path(),
                                "node",
                                "--name",
                                n.name,
                                "--listen",
                                n.address.empty() ? "127.0.0.1:0" : n.address,
                                "--cluster-name",
                                "rollcall-demo",
                                "--broadcast-period",
                                "250ms",
                                "--max-silent-periods",
                                "2",
                                "--down-period",
                                "2s",
                                "--permdown-period",
                                "5min",
                                "--log-level",
                                "debug"};
  for (const auto& other : nodes_)
    if (&other != &n && !other.address.empty()) args.insert(args.end(), {"--seed", other.address});
  n.roll.clear();
  n.state = node_state::starting;
  n.process = child_process(args, {logs_.empty() ? std::string{} : logs_ + "/" + n.name + ".log"});
  if (!n.process.failure().empty())
    return fail("cannot start node " + n.name + ": " + n.process.failure());
  send(n, fmt::format(R"({{"op":"subscribe","topic":"{}"}})", topic));
  send(n, R"({"op":"replicas"})");
}

void stage::kill(std::size_t which) {
  auto& n = nodes_[which];
  n.process.end(); // with SIGKILL
  n.roll.clear();
  n.state = node_state::killed;
}

void stage::suspend(std::size_t which) {
  nodes_[which].process.send_signal(SIGSTOP);
  nodes_[which].state = node_state::suspended;
}

void stage::resume(std::size_t which) {
  nodes_[which].process.send_signal(SIGCONT);
  nodes_[which].state = node_state::up;
}

guest* stage::find(std::string_view name) {
  for (auto& g : guests_)
    if (g.name == name) return &g;
  return nullptr;
}

void stage::arrive(std::string name, std::size_t home) {
  guest g;
  g.name = std::move(name);
  g.home = home;
  g.process = child_process({own_path(), "guest", "online"});
  if (g.process.read_line(g.status, patience) != child_process::read_result::line)
    return fail("cannot start a guest: " + g.process.failure());
  // Next to the others of the node, so that rows stay grouped.
  auto after =
      std::find_if(guests_.begin(), guests_.end(), [&](const guest& x) { return x.home > home; });
  send_track(*guests_.insert(after, std::move(g)));
}

void stage::send_track(const guest& g) {
  json_writer out;
  out.open('{').member("op", "track").member("process", g.process.pid()).member("topic", topic);
  out.member("key", g.name).raw_member("meta", status_meta(g.status)).close('}');
  send(nodes_[g.home], out.text());
}

void stage::track_all_of(std::size_t which) {
  for (const auto& g : guests_)
    if (g.home == which && g.here()) send_track(g);
}

void stage::change(std::string_view name, std::string status) {
  auto* g = find(name);
  if (!g || !g->here()) return;
  g->process.write_line(status);
  if (g->process.read_line(g->status, patience) != child_process::read_result::line)
    return fail(g->name + " ended by itself");
  json_writer out;
  out.open('{').member("op", "update").member("process", g->process.pid()).member("topic", topic);
  out.member("key", g->name).raw_member("meta", status_meta(g->status)).close('}');
  send(nodes_[g->home], out.text());
}

void stage::leave(std::string_view name) {
  auto* g = find(name);
  if (!g) return;
  g->process.close_input(); // it ends by itself; the node is not told
  g->process.wait(patience);
  g->process.end();
}

bool stage::all_agree() const {
  for (const auto& n : nodes_) {
    if (n.state == node_state::starting) return false;
    if (n.state != node_state::up) continue;
    std::size_t expected = 0;
    for (const auto& g : guests_) {
      if (!g.here() || !runs(g.home)) continue;
      ++expected;
      const auto* entry = n.roll.find(g.name);
      if (!entry || entry->status != g.status) return false;
    }
    if (n.roll.here().size() != expected) return false;
    for (const auto& other : nodes_)
      if (n.roll.up(other.name) != (other.state == node_state::up)) return false;
  }
  return true;
}

void stage::send(node& n, const std::string& line) {
  if (n.process.pid() > 0 && !n.process.write_line(line))
    fail("node " + n.name + " does not listen any more");
}

std::optional<json::object> stage::ask(std::size_t which, std::string_view command) {
  answer_.reset();
  std::string line(command);
  line.insert(1, fmt::format(R"("id":{},)", ask_id));
  send(nodes_[which], line);
  until([this] { return answer_.has_value(); }, patience);
  return std::exchange(answer_, std::nullopt);
}

void stage::hear(node& n, const std::string& line) {
  json::error_code error;
  auto value = json::parse(line, error);
  auto* object = error ? nullptr : value.if_object();
  if (!object) return fail("node " + n.name + " wrote what is no JSON object: " + line);
  if (text_of(*object, "event") == "ready") {
    n.state = node_state::up;
    n.address = text_of(*object, "listen");
  }
  if (object->contains("error") && text_of(*object, "error") != "no_such_process")
    return fail("node " + n.name + " answers " + text_of(*object, "error") + ": "
                + text_of(*object, "message"));
  if (text_of(*object, "id") == "ask") {
    answer_ = std::move(*object);
    return;
  }
  n.roll.take(*object, steady_clock::now());
}

void stage::listen(milliseconds at_most) {
  std::vector<pollfd> ready;
  std::vector<node*> from;
  for (auto& n : nodes_)
    if (n.process.output_fd() >= 0) {
      ready.push_back({n.process.output_fd(), POLLIN, 0});
      from.push_back(&n);
    }
  ::poll(ready.data(), ready.size(), static_cast<int>(at_most.count()));
  for (std::size_t i = 0; i < ready.size(); ++i) {
    if (ready[i].revents == 0) continue;
    auto& n = *from[i];
    std::string line;
    auto got = child_process::read_result::line;
    while ((got = n.process.read_line(line, 0ms)) == child_process::read_result::line)
      hear(n, line);
    if (got == child_process::read_result::closed && n.state != node_state::killed)
      fail("node " + n.name + " ended by itself");
  }
}

bool stage::run_for(milliseconds time) {
  until([] { return false; }, time);
  return !stop_asked && trouble_.empty();
}

bool stage::until(const std::function<bool()>& holds, milliseconds limit) {
  const auto end = steady_clock::now() + limit;
  while (!stop_asked && trouble_.empty()) {
    if (holds()) {
      draw(true);
      return true;
    }
    const auto left = ceil<milliseconds>(end - steady_clock::now());
    if (left <= 0ms) break;
    listen(std::min(left, frame));
    draw(false);
  }
  return false;
}

void stage::headline(std::string text) {
  if (!headline_.empty()) told_.push_back(fmt::format("{:4.0f} s  {}", since_, headline_));
  since_ = seconds();
  headline_ = std::move(text);
  result_.clear();
  if (!out_.draws()) out_.print(fmt::format("[{:5.1f} s] {}", seconds(), headline_));
}

void stage::result(std::string text) {
  result_ = std::move(text);
  if (!out_.draws()) out_.print(fmt::format("[{:5.1f} s]   {}", seconds(), result_));
}

void stage::draw(bool at_once) {
  if (!out_.draws()) return;
  const auto now = steady_clock::now();
  if (!at_once && now - drawn_ < frame) return;
  drawn_ = now;
  out_.redraw(demo::draw(picture(), out_.how()));
}

scene stage::picture() const {
  const auto now = steady_clock::now();
  scene s;
  s.seconds = seconds();
  s.headline = headline_;
  s.result = result_;
  s.told = told_;
  for (const auto& g : guests_) s.people.push_back({g.name, nodes_[g.home].name});
  for (const auto& n : nodes_) {
    node_box box;
    box.name = n.name;
    box.state = n.state;
    for (const auto& other : nodes_) {
      node_box::replica r;
      r.name = other.name;
      if (n.roll.knows(other.name))
        r.state = n.roll.up(other.name) ? node_box::replica::up : node_box::replica::down;
      box.replicas.push_back(r);
    }
    for (const auto& g : guests_) {
      const auto* entry = n.roll.find(g.name);
      box.cells.push_back(entry ? cell{true, entry->status, now - entry->since < fresh_for}
                                : cell{});
    }
    box.here = n.roll.here().size();
    s.nodes.push_back(std::move(box));
  }
  return s;
}

} // namespace rollcall::tool::demo
