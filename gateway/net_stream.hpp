// A TCP connection with or without TLS, as one type, so that the code above is compiled once.
#pragma once

#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include <memory>
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
            tcp_->async_write_some(buffers, std::move(handler));
        },
        token, from);
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
  std::unique_ptr<beast::tcp_stream> tcp_; // has a stable address: tls_ refers to it
  std::unique_ptr<asio::ssl::stream<beast::tcp_stream&>> tls_;
};

} // namespace rollcall::gateway
