#include "tools/rollcall/demo/terminal.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace rollcall::tool::demo {

namespace {

constexpr std::size_t least_width = 72, most_width = 100, least_height = 21;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// Decides like setlocale, without changing the locale of the process.
bool speaks_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    auto value = environment(name);
    if (value.empty()) continue;
    std::transform(value.begin(), value.end(), value.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    return value.find("utf-8") != std::string::npos || value.find("utf8") != std::string::npos;
  }
  return false;
}

void write_all(std::string_view text) {
  while (!text.empty()) {
    const auto n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n < 0 && errno != EINTR) return; // the output is closed; the demo continues to its result
    if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
  }
}

const char* code_of(style s) {
  switch (s) {
  case style::plain:
    return "";
  case style::dim:
    return "\x1b[2m";
  case style::bold:
    return "\x1b[1m";
  case style::good:
    return "\x1b[32m";
  case style::warn:
    return "\x1b[33m";
  case style::bad:
    return "\x1b[31m";
  case style::accent:
    return "\x1b[1;36m";
  }
  return "";
}

/// Returns the first n code points.
std::string_view front(std::string_view text, std::size_t n) {
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xC0u) != 0x80u;
    if (starts && n-- == 0) break;
  }
  return text.substr(0, i);
}

} // namespace

terminal::terminal(bool force_plain) {
  const auto term = environment("TERM");
  const bool able = ::isatty(STDOUT_FILENO) == 1 && !term.empty() && term != "dumb";
  unicode_ = able && speaks_utf8();
  colours_ = able && environment("NO_COLOR").empty();
  if (!able) return;
  measure();
  draws_ = !force_plain && width_ >= least_width && height_ >= least_height;
  if (draws_) write_all("\x1b[?25l"); // no cursor
}

terminal::~terminal() {
  if (draws_) write_all("\x1b[?25h");
}

void terminal::measure() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
    return;
  width_ = size.ws_col;
  height_ = size.ws_row;
}

look terminal::how() const {
  look result;
  result.unicode = unicode_;
  result.width = std::clamp(width_, least_width, most_width);
  // 4 more for the result and the line of the cursor.
  result.told =
      std::clamp<std::size_t>(height_ > least_height ? height_ - least_height + 1 : 1, 1, 5);
  return result;
}

void terminal::append(std::string& out, const styled_line& line, std::size_t width) const {
  for (const auto& s : line) {
    const auto text = front(s.text, width);
    width -= columns(std::string(text));
    if (!colours_) {
      out += text;
      continue;
    }
    const char* code = code_of(s.look);
    out += code;
    if (s.fresh) out += "\x1b[1m";
    out += text;
    if (*code || s.fresh) out += "\x1b[0m";
  }
}

void terminal::redraw(const std::vector<styled_line>& lines) {
  const auto width_before = width_, height_before = height_;
  measure();
  std::string out;
  if (width_ != width_before || height_ != height_before) {
    out += "\x1b[2J\x1b[H"; // wrapped lines cannot be counted: clear the screen
  } else if (drawn_ > 0) {
    out += "\x1b[" + std::to_string(drawn_) + "A\r";
  }
  drawn_ = std::min(lines.size(), height_ - 1);
  for (std::size_t i = 0; i < drawn_; ++i) {
    append(out, lines[i], width_);
    out += "\x1b[K\n";
  }
  out += "\x1b[J";
  write_all(out);
}

void terminal::print(const styled_line& line) {
  std::string out;
  append(out, line, std::string::npos);
  out += '\n';
  write_all(out);
  drawn_ = 0;
}

} // namespace rollcall::tool::demo
