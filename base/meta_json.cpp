// JSON text of a meta.
#include "base/json_text.hpp"
#include "base/meta_encoding.hpp"
#include "rollcall/meta.hpp"

#include <cmath>

namespace rollcall {

namespace {

void put_double(std::string& out, double x) {
  if (std::isinf(x))
    out += x > 0 ? "1e999" : "-1e999"; // JSON has no infinity; parsers overflow to it
  else
    crdt::append_json_double(out, x);
}

void put(std::string& out, const meta_value& x) {
  struct {
    std::string& out;
    void operator()(std::monostate) { out += "null"; }
    void operator()(bool b) { out += b ? "true" : "false"; }
    void operator()(std::int64_t i) { out += std::to_string(i); }
    void operator()(double d) { put_double(out, d); }
    void operator()(const std::string& s) { crdt::append_json_string(out, s); }
    void operator()(const meta_value::array& a) {
      out += '[';
      for (auto& element : a) {
        if (&element != &a.front()) out += ',';
        put(out, element);
      }
      out += ']';
    }
    void operator()(const meta_value::map& m) {
      out += '{';
      for (auto& [key, value] : m) {
        if (&key != &m.front().first) out += ',';
        crdt::append_json_string(out, key);
        out += ':';
        put(out, value);
      }
      out += '}';
    }
  } visitor{out};
  std::visit(visitor, x.data());
}

} // namespace

std::string meta_view::to_json() const {
  std::string out;
  put(out, to_value());
  return out;
}

} // namespace rollcall
