// Nodes that say that they go: drains, and deploys that nobody may notice.
#include "tools/faults/cluster.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace rollcall::faults {

using boost::json::array;
using boost::json::object;

namespace {

constexpr std::size_t moved_keys = 10;

std::string track_keys(const std::string& topic) {
  return fmt::format(
      R"({{"op":"track_many","as":"deployed","topic":"{}","keys":[0,{}],"meta":{{"v":0}}}})", topic,
      moved_keys);
}

key_watch::keys keys_of(const array& presences) {
  key_watch::keys all;
  for (const auto& p : presences) all.emplace_back(p.at("key").as_string());
  return all;
}

} // namespace

/// Announces that the node goes. It ends as soon as that is answered; with a
/// deploy, as soon as its keys are back elsewhere.
void cluster::drain(const fault& f) {
  const int n = f.nodes.front();
  auto& x = of(n);
  const auto asked = now();
  x.draining = true;
  x.lease_over = asked + f.amount * 1000;
  records_.life_ended(n, asked, x.lease_over);
  x.process.ask(fmt::format(R"({{"op":"drain","lease":"{}ms"}})", f.amount),
                [this, n, f](const object& answer, bool ok) {
                  if (!ok)
                    failure_ = fmt::format("node {} does not drain: {}", node_name(n),
                                           boost::json::serialize(answer));
                  else if (f.kind == fault_kind::deploy && deploy_.to >= 0)
                    bring_back(f);
                  else // as the schedule has it, without a draw of its own
                    of(n).going = static_cast<ending>(1 + f.amount % 3);
                });
}

/// Before the fault itself disturbs anybody.
void cluster::prepare_deploy(const fault& f) {
  const int from = f.nodes.front();
  const auto hit = [&](int n) {
    return std::any_of(active_.begin(), active_.end(), [&](const fault& x) {
      return std::find(x.nodes.begin(), x.nodes.end(), n) != x.nodes.end();
    });
  };
  const auto number = counts_.restarts; // no two deploys have the same
  deploy_ = {from, -1, fmt::format("deploy{}", number), false};
  for (int i = 1; i < settings_.nodes && deploy_.to < 0; ++i) {
    const int n = (from + i) % settings_.nodes;
    if (of(n).process.now() == member::state::up && !of(n).draining && !hit(n)) deploy_.to = n;
  }
  watch_.begin(settings_.nodes);
  if (deploy_.to < 0) watch_.exclude_all();
  // Only who was disturbed by nothing in this cycle is sure to hear of all in time.
  const auto disturbed = [&](int n, int other) {
    return n != other
           && between_[static_cast<std::size_t>(n)][static_cast<std::size_t>(other)].disturbed_until
                  > records_.now().healed;
  };
  for (int n = 0; n < settings_.nodes; ++n)
    if (disturbed(n, from) || (deploy_.to >= 0 && disturbed(n, deploy_.to))) watch_.exclude(n);
}

void cluster::begin_deploy(const fault& f) {
  for (int n = 0; n < settings_.nodes; ++n) {
    if (of(n).process.now() != member::state::up) {
      watch_.exclude(n);
      continue;
    }
    of(n).process.ask(fmt::format(R"({{"op":"subscribe","topic":"{}"}})", deploy_.topic),
                      [this, n, topic = deploy_.topic](const object& answer, bool ok) {
                        if (topic != deploy_.topic) return;
                        const auto* all = ok ? answer.if_contains("presences") : nullptr;
                        if (!all) return watch_.exclude(n);
                        const auto* here = all->as_object().if_contains(topic);
                        watch_.state(n, here ? keys_of(here->as_array()) : key_watch::keys{});
                      });
  }
  of(deploy_.from).process.ask(track_keys(deploy_.topic), [this, f](const object&, bool) {
    drain(f);
  });
}

void cluster::bring_back(const fault& f) {
  const auto topic = deploy_.topic;
  of(deploy_.to).process.ask(track_keys(topic), [this, f, topic](const object&, bool ok) {
    if (topic != deploy_.topic || !ok) return;
    auto& x = of(f.nodes.front());
    // Later, others could rightly see that the lease is over before they hear of it.
    deploy_.back = x.lease_over - now() > f.amount * 500;
    if (!deploy_.back) watch_.exclude_all();
    if (x.process.now() == member::state::up) x.going = ending::bye;
  });
}

void cluster::end_deploy() {
  if (deploy_.back) {
    ++counts_.deploys;
    counts_.keys_watched += moved_keys * watch_.saw(moved_keys);
  }
  watch_.exclude_all();
  const auto nobody = [](const object&, bool) {};
  for (auto& x : nodes_)
    if (x.process.now() == member::state::up)
      x.process.ask(fmt::format(R"({{"op":"unsubscribe","topic":"{}"}})", deploy_.topic), nobody);
  if (deploy_.to >= 0 && of(deploy_.to).process.now() == member::state::up)
    of(deploy_.to).process.ask(R"({"op":"kill","as":"deployed"})", nobody);
  deploy_ = {};
}

/// Whoever another fault keeps from hearing of both nodes in time is not judged.
void cluster::exclude_disturbed(const fault& f) {
  if (deploy_.from < 0 || f.kind == fault_kind::deploy) return;
  for (int n = 0; n < settings_.nodes; ++n)
    if (disturbs(f, n, deploy_.from) || disturbs(f, n, deploy_.to)) watch_.exclude(n);
}

void cluster::take_diff(int n, const object& diff) {
  const auto& topic = diff.at("topic").as_string();
  if (deploy_.from < 0 || std::string_view{topic.data(), topic.size()} != deploy_.topic) return;
  const auto gone =
      watch_.diff(n, keys_of(diff.at("joins").as_array()), keys_of(diff.at("leaves").as_array()));
  for (const auto& key : gone)
    absent_.push_back(fmt::format("{} on {}, which {} had and {} has", key, node_name(n),
                                  node_name(deploy_.from), node_name(deploy_.to)));
}

} // namespace rollcall::faults
