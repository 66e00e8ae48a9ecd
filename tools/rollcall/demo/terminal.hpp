// Writes styled lines to stdout, and redraws them in place on a terminal.
#pragma once

#include "tools/rollcall/demo/view.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace rollcall::tool::demo {

class terminal {
public:
  /// Checks stdout, TERM, NO_COLOR and the locale.
  explicit terminal(bool force_plain);
  /// Shows the cursor again.
  ~terminal();
  terminal(const terminal&) = delete;
  terminal& operator=(const terminal&) = delete;

  /// Returns true if `redraw` works; else use `print`.
  bool draws() const noexcept { return draws_; }
  look how() const;

  /// Replaces the lines drawn before.
  void redraw(const std::vector<styled_line>&);
  /// Prints below the drawn lines; not replaced later.
  void print(const styled_line&);
  void print(const std::string& text) { print(styled_line{{text}}); }

private:
  void measure();
  void append(std::string& out, const styled_line&, std::size_t width) const;

  bool draws_ = false;
  bool colours_ = false;
  bool unicode_ = false;
  std::size_t width_ = 80, height_ = 24;
  std::size_t drawn_ = 0; // lines above the cursor
};

} // namespace rollcall::tool::demo
