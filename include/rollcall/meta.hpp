// The data that goes with a presence: a JSON-like map, immutable and shared.
//
//     auto m = rollcall::meta{{"name", "ada"}, {"status", "online"}, {"age", 36}};
//     if (auto status = m.view()["status"].as_string())
//       fmt::print("{}\n", *status);
//
// A meta holds only its canonical encoding: keys sorted, one form for each value.
// Equality is equality of bytes, a copy costs one reference count, and the same bytes are
// stored, sent and read without being decoded.
//
// Values: null, bool, int64, double (no NaN; 1 != 1.0), string, array, map.
// -0.0 becomes 0.0, so that equal numbers are equal bytes. Strings are byte
// strings. Depth (the map itself is 1) <= limits::max_meta_depth, encoded size
// <= limits::max_meta_bytes.
// A meta that breaks a rule is still a value: `valid()` is false, `why()` says what is
// wrong, and it reads as the empty map. `track` returns `bad_meta` or `too_large` for it.
//
// Thread-safety: immutable; any thread. Throws nothing but std::bad_alloc.
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

/// A mutable tree of values, from which a `meta` is built and into which one is decoded.
class meta_value {
public:
  using array = std::vector<meta_value>;
  using member = std::pair<std::string, meta_value>;
  using map = std::vector<member>; ///< any order; of equal keys the last wins

  meta_value() = default; ///< null
  meta_value(std::nullptr_t) {}
  /// Accepts bool only, not other types that convert to bool.
  template <std::same_as<bool> T>
  meta_value(T x) : data_(x) {}
  meta_value(int x) : data_(std::int64_t{x}) {}
  meta_value(long x) : data_(static_cast<std::int64_t>(x)) {}
  meta_value(long long x) : data_(static_cast<std::int64_t>(x)) {}
  meta_value(unsigned x) : data_(std::int64_t{x}) {}
  /// A number beyond int64 makes the meta invalid: `bad_meta`.
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

/// Reads an encoded value in place. Valid as long as the bytes that it refers to.
class meta_view {
public:
  enum class kind : std::uint8_t { absent, null, boolean, integer, real, string, array, map };

  meta_view() = default; ///< absent
  /// Requires that `bytes` is the whole canonical encoding of one value; see
  /// `meta::from_bytes`, which checks that.
  explicit meta_view(std::string_view bytes) : bytes_(bytes) {}

  kind type() const noexcept;
  explicit operator bool() const noexcept { return !bytes_.empty(); }

  // Each returns nothing if the value is of another kind: an integer is not a double,
  // and null is none of them.
  bool is_null() const noexcept { return type() == kind::null; }
  std::optional<bool> as_bool() const noexcept;
  std::optional<std::int64_t> as_int() const noexcept;
  std::optional<double> as_double() const noexcept;
  std::optional<std::string_view> as_string() const noexcept;

  /// Returns the number of members of a map, or of elements of an array; 0 otherwise.
  std::size_t size() const noexcept;
  /// Returns the member of that name; absent if there is none, or this is not a map.
  meta_view operator[](std::string_view key) const noexcept;
  /// Returns the i-th element of an array, or the i-th member of a map in order of key.
  meta_view at(std::size_t i) const noexcept;
  /// Returns the name of the i-th member of a map.
  std::string_view key_at(std::size_t i) const noexcept;

  std::string_view bytes() const noexcept { return bytes_; }
  meta_value to_value() const;
  /// Returns JSON text. A double always shows as one ("1.0", infinities as "1e999");
  /// bytes that are not UTF-8 become U+FFFD; absent is "null".
  std::string to_json() const;

  friend bool operator==(meta_view a, meta_view b) noexcept { return a.bytes_ == b.bytes_; }

private:
  std::string_view bytes_;
};

/// An encoded map. The empty map allocates nothing.
class meta {
public:
  meta() = default; ///< the empty map
  meta(std::initializer_list<meta_value::member> members);
  /// A value that is not a map gives an invalid meta: `bad_meta`.
  explicit meta(const meta_value& map);

  /// Takes bytes from outside the process, and checks all of them.
  static meta from_bytes(std::string_view bytes);
  /// Requires canonical bytes, such as those of another meta.
  static meta from_trusted_bytes(std::string_view bytes);

  bool valid() const noexcept { return why_ == errc::none; }
  errc why() const noexcept { return why_; } ///< none, bad_meta or too_large
  meta_view view() const noexcept { return meta_view{bytes()}; }
  /// The same as `view`, so that `p.meta()` is a view for every presence (presence.hpp).
  meta_view operator()() const noexcept { return view(); }
  /// Returns the encoding. Never empty: the empty map has two bytes.
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
