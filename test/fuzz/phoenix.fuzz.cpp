// What an Erlang node sends: terms, messages of tracker shards, and what a bridge
// does about them.
#include "phoenix/bridge.hpp"
#include "phoenix/meta_terms.hpp"
#include "phoenix/pg_scope.hpp"
#include "test/fuzz/target.hpp"

namespace rollcall::fuzz {

using namespace phoenix;

void run(std::string_view input) {
  const term_limits limits{32, 20'000};
  auto rest = input;
  auto x = decode(rest, limits);
  if (!x) return;
  must(rest.size() < input.size(), "a term takes bytes");
  std::string bytes;
  encode(bytes, *x);
  std::string_view left = bytes;
  const auto again = decode(left, limits);
  must(again && left.empty() && *again == *x, "term: the same after a round trip");
  must(to_text(*x, 100).size() <= 100, "text: bounded");

  std::uint64_t printed = 0;
  const meta data{meta_value{read_meta(*x, printed)}};
  if (data.valid()) {
    const auto out = write_meta(data.view(), {"status"}, printed);
    must(out.is(term::kind::map), "meta: a map goes out");
  }
  std::vector<pg_scope::reply> replies;
  pg_scope scope("PS", {"bridge@h", 1, 0, 1});
  scope.receive(*x, replies);

  bridge_options o;
  o.self = {"bridge@h", 50};
  bridge b(o);
  bridge_actions out;
  for (std::int64_t t = 0; t < 2; ++t)
    b.receive(write_forward("phx_presence:Elixir.TR_shard0", *x), instant{t}, out);
  b.receive(std::move(*x), instant{2}, out);
  b.end(out);
  std::size_t joins = 0, leaves = 0;
  for (const auto& m : out.mirror) {
    joins += m.what == mirror_change::kind::join;
    leaves += m.what == mirror_change::kind::leave;
  }
  must(joins == leaves && b.incoming_count() == 0, "bridge: what joined has left at the end");
}

std::vector<std::string> seeds() {
  const replica from{"a@h", 100};
  own_slice slice;
  slice.put("1", pid({"a@h", 1, 0, 1}), binary("room"), binary("ada"),
            map({atom("status"), binary("on"), atom("n"), real(1.5)}));
  const auto full = slice.full();
  const auto delta = slice.take_delta();
  std::vector<std::string> all;
  for (const auto& x :
       {write_heartbeat(from, delta, 1), write_heartbeat(from, {}, 1),
        write_transfer_ack(from, atom("r"), full), write_transfer_req(from, atom("r"), from),
        write_permdown(from), write_forward("phx_presence:Elixir.TR_shard0", write_permdown(from)),
        tuple({atom("discover"), pid({"a@h", 1, 0, 1})})}) {
    std::string bytes;
    encode(bytes, x);
    all.push_back(std::move(bytes));
  }
  return all;
}

} // namespace rollcall::fuzz
