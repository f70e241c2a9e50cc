#include "engine/admin/server.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "engine/host/json.hpp"

namespace millrace::admin {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr std::size_t kMostSessions = 64;
constexpr std::size_t kMostHeader = 8U << 10U;
constexpr std::size_t kMostBody = 64U << 10U;
constexpr std::chrono::seconds kIdle{30};
constexpr std::chrono::milliseconds kPause{100};
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kPrometheus = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view kPaths = "GET /health, /ready, /metrics, /pipelines, /rules/active; POST /reload";

Response answer(const Request& request, http::status status, std::string_view type, std::string body) {
  Response out{status, request.version()};
  out.set(http::field::content_type, type);
  out.set(http::field::cache_control, "no-store");
  out.keep_alive(request.keep_alive());
  out.body() = std::move(body);
  out.body() += out.body().ends_with('\n') ? "" : "\n";
  out.prepare_payload();
  if (request.method() == http::verb::head) {
    out.body().clear(); // the length stays what GET would have
  }
  return out;
}

std::string error_json(std::string_view text) {
  host::JsonWriter json;
  return json.begin_object().key("error").value(text).end_object().text();
}

std::string readiness_json(const Readiness& readiness) {
  host::JsonWriter json;
  json.begin_object().key("ready").value(readiness.ready).key("why_not").begin_array();
  for (const std::string& reason : readiness.why_not) {
    json.value(reason);
  }
  return json.end_array().end_object().text();
}

// A page of another site may make a browser send a POST here, but cannot keep the browser from saying where it came
// from.
bool from_another_site(const Request& request) {
  const std::string_view origin = request[http::field::origin];
  return !origin.empty() && origin != fmt::format("http://{}", std::string_view(request[http::field::host]));
}

} // namespace

class Server::Core {
 public:
  Core(const Address& address, Calls calls) : calls_(std::move(calls)), acceptor_(loop_), pause_(loop_) {
    listen(address);
    accept();
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Core() {
    asio::post(loop_, [this] {
      acceptor_.close();
      pause_.cancel();
    });
    slow_.join(); // a reload that is under way ends first
    loop_.stop();
    thread_.join();
  }
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  Address address() const { return {host_, port_}; }

 private:
  class Session;

  void listen(const Address& address) {
    beast::error_code error;
    Tcp::resolver resolver(loop_);
    const auto found = resolver.resolve(address.host, std::to_string(address.port), Tcp::resolver::passive, error);
    if (error) {
      cannot(address, error);
    }
    const Tcp::endpoint endpoint = found.begin()->endpoint();
    acceptor_.open(endpoint.protocol(), error);
    if (!error) {
      acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    }
    if (!error) {
      acceptor_.bind(endpoint, error);
    }
    if (!error) {
      acceptor_.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
      cannot(address, error);
    }
    host_ = address.host;
    port_ = acceptor_.local_endpoint().port();
  }

  [[noreturn]] static void cannot(const Address& address, const beast::error_code& error) {
    throw CannotListen(
        fmt::format("the admin address {} cannot be listened on: {}; stop what is there, or set another `admin` in "
                    "[engine] (port 0 takes a free one)",
                    address.text(), error.message()));
  }

  void accept();

  const Calls calls_;
  std::size_t sessions_ = 0; // touched on the loop's thread only; outlives the sessions that the loop holds
  asio::io_context loop_;
  Tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::string host_;
  std::uint16_t port_ = 0;
  std::thread thread_;
  asio::thread_pool slow_{1};
};

// One connection. Kept alive by the operation that is under way on it, as asio's way is; ends when none is.
class Server::Core::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Core& core, Tcp::socket socket) : core_(core), stream_(std::move(socket)) { ++core_.sessions_; }
  ~Session() { --core_.sessions_; }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void read() {
    parser_.emplace();
    parser_->header_limit(kMostHeader);
    parser_->body_limit(kMostBody);
    stream_.expires_after(kIdle);
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error) {
        self->handle(self->parser_->release());
      }
    });
  }

 private:
  void handle(const Request& request) {
    const std::string_view path = std::string_view(request.target()).substr(0, request.target().find('?'));
    if (path == "/reload") {
      reload(request);
      return;
    }
    if (request.method() != http::verb::get && request.method() != http::verb::head) {
      write(answer(request, http::status::method_not_allowed, kJson, error_json(fmt::format("there is {}", kPaths))));
      return;
    }
    write(look_up(request, path));
  }

  Response look_up(const Request& request, std::string_view path) const {
    if (path == "/health") {
      return answer(request, http::status::ok, kJson, R"({"live":true})");
    }
    if (path == "/ready") {
      const Readiness found = core_.calls_.ready();
      return answer(request, found.ready ? http::status::ok : http::status::service_unavailable, kJson,
                    readiness_json(found));
    }
    if (path == "/metrics") {
      return answer(request, http::status::ok, kPrometheus, core_.calls_.metrics());
    }
    if (path == "/pipelines") {
      return answer(request, http::status::ok, kJson, core_.calls_.pipelines());
    }
    if (path == "/rules/active") {
      return answer(request, http::status::ok, kJson, core_.calls_.active_rules());
    }
    return answer(request, http::status::not_found, kJson,
                  error_json(fmt::format("there is nothing at {}; there is {}", path, kPaths)));
  }

  // Compiling takes a while; meanwhile others still get their answers.
  void reload(const Request& request) {
    if (request.method() != http::verb::post) {
      write(answer(request, http::status::method_not_allowed, kJson, error_json("a reload is asked for with POST")));
      return;
    }
    if (from_another_site(request)) {
      write(answer(request, http::status::forbidden, kJson,
                   error_json("a page of another site may not ask for a reload")));
      return;
    }
    stream_.expires_never();
    asio::post(core_.slow_, [self = shared_from_this(), request] {
      const Receipt receipt = self->core_.calls_.reload();
      const bool text = std::string_view(request[http::field::accept]).starts_with("text/plain");
      auto response = std::make_shared<Response>(
          answer(request, receipt.accepted ? http::status::ok : http::status::unprocessable_entity,
                 text ? kText : kJson, text ? receipt.text : receipt.json));
      asio::post(self->core_.loop_, [self, response] { self->write(std::move(*response)); });
    });
  }

  void write(Response response) {
    response_ = std::move(response);
    const bool more = response_.keep_alive();
    stream_.expires_after(kIdle);
    // HEAD: the header says how long the answer to GET would be, and none of it follows.
    serializer_.emplace(response_);
    const auto done = [self = shared_from_this(), more](beast::error_code error, std::size_t) {
      if (!error && more) {
        self->read();
      }
    };
    if (response_.body().empty()) {
      http::async_write_header(stream_, *serializer_, done);
    } else {
      http::async_write(stream_, *serializer_, done);
    }
  }

  Core& core_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  Response response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
};

void Server::Core::accept() {
  acceptor_.async_accept([this](beast::error_code error, Tcp::socket socket) {
    if (error == asio::error::operation_aborted) {
      return;
    }
    if (error) { // out of descriptors: trying again at once would only spin
      pause_.expires_after(kPause);
      pause_.async_wait([this](beast::error_code stopped) {
        if (!stopped) {
          accept();
        }
      });
      return;
    }
    if (sessions_ < kMostSessions) {
      std::make_shared<Session>(*this, std::move(socket))->read();
    }
    accept();
  });
}

Server::Server(const Address& address, Calls calls) : core_(std::make_unique<Core>(address, std::move(calls))) {}
Server::~Server() = default;

Address Server::address() const { return core_->address(); }

} // namespace millrace::admin
