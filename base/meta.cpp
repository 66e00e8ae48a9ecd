// Builds metas from trees and from untrusted bytes.
#include "rollcall/meta.hpp"

#include "base/meta_encoding.hpp"
#include "base/varint.hpp"
#include "rollcall/options.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <limits>

namespace rollcall {

namespace {

using crdt::meta_tag;

constexpr rollcall::limits bounds;

/// Encodes a tree. Stops at the first value that a meta cannot contain.
class encoder {
public:
  std::string out;

  errc value(const meta_value& x, std::size_t depth) {
    if (auto code = std::visit([&](auto& data) { return put(data, depth); }, x.data());
        code != errc::none)
      return code;
    return out.size() > bounds.max_meta_bytes ? errc::too_large : errc::none;
  }

  /// `depth`: the number of enclosing containers.
  errc map(const meta_value::member* members, std::size_t n, std::size_t depth) {
    if (depth == bounds.max_meta_depth) return errc::bad_meta;
    std::vector<const meta_value::member*> sorted(n);
    for (std::size_t i = 0; i < n; ++i) sorted[i] = members + i;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](auto a, auto b) { return a->first < b->first; });
    // Of equal keys the last one wins.
    std::size_t kept = 0;
    for (auto member : sorted) {
      if (kept > 0 && sorted[kept - 1]->first == member->first) --kept;
      sorted[kept++] = member;
    }
    sorted.resize(kept);
    tag(meta_tag::map);
    crdt::append_varint(out, kept);
    for (auto member : sorted) {
      text(member->first);
      if (out.size() > bounds.max_meta_bytes) return errc::too_large;
    }
    for (auto member : sorted)
      if (auto code = value(member->second, depth + 1); code != errc::none) return code;
    return errc::none;
  }

private:
  void tag(meta_tag x) { out.push_back(static_cast<char>(x)); }
  void text(const std::string& x) {
    crdt::append_varint(out, x.size());
    // Too large in any case, so do not copy it.
    out.append(x, 0, bounds.max_meta_bytes + 1);
  }

  errc put(std::monostate, std::size_t) {
    tag(meta_tag::null);
    return errc::none;
  }
  errc put(bool x, std::size_t) {
    tag(x ? meta_tag::boolean_true : meta_tag::boolean_false);
    return errc::none;
  }
  errc put(std::int64_t x, std::size_t) {
    tag(meta_tag::integer);
    crdt::append_varint(out, crdt::zigzag(x));
    return errc::none;
  }
  errc put(double x, std::size_t) {
    if (std::isnan(x)) return errc::bad_meta;
    tag(meta_tag::real);
    char buf[8];
    crdt::store_le64(buf, std::bit_cast<std::uint64_t>(x == 0 ? 0.0 : x)); // no -0.0
    out.append(buf, sizeof buf);
    return errc::none;
  }
  errc put(const std::string& x, std::size_t) {
    tag(meta_tag::string);
    text(x);
    return errc::none;
  }
  errc put(const meta_value::array& x, std::size_t depth) {
    if (depth == bounds.max_meta_depth) return errc::bad_meta;
    tag(meta_tag::array);
    crdt::append_varint(out, x.size());
    for (auto& element : x)
      if (auto code = value(element, depth + 1); code != errc::none) return code;
    return errc::none;
  }
  errc put(const meta_value::map& x, std::size_t depth) { return map(x.data(), x.size(), depth); }
};

} // namespace

// NaN represents it in the tree, since no meta contains NaN.
meta_value::meta_value(unsigned long long x) {
  if (x <= static_cast<unsigned long long>(std::numeric_limits<std::int64_t>::max()))
    data_ = static_cast<std::int64_t>(x);
  else
    data_ = std::numeric_limits<double>::quiet_NaN();
}

meta::meta(std::initializer_list<meta_value::member> members) {
  if (members.size() == 0) return;
  encoder e;
  why_ = e.map(members.begin(), members.size(), 0);
  if (why_ == errc::none) bytes_ = std::make_shared<const std::string>(std::move(e.out));
}

meta::meta(const meta_value& map) {
  auto members = std::get_if<meta_value::map>(&map.data());
  if (members == nullptr) {
    why_ = errc::bad_meta;
  } else if (!members->empty()) {
    encoder e;
    why_ = e.map(members->data(), members->size(), 0);
    if (why_ == errc::none) bytes_ = std::make_shared<const std::string>(std::move(e.out));
  }
}

meta meta::from_bytes(std::string_view bytes) {
  if (bytes.size() > bounds.max_meta_bytes) return meta{errc::too_large};
  if (!crdt::check_map(bytes, bounds.max_meta_depth)) return meta{errc::bad_meta};
  return from_trusted_bytes(bytes);
}

meta meta::from_trusted_bytes(std::string_view bytes) {
  assert(crdt::check_map(bytes, bounds.max_meta_depth));
  meta result;
  if (bytes != crdt::empty_map) result.bytes_ = std::make_shared<const std::string>(bytes);
  return result;
}

std::string_view meta::bytes() const noexcept {
  return bytes_ == nullptr ? crdt::empty_map : std::string_view{*bytes_};
}

} // namespace rollcall
