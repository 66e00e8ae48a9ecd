// The picture of the demo, as lines of styled text.
//
// Pure: a scene in, lines out. The terminal (terminal.hpp) writes them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace rollcall::tool::demo {

enum class style : unsigned char { plain, dim, bold, good, warn, bad, accent };

struct span {
  std::string text; ///< one column for each code point
  demo::style look = style::plain;
  bool fresh = false; ///< changed lately: shown bold
};
using styled_line = std::vector<span>;

std::size_t columns(const std::string& utf8);
std::size_t columns(const styled_line&);

/// A person in the box of a node.
struct cell {
  bool here = false;
  std::string status;
  bool fresh = false;
};

enum class node_state { starting, up, killed, suspended };

struct node_box {
  std::string name;
  node_state state = node_state::starting;
  struct replica {
    std::string name;
    enum { unknown, up, down } state = unknown;
  };
  std::vector<replica> replicas;
  std::vector<cell> cells; ///< one for each person of the scene
  std::size_t here = 0;
};

struct person {
  std::string name;
  std::string home; ///< the node that tracks them
};

struct scene {
  double seconds = 0;
  std::string headline;
  std::string result; ///< of the headline; empty at first
  std::vector<person> people;
  std::vector<node_box> nodes;
  std::vector<std::string> told; ///< events, the latest last
};

struct look {
  bool unicode = true;
  std::size_t width = 80;
  std::size_t told = 4; ///< lines of events
};

std::vector<styled_line> draw(const scene&, const look&);

/// The style of a status: online good, away warn, busy bad.
style style_of_status(const std::string& status);

} // namespace rollcall::tool::demo
