// An Erlang term as a value, and its external format.
//
// Pure: no IO, no libei. `decode` takes bytes of strangers: every length is
// checked against the bytes that are left, and the number of terms and their depth
// against a limit, before memory is taken. Atoms stay text, so nothing grows that
// is never freed.
//
// What `decode` accepts, `encode` writes as Erlang itself does on a connection of
// today (atoms as UTF-8, shortest integers, lists of bytes as strings).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall::phoenix {

struct term_limits {
  std::size_t depth = 64;
  std::size_t terms = 4'000'000;
};

/// A process: unique by all of it.
struct erlang_pid {
  std::string node;
  std::uint32_t id = 0, serial = 0, creation = 0;

  friend auto operator<=>(const erlang_pid&, const erlang_pid&) = default;
};

struct term {
  enum class kind : std::uint8_t {
    integer,  ///< `number`
    real,     ///< `real`
    atom,     ///< `text`, UTF-8
    binary,   ///< `text`
    tuple,    ///< `items`
    list,     ///< `items`; proper
    improper, ///< `items`, the last of which is the tail
    map,      ///< `items`: key, value, key, value ... in the order they came
    pid,      ///< `text` is the node, `number` serial << 32 | id, and `creation`
    other,    ///< `text` is its encoding: references, ports, functions, large integers, bits
  };
  kind type = kind::list;
  std::uint32_t creation = 0;
  std::int64_t number = 0;
  double real = 0;
  std::string text;
  std::vector<term> items;

  bool is(kind k) const noexcept { return type == k; }
  bool is_atom(std::string_view name) const noexcept { return is(kind::atom) && text == name; }
  bool is_tuple(std::size_t n) const noexcept { return is(kind::tuple) && items.size() == n; }
  /// The value under an atom of a map; null if there is none, or this is no map.
  const term* find(std::string_view atom) const noexcept;
  erlang_pid as_pid() const;

  friend bool operator==(const term&, const term&) = default;
};

term integer(std::int64_t);
term real(double);
term atom(std::string_view);
term binary(std::string_view);
term tuple(std::vector<term>);
term list(std::vector<term>);
/// `items`: key, value, key, value ...
term map(std::vector<term> items);
term pid(const erlang_pid&);

/// One term at the front of `bytes`, which is cut off them; without the version byte.
/// Nothing for what is malformed, or beyond the limits.
std::optional<term> decode(std::string_view& bytes, const term_limits& = {});
/// A whole message with its version byte, and nothing after it.
std::optional<term> decode_message(std::string_view bytes, const term_limits& = {});
/// Appends the term without a version byte.
void encode(std::string& out, const term&);
/// With the version byte.
std::string encode_message(const term&);

/// The term as Erlang prints it, or nearly so: for logs, and for what has no
/// counterpart in a meta. At most `most` bytes.
std::string to_text(const term&, std::size_t most = 1024);

} // namespace rollcall::phoenix
