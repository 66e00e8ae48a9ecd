#include "base/meta_encoding.hpp"
#include "rollcall/meta.hpp"
#include "test/catch.hpp"

#include <rapidcheck.h>

#include <map>
#include <random>

using namespace rollcall;

namespace {

meta_value arbitrary(int depth) {
  switch (*rc::gen::inRange(0, depth > 0 ? 8 : 6)) {
  case 0:
    return nullptr;
  case 1:
    return *rc::gen::arbitrary<bool>();
  case 2:
    return static_cast<long long>(*rc::gen::arbitrary<std::int64_t>());
  case 3:
    return *rc::gen::inRange(-100, 100);
  case 4:
    return *rc::gen::arbitrary<double>();
  case 5:
    return *rc::gen::arbitrary<std::string>();
  case 6: {
    meta_value::array result(*rc::gen::inRange<std::size_t>(0, 5));
    for (auto& x : result) x = arbitrary(depth - 1);
    return result;
  }
  default: {
    meta_value::map result(*rc::gen::inRange<std::size_t>(0, 5));
    for (auto& x : result) x = {*rc::gen::arbitrary<std::string>(), arbitrary(depth - 1)};
    return result;
  }
  }
}

meta_value::map arbitrary_map() {
  meta_value::map result(*rc::gen::inRange<std::size_t>(0, 6));
  for (auto& x : result) x = {*rc::gen::arbitrary<std::string>(), arbitrary(3)};
  return result;
}

/// Whether the view shows what stands in the tree.
bool shows(meta_view view, const meta_value& want) {
  struct {
    meta_view v;
    bool operator()(std::monostate) { return v.is_null(); }
    bool operator()(bool x) { return v.as_bool() == x; }
    bool operator()(std::int64_t x) { return v.as_int() == x; }
    bool operator()(double x) { return v.as_double() == x; }
    bool operator()(const std::string& x) { return v.as_string() == std::string_view{x}; }
    bool operator()(const meta_value::array& x) {
      if (v.type() != meta_view::kind::array || v.size() != x.size()) return false;
      for (std::size_t i = 0; i < x.size(); ++i)
        if (!shows(v.at(i), x[i])) return false;
      return !v.at(x.size());
    }
    bool operator()(const meta_value::map& x) {
      std::map<std::string, meta_value> last;
      for (auto& [key, value] : x) last[key] = value;
      if (v.type() != meta_view::kind::map || v.size() != last.size()) return false;
      std::size_t i = 0;
      for (auto& [key, value] : last) {
        if (v.key_at(i) != key || !shows(v.at(i), value) || !shows(v[key], value)) return false;
        ++i;
      }
      return true;
    }
  } visitor{view};
  return std::visit(visitor, want.data());
}

} // namespace

TEST_CASE("meta: a tree survives encoding, bytes and decoding, in one form") {
  CHECK(rc::check([] {
    auto tree = arbitrary_map();
    auto m = meta(tree);
    RC_ASSERT(m.valid());
    RC_ASSERT(shows(m.view(), tree));
    auto back = meta::from_bytes(m.bytes());
    RC_ASSERT(back.valid());
    RC_ASSERT(back == m);
    RC_ASSERT(meta(m.to_value()) == m);
    auto bytes = m.bytes();
    RC_ASSERT(crdt::skip_value(bytes.data(), bytes.data() + bytes.size())
              == bytes.data() + bytes.size());
  }));
}

TEST_CASE("meta: cut or altered bytes are refused, or are the encoding of another value") {
  CHECK(rc::check([](std::uint32_t seed) {
    auto bytes = std::string{meta(arbitrary_map()).bytes()};
    for (std::size_t n = 0; n < bytes.size(); ++n)
      RC_ASSERT(!meta::from_bytes(std::string_view{bytes}.substr(0, n)).valid());
    std::mt19937 random{seed};
    for (auto& c : bytes) {
      auto was = c;
      c = static_cast<char>(c ^ (1 << random() % 8));
      auto m = meta::from_bytes(bytes);
      // What is taken is canonical: decoding and encoding gives the same bytes.
      if (m.valid()) RC_ASSERT(meta(m.to_value()).bytes() == bytes);
      meta_view{bytes}.to_json();
      c = was;
    }
  }));
}

TEST_CASE("meta: a hundred thousand random byte strings are refused or canonical") {
  std::mt19937_64 random{7};
  std::string bytes;
  for (int i = 0; i < 100'000; ++i) {
    bytes.assign(1, '\x08');
    for (auto n = random() % 24; n > 0; --n)
      bytes += static_cast<char>(random() % 3 == 0 ? random() : random() % 9);
    auto m = meta::from_bytes(bytes);
    if (m.valid() && meta(m.to_value()).bytes() != bytes) FAIL("not canonical");
    meta_view{bytes}.to_value();
  }
}
