// Errors of rollcall as CAF errors, in a category of their own.
//
//     auto ref = tracker.track(self, "lobby", "ada", {});
//     if (!ref && rollcall::code_of(ref.error()) == rollcall::errc::already_tracked)
//       ...;
//
// An errc converts to a caf::error implicitly: a message handler may
// `return rollcall::errc::limit_reached;`. errc.hpp lists the codes.
//
// Thread-safety: values; any thread. Throws nothing.
#pragma once

#include "rollcall/detail/type_ids.hpp"
#include "rollcall/errc.hpp"

#include <string>
#include <string_view>

namespace rollcall {

/// The result of start_tracker and of the blocking operations.
template <class T>
using expected = caf::expected<T>;

[[nodiscard]] caf::error make_error(errc);
/// Adds a text for people: which option, which limit, which address.
[[nodiscard]] caf::error make_error(errc, std::string text);

/// Returns the code of an error of rollcall. Translates two kinds of CAF's own errors: a
/// request that timed out is `timed_out`, a request to an actor that ended is
/// `shutting_down`. Returns `none` for no error, and for all other errors.
errc code_of(const caf::error&) noexcept;

/// Returns the text of the error; without one, `describe` of its code; for errors of other
/// categories, CAF's rendering.
std::string text_of(const caf::error&);

/// "already_tracked: this actor is in that topic under that key already: use update"
std::string render(const caf::error&);

// How CAF reads and writes our codes.
bool from_string(std::string_view, errc&) noexcept;
bool from_integer(std::uint8_t, errc&) noexcept;

#if !ROLLCALL_CAF_0
template <class Inspector>
bool inspect(Inspector& f, errc& x) {
  return caf::default_enum_inspect(f, x);
}
#endif

} // namespace rollcall
