#include "engine/admin/client.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>

namespace millrace::admin {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

http::request<http::string_body> message_of(const Address& address, const Ask& ask) {
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
  return out;
}

[[noreturn]] void unreachable(const Address& address, const beast::error_code& error) {
  throw Unreachable(
      fmt::format("the admin address {} does not answer: {}; is the engine running, and is this the `admin` of its "
                  "[engine]?",
                  address.text(), error.message()));
}

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
      unreachable(address_, error_);
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
  return Exchange(address, deadline).run(message_of(address, ask));
}

// Nothing else is done meanwhile, so each step simply waits.
Reply request_stream(const Address& address, const Ask& ask, const std::function<bool(std::string_view piece)>& piece) {
  asio::io_context loop;
  beast::error_code error;
  asio::ip::tcp::resolver resolver(loop);
  asio::ip::tcp::socket socket(loop);
  const auto found = resolver.resolve(address.host, std::to_string(address.port), error);
  if (!error) {
    asio::connect(socket, found, error);
  }
  if (!error) {
    http::write(socket, message_of(address, ask), error);
  }
  beast::flat_buffer buffer;
  http::response_parser<http::buffer_body> parser;
  parser.body_limit(boost::none);
  if (!error) {
    http::read_header(socket, buffer, parser, error);
  }
  if (error) {
    unreachable(address, error);
  }
  Reply reply{parser.get().result_int(), {}};
  std::array<char, 8'192> bytes{};
  while (!parser.is_done()) {
    parser.get().body() = {bytes.data(), bytes.size(), true};
    http::read_some(socket, buffer, parser, error);
    const std::string_view came(bytes.data(), bytes.size() - parser.get().body().size);
    if (reply.status != 200) {
      reply.body += came;
    } else if (!came.empty() && !piece(came)) {
      break;
    }
    if (error && error != http::error::need_buffer) { // the engine has stopped
      break;
    }
  }
  return reply;
}

} // namespace millrace::admin
