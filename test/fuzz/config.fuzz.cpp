// Any text as CAF's config file, and rollcall's options out of it: in a config
// that has declared them, and in a user's own that has not.
//
// What is taken is valid, and a machine runs on it; what is refused is refused
// in one line; and options that are written as rollcall/config.hpp says are
// read as they were meant, with the verdict of `validate`.
#include "rollcall/config.hpp"

#include "test/fuzz/live_machine.hpp"
#include "test/fuzz/target.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>

namespace rollcall::fuzz {

namespace {

/// One for all inputs: to load CAF's modules each time would take most of it.
class any_config : public config {
public:
  any_config() : loaded_(content) {}

  /// False when CAF does not take the text.
  bool takes(const std::string& text, bool declared) {
    content = loaded_;
    std::istringstream in{text};
    return !parse_config(in, declared ? custom_options_ : none_, content);
  }

private:
  caf::settings loaded_;
  caf::config_option_set none_;
};

any_config& the_config() {
  static any_config x;
  return x;
}

void check(const caf::error& wrong, std::initializer_list<errc> codes) {
  must(std::find(codes.begin(), codes.end(), code_of(wrong)) != codes.end(),
       "the code of an error");
  const auto text = text_of(wrong);
  must(!text.empty() && text.find_first_of("\n\r\x1b") == std::string::npos,
       "what is wrong, in one line");
}

/// No other files, such as one that never ends.
bool names_a_file(const any_config& cfg) {
  const auto file = compat::config_value<std::string>(cfg, "rollcall.tls-passphrase-file");
  std::error_code ignored;
  return file && std::filesystem::exists(std::filesystem::path{*file}, ignored);
}

void text_of_users(const std::string& text, bool declared) {
  auto& cfg = the_config();
  if (!cfg.takes(text, declared) || names_a_file(cfg)) return;
  if (const auto x = read_tracker_options(cfg)) {
    must(!validate(*x), "what is taken is valid");
    live(*x);
  } else {
    check(x.error(), {errc::bad_option});
  }
  if (const auto x = read_cluster_options(cfg))
    must(!x->node_name.empty(), "a node has a name");
  else
    check(x.error(), {errc::bad_option, errc::bad_tls});
}

bool same(const tracker_options& a, const tracker_options& b) {
  return a.pool_size == b.pool_size && a.broadcast_period == b.broadcast_period
         && a.max_silent_periods == b.max_silent_periods && a.down_period == b.down_period
         && a.permdown_period == b.permdown_period
         && a.clock_sample_periods == b.clock_sample_periods && a.flush_interval == b.flush_interval
         && a.link_grace == b.link_grace && a.permdown_on_shutdown == b.permdown_on_shutdown;
}

/// Options of any numbers, written by the rules; one of them may be of another
/// kind than it must be.
void written(source in, bool declared) {
  tracker_options x;
  std::string text = "rollcall {\n";
  const auto which = in.number();
  const auto spoilt = in.byte();
  bool wrong = false;
  unsigned bit = 0;
  const auto put = [&](const char* key, const std::string& value, const char* other) {
    const bool other_kind = spoilt == bit;
    wrong = wrong || other_kind;
    text += std::string{key} + " = " + (other_kind ? other : value) + "\n";
  };
  const auto size = [&](const char* key, std::size_t& to) {
    if ((which >> bit++ & 1) == 0) return;
    to = in.number() >> 1; // CAF's integers have a sign
    put(key, std::to_string(to), "-1");
  };
  const auto time = [&](const char* key, auto& to) {
    if ((which >> bit++ & 1) == 0) return;
    const millis value{static_cast<millis::rep>(in.number() >> 22)}; // its times are nanoseconds
    to = value;
    put(key, std::to_string(value.count()) + "ms", "7");
  };
  size("pool-size", x.pool_size);
  time("broadcast-period", x.broadcast_period);
  size("max-silent-periods", x.max_silent_periods);
  time("down-period", x.down_period);
  time("permdown-period", x.permdown_period);
  size("clock-sample-periods", x.clock_sample_periods);
  time("flush-interval", x.flush_interval);
  time("link-grace", x.link_grace);
  if ((which >> bit++ & 1) != 0) {
    x.permdown_on_shutdown = in.flag();
    put("permdown-on-shutdown", x.permdown_on_shutdown ? "true" : "false", "1");
  }
  text += "}\n";
  auto& cfg = the_config();
  const bool taken = cfg.takes(text, declared);
  must(taken || (wrong && declared), "what is written by the rules is taken by CAF");
  if (!taken) return;
  const auto read = read_tracker_options(cfg);
  must(static_cast<bool>(read) == (!wrong && !validate(x)), "the verdict of validate");
  if (read)
    must(same(*read, x), "read as it was meant");
  else
    check(read.error(), {errc::bad_option});
}

} // namespace

void run(std::string_view input) {
  source in{input};
  const auto how = in.byte();
  if ((how & 2) != 0) return written(in, (how & 1) != 0);
  text_of_users(std::string{in.rest()}, (how & 1) != 0);
}

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  for (const char* text :
       {"rollcall { name = \"lobby\" pool-size = 8 broadcast-period = 1500ms node-name = \"a\" }",
        "rollcall {\n  node-name = \"a\"\n  listen = \"10.0.0.1:4001\"\n"
        "  seeds = [\"10.0.0.2:4001\", \"[::1]:1\"]\n  advertise = \"x:1\"\n}\n",
        "rollcall { down-period = 30s permdown-period = 20min max-silent-periods = 10\n"
        "clock-sample-periods = 2 flush-interval = 25ms link-grace = 1s }",
        "rollcall { tls-cert = \"a.pem\" tls-key = \"a.key\" tls-ca = \"ca.pem\"\n"
        "tls-passphrase-file = \"no\\nfile\" }",
        "rollcall.node-name = \"a\"\nrollcall.insecure-plain-tcp = true\n"
        "rollcall.permdown-on-shutdown = false\n",
        "# all of another kind\nrollcall { name = 1 pool-size = \"8\" broadcast-period = 1500\n"
        "seeds = \"a:1\" link-grace = true node-name = [] }",
        "rollcall = 5", "rollcall { pool-size = -1 }", "rollcall { name = \"\" node-name = \"\" }",
        "scheduler { max-threads = 1 }\nmiddleman { heartbeat-interval = 2s }"})
    for (char how : {'\0', '\1'}) all.push_back(how + std::string{text});
  for (char how : {'\2', '\3'}) {
    all.push_back(std::string{how} + "\x0f\x20\x08\x7f\x05\x09");
    all.push_back(std::string{how, '\xff', 0, 0, 0, 0, 0, 0, 1, '\xff', 1, 2, 3, 4, 5, 6, 7, 8, 1});
  }
  return all;
}

} // namespace rollcall::fuzz
