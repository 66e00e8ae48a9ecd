// Resolves pids to handles of tracked actors, on this node and others.
//
// Every node counts its actors from 1, so a number alone identifies nothing. The key is
// (node, life of a shard, number), and only a shard of that life responds.
#include "actors/shard.hpp"

#include <map>
#include <memory>
#include <string>
#include <utility>

namespace rollcall::actors {

namespace {

/// The pids that one shard or node is asked for, and their places in the request.
struct part {
  std::vector<cluster::actor_number> who;
  std::vector<std::size_t> places;
};

/// A request that waits for responses.
struct gathering {
  std::function<void(expected<resolve_reply>)> answer;
  resolve_reply sum;
  std::size_t left = 1; // one for the function that sends the requests

  void one_less() {
    if (--left == 0) answer(std::move(sum));
  }
  void found(const part& of, const std::vector<caf::strong_actor_ptr>& handles) {
    for (std::size_t i = 0; i < of.places.size(); ++i) {
      auto& x = sum.actors[of.places[i]];
      if (i < handles.size() && handles[i]) x = {handles[i], errc::none};
    }
  }
  void failed(const part& of, errc code) {
    for (auto place : of.places) sum.actors[place].code = code;
  }
};

} // namespace

void shard::resolve(const std::vector<pid>& who,
                    std::function<void(expected<resolve_reply>)> answer) {
  if (const auto e = closed(); e != errc::none) return answer(make_error(e));
  if (who.size() > cluster::max_resolved)
    return answer(make_error(errc::limit_reached, "at most 4096 actors at once"));
  const auto all = std::make_shared<gathering>();
  all->answer = std::move(answer);
  all->sum.actors.assign(who.size(), {nullptr, errc::nopresence});
  std::map<std::size_t, part> here;  // by shard
  std::map<std::string, part> there; // by node
  for (std::size_t i = 0; i < who.size(); ++i) {
    const auto& x = who[i];
    part* of = nullptr;
    if (x.replica.name != pool_->node_name())
      of = &there[x.replica.name];
    else if (const auto number = pool_->shard_of_life(x.replica); number < pool_->size())
      of = &here[number];
    if (of == nullptr) continue;
    of->who.push_back({x.actor, x.replica.inc});
    of->places.push_back(i);
  }
  const auto ask = [&](const auto& to, auto question, part of) {
    ++all->left;
    const auto mine = std::make_shared<part>(std::move(of));
    compat::request(this, to, caf::infinite, std::move(question))
        .then(
            [all, mine](const cluster::resolved& x) {
              all->found(*mine, x.handles);
              all->one_less();
            },
            [all, mine](const caf::error& e) {
              const auto code = code_of(e);
              all->failed(*mine, code == errc::none ? errc::unreachable : code);
              all->one_less();
            });
  };
  for (auto& [number, of] : here) {
    auto why = errc::none;
    if (number == number_)
      all->found(of, find(of.who));
    else if (const auto to = pool_->handle(number, why))
      ask(to, cluster::find_actors{of.who}, of);
  }
  for (auto& [node, of] : there)
    if (endpoint_)
      ask(endpoint_, cluster::resolve_remote{pool_->name(), node, of.who}, of);
    else
      all->failed(of, errc::unreachable);
  all->one_less();
}

} // namespace rollcall::actors
