// A TCP connection with or without TLS, as one type, so that the code above is compiled once.
#pragma once

#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <utility>

namespace rollcall::gateway {

namespace asio = boost::asio;
namespace beast = boost::beast;

class net_stream {
public:
  using executor_type = beast::tcp_stream::executor_type;

  net_stream(asio::ip::tcp::socket socket, asio::ssl::context* tls)
      : tcp_(std::make_unique<beast::tcp_stream>(std::move(socket))) {
    if (tls != nullptr) tls_ = std::make_unique<asio::ssl::stream<beast::tcp_stream&>>(*tcp_, *tls);
  }

  executor_type get_executor() noexcept { return tcp_->get_executor(); }
  beast::tcp_stream& tcp() noexcept { return *tcp_; }
  bool encrypted() const noexcept { return tls_ != nullptr; }
  /// Requires an encrypted connection.
  asio::ssl::stream<beast::tcp_stream&>& tls() noexcept { return *tls_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& to, Token&& token) {
    return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& buffers) {
          if (tls_)
            tls_->async_read_some(buffers, std::move(handler));
          else
            tcp_->async_read_some(buffers, std::move(handler));
        },
        token, to);
  }

  template <class Buffers, class Token>
  auto async_write_some(const Buffers& from, Token&& token) {
    return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
        [this](auto handler, const Buffers& buffers) {
          if (tls_)
            tls_->async_write_some(buffers, std::move(handler));
          else
            begin_write(std::move(handler), buffers);
        },
        token, from);
  }

  // -- past Asio: most of what is sent fits the kernel's buffer, and then takes neither
  //    memory nor a turn of the loop.

  enum class sent : unsigned char { all, none, part };
  /// Sends `parts` if nothing else is being written, or nothing of them. After `part`
  /// the rest is kept here: call `finish_sending`. Not over TLS: that is `none`.
  sent send_now(const std::array<std::string_view, 3>& parts) {
    if (tls_ || writes_->under_way != 0 || !writes_->rest.empty()) return sent::none;
    std::array<iovec, 3> pieces{};
    std::size_t n = 0, size = 0;
    for (const auto& x : parts) {
      if (x.empty()) continue;
      pieces[n++] = {const_cast<char*>(x.data()), x.size()};
      size += x.size();
    }
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = n;
    const auto done =
        ::sendmsg(tcp_->socket().native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (done <= 0) return sent::none; // what is wrong, the next write of Asio tells
    auto gone = static_cast<std::size_t>(done);
    if (gone == size) return sent::all;
    for (const auto& x : parts) {
      const auto of_this = std::min(gone, x.size());
      writes_->rest += x.substr(of_this);
      gone -= of_this;
    }
    return sent::part;
  }
  /// `then(error)` when the rest is sent. What is written meanwhile goes after it.
  template <class Then>
  void finish_sending(Then then) {
    asio::async_write(*tcp_, asio::buffer(writes_->rest),
                      [w = writes_, then = std::move(then)](boost::system::error_code error,
                                                            std::size_t) mutable {
                        w->rest = {};
                        if (auto next = std::exchange(w->deferred, nullptr)) next(error);
                        then(error);
                      });
  }

  /// Sends what was written, then closes both directions.
  void close() noexcept {
    boost::system::error_code ignored;
    tcp_->socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    tcp_->close();
  }

  // Required by Beast's WebSocket stream. TLS is not shut down: the close frame of the
  // WebSocket already shows that nothing is missing.
  friend void teardown(beast::role_type, net_stream& x, boost::system::error_code& error) {
    error = {};
    x.close();
  }
  template <class Handler>
  friend void async_teardown(beast::role_type, net_stream& x, Handler&& handler) {
    x.close();
    asio::post(x.get_executor(), beast::bind_front_handler(std::forward<Handler>(handler),
                                                           boost::system::error_code{}));
  }
  friend void beast_close_socket(net_stream& x) { x.tcp_->close(); }

private:
  /// Shared with handlers, which may outlive the stream.
  struct writes {
    std::size_t under_way = 0;                               ///< of Asio
    std::string rest;                                        ///< of what was sent in part
    std::function<void(boost::system::error_code)> deferred; ///< a write that waits for it
  };

  template <class Handler, class Buffers>
  void begin_write(Handler handler, const Buffers& buffers) {
    if (!writes_->rest.empty()) {
      // Beast writes one thing at a time, so there is no more than one.
      auto kept = std::make_shared<Handler>(std::move(handler));
      writes_->deferred = [this, kept, buffers](boost::system::error_code error) {
        if (error)
          (*kept)(error, std::size_t{0});
        else
          begin_write(std::move(*kept), buffers);
      };
      return;
    }
    ++writes_->under_way;
    tcp_->async_write_some(buffers, [w = writes_, handler = std::move(handler)](
                                        boost::system::error_code error, std::size_t n) mutable {
      --w->under_way;
      handler(error, n);
    });
  }

  std::unique_ptr<beast::tcp_stream> tcp_; // has a stable address: tls_ refers to it
  std::unique_ptr<asio::ssl::stream<beast::tcp_stream&>> tls_;
  std::shared_ptr<writes> writes_ = std::make_shared<writes>();
};

} // namespace rollcall::gateway
