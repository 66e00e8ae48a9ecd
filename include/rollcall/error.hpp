// Errors of rollcall as CAF errors, in a category of their own.
//
//     auto ref = tracker.track(self, "lobby", "ada", {});
//     if (!ref && rollcall::code_of(ref.error()) == rollcall::errc::already_tracked)
//       ...;
//
// An errc converts to a caf::error by itself: a message handler may
// `return rollcall::errc::limit_reached;`. Codes and what to do about them
// stand in errc.hpp.
//
// Threads: values. Nothing here throws.
#pragma once

#include "rollcall/detail/type_ids.hpp"
#include "rollcall/errc.hpp"

#include <string>
#include <string_view>

namespace rollcall {

/// What start_tracker and the blocking operations answer.
template <class T>
using expected = caf::expected<T>;

caf::error make_error(errc);
/// With a text for people: which option, which limit, which address.
caf::error make_error(errc, std::string text);

/// The code of an error of ours, and what CAF's own errors come to: a request
/// that timed out is `timed_out`, one to a shard that ended is `shutting_down`.
/// `none` for no error, and for errors that are neither.
errc code_of(const caf::error&) noexcept;

/// The text that came with the error; without one, what errc.hpp says of the
/// code; of other categories, CAF's rendering.
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
