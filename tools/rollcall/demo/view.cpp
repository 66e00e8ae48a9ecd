#include "tools/rollcall/demo/view.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rollcall::tool::demo {

namespace {

struct glyphs {
  const char *across, *down, *top_left, *top_right, *bottom_left, *bottom_right, *left_tee,
      *right_tee;
  const char *up, *lost, *absent, *arrow, *done;
};
constexpr glyphs unicode_glyphs = {"─", "│", "╭", "╮", "╰", "╯", "├", "┤", "●", "○", "·", "▶", "✓"};
constexpr glyphs ascii_glyphs = {"-", "|", "+", "+", "+", "+", "+", "+", "*", "o", ".", ">", "="};

std::string repeat(const char* what, std::size_t n) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += what;
  return out;
}

struct state_text {
  const char* text;
  style look;
};
state_text describe(node_state state) {
  switch (state) {
  case node_state::starting:
    return {"starting", style::dim};
  case node_state::up:
    return {"running", style::good};
  case node_state::killed:
    return {"killed", style::bad};
  case node_state::suspended:
    return {"suspended", style::warn};
  }
  return {"", style::plain};
}

/// Draws the boxes of all nodes side by side, line by line.
class boxes {
public:
  boxes(const scene& what, const look& how)
      : scene_(what),
        g_(how.unicode ? unicode_glyphs : ascii_glyphs),
        inner_(how.width / std::max<std::size_t>(what.nodes.size(), 1) - 3) {}

  std::vector<styled_line> draw() {
    row([&](const node_box& n) { top(n); });
    row([&](const node_box& n) { inside(n, replicas(n)); });
    row([&](const node_box&) { edge(g_.left_tee, g_.right_tee); });
    for (std::size_t i = 0; i < scene_.people.size(); ++i)
      row([&](const node_box& n) { inside(n, one_person(n, i)); });
    row([&](const node_box& n) { bottom(n); });
    return std::move(lines_);
  }

private:
  template <class F>
  void row(F part) {
    lines_.emplace_back();
    for (std::size_t i = 0; i < scene_.nodes.size(); ++i) {
      if (i > 0) add(" ");
      part(scene_.nodes[i]);
    }
  }
  void add(std::string text, style s = style::plain) {
    lines_.back().push_back({std::move(text), s});
  }

  /// A node that does not run shows its last state, greyed out.
  static bool asleep(const node_box& n) { return n.state != node_state::up; }

  void top(const node_box& n) {
    const auto state = describe(n.state);
    const std::string name = " " + n.name + " ", text = std::string(" ") + state.text + " ";
    const auto used = columns(name) + columns(text) + 2;
    add(std::string(g_.top_left) + g_.across, style::dim);
    add(name, style::bold);
    add(repeat(g_.across, inner_ > used ? inner_ - used : 0), style::dim);
    add(text, state.look);
    add(std::string(g_.across) + g_.top_right, style::dim);
  }
  void edge(const char* left, const char* right) {
    add(left + repeat(g_.across, inner_) + right, style::dim);
  }
  void bottom(const node_box& n) {
    const auto text = fmt::format(" {} here ", n.here);
    add(g_.bottom_left + repeat(g_.across, inner_ - columns(text) - 1), style::dim);
    add(text, asleep(n) ? style::dim : style::plain);
    add(std::string(g_.across) + g_.bottom_right, style::dim);
  }
  void inside(const node_box& n, styled_line content) {
    add(g_.down, style::dim);
    const auto used = columns(content);
    for (auto& s : content) {
      if (asleep(n)) s.look = style::dim, s.fresh = false;
      lines_.back().push_back(std::move(s));
    }
    add(std::string(inner_ > used ? inner_ - used : 0, ' '));
    add(g_.down, style::dim);
  }
  styled_line replicas(const node_box& n) const {
    styled_line out{{" sees ", style::dim}};
    for (const auto& r : n.replicas) {
      out.push_back({" " + r.name + " ", style::plain});
      if (r.state == node_box::replica::up)
        out.push_back({std::string(g_.up) + " ", style::good});
      else if (r.state == node_box::replica::down)
        out.push_back({std::string(g_.lost) + " ", style::bad});
      else
        out.push_back({std::string(g_.absent) + " ", style::dim});
    }
    return out;
  }
  styled_line one_person(const node_box& n, std::size_t i) const {
    const auto& who = scene_.people[i];
    const auto& c = n.cells[i];
    if (!c.here) return {{fmt::format(" {:<8} ", g_.absent), style::dim}};
    return {{fmt::format(" {:<8}", who.name), style::plain, c.fresh},
            {fmt::format(" {} ", who.home), style::dim},
            {fmt::format("{} ", g_.up), style_of_status(c.status)},
            {fmt::format("{:<6}", c.status), style_of_status(c.status), c.fresh}};
  }

  const scene& scene_;
  const glyphs& g_;
  std::size_t inner_;
  std::vector<styled_line> lines_;
};

} // namespace

std::size_t columns(const std::string& utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
  }));
}

std::size_t columns(const styled_line& line) {
  std::size_t n = 0;
  for (const auto& s : line) n += columns(s.text);
  return n;
}

style style_of_status(const std::string& status) {
  if (status == "online") return style::good;
  if (status == "away") return style::warn;
  if (status == "busy") return style::bad;
  return style::plain;
}

std::vector<styled_line> draw(const scene& what, const look& how) {
  const auto& g = how.unicode ? unicode_glyphs : ascii_glyphs;
  std::vector<styled_line> out;
  const std::string title = " rollcall", about = "  who is here, as each of three nodes sees it";
  const auto time = fmt::format("{:.1f} s ", what.seconds);
  const auto width = 3 * (how.width / 3) - 1; // of the boxes
  const auto used = title.size() + about.size() + time.size();
  out.push_back({{title, style::accent},
                 {about, style::dim},
                 {std::string(width > used ? width - used : 1, ' ')},
                 {time, style::dim}});
  for (auto& line : boxes(what, how).draw()) out.push_back(std::move(line));
  out.emplace_back();
  out.push_back({{fmt::format(" {} ", g.arrow), style::accent}, {what.headline, style::bold}});
  if (what.result.empty())
    out.push_back({{"   ...", style::dim}});
  else
    out.push_back({{fmt::format(" {} ", g.done), style::good}, {what.result, style::good}});
  const auto first = what.told.size() > how.told ? what.told.size() - how.told : 0;
  for (std::size_t i = first; i < first + how.told; ++i)
    out.push_back({{i < what.told.size() ? "   " + what.told[i] : std::string{}, style::dim}});
  return out;
}

} // namespace rollcall::tool::demo
