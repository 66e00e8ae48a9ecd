// Writes JSON text directly into a string: answers may have megabytes, and a tree of values would
// double the cost.
//
//     json_writer out;
//     out.open('{').member("ok", true).key("list").open('[').value(1).close(']').close('}');
//     out.text();   // {"ok":true,"list":[1]}
//
// Inserts commas. Requires that the caller balances the brackets.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace rollcall::tool {

class json_writer {
public:
  json_writer& open(char bracket);  ///< '{' or '['
  json_writer& close(char bracket); ///< '}' or ']'
  json_writer& key(std::string_view name);

  json_writer& value(std::string_view text);
  json_writer& value(const char* text) { return value(std::string_view{text}); }
  json_writer& value(const std::string& text) { return value(std::string_view{text}); }
  json_writer& value(std::same_as<bool> auto x) { return raw(x ? "true" : "false"); }
  json_writer& value(double x); ///< shortest form that parses to the same double
  json_writer& value(std::signed_integral auto x) { return raw(std::to_string(x)); }
  json_writer& value(std::unsigned_integral auto x) requires(!std::same_as<decltype(x), bool>) {
    return raw(std::to_string(x));
  }
  json_writer& raw(std::string_view json); ///< a value as JSON text

  template <class T>
  json_writer& member(std::string_view name, const T& x) {
    return key(name).value(x);
  }
  json_writer& raw_member(std::string_view name, std::string_view json) {
    return key(name).raw(json);
  }

  const std::string& text() const noexcept { return text_; }
  std::string take() noexcept { return std::move(text_); }

private:
  void separate();

  std::string text_;
  bool comma_ = false; // the next value needs a comma
};

} // namespace rollcall::tool
