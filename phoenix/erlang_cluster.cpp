#include "phoenix/erlang_cluster.hpp"

#include "phoenix/limits.hpp"

#include <unistd.h>

namespace rollcall::phoenix {

namespace {

constexpr auto dial_period = std::chrono::seconds{1};
constexpr auto question_period = std::chrono::seconds{5};
constexpr auto forget_after = std::chrono::minutes{10};

std::shared_ptr<const std::string> shared(const term& x) {
  return std::make_shared<const std::string>(encode_message(x));
}

} // namespace

erlang_cluster::erlang_cluster(const phoenix_options& o, const std::string& cookie,
                               std::uint32_t creation, inbox& in, handlers on)
    : options_(o),
      self_{o.erlang_name, 1, 0, creation},
      scope_(o.pubsub, self_),
      on_(std::move(on)),
      dialer_({o.erlang_name, cookie, creation, o.insecure},
              [&in](std::string node, int fd, std::string why) {
                in.put(dialed{std::move(node), fd, std::move(why)});
              }) {
  for (const auto& node : o.erlang_nodes)
    if (node != o.erlang_name) nodes_[node].seed = true;
}

void erlang_cluster::take(dialed x) {
  const auto found = nodes_.find(x.node);
  if (found == nodes_.end() || found->second.connection != nullptr) {
    if (x.fd >= 0) ::close(x.fd);
    return;
  }
  auto& n = found->second;
  n.dialing = false;
  n.next_dial = clock::now() + dial_period;
  if (x.fd < 0) return on_.not_reached(x.node, x.why);
  n.connection = std::make_unique<link>(x.fd, x.node);
  ask(n);
  on_.up(x.node);
}

/// For what its scope and itself know. Asked again and again: a scope that started
/// anew does not look for hidden nodes, and nodes come and go.
void erlang_cluster::ask(known& n) {
  n.next_question = clock::now() + question_period;
  n.connection->send(self_, pg_scope_name, shared(scope_.discover()));
  const auto call = tuple({atom("call"), atom("erlang"), atom("nodes"), list({}), atom("user")});
  n.connection->send(self_, "rex", shared(tuple({pid(self_), call})));
}

void erlang_cluster::add_descriptors(std::vector<pollfd>& all) const {
  for (const auto& [name, n] : nodes_) {
    if (n.connection == nullptr) continue;
    const auto what = static_cast<short>(POLLIN | (n.connection->wants_to_write() ? POLLOUT : 0));
    all.push_back({n.connection->fd(), what, 0});
  }
}

void erlang_cluster::serve(const std::vector<pollfd>& all) {
  // A message may add nodes: the links that there are now are gathered first.
  std::vector<link*> links;
  for (auto& [name, n] : nodes_)
    if (n.connection != nullptr) links.push_back(n.connection.get());
  for (auto* l : links) {
    for (const auto& p : all) {
      if (p.fd != l->fd()) continue;
      if ((p.revents & POLLOUT) != 0) l->write();
      if ((p.revents & (POLLIN | POLLHUP | POLLERR)) != 0)
        l->read([&](term&& x) { on_message(l->node(), std::move(x)); });
    }
  }
  drop_broken();
}

void erlang_cluster::on_message(const std::string& node, term&& x) {
  if (x.is_tuple(4) && x.items[0].is_atom("forward_to_local")) return on_.forward(std::move(x));
  if (x.is_tuple(2) && x.items[0].is_atom("rex")) return learn_nodes(x.items[1]);
  std::vector<pg_scope::reply> replies;
  if (!scope_.receive(x, replies)) return;
  for (const auto& r : replies) {
    if (r.to_all) {
      for (auto& [name, n] : nodes_)
        if (n.connection != nullptr) send_to(*n.connection, r);
    } else {
      send_to(*nodes_[node].connection, r);
    }
  }
}

void erlang_cluster::send_to(link& l, const pg_scope::reply& r) {
  if (r.to_all)
    l.send(self_, pg_scope_name, shared(r.what));
  else
    l.send(r.to, shared(r.what));
}

void erlang_cluster::learn_nodes(const term& x) {
  for (const auto& name : x.items) {
    if (!name.is(term::kind::atom) || name.text == options_.erlang_name) continue;
    const auto parts = split_node_name(name.text);
    if (parts.alive.empty() || parts.host.empty()) continue;
    if (nodes_.size() >= limit::nodes && !nodes_.contains(name.text)) continue;
    nodes_[name.text].seen = clock::now();
  }
}

void erlang_cluster::tick() {
  const auto now = clock::now();
  for (auto& [name, n] : nodes_) {
    if (n.connection != nullptr) {
      n.seen = now;
      n.connection->tick(now);
      if (now >= n.next_question) ask(n);
    } else if (!n.dialing && now >= n.next_dial) {
      n.dialing = true;
      dialer_.dial(name);
    }
  }
  std::erase_if(nodes_, [&](const auto& x) {
    const auto& n = x.second;
    return !n.seed && !n.dialing && n.connection == nullptr && now - n.seen > forget_after;
  });
  drop_broken();
}

void erlang_cluster::drop_broken() {
  for (auto& [name, n] : nodes_) {
    if (n.connection == nullptr || n.connection->broken().empty()) continue;
    const auto why = n.connection->broken();
    counters_.unreadable += n.connection->unreadable();
    ++counters_.links_lost;
    n.connection.reset();
    n.next_dial = clock::now() + std::chrono::milliseconds{200};
    on_.down(name, why);
  }
}

void erlang_cluster::send(const std::string& node, const term& forward) {
  const auto bytes = shared(forward);
  if (node.empty()) {
    for (auto& [name, n] : nodes_)
      if (n.connection != nullptr) n.connection->send(self_, scope_.adapter(), bytes);
    return;
  }
  const auto found = nodes_.find(node);
  if (found != nodes_.end() && found->second.connection != nullptr)
    found->second.connection->send(self_, scope_.adapter(), bytes);
}

erlang_counters erlang_cluster::counters() const {
  auto all = counters_;
  for (const auto& [name, n] : nodes_) {
    if (n.connection == nullptr) continue;
    ++all.links;
    all.unreadable += n.connection->unreadable();
  }
  return all;
}

void erlang_cluster::drain() {
  const auto end = clock::now() + std::chrono::seconds{1};
  for (auto& [name, n] : nodes_) {
    auto* l = n.connection.get();
    while (l != nullptr && l->wants_to_write() && l->broken().empty() && clock::now() < end) {
      pollfd p{l->fd(), POLLOUT, 0};
      ::poll(&p, 1, 100);
      l->write();
    }
  }
}

} // namespace rollcall::phoenix
