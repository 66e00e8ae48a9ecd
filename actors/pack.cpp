// The encoding of values in messages to other processes. All lengths are checked; a wrong
// one makes CAF refuse the message.
#include "cluster/wire/bytes.hpp"
#include "rollcall/detail/value_inspect.hpp"

#include <initializer_list>

namespace rollcall::compat {

namespace {

using cluster::reader;

void put(std::string& out, std::uint64_t x) { crdt::append_varint(out, x); }

void put(std::string& out, std::string_view x) {
  put(out, std::uint64_t{x.size()});
  out.append(x);
}

void put(std::string& out, const incarnation& x) {
  cluster::writer{out}.incarnation(x);
}

void put(std::string& out, const replica_id& x) {
  put(out, std::string_view{x.name});
  put(out, x.inc);
}

void put(std::string& out, const ref& x) {
  put(out, x.inc);
  put(out, x.clock);
}

// Separate functions, since the order of evaluation of call arguments is unspecified.
void get(reader& in, std::uint64_t& x) { x = in.varint(); }
void get(reader& in, std::string& x) { x = in.blob(); }

void get(reader& in, incarnation& x) { x = in.incarnation(); }

void get(reader& in, replica_id& x) {
  get(in, x.name);
  get(in, x.inc);
}

void get(reader& in, ref& x) {
  get(in, x.inc);
  get(in, x.clock);
}

template <class Stats, class F>
void each_counter(Stats& x, F f) {
  for (const auto& c : frame_counters())
    for (auto& count : x.*c.member) f(count);
  for (const auto& c : counters()) f(x.*c.member);
  for (auto& count : x.busy) f(count);
}

} // namespace

std::string packer<meta>::pack(const meta& x) { return std::string{x.bytes()}; }

bool packer<meta>::unpack(std::string_view bytes, meta& x) {
  x = bytes.empty() ? meta{} : meta::from_bytes(bytes);
  return x.valid();
}

std::string packer<presence>::pack(const presence& x) {
  std::string out;
  put(out, std::string_view{x.topic});
  put(out, std::string_view{x.key});
  put(out, x.who.replica);
  put(out, x.who.actor);
  put(out, x.meta.bytes());
  put(out, x.ref);
  put(out, std::uint64_t{x.prev_ref ? 1u : 0u});
  if (x.prev_ref) put(out, *x.prev_ref);
  return out;
}

bool packer<presence>::unpack(std::string_view bytes, presence& x) {
  reader in{bytes};
  get(in, x.topic);
  get(in, x.key);
  get(in, x.who.replica);
  get(in, x.who.actor);
  const auto data = in.blob();
  get(in, x.ref);
  x.prev_ref.reset();
  if (in.varint(1) == 1) {
    ref prev;
    get(in, prev);
    x.prev_ref = prev;
  }
  return in.done() && packer<meta>::unpack(data, x.meta);
}

std::string packer<replica_state>::pack(const replica_state& x) {
  std::string out;
  put(out, x.id);
  put(out, std::uint64_t{x.shard});
  put(out, std::uint64_t{x.up ? 1u : 0u});
  put(out, x.clock);
  return out;
}

bool packer<replica_state>::unpack(std::string_view bytes, replica_state& x) {
  reader in{bytes};
  get(in, x.id);
  x.shard = static_cast<std::uint32_t>(in.varint(0xffff'ffff));
  x.up = in.varint(1) == 1;
  get(in, x.clock);
  return in.done();
}

std::string packer<tracker_stats>::pack(const tracker_stats& x) {
  std::string out;
  each_counter(x, [&](const std::uint64_t& counter) { put(out, counter); });
  return out;
}

bool packer<tracker_stats>::unpack(std::string_view bytes, tracker_stats& x) {
  reader in{bytes};
  each_counter(x, [&](std::uint64_t& counter) { get(in, counter); });
  return in.done();
}

} // namespace rollcall::compat
