#include "actors/access.hpp"
#include "actors/ask.hpp"
#include "actors/node_state.hpp"
#include "actors/supervisor.hpp"
#include "rollcall/tracker.hpp"

#include <cstdio>
#include <utility>

namespace rollcall {

using namespace actors;

namespace {

// The init of a handler may take a while. A start that takes longer than this is assumed to
// hang, and the caller gets timed_out.
constexpr auto longest_start = std::chrono::minutes{2};

expected<std::shared_ptr<pool>> prepare(caf::actor_system& system, const tracker_spec& spec,
                                        const cluster_node& node,
                                        std::optional<std::size_t> shard) {
  if (handler_scope::inside(&system)) return make_error(errc::would_deadlock);
  if (const auto wrong = validate(spec.options)) return make_error(wrong.code, wrong.message);
  if (shard && *shard >= spec.options.pool_size)
    return make_error(errc::bad_option, "there is no shard " + std::to_string(*shard)
                                            + " in a pool of "
                                            + std::to_string(spec.options.pool_size));
  if (node) {
    if (access::state_of(node)->system != &system)
      return make_error(errc::other_system, "the node was started in another actor system");
    if (const auto why = access::state_of(node)->refusal())
      return make_error(why.code, why.message);
  }
  if (const auto& path = spec.options.journal_file; !path.empty()) {
    auto* file = std::fopen(path.c_str(), "ae");
    if (file == nullptr)
      return make_error(errc::bad_option, "journal_file \"" + path
                                              + "\" cannot be written: name a file in a directory "
                                                "where this process may create one");
    std::fclose(file);
  }
  auto result = std::make_shared<pool>(system, spec, node, !shard);
  if (const auto e = registry::add(result, shard); e != errc::none)
    return make_error(e, "\"" + spec.options.name + "\" runs in this actor system already");
  if (node) {
    access::state_of(node)->add_pool(result);
    const std::lock_guard guard{access::state_of(node)->mutex};
    result->endpoint_is(access::state_of(node)->endpoint); // it may have been restarted meanwhile
  }
  return result;
}

} // namespace

expected<tracker> start_tracker(caf::actor_system& system, const tracker_spec& spec,
                                const cluster_node& node) {
  auto where = prepare(system, spec, node, std::nullopt);
  if (!where) return std::move(where.error());
  const auto whole = system.spawn<supervisor>(*where);
  (*where)->set_supervisor(whole);
  auto result = std::make_shared<answer<actors::done>>();
  const ticket<actors::done> mine{result, errc::shutting_down};
  compat::anon_send(whole, call_msg{[mine](void* x) {
                      static_cast<supervisor*>(x)->start([mine](caf::error e) {
                        if (e)
                          mine(std::move(e));
                        else
                          mine(actors::done{});
                      });
                    }});
  auto x = result->wait_until(std::chrono::steady_clock::now() + longest_start);
  if (x) return access::make_tracker((*where)->value());
  // Not started, and nothing remains: after a timeout, it ends when init returns.
  if (code_of(x.error()) == errc::timed_out)
    compat::anon_send(whole,
                      call_msg{[](void* y) { static_cast<supervisor*>(y)->stop(false, nullptr); }});
  return std::move(x.error());
}

expected<tracker> start_tracker(caf::actor_system& system, handler_factory handler,
                                tracker_options options, const cluster_node& node) {
  return start_tracker(system, tracker_spec{std::move(handler), std::move(options)}, node);
}

expected<tracker> find_tracker(caf::actor_system& system, std::string_view name) {
  auto where = registry::find(system, name);
  if (!where || where->ended() != errc::none)
    return make_error(errc::no_such_tracker, "\"" + std::string{name} + "\"");
  return access::make_tracker(where->value());
}

expected<shard_actor> spawn_shard(caf::actor_system& system, const tracker_spec& spec,
                                  std::size_t number, const cluster_node& node) {
  auto where = prepare(system, spec, node, number);
  if (!where) return std::move(where.error());
  const auto one = system.spawn<actors::shard>(*where, static_cast<std::uint32_t>(number));
  auto result = std::make_shared<answer<actors::done>>();
  const ticket<actors::done> mine{result, errc::init_failed};
  compat::anon_send(one, call_msg{[mine](void* x) {
                      static_cast<actors::shard*>(x)->start([mine](const init_result& r) {
                        if (r.what() == init_result::kind::ok)
                          mine(actors::done{});
                        else if (r.what() == init_result::kind::ignore)
                          mine(make_error(errc::ignored));
                        else
                          mine(r.why());
                      });
                    }});
  auto x = result->wait_until(std::chrono::steady_clock::now() + longest_start);
  if (!x) {
    (*where)->close(); // the shard ends, too; the name is free at once
    return std::move(x.error());
  }
  return shard_actor{one};
}

} // namespace rollcall
