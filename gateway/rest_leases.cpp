#include "gateway/rest_leases.hpp"

#include "base/duration.hpp"
#include "gateway/hub.hpp"

#include <boost/json/parse.hpp>

#include <optional>
#include <utility>
#include <variant>

namespace rollcall::gateway {

namespace json = boost::json;

namespace {

constexpr millis most_ttl{std::chrono::hours{24}};

struct wanted_presence {
  std::optional<std::string> key;
  std::optional<meta> data;
  std::optional<millis> ttl;
};

std::optional<millis> ttl_of(const json::value& x) {
  if (!x.is_string()) return std::nullopt;
  const auto& text = x.get_string();
  const auto ttl = parse_duration({text.data(), text.size()});
  return ttl && *ttl >= min_lease_ttl && *ttl <= most_ttl ? ttl : std::nullopt;
}

std::variant<wanted_presence, http_reply> read_presence(std::string_view body) {
  const auto wrong = [](std::string_view code, std::string_view text) {
    return error_reply(400, code, text);
  };
  json::error_code error;
  json::parse_options options;
  options.max_depth = max_frame_depth;
  const auto value = body.empty() ? json::value(json::object{})
                                  : json::parse({body.data(), body.size()}, error, {}, options);
  if (error || !value.is_object()) return wrong("bad_json", "the body is a JSON object");
  const auto& all = value.get_object();
  wanted_presence result;
  if (const auto* x = all.if_contains("key")) {
    if (!x->is_string()) return wrong("bad_key", "key is a string of 1 to 1024 bytes");
    result.key = std::string(x->get_string().data(), x->get_string().size());
  }
  if (const auto* x = all.if_contains("meta")) {
    result.data = meta_of(*x);
    if (!result.data) return wrong("bad_meta", R"(a meta is a map: {"status":"online"})");
  }
  if (const auto* x = all.if_contains("ttl")) {
    result.ttl = ttl_of(*x);
    if (!result.ttl) return wrong("bad_ttl", R"(ttl is a time from 100ms to 24h, such as "10s")");
  }
  return result;
}

unsigned status_of(std::string_view error) {
  if (error == "limit_reached") return 429;
  if (error == "shutting_down" || error == "internal") return 503;
  if (error == "too_large") return 413;
  return 400;
}

http_reply no_such_lease() {
  return error_reply(404, "no_such_lease", "it has ended: track the presence again");
}

http_reply not_changed(const std::string& error) {
  if (error == to_string(errc::no_such_lease)) return no_such_lease();
  return error_reply(status_of(error), error, "the presence was not changed: see docs/errors.md");
}

std::string named(const lease& which) { return R"({"lease":")" + to_string(which) + "\""; }

void change(core& c, const lease& which, wanted_presence x, const respond& to) {
  auto renew = [&c, which, ttl = x.ttl, to](const std::string& changed) {
    c.actors->renew(which, ttl, [to, which, changed](const tracker_answer& answer) {
      if (!answer.error.empty()) return to(not_changed(answer.error));
      to({200, named(which) + R"(,"renewed":1)" + changed + "}"});
    });
  };
  if (!x.data) return renew({});
  c.actors->update(which, std::move(*x.data), [to, renew](const tracker_answer& answer) {
    if (!answer.error.empty()) return to(not_changed(answer.error));
    renew(R"(,"ref":")" + answer.ref + "\"");
  });
}

} // namespace

void begin_lease(core& c, const api_request& r, const std::string& topic, const respond& to) {
  if (!r.rights.allows(topic, right::track)) return to(unauthorized());
  auto read = read_presence(r.body);
  if (auto* wrong = std::get_if<http_reply>(&read)) return to(*wrong);
  auto& x = std::get<wanted_presence>(read);
  if (!x.key) x.key = r.rights.subject ? *r.rights.subject : core::random_key();
  if (r.rights.subject && *x.key != *r.rights.subject) return to(unauthorized());
  if (!x.ttl) return to(error_reply(400, "bad_ttl", R"(give a ttl, such as "10s")"));
  c.actors->track_lease(topic, *x.key, x.data.value_or(meta{}), *x.ttl,
                        [to, &c](const lease& which, const tracker_answer& answer) {
                          if (!answer.error.empty())
                            return to(
                                error_reply(status_of(answer.error), answer.error,
                                            "the presence was not tracked: see docs/errors.md"));
                          ++c.count.leases;
                          to({201, named(which) + R"(,"ref":")" + answer.ref + R"("})"});
                        });
}

void one_lease(core& c, const api_request& r, const std::string& name, const respond& to) {
  const auto which = parse_lease(name);
  if (!which) return to(no_such_lease());
  wanted_presence wanted;
  const bool ends = r.method == "DELETE";
  if (!ends) {
    auto read = read_presence(r.body);
    if (auto* wrong = std::get_if<http_reply>(&read)) return to(*wrong);
    wanted = std::get<wanted_presence>(std::move(read));
  }
  c.actors->find(*which, [&c, which = *which, wanted, ends, to,
                          subject = r.rights.subject](const std::optional<presence>& x) {
    if (!x || (subject && *subject != x->key)) return to(no_such_lease());
    if (!ends) return change(c, which, wanted, to);
    c.actors->untrack(which, [to, which](const tracker_answer& answer) {
      if (!answer.error.empty()) return to(not_changed(answer.error));
      to({200, named(which) + "}"});
    });
  });
}

} // namespace rollcall::gateway
