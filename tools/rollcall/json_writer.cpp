#include "tools/rollcall/json_writer.hpp"

#include "base/json_text.hpp"

#include <cassert>

namespace rollcall::tool {

void json_writer::separate() {
  if (comma_) text_ += ',';
  comma_ = true;
}

json_writer& json_writer::open(char bracket) {
  assert(bracket == '{' || bracket == '[');
  separate();
  text_ += bracket;
  comma_ = false;
  return *this;
}

json_writer& json_writer::close(char bracket) {
  assert(bracket == '}' || bracket == ']');
  text_ += bracket;
  comma_ = true;
  return *this;
}

json_writer& json_writer::key(std::string_view name) {
  separate();
  crdt::append_json_string(text_, name);
  text_ += ':';
  comma_ = false;
  return *this;
}

json_writer& json_writer::value(std::string_view text) {
  separate();
  crdt::append_json_string(text_, text);
  return *this;
}

json_writer& json_writer::value(double x) {
  separate();
  crdt::append_json_double(text_, x);
  return *this;
}

json_writer& json_writer::raw(std::string_view json) {
  separate();
  text_ += json;
  return *this;
}

} // namespace rollcall::tool
