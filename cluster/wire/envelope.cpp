#include "cluster/wire/envelope.hpp"

#include "cluster/wire/bytes.hpp"
#include "cluster/wire/frame.hpp"
#include "cluster/wire/head.hpp"

#include <cassert>

namespace rollcall::cluster {

namespace {

enum : std::uint64_t { tag_tracker = 1, tag_shard = 2, tag_payload = 3 };

constexpr std::uint64_t max_shard = 4095;

} // namespace

std::string encode(const envelope& x) {
  assert(!x.tracker.empty() && x.tracker.size() <= max_name_bytes && x.shard <= max_shard);
  std::string out;
  out.reserve(head_size + 32 + x.tracker.size() + x.payload.size());
  out.resize(head_size);
  put_head(out.data(), wire_type::envelope, wire_version, wire_version_min, 0);
  writer w{out};
  w.field(tag_tracker, x.tracker);
  w.field(tag_shard, x.shard);
  w.field(tag_payload, x.payload);
  const std::string_view all = out;
  seal(out.data(), out.size(), all.substr(all.size() - x.payload.size()));
  return out;
}

decoded_envelope decode_envelope(std::string_view bytes, std::size_t max_payload) noexcept {
  decoded_envelope result;
  if (bytes.size() < head_size) return result;
  // The fields are read first, to find the part that the checksum does not cover.
  envelope x;
  unsigned seen = 0;
  auto ok = true;
  std::uint64_t tag = 0;
  reader body, all{bytes.substr(head_size)};
  while (ok && all.field(tag, body)) {
    if (tag < tag_tracker || tag > tag_payload) continue; // a field of a later version
    ok = (seen & (1u << tag)) == 0;
    seen |= 1u << tag;
    if (tag == tag_tracker) {
      x.tracker = body.bytes(body.left());
      ok = ok && !x.tracker.empty() && x.tracker.size() <= max_name_bytes;
    } else if (tag == tag_shard) {
      x.shard = static_cast<std::uint32_t>(body.varint(max_shard));
      ok = ok && body.done();
    } else {
      x.payload = body.bytes(body.left());
      ok = ok && x.payload.size() <= max_payload;
    }
  }
  const auto head = open(bytes, wire_type::envelope, wire_version, x.payload);
  const bool whole =
      ok && all.done() && seen == (1u << tag_tracker | 1u << tag_shard | 1u << tag_payload);
  result.code = head.code != errc::none || whole ? head.code : errc::bad_frame;
  if (result.code == errc::none) result.envelope = x;
  return result;
}

} // namespace rollcall::cluster
