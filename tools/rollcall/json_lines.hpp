// JSON Lines, the input of `rollcall node`: bytes -> lines -> commands.
//
// Pure: no IO, no CAF. Every line gives a command or an error for the answer. Memory is
// bounded.
#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace rollcall::tool {

/// Large enough for metas beyond their limit, so that the error is `too_large` of the meta and
/// not of the line.
inline constexpr std::size_t max_line_bytes = 4 * 1024 * 1024;
/// More than the depth of a meta, for the same reason.
inline constexpr std::size_t max_json_depth = 128;

/// Splits a stream of bytes into lines. A line beyond the limit is reported once, without its
/// text, and skipped.
class line_splitter {
public:
  explicit line_splitter(std::size_t limit = max_line_bytes) : limit_(limit) {}

  /// Calls `on_line(std::string_view line, bool too_long)` for every line that `bytes`
  /// completes, without the newline. The view is valid during the call.
  template <class F>
  void feed(std::string_view bytes, F&& on_line) {
    while (true) {
      const auto end = bytes.find('\n');
      if (end == std::string_view::npos) break;
      emit(bytes.substr(0, end), on_line);
      bytes.remove_prefix(end + 1);
    }
    keep(bytes);
  }

  /// The stream has ended: bytes without a newline are a line, too.
  template <class F>
  void finish(F&& on_line) {
    if (!partial_.empty() || too_long_) emit({}, on_line);
  }

private:
  template <class F>
  void emit(std::string_view tail, F& on_line) {
    if (too_long_ || partial_.size() + tail.size() > limit_) {
      on_line(std::string_view{}, true);
    } else if (partial_.empty()) {
      on_line(tail, false);
    } else {
      partial_ += tail;
      on_line(std::string_view{partial_}, false);
    }
    partial_.clear();
    too_long_ = false;
  }
  void keep(std::string_view tail);

  std::size_t limit_;
  std::string partial_;
  bool too_long_ = false;
};

struct command {
  std::string id; ///< as JSON text, empty if it had none
  std::string op;
  boost::json::object members;
};

/// The error of a refused command. `code`: a name of `rollcall::errc`, or `bad_json`,
/// `unknown_op`, `bad_command`, `no_such_process`, `no_such_actor`, `internal`.
struct refusal {
  std::string code;
  std::string message; ///< says what to do
};

struct bad_line {
  std::string id; ///< if it could be read
  refusal why;
};

std::variant<command, bad_line> parse_command(std::string_view line);

/// `{"id":7,"error":"…","message":"…"}`
std::string error_answer(std::string_view id, const refusal&);

} // namespace rollcall::tool
