#include "phoenix/message.hpp"

namespace rollcall::phoenix {

namespace {

term write(const replica& x) { return tuple({atom(x.name), integer(x.vsn)}); }

term clock_term(std::uint64_t x) { return integer(static_cast<std::int64_t>(x)); }

term context_of(const replica& of, std::uint64_t clock) {
  return map({write(of), clock_term(clock)});
}

/// A MapSet of tags.
term set_of(const replica& of, const std::vector<std::uint64_t>& clocks) {
  std::vector<term> tags;
  tags.reserve(clocks.size() * 2);
  for (const auto clock : clocks) {
    tags.push_back(tuple({write(of), clock_term(clock)}));
    tags.push_back(list({}));
  }
  return map({atom("__struct__"), atom("Elixir.MapSet"), atom("map"), map(std::move(tags)),
              atom("version"), integer(2)});
}

term values_of(const replica& of, const std::vector<tracked>& values) {
  std::vector<term> all;
  all.reserve(values.size() * 2);
  for (const auto& v : values) {
    all.push_back(tuple({write(of), clock_term(v.clock)}));
    all.push_back(tuple({v.pid, v.topic, v.key, v.meta}));
  }
  return map(std::move(all));
}

/// The struct, with what the two forms have in common. Its keys stand in Erlang's
/// order, so that it is the same to the byte as theirs.
term state(const replica& of, const char* mode, term clouds, term context, term range, term values,
           term replicas) {
  return map({atom("__struct__"), atom("Elixir.Phoenix.Tracker.State"),
              atom("clouds"),     std::move(clouds),
              atom("context"),    std::move(context),
              atom("delta"),      atom("unset"),
              atom("mode"),       atom(mode),
              atom("pids"),       atom("nil"),
              atom("range"),      std::move(range),
              atom("replica"),    write(of),
              atom("replicas"),   std::move(replicas),
              atom("values"),     std::move(values)});
}

term part(const replica& of, const own_part& x) {
  switch (x.what) {
  case own_part::form::none:
    return atom("empty");
  case own_part::form::delta:
    return state(of, "delta", map({write(of), set_of(of, x.cloud)}), map({}),
                 tuple({context_of(of, x.from), context_of(of, x.to)}), values_of(of, x.values),
                 map({}));
  case own_part::form::full:
    return tuple({state(of, "normal", map({write(of), set_of(of, {})}), context_of(of, x.to),
                        tuple({map({}), map({})}), atom("nil"), map({write(of), atom("up")})),
                  values_of(of, x.values)});
  }
  return {};
}

term pub(const char* name) { return atom(name); }

} // namespace

term write_heartbeat(const replica& from, const own_part& x, std::uint64_t clock) {
  return tuple({pub("pub"), pub("heartbeat"), write(from), part(from, x),
                tuple({write(from), context_of(from, clock)})});
}

term write_transfer_ack(const replica& from, const term& ref, const own_part& x) {
  return tuple({pub("pub"), pub("transfer_ack"), ref, write(from), part(from, x)});
}

term write_transfer_req(const replica& from, const term& ref, const replica& of) {
  constexpr std::uint64_t beyond_all = std::uint64_t{1} << 58;
  return tuple({pub("pub"), pub("transfer_req"), ref, write(from),
                tuple({write(from), context_of(of, beyond_all)})});
}

term write_permdown(const replica& from) {
  return tuple({pub("pub"), pub("graceful_permdown"), write(from)});
}

term write_forward(std::string_view topic, term message) {
  return tuple(
      {atom("forward_to_local"), binary(topic), std::move(message), atom("Elixir.Phoenix.PubSub")});
}

} // namespace rollcall::phoenix
