#include "gateway/leases.hpp"

#include "gateway/core.hpp"

#include <utility>

namespace rollcall::gateway {

leases::~leases() {
  for (auto& [name, x] : by_name_) hub::end_member(x.actor);
}

void leases::begin(std::string topic, std::string key, meta data, millis ttl,
                   std::function<void(const std::string&, const tracker_answer&)> done) {
  if (by_name_.size() >= most) return done({}, {{}, "limit_reached"});
  const auto name = core::random_token();
  auto& x = by_name_[name];
  x.topic = topic;
  x.key = key;
  x.ttl = ttl;
  x.actor = actors_.spawn_member();
  x.timer = std::make_unique<boost::asio::steady_timer>(io_);
  renew(name, x);
  actors_.track(x.actor, std::move(topic), std::move(key), std::move(data),
                [this, name, done = std::move(done)](const tracker_answer& answer) {
                  if (!answer.error.empty()) end(name);
                  done(name, answer);
                });
}

leases::lease* leases::find(const std::string& name) {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &found->second;
}

void leases::renew(const std::string& name, lease& x) {
  x.timer->expires_after(x.ttl);
  x.timer->async_wait([this, name](boost::system::error_code error) {
    if (!error) end(name);
  });
}

bool leases::end(const std::string& name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return false;
  hub::end_member(found->second.actor);
  by_name_.erase(found);
  return true;
}

} // namespace rollcall::gateway
