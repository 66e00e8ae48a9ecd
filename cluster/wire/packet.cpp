#include "cluster/wire/packet.hpp"

#include "cluster/wire/bytes.hpp"
#include "rollcall/options.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace rollcall::cluster {

namespace {

enum : std::uint64_t {
  tag_code = 1,
  tag_message = 2,
  tag_incumbent = 3,
  tag_self = 4,
  tag_has_links = 5,
};

// The numbers stay as they are in all versions; those of errc may move.
constexpr std::array<std::pair<std::uint64_t, errc>, 6> wire_codes{{
    {1, errc::name_in_use},
    {2, errc::cluster_mismatch},
    {3, errc::version_mismatch},
    {4, errc::pool_mismatch},
    {5, errc::limit_reached},
    {6, errc::bad_frame},
}};

std::uint64_t to_wire(errc x) noexcept {
  for (const auto& [number, code] : wire_codes)
    if (code == x) return number;
  return 0;
}

errc from_wire(std::uint64_t x) noexcept {
  for (const auto& [number, code] : wire_codes)
    if (number == x) return code;
  return errc::unreachable;
}

} // namespace

opened_packet open_packet(std::string_view bytes) noexcept {
  if (bytes.empty()) return {};
  switch (bytes.front()) {
  case 'h':
  case 'w':
  case 'u':
  case 'r':
  case 'p':
  case 'q':
  case 'f':
  case 'b':
  case 'd':
  case 'k':
  case 'a':
  case 'v':
  case 'c':
    return {static_cast<packet_kind>(bytes.front()), bytes.substr(1)};
  default:
    return {};
  }
}

std::string pack(packet_kind kind, std::string_view body) {
  std::string result;
  result.reserve(body.size() + 1);
  result.push_back(static_cast<char>(kind));
  result += body;
  return result;
}

std::string pack_refusal(const refusal& x) {
  auto result = pack(packet_kind::refusal);
  writer w{result};
  w.field(tag_code, to_wire(x.code));
  w.field(tag_message, printable(x.message));
  std::string life;
  writer{life}.fixed_incarnation(x.incumbent);
  w.field(tag_incumbent, life);
  if (x.self) w.field(tag_self, std::uint64_t{1});
  if (x.has_links) w.field(tag_has_links, std::uint64_t{1});
  return result;
}

std::optional<refusal> read_refusal(std::string_view body) {
  refusal result;
  bool has_code = false;
  reader r{body};
  std::uint64_t tag = 0;
  for (reader field; r.field(tag, field);) {
    switch (tag) {
    case tag_code:
      result.code = from_wire(field.varint());
      has_code = field.ok();
      break;
    case tag_message:
      result.message = printable(field.bytes(field.left()));
      break;
    case tag_incumbent:
      result.incumbent = field.fixed_incarnation();
      break;
    case tag_self:
      result.self = field.varint() == 1;
      break;
    case tag_has_links:
      result.has_links = field.varint() == 1;
      break;
    default:
      break; // of a later version
    }
    if (!field.ok()) return {};
  }
  if (!r.done() || !has_code) return {};
  return result;
}

std::string pack_number(packet_kind kind, std::uint64_t number) {
  auto result = pack(kind);
  writer{result}.fixed64(number);
  return result;
}

std::optional<std::uint64_t> read_number(std::string_view body) noexcept {
  reader r{body};
  const auto result = r.fixed64();
  if (!r.ok()) return {};
  return result;
}

std::string pack_life(packet_kind kind, const named_life& x) {
  auto result = pack(kind);
  writer w{result};
  w.fixed_incarnation(x.inc);
  return result += x.name;
}

std::optional<named_life> read_life(std::string_view body) {
  named_life result;
  reader r{body};
  result.inc = r.fixed_incarnation();
  if (!r.ok() || r.left() == 0 || r.left() > max_name_bytes) return {};
  result.name = r.bytes(r.left());
  return result;
}

std::string printable(std::string_view text, std::size_t most) {
  std::string result{text.substr(0, most)};
  std::replace_if(
      result.begin(), result.end(), [](unsigned char c) { return c < 0x20 || c > 0x7e; }, '?');
  return result;
}

} // namespace rollcall::cluster
