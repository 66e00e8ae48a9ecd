#include "tools/rollcall/options.hpp"

#include "cluster/mesh/address.hpp"
#include "tools/command_line.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>
#include <unistd.h>

namespace rollcall::tool {

namespace po = boost::program_options;

namespace {

std::string default_name() {
  char host[256] = "node";
  ::gethostname(host, sizeof host - 1);
  return fmt::format("{}-{}", host, ::getpid());
}

tracker_options default_tracker() {
  tracker_options x;
  x.name = "lobby";
  return x;
}

template <class T>
void describe(po::options_description& all, std::span<const option_row<T>> rows, T defaults) {
  for (const auto& row : rows) {
    if (row.flag == nullptr) continue;
    const auto value = row.at(defaults);
    const auto usual = shown_default(row, defaults);
    const auto text = usual.empty() ? row.help : fmt::format("{} (default: {})", row.help, usual);
    const po::value_semantic* how = po::value<std::string>()->value_name(row.shown);
    if (std::holds_alternative<bool*>(value))
      how = po::value<bool>()->implicit_value(true)->value_name("[yes|no]");
    else if (std::holds_alternative<std::vector<std::string>*>(value))
      how = po::value<std::vector<std::string>>()->composing()->value_name(row.shown);
    all.add_options()(row.flag, how, text.c_str());
  }
}

po::options_description describe_options() {
  auto text = [](const char* shown) { return po::value<std::string>()->value_name(shown); };
  po::options_description all("Options", 100, 60);
  describe(all, node_option_table(), node_settings{});
  describe(all, tracker_option_table(), default_tracker());
  // clang-format off
  all.add_options()
    ("drain-on-terminate", text("TIME"), "on SIGTERM: what is tracked here stays shown for so long, or until it is tracked elsewhere; then say bye and end")
    ("log-level", text("LEVEL"), "error, warning, info or debug, to stderr (default: info)")
    ("test-ops", po::bool_switch(), "for tests: allow ops that damage this node (flip_a_bit)")
    ("config", text("FILE"), "read options from a file too, as lines NAME = VALUE; the command line wins")
    ("help", "print this");
  // clang-format on
  return all;
}

std::string help(const more_options& more, const po::options_description& known) {
  std::ostringstream out;
  out << "Usage: " << more.program << " [options]\n";
  if (more.intro.empty())
    out << "One node, driven by JSON Lines: a command a line on stdin, an answer a line on "
           "stdout,\n"
           "logs on stderr. End of input ends it. Try {\"op\":\"topics\"}.\n\n";
  else
    out << more.intro << "\n";
  out << known << "\nTIME is a number with a unit: 1500ms, 10s, 20min, 1h.\n";
  return out.str();
}

/// Reads the values one by one; the first that is wrong is kept.
class reader {
public:
  explicit reader(const po::variables_map& from) : from_(from) {}

  template <class T>
  void read(std::span<const option_row<T>> rows, T& to) {
    for (const auto& row : rows)
      if (row.flag != nullptr && from_.count(row.flag) != 0)
        std::visit([&](auto* value) { take(row.flag, row.form, *value); }, row.at(to));
  }
  std::string given(const char* flag) const { return from_[flag].as<std::string>(); }
  void wrong(std::string_view flag, std::string_view given, std::string_view what) {
    if (why_.empty()) why_ = fmt::format("--{} \"{}\": {}", flag, given, what);
  }
  const std::string& why() const noexcept { return why_; }

  std::optional<millis> time(const char* flag) {
    const auto text = given(flag);
    auto value = parse_duration(text);
    if (!value) wrong(flag, text, "write a time like 1500ms, 10s or 20min");
    return value;
  }

private:
  void take(const char* flag, option_form form, std::string& to) {
    to = given(flag);
    check(flag, form, to);
  }
  void take(const char* flag, option_form form, std::vector<std::string>& to) {
    to = from_[flag].as<std::vector<std::string>>();
    for (const auto& x : to) check(flag, form, x);
  }
  void take(const char* flag, option_form, bool& to) { to = from_[flag].as<bool>(); }
  void take(const char* flag, option_form, std::size_t& to) {
    const auto text = given(flag);
    const auto end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, to);
    if (error != std::errc{} || rest != end) wrong(flag, text, "give it a whole number");
  }
  void take(const char* flag, option_form, millis& to) {
    if (const auto x = time(flag)) to = *x;
  }
  void take(const char* flag, option_form, std::optional<millis>& to) { to = time(flag); }

  void check(const char* flag, option_form form, const std::string& text) {
    if (form == option_form::any) return;
    if (form == option_form::not_empty) {
      if (text.empty()) wrong(flag, text, "give it some text");
      return;
    }
    const auto zero = form == option_form::listen_address ? cluster::port_zero::allowed
                                                          : cluster::port_zero::refused;
    if (auto parsed = cluster::parse_address(text, zero); parsed.problem)
      wrong(flag, text, parsed.problem.message);
  }

  const po::variables_map& from_;
  std::string why_;
};

std::variant<node_options, early_end> read(const po::variables_map& from,
                                           const more_options& more) {
  const auto& program = more.program;
  node_options o;
  o.tracker = default_tracker();
  reader in(from);
  in.read<node_settings>(node_option_table(), o);
  in.read(tracker_option_table(), o.tracker);
  if (from.count("drain-on-terminate") != 0) o.drain_on_terminate = in.time("drain-on-terminate");
  if (const auto& lease = o.drain_on_terminate;
      lease && (*lease <= millis{0} || *lease > o.tracker.permdown_period))
    in.wrong("drain-on-terminate", format_duration(*lease),
             "choose a time above 0 and up to the permdown period");
  o.test_ops = from["test-ops"].as<bool>();
  if (from.count("log-level")) {
    const auto given = in.given("log-level");
    if (const auto level = parse_log_level(given))
      o.level = *level;
    else
      in.wrong("log-level", given, "it is one of error, warning, info, debug");
  }
  if (!in.why().empty()) return bad_arguments(program, in.why());
  if (auto wrong = read_passphrase(o.passphrase_file, o.tls))
    return bad_arguments(program, wrong.message);
  if (auto wrong = validate(o.tracker)) return bad_arguments(program, wrong.message);
  if (o.cluster.node_name.empty()) o.cluster.node_name = default_name();
  o.cluster.tls = o.tls.any();
  return o;
}

} // namespace

early_end bad_arguments(std::string_view name, std::string_view why) {
  auto text = fmt::format("{}: {} (see {} --help)", name, why, name);
  // It may quote what was given: one line stays one line, and no terminal obeys it.
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return {exit_bad_arguments, std::move(text)};
}

std::variant<node_options, early_end> parse_node_options(const std::vector<std::string>& args,
                                                         const more_options& more) {
  const auto& program = more.program;
  auto known = describe_options();
  if (more.declare) more.declare(known);
  po::variables_map values;
  try {
    // No abbreviations: a typo must not turn into another option.
    constexpr int style = po::command_line_style::unix_style
                          & ~po::command_line_style::allow_guessing
                          & ~po::command_line_style::allow_short;
    const po::positional_options_description none;
    refuse_marks(args);
    po::store(po::command_line_parser(args).options(known).positional(none).style(style).run(),
              values);
    if (values.count("help")) return early_end{exit_ok, help(more, known)};
    if (values.count("config")) {
      const auto path = values["config"].as<std::string>();
      std::ifstream file(path);
      if (!file)
        return bad_arguments(program, fmt::format("--config \"{}\": cannot read that file", path));
      std::stringstream text;
      text << file.rdbuf();
      refuse_marks(text.str());
      po::store(po::parse_config_file(text, known), values);
    }
  } catch (const po::error& error) {
    return bad_arguments(program, error.what());
  }
  auto result = read(values, more);
  if (more.read && std::holds_alternative<node_options>(result))
    if (auto wrong = more.read(values); !wrong.empty()) return bad_arguments(program, wrong);
  return result;
}

} // namespace rollcall::tool
