#include "gateway/long_poll.hpp"

#include "base/json_text.hpp"
#include "gateway/session.hpp"
#include "gateway/token_bucket.hpp"

#include <boost/asio/post.hpp>

#include <deque>
#include <utility>

namespace rollcall::gateway {

namespace {

constexpr std::size_t max_batch = 100; // frames of one POST, as in Phoenix
constexpr std::size_t control_bytes = 64 * 1024;

std::string status(int code) { return R"({"status":)" + std::to_string(code) + "}"; }

} // namespace

class long_poll_session : public transport, public std::enable_shared_from_this<long_poll_session> {
public:
  long_poll_session(core& c, std::string token, grant rights)
      : core_(c),
        token_(std::move(token)),
        timer_(c.io),
        messages_(c.options.message_rate),
        session_(std::make_shared<session>(c, *this, std::move(rights))) {
    ++core_.count.long_polls;
  }
  ~long_poll_session() override {
    session_->ended();
    --core_.count.long_polls;
  }

  void begin() {
    session_->begin();
    watch();
  }

  // -- transport
  void send(outgoing x) override {
    if (closed_) return;
    waiting_ += x.size();
    queue_.push_back(std::move(x));
    // Respond a moment later, so that one response contains messages that come together.
    if (poll_ && !std::exchange(answering_, true))
      boost::asio::post(core_.io, [self = shared_from_this()] {
        self->answering_ = false;
        self->answer();
      });
  }
  void close(std::uint16_t, const std::string&) override {
    if (std::exchange(closed_, true)) return;
    // The next poll gets 410, and the client rejoins.
    boost::asio::post(core_.io, [self = shared_from_this()] { self->end(); });
  }
  std::size_t waiting() const noexcept override { return waiting_; }

  void poll(long_polls::respond to) {
    if (poll_)
      std::exchange(poll_, nullptr)(R"({"status":204,"token":")" + token_ + R"(","messages":[]})");
    poll_ = std::move(to);
    if (!queue_.empty()) return answer();
    arm(core_.options.poll_window, [](long_poll_session& x) { x.answer(); });
  }

  int post(std::string_view body) {
    if (waiting_ > core_.options.max_waiting_bytes + control_bytes) return 429;
    std::size_t count = 0;
    while (!body.empty() && count < max_batch && !closed_) {
      auto end = body.find('\n');
      auto line = body.substr(0, end);
      body.remove_prefix(end == std::string_view::npos ? body.size() : end + 1);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      if (line.empty()) continue;
      ++count;
      if (!messages_.take(std::chrono::steady_clock::now())) {
        ++core_.count.throttled;
        return 429;
      }
      if (line.size() > core_.options.max_message_bytes || line.front() != '[') {
        ++core_.count.refused_frames;
        session_->close(1009, "no text frame, or one that is too large");
        return 400;
      }
      session_->receive(line);
    }
    return 200;
  }

  void end() {
    closed_ = true;
    timer_.cancel();
    if (poll_) std::exchange(poll_, nullptr)(status(410));
    session_->ended();
    core_.polls->forget(token_);
  }

private:
  void answer() {
    if (!poll_) return;
    std::string out = queue_.empty() ? R"({"status":204,"token":")" : R"({"status":200,"token":")";
    out.append(token_).append(R"(","messages":[)");
    bool first = true;
    for (const auto& x : queue_) {
      if (!std::exchange(first, false)) out += ',';
      crdt::append_json_string(out, x.body ? x.head + *x.body : x.head);
    }
    out += "]}";
    queue_.clear();
    waiting_ = 0;
    std::exchange(poll_, nullptr)(std::move(out));
    watch();
    session_->drained();
  }

  // Without a poll for one and a half windows the client is gone.
  void watch() {
    arm(core_.options.poll_window * 3 / 2, [](long_poll_session& x) { x.end(); });
  }

  void arm(std::chrono::milliseconds time, void (*then)(long_poll_session&)) {
    timer_.expires_after(time);
    timer_.async_wait([weak = weak_from_this(), then](boost::system::error_code error) {
      auto self = weak.lock();
      if (!error && self && !self->closed_) then(*self);
    });
  }

  core& core_;
  const std::string token_;
  boost::asio::steady_timer timer_;
  token_bucket messages_;
  std::shared_ptr<session> session_;
  std::deque<outgoing> queue_;
  std::size_t waiting_ = 0;
  long_polls::respond poll_;
  bool answering_ = false, closed_ = false;
};

long_polls::long_polls(core& c) : core_(c) {}
long_polls::~long_polls() = default;

void long_polls::begin(grant rights, const respond& to) {
  auto token = core::random_token();
  auto x = std::make_shared<long_poll_session>(core_, token, std::move(rights));
  sessions_.emplace(token, x);
  x->begin();
  to(R"({"status":410,"token":")" + token + R"(","messages":[]})");
}

void long_polls::poll(const std::string& token, respond to) {
  const auto found = sessions_.find(token);
  if (found == sessions_.end()) return to(status(410));
  const auto kept = found->second;
  kept->poll(std::move(to));
}

void long_polls::post(const std::string& token, std::string_view body, const respond& to) {
  const auto found = sessions_.find(token);
  if (found == sessions_.end()) return to(status(410));
  const auto kept = found->second;
  to(status(kept->post(body)));
}

void long_polls::forget(const std::string& token) { sessions_.erase(token); }

void long_polls::stop() {
  for (auto& [token, x] : std::exchange(sessions_, {})) x->end();
}

} // namespace rollcall::gateway
