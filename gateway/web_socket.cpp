#include "gateway/web_socket.hpp"

#include "gateway/session.hpp"
#include "gateway/token_bucket.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace rollcall::gateway {

namespace websocket = beast::websocket;
using boost::system::error_code;

namespace {

constexpr std::size_t kept_buffer_bytes = 2048;  // for an idle connection
constexpr std::size_t control_bytes = 64 * 1024; // beyond max_waiting_bytes: replies

/// What stands before a text of so many bytes (RFC 6455): a whole message, not masked.
class frame_head {
public:
  explicit frame_head(std::size_t size) {
    const int bytes = size < 126 ? 0 : size < 65536 ? 2 : 8;
    put(0x81);
    put(bytes == 0 ? size : bytes == 2 ? 126 : 127);
    for (int i = bytes - 1; i >= 0; --i) put(size >> (8 * i));
  }
  std::string_view text() const noexcept { return {bytes_.data(), used_}; }

private:
  void put(std::size_t x) { bytes_[used_++] = static_cast<char>(x & 0xFF); }

  std::array<char, 10> bytes_{};
  std::size_t used_ = 0;
};

} // namespace

class web_socket : public transport, public std::enable_shared_from_this<web_socket> {
public:
  web_socket(core& c, net_stream stream, grant rights)
      : core_(c),
        ws_(std::move(stream)),
        messages_(c.options.message_rate),
        session_(std::make_shared<session>(c, *this, std::move(rights))) {
    ++core_.count.connections;
    core_.sockets.insert(this);
  }
  ~web_socket() override {
    core_.sockets.erase(this);
    session_->ended();
    --core_.count.connections;
  }

  void start(http_request request, bool with_protocol) {
    ws_.next_layer().tcp().expires_never(); // the WebSocket has its own timeouts
    websocket::stream_base::timeout times{};
    times.handshake_timeout = core_.options.handshake_timeout;
    times.idle_timeout = core_.options.idle_timeout;
    times.keep_alive_pings = true;
    ws_.set_option(times);
    ws_.set_option(websocket::stream_base::decorator([with_protocol](auto& response) {
      if (with_protocol) response.set(beast::http::field::sec_websocket_protocol, "phoenix");
    }));
    ws_.auto_fragment(false);
    ws_.text(true);
    ws_.read_message_max(core_.options.max_message_bytes);
    auto kept = std::make_shared<http_request>(std::move(request));
    ws_.async_accept(*kept, [self = shared_from_this(), kept](error_code error) {
      if (error) return self->gone();
      // The state of the handshake is not needed any more; free it.
      self->ws_.set_option(websocket::stream_base::decorator([](websocket::response_type&) {}));
      self->session_->begin();
      self->read();
    });
  }

  // -- transport: these never end the session before they return
  void send(outgoing x) override {
    if (closing_) return;
    waiting_ += x.size();
    if (writing_)
      queue_.push_back(std::move(x));
    else
      static_cast<void>(write(std::move(x)));
  }
  void close(std::uint16_t code, const std::string& why) override {
    if (std::exchange(closing_, true)) return;
    reason_ = websocket::close_reason(static_cast<websocket::close_code>(code), why.substr(0, 120));
    if (!writing_) finish();
  }
  std::size_t waiting() const noexcept override { return waiting_; }

  bool stuck(instant now) const {
    return writing_ && now - write_began_ > core_.options.send_timeout;
  }
  void cut() {
    session_->ended();
    closing_ = true;
    ws_.next_layer().tcp().close();
  }

private:
  void read() {
    ws_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
      self->on_read(error);
    });
  }

  void on_read(error_code error) {
    if (error) {
      if (error == websocket::error::message_too_big
          || error == websocket::error::bad_frame_payload)
        ++core_.count.refused_frames;
      return gone();
    }
    if (closing_) return read(); // until the close frame arrives
    if (!ws_.got_text()) {
      ++core_.count.refused_frames;
      session_->close(1003, "binary frames are not supported: send JSON text");
    } else {
      const auto data = buffer_.cdata();
      session_->receive({static_cast<const char*>(data.data()), data.size()});
    }
    buffer_.consume(buffer_.size());
    if (buffer_.capacity() > kept_buffer_bytes) buffer_.shrink_to_fit();
    go_on();
  }

  // A client that does not read its replies, or exceeds its rate, is read later: TCP then
  // slows it down.
  void go_on() {
    if (!closing_ && waiting_ > core_.options.max_waiting_bytes + control_bytes) {
      paused_ = true;
      return;
    }
    if (closing_ || messages_.take(std::chrono::steady_clock::now())) return read();
    ++core_.count.throttled;
    auto pause = std::make_shared<asio::steady_timer>(core_.io, std::chrono::milliseconds{50});
    pause->async_wait([self = shared_from_this(), pause](error_code) { self->go_on(); });
  }

  /// Returns true if it is sent; else `on_written` follows.
  bool write(outgoing x) {
    auto done = net_stream::sent::none;
    if (ws_.is_open())
      done = ws_.next_layer().send_now({frame_head(x.size()).text(), x.head,
                                        x.body ? std::string_view{*x.body} : std::string_view{}});
    if (done == net_stream::sent::all) {
      waiting_ -= x.size();
      return true;
    }
    writing_ = true;
    write_began_ = std::chrono::steady_clock::now();
    current_ = std::move(x);
    if (done == net_stream::sent::part) {
      ws_.next_layer().finish_sending(
          [self = shared_from_this()](error_code error) { self->on_written(error); });
      return false;
    }
    const std::array<asio::const_buffer, 2> bytes{asio::buffer(current_.head),
                                                  current_.body ? asio::buffer(*current_.body)
                                                                : asio::const_buffer{}};
    ws_.async_write(bytes, [self = shared_from_this()](error_code error, std::size_t) {
      self->on_written(error);
    });
    return false;
  }

  void on_written(error_code error) {
    writing_ = false;
    waiting_ -= current_.size();
    current_ = {};
    if (error) return gone();
    while (next_ < queue_.size()) {
      auto x = std::move(queue_[next_++]);
      if (next_ == queue_.size()) {
        next_ = 0;
        queue_ = {};
      }
      if (!write(std::move(x))) return;
    }
    if (closing_) return finish();
    if (std::exchange(paused_, false)) go_on();
    session_->drained();
  }

  void finish() {
    ws_.async_close(reason_, [self = shared_from_this()](error_code) { self->gone(); });
  }

  void gone() {
    closing_ = true;
    queue_ = {};
    next_ = 0;
    session_->ended();
    ws_.next_layer().tcp().close();
  }

  core& core_;
  websocket::stream<net_stream, false> ws_;
  beast::flat_buffer buffer_;
  token_bucket messages_;
  std::shared_ptr<session> session_;
  std::vector<outgoing> queue_; // [next_, end) is not sent yet
  std::size_t next_ = 0;
  outgoing current_;
  std::size_t waiting_ = 0;
  instant write_began_{};
  websocket::close_reason reason_;
  bool writing_ = false, paused_ = false, closing_ = false;
};

void serve_web_socket(core& c, net_stream stream, http_request request, grant rights,
                      bool with_protocol) {
  std::make_shared<web_socket>(c, std::move(stream), std::move(rights))
      ->start(std::move(request), with_protocol);
}

void close_stuck(core& c) {
  const auto now = std::chrono::steady_clock::now();
  std::vector<web_socket*> stuck;
  for (auto* x : c.sockets)
    if (x->stuck(now)) stuck.push_back(x);
  for (auto* x : stuck) {
    ++c.count.closed_slow;
    x->cut();
  }
}

} // namespace rollcall::gateway
