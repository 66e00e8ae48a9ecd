#include "rollcall/error.hpp"

namespace rollcall {

namespace {

// Codes are consecutive from none to this one.
constexpr auto last_code = errc::endpoint_failed;

std::string context_of(const caf::error& x) {
  if (!x || !x.context().match_elements<std::string>()) return {};
  return x.context().get_as<std::string>(0);
}

} // namespace

caf::error make_error(errc x) { return compat::make_error(x, {}); }

caf::error make_error(errc x, std::string text) { return compat::make_error(x, std::move(text)); }

errc code_of(const caf::error& x) noexcept {
  if (!x) return errc::none;
  if (compat::is_of<errc>(x)) return static_cast<errc>(x.code());
  if (compat::is_caf_error(x, caf::sec::request_timeout)) return errc::timed_out;
  if (compat::is_receiver_down(x)) return errc::shutting_down;
  return errc::none;
}

std::string text_of(const caf::error& x) {
  if (auto text = context_of(x); !text.empty()) return text;
  const auto code = code_of(x);
  return code == errc::none ? to_string(x) : std::string{describe(code)};
}

std::string render(const caf::error& x) {
  const auto code = code_of(x);
  if (code == errc::none) return to_string(x);
  auto result = to_string(code) + ": ";
  const auto text = context_of(x);
  if (!text.empty() && compat::is_of<errc>(x)) result += text + "; ";
  return result += describe(code);
}

bool from_string(std::string_view text, errc& x) noexcept {
  for (auto i = static_cast<std::uint8_t>(errc::none); i <= static_cast<std::uint8_t>(last_code);
       ++i)
    if (to_string(static_cast<errc>(i)) == text) {
      x = static_cast<errc>(i);
      return true;
    }
  return false;
}

bool from_integer(std::uint8_t value, errc& x) noexcept {
  if (value > static_cast<std::uint8_t>(last_code)) return false;
  x = static_cast<errc>(value);
  return true;
}

} // namespace rollcall
