// A frame as text, all of it: what recorded frames are compared by.
#pragma once

#include "cluster/wire/envelope.hpp"
#include "cluster/wire/frame.hpp"
#include "cluster/wire/hello.hpp"
#include "cluster/wire/packet.hpp"
#include "rollcall/meta.hpp"

#include <string>
#include <string_view>

namespace rollcall::test {

inline std::string hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

inline std::string from_hex(std::string_view text) {
  auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out += static_cast<char>(value(text[i]) * 16 + value(text[i + 1]));
  return out;
}

inline std::string says(const incarnation& x) {
  return std::to_string(x.start_us) + "-" + std::to_string(x.salt);
}
inline std::string says(const replica_id& x) { return x.name + "@" + says(x.inc); }
inline std::string says(const ref& x) { return says(x.inc) + ":" + std::to_string(x.clock); }

inline std::string says(const std::vector<crdt::birth>& births) {
  std::string out;
  for (const auto& b : births) {
    out += " +" + std::to_string(b.dot) + " " + std::string{b.topic} + "/" + std::string{b.key}
           + "#" + std::to_string(b.actor) + " " + meta_view{b.meta}.to_json();
    if (b.ref) out += " ref " + says(*b.ref);
    if (b.prev_ref) out += " prev " + says(*b.prev_ref);
  }
  return out;
}

inline std::string says(const crdt::delta& d) {
  std::string out = says(d.slice);
  if (const auto* r = std::get_if<crdt::range>(&d.what)) {
    out += " range " + std::to_string(r->a) + ".." + std::to_string(r->b) + says(r->adds);
    for (const auto x : r->dead) out += " -" + std::to_string(x);
    return out;
  }
  const auto& p = std::get<crdt::part>(d.what);
  out += " part " + std::to_string(p.x) + ".." + std::to_string(p.y) + " a " + std::to_string(p.a)
         + " of " + says(p.answer.from) + " " + std::to_string(p.answer.number) + says(p.adds)
         + " known";
  out += " " + std::to_string(p.known.count()) + " in " + std::to_string(p.known.intervals());
  const auto& runs = p.known.runs();
  for (std::size_t i = 0; i < runs.size(); ++i) // thousands need not all be written
    if (i < 8 || i + 1 == runs.size())
      out += " " + std::to_string(runs[i].a) + ".." + std::to_string(runs[i].b);
  return out;
}

inline std::string says(const cluster::frame& f) {
  static constexpr const char* kinds[] = {"?", "heartbeat", "pull", "state", "bye"};
  std::string out = std::string{kinds[static_cast<std::size_t>(f.kind)]} + " from " + says(f.from);
  for (const auto& [id, clock] : f.clocks)
    out += " | clock " + says(id) + " " + std::to_string(clock);
  if (f.full_clocks) out += " | full clocks";
  if (f.at)
    out += " | at " + says(f.at->answer.from) + " " + std::to_string(f.at->answer.number) + " "
           + std::to_string(f.at->k) + (f.at->last ? " last" : "");
  for (const auto& d : f.deltas) out += " | " + says(d);
  return out;
}

inline std::string says(const cluster::hello& x) {
  std::string out = "hello " + std::to_string(x.version) + " " + std::to_string(x.version_min)
                    + " cluster " + x.cluster + " node " + x.node + "@" + says(x.inc) + " address "
                    + x.address + " caf " + x.caf;
  for (const auto& t : x.trackers)
    out += " | tracker " + t.name + " " + std::to_string(t.pool_size) + " "
           + std::to_string(t.broadcast_period.count()) + " "
           + std::to_string(t.down_period.count()) + " "
           + std::to_string(t.permdown_period.count());
  for (const auto& m : x.members) out += " | member " + m.name + " " + m.address;
  return out;
}

inline std::string says(const cluster::envelope& x) {
  return "envelope " + std::string{x.tracker} + " " + std::to_string(x.shard) + " "
         + hex(x.payload);
}

inline std::string says(const cluster::refusal& x) {
  return "refusal " + to_string(x.code) + " " + says(x.incumbent) + (x.self ? " self " : " ")
         + x.message;
}

} // namespace rollcall::test
