#include "gateway/http_connection.hpp"

#include "gateway/long_poll.hpp"
#include "gateway/origin.hpp"
#include "gateway/page_files.hpp"
#include "gateway/rest.hpp"
#include "gateway/token_bucket.hpp"
#include "gateway/tokens.hpp"
#include "gateway/url.hpp"
#include "gateway/web_socket.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <optional>
#include <utility>

namespace rollcall::gateway {

namespace http = beast::http;
using boost::system::error_code;

namespace {

constexpr std::string_view token_prefix = "base64url.bearer.phx.";
constexpr std::string_view page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string_view view(beast::string_view x) { return {x.data(), x.size()}; }

std::string_view trim(std::string_view x) {
  while (!x.empty() && (x.front() == ' ' || x.front() == '\t')) x.remove_prefix(1);
  while (!x.empty() && (x.back() == ' ' || x.back() == '\t')) x.remove_suffix(1);
  return x;
}

bool plain_host(std::string_view x) {
  return x.find_first_of(" \t/\\@?#,") == std::string_view::npos;
}

/// Parses Sec-WebSocket-Protocol: "phoenix, base64url.bearer.phx.<token>".
struct protocols {
  bool phoenix = false;
  std::string token;
};

protocols read_protocols(std::string_view header) {
  protocols result;
  while (!header.empty()) {
    const auto comma = header.find(',');
    const auto one = trim(header.substr(0, comma));
    header.remove_prefix(comma == std::string_view::npos ? header.size() : comma + 1);
    if (one == "phoenix") result.phoenix = true;
    if (one.starts_with(token_prefix))
      result.token = decode_base64(one.substr(token_prefix.size())).value_or(std::string{"?"});
  }
  return result;
}

bool good_version(std::string_view x) { return x.starts_with("2.0.") && x.size() > 4; }

std::string bad_version(const std::string& given) {
  return "vsn \"" + given + "\" is not supported: use 2.0.0 (Phoenix Channels V2)";
}

class http_connection : public std::enable_shared_from_this<http_connection> {
public:
  http_connection(core& c, net_stream stream)
      : core_(c), stream_(std::move(stream)), operations_(c.options.client.join_rate) {
    ++core_.count.connections;
  }
  ~http_connection() { --core_.count.connections; }

  void start() {
    if (!stream_.encrypted()) return read();
    stream_.tcp().expires_after(core_.options.handshake_timeout);
    stream_.tls().async_handshake(asio::ssl::stream_base::server,
                                  [self = shared_from_this()](error_code error) {
                                    if (error)
                                      ++self->core_.count.refused_requests;
                                    else
                                      self->read();
                                  });
  }

private:
  void read() {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(core_.options.max_header_bytes));
    parser_->body_limit(core_.options.max_body_bytes);
    stream_.tcp().expires_after(core_.options.handshake_timeout);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](error_code error, std::size_t) { self->on_read(error); });
  }

  void on_read(error_code error) {
    if (error == http::error::end_of_stream) return stream_.close();
    if (error) {
      if (!parser_->got_some() && error == beast::error::timeout) return; // an idle connection
      ++core_.count.refused_requests;
      if (error == http::error::body_limit)
        return refuse(413, "too_large", "the body is too large");
      if (error == http::error::header_limit)
        return refuse(431, "too_large", "the header is too large");
      if (error.category() == http::make_error_code(http::error::bad_method).category())
        return refuse(400, "bad_request", "this is not HTTP/1.1: " + error.message());
      return; // the client is gone or too slow
    }
    ++core_.count.requests;
    const auto& header = parser_->get();
    // Two lengths of the body: an intermediary may have used the other one.
    if (header.count(http::field::transfer_encoding) != 0
        && (header.count(http::field::content_length) != 0 || !parser_->chunked())) {
      ++core_.count.refused_requests;
      return refuse(400, "bad_request", "the length of the body is ambiguous");
    }
    const auto hosts = header.count(http::field::host);
    if (hosts > 1 || (hosts == 0 && header.version() == 11)) {
      ++core_.count.refused_requests;
      return refuse(400, "bad_request", "a request has one Host");
    }
    if (!plain_host(view(header[http::field::host]))) {
      ++core_.count.refused_requests;
      return refuse(400, "bad_request", "the Host is no host and port");
    }
    request_ = parser_->release();
    serve();
  }

  void serve() {
    const auto target = parse_url(view(request_.target()));
    if (!target) return refuse(400, "bad_request", "the target is no path with a query");
    const auto& path = target->path;
    keep_ = request_.keep_alive();
    origin_allowed_ = allowed_origin();
    if (!origin_allowed_) {
      ++core_.count.refused_unauthorized;
      return reply(error_reply(403, "bad_origin",
                               "pages of this origin may not use the gateway: see --origin"));
    }
    if (request_.method() == http::verb::options) return preflight();
    if (path.size() == 2 && path[0] == "socket" && path[1] == "websocket") return upgrade(*target);
    if (path.size() == 2 && path[0] == "socket" && path[1] == "longpoll") return long_poll(*target);
    const auto method = view(request_.method_string());
    if (!path.empty() && (path[0] == "api" || path[0] == "health" || path[0] == "metrics"))
      return api(*target, method);
    page(*target);
  }

  bool allowed_origin() const {
    return origin_allowed(view(request_[http::field::origin]), view(request_[http::field::host]),
                          stream_.encrypted(), core_.options.origins);
  }

  credentials show(const url& target, std::string token) const {
    credentials x;
    x.token = std::move(token);
    if (x.token.empty()) x.token = target.parameter("token");
    x.origin = std::string(view(request_[http::field::origin]));
    error_code error;
    const auto remote = const_cast<net_stream&>(stream_).tcp().socket().remote_endpoint(error);
    if (!error) x.remote = remote.address().to_string();
    for (const auto& [name, value] : target.query) x.parameters.emplace(name, value);
    return x;
  }

  std::string bearer() const {
    const auto header = view(request_[http::field::authorization]);
    constexpr std::string_view scheme = "Bearer ";
    return header.starts_with(scheme) ? std::string(trim(header.substr(scheme.size())))
                                      : std::string{};
  }

  // -- WebSocket
  void upgrade(const url& target) {
    if (!beast::websocket::is_upgrade(request_))
      return refuse(400, "bad_request", "this is for WebSockets: send an upgrade");
    if (buffer_.size() != 0)
      return refuse(400, "bad_request", "wait for the answer before you send more");
    const auto version = target.parameter("vsn");
    if (!good_version(version)) return refuse(400, "bad_version", bad_version(version));
    auto offered = read_protocols(view(request_[http::field::sec_websocket_protocol]));
    auto token = offered.token.empty() ? bearer() : std::move(offered.token);
    auto decided = core_.authorize(show(target, std::move(token)));
    if (auto* why = std::get_if<std::string>(&decided)) {
      ++core_.count.refused_unauthorized;
      return refuse(403, "unauthorized", *why);
    }
    serve_web_socket(core_, std::move(stream_), std::move(request_),
                     std::get<grant>(std::move(decided)), offered.phoenix);
  }

  // -- long poll
  void long_poll(const url& target) {
    auto to = [self = shared_from_this()](std::string json) {
      http_reply x{200, std::move(json)};
      x.type = "application/json; charset=utf-8";
      self->reply(std::move(x));
    };
    const auto header = view(request_["x-phoenix-longpoll-token"]);
    // The parameter for a JWT has the same name, and comes first.
    const auto session = header.empty() ? target.last_parameter("token") : std::string(header);
    if (request_.method() == http::verb::post)
      return core_.polls->post(session, request_.body(), to);
    if (request_.method() != http::verb::get)
      return refuse(405, "method_not_allowed", "GET or POST");
    if (core_.polls->known(session)) {
      stream_.tcp().expires_never();
      return core_.polls->poll(session, to);
    }
    const auto version = target.parameter("vsn");
    if (!good_version(version)) return refuse(400, "bad_version", bad_version(version));
    if (core_.count.long_polls >= core_.options.max_connections) {
      ++core_.count.refused_connections;
      return refuse(503, "limit_reached", "too many clients: try again later");
    }
    auto token = std::string(view(request_["x-phoenix-authtoken"]));
    if (token.empty()) token = bearer();
    if (token.empty())
      token = read_protocols(view(request_[http::field::sec_websocket_protocol])).token;
    auto who = show(target, std::move(token));
    auto decided = core_.authorize(who);
    if (std::holds_alternative<std::string>(decided)) {
      ++core_.count.refused_unauthorized;
      return to(long_polls::forbidden());
    }
    core_.polls->begin(std::get<grant>(std::move(decided)), to);
  }

  // -- other requests
  void api(const url& target, std::string_view method) {
    static const grant none;
    decision decided = none;
    if (target.path[0] == "api") {
      decided = core_.authorize(show(target, bearer()));
      if (auto* why = std::get_if<std::string>(&decided)) {
        ++core_.count.refused_unauthorized;
        return reply(error_reply(401, "unauthorized", *why));
      }
      const bool changes = method != "GET" && method != "HEAD";
      if (changes && !operations_.take(std::chrono::steady_clock::now())) {
        ++core_.count.refused_rate;
        return reply(error_reply(429, "limit_reached", "too many changes: wait a second"));
      }
    }
    answer_api(core_, {method, target, request_.body(), std::get<grant>(decided)},
               [self = shared_from_this()](http_reply x) { self->reply(std::move(x)); });
  }

  void preflight() {
    auto r = std::make_shared<http::response<http::string_body>>(http::status::no_content,
                                                                 request_.version());
    set_common(*r);
    r->set(http::field::access_control_allow_methods, "GET, POST, PUT, DELETE, OPTIONS");
    r->set(http::field::access_control_allow_headers,
           "content-type, authorization, x-phoenix-longpoll-token, x-phoenix-authtoken");
    r->set(http::field::access_control_max_age, "3600");
    write(std::move(r));
  }

  void page(const url& target) {
    std::string path;
    for (const auto& part : target.path) path += "/" + part;
    const auto* file = find_page_file(path.empty() ? "/" : path);
    if (file == nullptr)
      return reply(error_reply(404, "not_found", "there is nothing here: see docs/gateway.md"));
    if (request_.method() != http::verb::get && request_.method() != http::verb::head)
      return refuse(405, "method_not_allowed", "use GET");
    http_reply x{200, std::string(file->bytes), std::string(file->type), {}};
    reply(std::move(x), true);
  }

  template <class Response>
  void set_common(Response& r) {
    r.set(http::field::server, "rollcall");
    r.set("X-Content-Type-Options", "nosniff");
    r.set("Referrer-Policy", "no-referrer");
    r.set(http::field::cache_control, "no-store");
    if (const auto origin = request_[http::field::origin]; !origin.empty() && origin_allowed_) {
      r.set(http::field::access_control_allow_origin, origin);
      r.set(http::field::vary, "Origin");
    }
    r.keep_alive(keep_);
  }

  void reply(http_reply x, bool is_page = false) {
    auto r = std::make_shared<http::response<http::string_body>>(
        static_cast<http::status>(x.status), request_.version() == 0 ? 11 : request_.version());
    set_common(*r);
    r->set(http::field::content_type, x.type);
    r->set("Content-Security-Policy", is_page ? page_policy : "default-src 'none'");
    if (!x.allow.empty()) r->set(http::field::allow, x.allow);
    if (x.status == 401) r->set(http::field::www_authenticate, "Bearer");
    if (request_.method() == http::verb::head) {
      r->content_length(x.body.size());
    } else {
      r->body() = std::move(x.body);
      r->prepare_payload();
    }
    write(std::move(r));
  }

  /// Responds and ends the connection.
  void refuse(unsigned status, std::string_view code, std::string_view why) {
    keep_ = false;
    reply(error_reply(status, code, why));
  }

  void write(std::shared_ptr<http::response<http::string_body>> r) {
    stream_.tcp().expires_after(core_.options.send_timeout);
    auto& out = *r;
    http::async_write(stream_, out, [self = shared_from_this(), r](error_code error, std::size_t) {
      if (error) return;
      if (!self->keep_ || self->core_.stopping) return self->stream_.close();
      self->request_ = {};
      self->read();
    });
  }

  core& core_;
  net_stream stream_;
  beast::flat_buffer buffer_{64 * 1024};
  std::optional<http::request_parser<http::string_body>> parser_;
  http_request request_;
  token_bucket operations_;
  bool keep_ = false;
  bool origin_allowed_ = false;
};

} // namespace

void serve_http(core& c, net_stream stream) {
  std::make_shared<http_connection>(c, std::move(stream))->start();
}

} // namespace rollcall::gateway
