#include "gateway/session.hpp"

#include "base/json_text.hpp"
#include "gateway/hub.hpp"
#include "gateway/presence_json.hpp"
#include "gateway/relay.hpp"
#include "gateway/rooms.hpp"

#include <utility>
#include <variant>

namespace rollcall::gateway {

session::session(core& c, transport& to, grant rights)
    : core_(c), to_(&to), client_(c.options.client, std::move(rights), core::random_key) {
  core_.sessions.insert(this);
}

session::~session() { ended(); }

void session::begin() {
  const auto& expires = client_.rights().expires;
  if (!expires) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(*expires - now);
  // Timers count in nanoseconds, so a time that is years away is not set.
  if (left > std::chrono::hours{24 * 365}) return;
  expiry_ = std::make_unique<boost::asio::steady_timer>(core_.io, left);
  expiry_->async_wait([weak = weak_from_this()](boost::system::error_code error) {
    auto self = weak.lock();
    if (error || !self || self->to_ == nullptr) return;
    ++self->core_.count.closed_expired;
    self->close(1008, "the token has expired");
  });
}

void session::receive(std::string_view text) {
  if (to_ == nullptr) return;
  ++core_.count.messages_in;
  carry_out(client_.receive(text, std::chrono::steady_clock::now()));
}

void session::carry_out(actions all) {
  for (auto& x : all) {
    if (to_ == nullptr) return;
    std::visit([this](auto& one) { on(one); }, x);
  }
  core_.count.channels += client_.channels() - channels_;
  channels_ = client_.channels();
}

const caf::actor& session::actor() {
  if (!actor_) actor_ = core_.actors->spawn_member();
  return actor_;
}

void session::on(send_text& x) { send({std::move(x.text), nullptr}); }

void session::on(start_listening& x) {
  core_.topics->listen(*this, x.topic, std::move(x.join_ref));
}

void session::on(stop_listening& x) {
  left_behind_.erase(x.topic);
  core_.topics->unlisten(*this, x.topic);
}

void session::on(start_tracking& x) {
  core_.actors->track(actor(), std::move(x.topic), std::move(x.key), std::move(x.meta),
                      [weak = weak_from_this(), id = x.channel](const tracker_answer& answer) {
                        auto self = weak.lock();
                        if (self && self->to_ != nullptr)
                          self->carry_out(self->client_.tracked(id, answer));
                      });
}

void session::on(stop_tracking& x) {
  core_.actors->untrack(actor(), std::move(x.topic), std::move(x.key));
}

void session::on(update_meta& x) {
  core_.actors->update(actor(), x.topic, std::move(x.key), std::move(x.meta),
                       [weak = weak_from_this(), id = x.channel, topic = x.topic,
                        ref = x.ref](const tracker_answer& answer) {
                         auto self = weak.lock();
                         if (self && self->to_ != nullptr)
                           self->carry_out(self->client_.updated(id, topic, ref, answer));
                       });
}

void session::on(broadcast& x) {
  ++core_.count.broadcasts;
  core_.topics->say(x.topic, std::make_shared<const std::string>("[null,null," + x.tail), this);
  core_.others->say(x.topic, x.tail);
}

void session::on(list_page& x) {
  const auto all = core_.tracker.list(x.topic);
  const auto page = page_json(all, x.after, x.limit);
  std::string response = R"({"presences":)" + page.presences + R"(,"next":)";
  if (page.next.empty())
    response += "null";
  else
    crdt::append_json_string(response, page.next);
  response += R"(,"count":)" + std::to_string(all.size()) + "}";
  send({encode_reply(x.join_ref, x.ref, x.topic, true, response), nullptr});
}

void session::on(close_connection& x) { close(x.code, x.why); }

void session::on(const refused& x) {
  auto& c = core_.count;
  switch (x.why) {
  case refused::what::unauthorized:
    ++c.refused_unauthorized;
    break;
  case refused::what::rate:
    ++c.refused_rate;
    break;
  case refused::what::channels:
    ++c.refused_channels;
    break;
  case refused::what::payload:
    ++c.refused_payload;
    break;
  case refused::what::frame:
    ++c.refused_frames;
    break;
  }
}

void session::close(std::uint16_t code, const std::string& why) {
  auto* to = to_;
  if (to == nullptr) return;
  ended();
  to->close(code, why);
}

void session::ended() {
  if (to_ == nullptr) return;
  auto last = client_.ended();
  carry_out(std::move(last));
  to_ = nullptr;
  core_.sessions.erase(this);
  expiry_.reset();
  if (!actor_) return;
  if (core_.options.leave_grace.count() == 0 || core_.stopping) {
    hub::end_member(actor_);
  } else {
    auto timer = std::make_shared<boost::asio::steady_timer>(core_.io, core_.options.leave_grace);
    const auto number = core_.next_lingering++;
    core_.lingering.emplace(number, actor_);
    timer->async_wait([timer, number, &c = core_](boost::system::error_code) {
      const auto found = c.lingering.find(number);
      if (found == c.lingering.end()) return;
      hub::end_member(found->second);
      c.lingering.erase(found);
    });
  }
  actor_ = nullptr;
}

bool session::behind() const noexcept {
  return to_ == nullptr || to_->waiting() >= core_.options.max_waiting_bytes;
}

void session::send(outgoing x) {
  if (to_ == nullptr) return;
  ++core_.count.messages_out;
  core_.count.bytes_out += x.size();
  to_->send(std::move(x));
}

void session::drained() {
  if (left_behind_.empty()) return;
  for (const auto& topic : std::exchange(left_behind_, {})) core_.topics->caught_up(*this, topic);
}

} // namespace rollcall::gateway
