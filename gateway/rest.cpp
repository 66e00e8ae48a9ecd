#include "gateway/rest.hpp"

#include "base/json_text.hpp"
#include "gateway/rest_leases.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

namespace rollcall::gateway {

namespace {

constexpr std::size_t most_of_a_page = 10'000;
constexpr std::size_t page_by_default = 1000;
constexpr std::size_t most_topics_of_a_call = 100;
constexpr std::size_t most_counted_by_node = 200'000;

void append_text(std::string& out, std::string_view name, std::string_view text) {
  crdt::append_json_string(out, name);
  out += ':';
  crdt::append_json_string(out, text);
}

/// The form of `list` of `rollcall node`.
void append_presence(std::string& out, const presence_view& p) {
  out += '{';
  append_text(out, "key", p.key());
  out.append(R"(,"meta":)").append(p.meta().to_json());
  out.append(R"(,"ref":")").append(to_string(p.ref())).append("\"");
  if (const auto prev = p.prev_ref())
    out.append(R"(,"prev_ref":")").append(to_string(*prev)).append("\"");
  out += ',';
  append_text(out, "replica", p.replica().name);
  out += ',';
  append_text(out, "pid", p.replica().name + "#" + std::to_string(p.actor()));
  out += '}';
}

void append_optional(std::string& out, const std::string& next) {
  if (next.empty())
    out += "null";
  else
    crdt::append_json_string(out, next);
}

/// Writes whole keys, at least one, and about `limit` presences. Returns the last key if more
/// follow.
std::string append_page(std::string& out, const presence_list& all, std::string_view after,
                        std::size_t limit) {
  std::string last;
  std::size_t count = 0;
  out += '[';
  for (const auto p : all) {
    if (!after.empty() && p.key() <= after) continue;
    if (count >= limit && p.key() != last) {
      out += ']';
      return last;
    }
    if (count++ != 0) out += ',';
    append_presence(out, p);
    last = p.key();
  }
  out += ']';
  return {};
}

std::optional<std::size_t> limit_of(const url& target) {
  const auto text = target.parameter("limit");
  if (text.empty()) return page_by_default;
  std::size_t value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || rest != text.data() + text.size() || value == 0) return std::nullopt;
  return std::min(value, most_of_a_page);
}

http_reply bad_limit() {
  return error_reply(400, "bad_request", "limit is a whole number from 1 on");
}
void topics(core& c, const api_request& r, const respond& to) {
  const auto limit = limit_of(r.target);
  if (!limit) return to(bad_limit());
  const auto prefix = r.target.parameter("prefix"), after = r.target.parameter("after");
  const auto all = c.tracker.topics();
  std::string out = R"({"topics":{)", next;
  std::size_t count = 0;
  for (auto it = after.empty() ? all.lower_bound(prefix) : all.upper_bound(std::max(after, prefix));
       it != all.end() && it->first.starts_with(prefix); ++it) {
    if (!r.rights.allows(it->first, right::read)) continue;
    if (count == *limit) {
      out += R"(},"next":)";
      crdt::append_json_string(out, next);
      return to({200, out + "}"});
    }
    if (count++ != 0) out += ',';
    crdt::append_json_string(out, it->first);
    out.append(":").append(std::to_string(it->second));
    next = it->first;
  }
  to({200, out + R"(},"next":null})"});
}

void one_topic(core& c, const api_request& r, const std::string& topic, const respond& to) {
  const auto limit = limit_of(r.target);
  if (!limit) return to(bad_limit());
  if (!r.rights.allows(topic, right::read)) return to(unauthorized());
  const auto all = c.tracker.list(topic);
  std::string out = "{";
  append_text(out, "topic", topic);
  out.append(R"(,"count":)").append(std::to_string(all.size())).append(R"(,"presences":)");
  const auto next = append_page(out, all, r.target.parameter("after"), *limit);
  out += R"(,"next":)";
  append_optional(out, next);
  to({200, out + "}"});
}

void presences(core& c, const api_request& r, const respond& to) {
  std::set<std::string> wanted;
  for (const auto& [name, value] : r.target.query)
    if (name == "topic") wanted.insert(value);
  if (wanted.empty() || wanted.size() > most_topics_of_a_call)
    return to(error_reply(400, "bad_request", "name 1 to 100 topics: ?topic=a&topic=b"));
  std::string out = R"({"presences":{)", cut;
  std::size_t left = most_of_a_page;
  bool first = true;
  for (const auto& topic : wanted) {
    if (!r.rights.allows(topic, right::read)) return to(unauthorized());
    const auto all = c.tracker.list(topic);
    if (!std::exchange(first, false)) out += ',';
    crdt::append_json_string(out, topic);
    out += ':';
    if (left == 0 && !all.empty()) {
      out += "[]";
    } else if (append_page(out, all, {}, std::max<std::size_t>(left, 1)).empty()) {
      left -= std::min(left, all.size());
      continue;
    } else {
      left = 0;
    }
    if (!cut.empty()) cut += ',';
    crdt::append_json_string(cut, topic);
  }
  // The rest must be read by pages.
  to({200, out + R"(},"truncated":[)" + cut + "]}"});
}

void health(core& c, const respond& to) {
  const bool well = c.tracker.running() && !c.stopping;
  std::string out = well ? R"({"status":"ok",)" : R"({"status":"ending",)";
  append_text(out, "name", c.tracker.node_name());
  out += ',';
  append_text(out, "tracker", c.tracker.name());
  out.append(R"(,"connections":)").append(std::to_string(c.count.connections)).append("}");
  to({well ? 200u : 503u, out});
}

/// Returns the nodes with their states and numbers of presences. Blocks, so it must not run in
/// the gateway's thread.
http_reply cluster_state(const tracker& t, const cluster_node& node) {
  auto replicas = t.replicas();
  auto stats = t.stats();
  if (!replicas || !stats) return error_reply(503, "unavailable", "the tracker does not answer");
  std::map<std::string, std::size_t> by_node;
  const bool counted = stats->presences <= most_counted_by_node;
  if (counted)
    for (const auto& [topic, count] : t.topics())
      for (const auto p : t.dirty_list(topic)) ++by_node[p.replica().name];
  struct node_state {
    bool up = true;
    std::string incarnation;
  };
  std::map<std::string, node_state> nodes;
  for (const auto& r : *replicas) {
    auto& x = nodes[r.id.name];
    x.up = x.up && r.up;
    x.incarnation = to_string(r.id.inc);
  }
  std::string out = "{";
  append_text(out, "name", t.node_name());
  out += R"(,"nodes":[)";
  bool first = true;
  for (const auto& [name, x] : nodes) {
    if (!std::exchange(first, false)) out += ',';
    out += '{';
    append_text(out, "name", name);
    out += ',';
    append_text(out, "status", x.up ? "up" : "down");
    out += ',';
    append_text(out, "incarnation", x.incarnation);
    if (counted) out.append(R"(,"presences":)").append(std::to_string(by_node[name]));
    out += '}';
  }
  out += R"(],"peers":[)";
  first = true;
  if (node)
    if (auto peers = node.peers())
      for (const auto& p : *peers) {
        if (!std::exchange(first, false)) out += ',';
        out += '{';
        append_text(out, "name", p.name);
        out += ',';
        append_text(out, "address", p.address);
        out += ',';
        append_text(out, "state", to_string(p.state));
        out += '}';
      }
  out.append(R"(],"presences":)").append(std::to_string(stats->presences));
  out.append(R"(,"joins":)").append(std::to_string(stats->joins));
  out.append(R"(,"leaves":)").append(std::to_string(stats->leaves));
  return {200, out + "}"};
}

void not_there(const respond& to) {
  to(error_reply(404, "not_found", "there is nothing here: see docs/gateway.md"));
}

void not_allowed(const respond& to, std::string allow) {
  auto x = error_reply(405, "method_not_allowed", "use one of: " + allow);
  x.allow = std::move(allow);
  to(std::move(x));
}

} // namespace

http_reply error_reply(unsigned status, std::string_view code, std::string_view message) {
  std::string out = "{";
  append_text(out, "error", code);
  out += ',';
  append_text(out, "message", message);
  return {status, out + "}"};
}

http_reply unauthorized() {
  return error_reply(403, "unauthorized", "the token does not give that right for this topic");
}

void answer_api(core& c, const api_request& r, respond to) {
  const auto& path = r.target.path;
  const bool get = r.method == "GET" || r.method == "HEAD";
  if (path[0] == "health") return get ? health(c, to) : not_allowed(to, "GET");
  if (path[0] == "metrics") return get ? answer_metrics(c, std::move(to)) : not_allowed(to, "GET");
  if (path.size() == 2 && path[1] == "topics")
    return get ? topics(c, r, to) : not_allowed(to, "GET");
  if (path.size() == 3 && path[1] == "topics")
    return get ? one_topic(c, r, path[2], to) : not_allowed(to, "GET");
  if (path.size() == 4 && path[1] == "topics" && path[3] == "presences")
    return r.method == "POST" ? begin_lease(c, r, path[2], to) : not_allowed(to, "POST");
  if (path.size() == 2 && path[1] == "presences")
    return get ? presences(c, r, to) : not_allowed(to, "GET");
  if (path.size() == 3 && path[1] == "leases")
    return r.method == "PUT" || r.method == "DELETE" ? one_lease(c, r, path[2], to)
                                                     : not_allowed(to, "PUT, DELETE");
  if (path.size() == 2 && path[1] == "cluster") {
    if (!get) return not_allowed(to, "GET");
    boost::asio::post(c.blocking, [&c, to, t = c.tracker, node = c.cluster] {
      auto reply = cluster_state(t, node);
      boost::asio::post(c.io, [to, reply = std::move(reply)]() mutable { to(std::move(reply)); });
    });
    return;
  }
  not_there(to);
}

} // namespace rollcall::gateway
