#include "cluster/caf/basp_rules.hpp"

#include "cluster/caf/io.hpp"

#include <caf/binary_serializer.hpp>
#include <caf/io/basp/version.hpp>
#include <caf/message.hpp>

#include <string>
#include <vector>

namespace rollcall::cluster {

namespace {

/// Returns the bytes that CAF writes for these values, in this order.
template <class... Ts>
std::string bytes_of(caf::actor_system& system, Ts... xs) {
#if ROLLCALL_CAF_0
  std::vector<char> to;
  caf::binary_serializer sink{system, to};
  static_cast<void>(sink(xs...));
  return {to.begin(), to.end()};
#else
  caf::byte_buffer to;
  caf::binary_serializer sink{system, to};
  static_cast<void>((sink.apply(xs) && ...));
  return {reinterpret_cast<const char*>(to.data()), to.size()};
#endif
}

/// Returns the first bytes of the payload of a message with these types.
template <class... Ts>
std::string start_of(caf::actor_system& system, Ts... xs) {
  const auto values = (bytes_of(system, xs).size() + ...);
  auto message = caf::make_message(std::move(xs)...);
#if ROLLCALL_CAF_0
  auto result = bytes_of(system, std::vector<caf::strong_actor_ptr>{}, std::move(message));
#else
  auto result = bytes_of(system, std::move(message));
#endif
  result.resize(result.size() - values);
  return result;
}

#if ROLLCALL_CAF_0
void name_types(basp_rules& to) {
  to.types = basp_rules::type_list::names;
  // Type names are part of the protocol of CAF 0.17.
  to.refused_types = {"@exit",          "@down",       "@message",         "@timeout",
                      "@group",         "@group_down", "@open_stream_msg", "@upstream_msg",
                      "@downstream_msg"};
  to.error_type = "@error";
}
#else
std::string number(caf::type_id_t x) {
  return {static_cast<char>(x >> 8), static_cast<char>(x & 0xff)};
}

void name_types(basp_rules& to) {
  to.types = basp_rules::type_list::numbers;
  to.refused_types = {number(caf::type_id_v<caf::exit_msg>), number(caf::type_id_v<caf::down_msg>),
                      number(caf::type_id_v<caf::message>),
                      number(caf::type_id_v<caf::timeout_msg>)};
  to.error_type = number(caf::type_id_v<caf::error>);
}
#endif

} // namespace

basp_rules make_basp_rules(caf::actor_system& system, const caf::actor& endpoint) {
  basp_rules x;
  x.version = caf::io::basp::version;
  x.own_node = bytes_of(system, system.node());
  x.endpoint = endpoint.id();
  name_types(x);
  const caf::strong_actor_ptr nobody;
  const std::uint64_t number{0};
  // Packets; requests for handles of actors, and their responses.
  x.handle_to_endpoint = start_of(system, nobody);
  x.to_endpoint = {start_of(system, std::string{}),
                   start_of(system, std::string{}, number, number, number),
                   start_of(system, caf::error{}), x.handle_to_endpoint};
  const auto handle = bytes_of(system, nobody).size();
  for (auto start : {bytes_of(system, std::vector<caf::strong_actor_ptr>{},
                              caf::make_message(caf::link_atom_v, nobody)),
                     bytes_of(system, std::vector<caf::strong_actor_ptr>{},
                              caf::make_message(caf::unlink_atom_v, nobody))}) {
#if !ROLLCALL_CAF_0
    start.erase(0, bytes_of(system, std::vector<caf::strong_actor_ptr>{}).size());
#endif
    start.resize(start.size() - handle);
    x.link_messages.push_back(std::move(start));
  }
  return x;
}

} // namespace rollcall::cluster
