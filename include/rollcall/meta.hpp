// The data that goes with a presence: a JSON-like map, immutable and shared.
//
//     auto m = rollcall::meta{{"name", "ada"}, {"status", "online"}, {"age", 36}};
//     if (auto status = m.view()["status"].as_string())
//       fmt::print("{}\n", *status);
//
// A meta holds its own canonical encoding, and nothing else: keys sorted, one
// form for each value. So equality is equality of bytes, copying is one
// reference count, and what is stored, sent and handed to readers is one run
// of bytes that nobody has to decode to carry it.
//
// Values: null, bool, int64, double (no NaN; 1 != 1.0), string, array, map.
// -0.0 becomes 0.0, so that equal numbers are equal bytes. Strings are byte
// strings. Depth (the map itself is 1) <= limits::max_meta_depth, encoded size
// <= limits::max_meta_bytes.
// A meta that breaks a rule is still a value, with `valid()` false and `why()`
// saying what is wrong: `track` answers `bad_meta` or `too_large` for it. It
// reads like the empty map.
//
// Threads: immutable; use it from any thread. Nothing here throws, but for
// want of memory.
#pragma once

#include "rollcall/errc.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace rollcall {

/// A value under construction: a plain tree, mutable, for building a `meta`
/// and for taking one apart whole.
class meta_value {
public:
  using array = std::vector<meta_value>;
  using member = std::pair<std::string, meta_value>;
  using map = std::vector<member>; ///< any order; of equal keys the last wins

  meta_value() = default; ///< null
  meta_value(std::nullptr_t) {}
  /// Of bools alone: nothing else that converts to bool ends up here.
  template <std::same_as<bool> T>
  meta_value(T x) : data_(x) {}
  meta_value(int x) : data_(std::int64_t{x}) {}
  meta_value(long x) : data_(static_cast<std::int64_t>(x)) {}
  meta_value(long long x) : data_(static_cast<std::int64_t>(x)) {}
  meta_value(unsigned x) : data_(std::int64_t{x}) {}
  /// A number that no int64 holds makes the meta invalid: `bad_meta`.
  meta_value(unsigned long x) : meta_value(static_cast<unsigned long long>(x)) {}
  meta_value(unsigned long long x);
  meta_value(float x) : data_(double{x}) {}
  meta_value(double x) : data_(x) {}
  meta_value(const char* x) { // a null pointer is null
    if (x != nullptr) data_ = std::string{x};
  }
  meta_value(std::string_view x) : data_(std::string{x}) {}
  meta_value(std::string x) : data_(std::move(x)) {}
  meta_value(array x) : data_(std::move(x)) {}
  meta_value(map x) : data_(std::move(x)) {}

  using variant = std::variant<std::monostate, bool, std::int64_t, double, std::string, array, map>;
  const variant& data() const noexcept { return data_; }
  variant& data() noexcept { return data_; }

private:
  variant data_;
};

/// A look into an encoded value, without decoding or copying it. Valid as long
/// as the bytes that it looks into.
class meta_view {
public:
  enum class kind : std::uint8_t { absent, null, boolean, integer, real, string, array, map };

  meta_view() = default; ///< absent
  /// `bytes` must be the whole canonical encoding of one value (see
  /// `meta::from_bytes`, which checks).
  explicit meta_view(std::string_view bytes) : bytes_(bytes) {}

  kind type() const noexcept;
  explicit operator bool() const noexcept { return !bytes_.empty(); }

  // Each of these is empty when the value is of another kind: an integer is no
  // double, and null is none of them.
  bool is_null() const noexcept { return type() == kind::null; }
  std::optional<bool> as_bool() const noexcept;
  std::optional<std::int64_t> as_int() const noexcept;
  std::optional<double> as_double() const noexcept;
  std::optional<std::string_view> as_string() const noexcept;

  /// Members of a map or elements of an array; 0 for anything else.
  std::size_t size() const noexcept;
  /// The member of that name; absent when there is none, or this is no map.
  meta_view operator[](std::string_view key) const noexcept;
  /// The i-th element of an array, or i-th member of a map in order of key.
  meta_view at(std::size_t i) const noexcept;
  /// The name of the i-th member of a map.
  std::string_view key_at(std::size_t i) const noexcept;

  std::string_view bytes() const noexcept { return bytes_; }
  meta_value to_value() const;
  /// JSON text. A double always shows as one ("1.0", infinities as "1e999");
  /// what is no UTF-8 in a string becomes U+FFFD; absent is "null".
  std::string to_json() const;

  friend bool operator==(meta_view a, meta_view b) noexcept { return a.bytes_ == b.bytes_; }

private:
  std::string_view bytes_;
};

/// A map, encoded. The empty map needs no memory.
class meta {
public:
  meta() = default; ///< the empty map
  meta(std::initializer_list<meta_value::member> members);
  /// Anything but a map is `bad_meta`.
  explicit meta(const meta_value& map);

  /// Takes bytes that came from outside; checks all of them.
  static meta from_bytes(std::string_view bytes);
  /// Takes bytes that are known to be canonical (out of another meta).
  static meta from_trusted_bytes(std::string_view bytes);

  bool valid() const noexcept { return why_ == errc::none; }
  errc why() const noexcept { return why_; } ///< none, bad_meta or too_large
  meta_view view() const noexcept { return meta_view{bytes()}; }
  /// The same: `p.meta()` is a view for every presence (presence.hpp).
  meta_view operator()() const noexcept { return view(); }
  /// The encoding: never empty, the empty map has two bytes (of a constant).
  std::string_view bytes() const noexcept;
  meta_value to_value() const { return view().to_value(); }
  std::string to_json() const { return view().to_json(); }

  friend bool operator==(const meta& a, const meta& b) noexcept {
    return a.why_ == b.why_ && a.bytes() == b.bytes();
  }

private:
  explicit meta(errc why) : why_(why) {}

  std::shared_ptr<const std::string> bytes_; // null: the empty map
  errc why_ = errc::none;
};

} // namespace rollcall
