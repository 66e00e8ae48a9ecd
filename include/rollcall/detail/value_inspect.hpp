// How CAF reads and writes the values in messages. Received values are checked: a meta
// that is not canonical, or a wrong length, makes CAF refuse the message.
#pragma once

#include "rollcall/detail/caf_compat.hpp"
#include "rollcall/lease.hpp"
#include "rollcall/meta.hpp"
#include "rollcall/presence.hpp"
#include "rollcall/stats.hpp"

#include <string>
#include <string_view>

namespace rollcall::compat {

template <>
struct packer<meta> {
  static std::string pack(const meta&);
  static bool unpack(std::string_view, meta&);
};
template <>
struct packer<presence> {
  static std::string pack(const presence&);
  static bool unpack(std::string_view, presence&);
};
template <>
struct packer<replica_state> {
  static std::string pack(const replica_state&);
  static bool unpack(std::string_view, replica_state&);
};
template <>
struct packer<tracker_stats> {
  static std::string pack(const tracker_stats&);
  static bool unpack(std::string_view, tracker_stats&);
};

} // namespace rollcall::compat

namespace rollcall {

template <class Inspector>
auto inspect(Inspector& f, meta& x) {
  return compat::packed(f, "rollcall::meta", x);
}
template <class Inspector>
auto inspect(Inspector& f, presence& x) {
  return compat::packed(f, "rollcall::presence", x);
}
template <class Inspector>
auto inspect(Inspector& f, replica_state& x) {
  return compat::packed(f, "rollcall::replica_state", x);
}
template <class Inspector>
auto inspect(Inspector& f, tracker_stats& x) {
  return compat::packed(f, "rollcall::tracker_stats", x);
}

template <class Inspector>
auto inspect(Inspector& f, incarnation& x) {
  return compat::fields(f, "rollcall::incarnation", x, compat::field("start_us", x.start_us),
                        compat::field("salt", x.salt));
}
template <class Inspector>
auto inspect(Inspector& f, replica_id& x) {
  return compat::fields(f, "rollcall::replica_id", x, compat::field("name", x.name),
                        compat::field("inc", x.inc));
}
template <class Inspector>
auto inspect(Inspector& f, pid& x) {
  return compat::fields(f, "rollcall::pid", x, compat::field("replica", x.replica),
                        compat::field("actor", x.actor));
}
template <class Inspector>
auto inspect(Inspector& f, lease& x) {
  return compat::fields(f, "rollcall::lease", x, compat::field("shard", x.shard),
                        compat::field("number", x.number), compat::field("token", x.token));
}
template <class Inspector>
auto inspect(Inspector& f, ref& x) {
  return compat::fields(f, "rollcall::ref", x, compat::field("inc", x.inc),
                        compat::field("clock", x.clock));
}

} // namespace rollcall
