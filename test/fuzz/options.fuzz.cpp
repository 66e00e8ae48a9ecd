// Options of `rollcall node`, from its command line and its file, and those of a
// tracker from any numbers. What is taken is valid, and a machine runs on it;
// what is refused is refused in one line.
#include "rollcall/options.hpp"

#include "base/duration.hpp"
#include "test/fuzz/live_machine.hpp"
#include "test/fuzz/target.hpp"
#include "tools/rollcall/options.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace rollcall::fuzz {

namespace {

using namespace tool;

/// A file in memory; its name, and each time other text.
const std::string& file_with(std::string_view text) {
  static const int file = ::memfd_create("options", 0);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  must(file >= 0 && ::ftruncate(file, 0) == 0
           && ::pwrite(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
       "memory for a file");
  return path;
}

void arguments_of(std::string_view text) {
  std::vector<std::string> args;
  std::string_view in_file;
  if (const auto end = text.find('\0'); end != std::string_view::npos) {
    in_file = text.substr(end + 1);
    text = text.substr(0, end);
    args.push_back("--config=" + file_with(in_file));
  }
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string one{text.substr(0, end)};
    if (one.rfind("--config", 0) != 0) args.push_back(std::move(one)); // no other file
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  const auto parsed = parse_node_options(args);
  if (auto* ended = std::get_if<early_end>(&parsed)) {
    if (ended->code == exit_ok) return must(!ended->text.empty(), "help");
    must(ended->code == exit_bad_arguments, "bad arguments");
    must(!ended->text.empty() && ended->text.find_first_of("\n\r\x1b") == std::string::npos,
         "what is wrong, in one line");
    return;
  }
  auto& o = std::get<node_options>(parsed);
  must(!validate(o.tracker) && !o.cluster.node_name.empty() && !o.cluster.cluster_name.empty(),
       "what is taken is valid");
  live(o.tracker);
}

/// All numbers from the input.
void numbers_of(source in) {
  tracker_options x;
  const auto which = in.number();
  const auto size = [&](unsigned bit, std::size_t& to) {
    if ((which >> bit & 1) != 0) to = in.number();
  };
  const auto time = [&](unsigned bit, millis& to) {
    if ((which >> bit & 1) != 0) to = millis{static_cast<millis::rep>(in.number())};
  };
  size(0, x.pool_size);
  time(1, x.broadcast_period);
  size(2, x.max_silent_periods);
  if ((which >> 3 & 1) != 0) x.down_period = millis{static_cast<millis::rep>(in.number())};
  time(4, x.permdown_period);
  size(5, x.clock_sample_periods);
  time(6, x.flush_interval);
  if ((which >> 7 & 1) != 0) x.link_grace = millis{static_cast<millis::rep>(in.number())};
  auto& l = x.limits;
  std::size_t* limits[] = {&l.max_topic_bytes,
                           &l.max_key_bytes,
                           &l.max_meta_bytes,
                           &l.max_meta_depth,
                           &l.max_presences,
                           &l.max_replicas,
                           &l.max_ended,
                           &l.max_frame_bytes,
                           &l.max_frame_presences,
                           &l.max_removal_log,
                           &l.max_beyond,
                           &l.max_outstanding_bytes,
                           &l.batch};
  unsigned bit = 8;
  for (auto* limit : limits) size(bit++, *limit);
  x.name = in.rest();
  if (const auto wrong = validate(x)) {
    must(wrong.code == errc::bad_option && !wrong.message.empty(), "what is wrong with options");
    return;
  }
  live(x);
}

void duration_of(std::string_view text) {
  if (const auto x = parse_duration(text)) {
    must(x->count() >= 0 && x->count() <= 366ll * 24 * 3'600'000, "a duration within a year");
    must(parse_duration(format_duration(*x)) == x, "a duration is the same after a round trip");
  }
}

} // namespace

void run(std::string_view input) {
  source in{input};
  switch (in.below(3)) {
  case 0:
    return arguments_of(in.rest());
  case 1:
    return numbers_of(in);
  default:
    return duration_of(in.rest());
  }
}

std::vector<std::string> seeds() {
  const std::string zero(1, '\0');
  return {
      zero + "--name=a\n--listen\n127.0.0.1:0\n--seed=127.0.0.1:4000\n--seed\n[::1]:4001",
      zero + "--pool-size=8\n--broadcast-period=1500ms\n--down-period=30s\n--permdown-period=20min",
      zero
          + "--max-silent-periods=10\n--clock-sample-periods=2\n--flush-interval=25ms\n--link-"
            "grace=1s",
      zero
          + "--permdown-on-shutdown\n--insecure=yes\n--log-level=debug\n--cluster-name=c\n--"
            "tracker=t",
      zero + "--tls-cert=a.pem\n--tls-key=b.pem\n--tls-ca=c.pem\n--advertise=example.org:1",
      zero + "--help",
      zero + "--name=b" + zero
          + "name = a\npool-size = 2\n# so\nseed = 10.0.0.1:1\nseed=10.0.0.2:1\n",
      "\x01\x0f\x02\x10\x03\x20",
      std::string("\x01\xff\x00\x00\x00\x00\x00\x1f\xff\xff\x01\x02\x03", 13),
      "\x02"
      "1500ms",
      "\x02"
      "20min"};
}

} // namespace rollcall::fuzz
