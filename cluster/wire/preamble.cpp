#include "cluster/wire/preamble.hpp"

#include "cluster/wire/bytes.hpp"
#include "cluster/wire/packet.hpp"

#include <algorithm>

namespace rollcall::cluster {

namespace {

constexpr std::string_view magic = "ROLLCALL";
constexpr std::uint8_t version = 1;
constexpr std::uint8_t version_min = 1; ///< the oldest version that can read ours

enum : std::uint64_t { tag_caf = 1, tag_caf_node = 2, tag_node = 3, tag_life = 4, tag_basp = 5 };

} // namespace

std::string encode(const preamble& x) {
  std::string body;
  writer w{body};
  const auto cut = [](std::string_view text) { return text.substr(0, max_name_bytes); };
  w.field(tag_caf, cut(x.caf));
  w.field(tag_caf_node, cut(x.caf_node));
  w.field(tag_node, cut(x.node));
  std::string life;
  writer{life}.fixed_incarnation(x.life);
  w.field(tag_life, life);
  if (x.basp != 0) w.field(tag_basp, x.basp);
  std::string out{magic};
  out.push_back(static_cast<char>(version));
  out.push_back(static_cast<char>(version_min));
  out.push_back(static_cast<char>(body.size() & 0xff));
  out.push_back(static_cast<char>(body.size() >> 8));
  return out + body;
}

preamble_head read_preamble_head(std::string_view bytes) {
  preamble_head result;
  if (bytes.substr(0, magic.size()) != magic.substr(0, bytes.size())) {
    // A TLS record: a handshake begins with 22, 3, an alert with 21, 3.
    const bool tls = (bytes[0] == 22 || bytes[0] == 21) && (bytes.size() < 2 || bytes[1] == 3);
    result.problem = {errc::bad_frame,
                      tls ? "it speaks TLS and this node does not: give both the same TLS options"
                          : "it does not greet as a rollcall node: is it one? Check the address"};
    return result;
  }
  if (bytes.size() < preamble_head_size) return result;
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  result.body = at(10) + std::size_t{256} * at(11);
  if (at(9) > version)
    result.problem = {errc::version_mismatch, "its version is newer and does not support ours: "
                                              "upgrade this node"};
  else if (result.body > max_preamble_body)
    result.problem = {errc::bad_frame, "its greeting is too long: is it a rollcall node?"};
  return result;
}

decoded_preamble decode_preamble(std::string_view body) {
  decoded_preamble result;
  std::uint64_t tag = 0;
  reader field, all{body};
  bool life = false;
  const auto text = [](reader& r) {
    return std::string{r.bytes(std::min<std::size_t>(r.left(), max_name_bytes))};
  };
  while (all.field(tag, field)) {
    if (tag == tag_caf) result.value.caf = text(field);
    if (tag == tag_caf_node) result.value.caf_node = text(field);
    if (tag == tag_node) result.value.node = text(field);
    if (tag == tag_basp) result.value.basp = field.varint();
    if (tag != tag_life) continue;
    result.value.life = field.fixed_incarnation();
    life = field.ok();
  }
  if (all.done() && life && !result.value.caf.empty())
    result.code = errc::none;
  else
    result.value = {};
  return result;
}

preamble_check compare(const preamble& ours, const preamble& theirs) {
  const auto who = theirs.node.empty() ? std::string{"the node there"} : printable(theirs.node, 64);
  const bool both_say = theirs.basp != 0 && ours.basp != 0;
  if (both_say ? theirs.basp != ours.basp : theirs.caf != ours.caf)
    return {{errc::version_mismatch,
             who + " is built with CAF " + printable(theirs.caf, 16) + ", this node with CAF "
                 + ours.caf + ", and the two do not understand each other"
                 + (both_say ? " (BASP " + std::to_string(theirs.basp) + " and "
                                   + std::to_string(ours.basp) + ")"
                             : std::string{})
                 + ": build all nodes of a cluster with the same release"},
            false};
  if (theirs.caf_node != ours.caf_node) return {};
  if (theirs.life == ours.life && theirs.node == ours.node) return {{}, true};
  return {{errc::unreachable,
           "CAF takes " + who
               + " for this node, since both have the same PID and network hardware, as "
                 "containers may: start one of them with an init process (docker run --init) or "
                 "in another PID namespace, so that its PID is another"},
          false};
}

} // namespace rollcall::cluster
