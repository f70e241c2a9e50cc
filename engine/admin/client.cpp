#include "engine/admin/client.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>

namespace millrace::admin {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

// One exchange: each step starts the next, and the first error ends it.
class Exchange {
 public:
  Exchange(const Address& address, std::chrono::nanoseconds deadline)
      : resolver_(loop_), stream_(loop_), address_(address) {
    stream_.expires_after(deadline);
    parser_.body_limit(boost::none); // what an engine of ours answers is asked for
  }

  Reply run(http::request<http::string_body> request) {
    request_ = std::move(request);
    resolver_.async_resolve(address_.host, std::to_string(address_.port), [this](beast::error_code error, auto found) {
      if (next(error)) {
        stream_.async_connect(found, [this](beast::error_code failed, const auto&) { connected(failed); });
      }
    });
    loop_.run();
    if (error_) {
      throw Unreachable(
          fmt::format("the admin address {} does not answer: {}; is the engine running, and is this the `admin` of its "
                      "[engine]?",
                      address_.text(), error_.message()));
    }
    return {parser_.get().result_int(), std::move(parser_.get().body())};
  }

 private:
  bool next(beast::error_code error) {
    error_ = error;
    return !error;
  }
  void connected(beast::error_code error) {
    if (next(error)) {
      http::async_write(stream_, request_, [this](beast::error_code failed, std::size_t) { written(failed); });
    }
  }
  void written(beast::error_code error) {
    if (next(error)) {
      http::async_read(stream_, buffer_, parser_, [this](beast::error_code failed, std::size_t) { next(failed); });
    }
  }

  asio::io_context loop_;
  asio::ip::tcp::resolver resolver_;
  beast::tcp_stream stream_;
  Address address_;
  http::request<http::string_body> request_;
  beast::flat_buffer buffer_;
  http::response_parser<http::string_body> parser_;
  beast::error_code error_;
};

} // namespace

Reply request(const Address& address, const Ask& ask, std::chrono::nanoseconds deadline) {
  http::request<http::string_body> out{http::string_to_verb(ask.method), ask.path, 11};
  out.set(http::field::host, address.text());
  out.set(http::field::accept, ask.accept);
  if (!ask.token.empty()) {
    out.set(http::field::authorization, "Bearer " + ask.token);
  }
  if (!ask.user.empty()) {
    out.set("Millrace-User", ask.user);
  }
  out.body() = ask.body;
  out.keep_alive(false);
  out.prepare_payload();
  return Exchange(address, deadline).run(std::move(out));
}

} // namespace millrace::admin
