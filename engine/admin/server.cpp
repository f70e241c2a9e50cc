#include "engine/admin/server.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

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
constexpr std::size_t kMostBody = 1U << 20U; // an event
constexpr std::size_t kSlowThreads = 4;
constexpr std::size_t kMostStreams = 2; // the rest of the threads is for those who want an answer
constexpr std::chrono::seconds kIdle{30};
constexpr std::chrono::milliseconds kPause{100};

Response response_of(const Request& request, Answer answer) {
  Response out{http::int_to_status(answer.status), request.version()};
  out.set(http::field::content_type, answer.type);
  out.set(http::field::cache_control, "no-store");
  out.keep_alive(request.keep_alive());
  out.body() = std::move(answer.body);
  out.body() += out.body().ends_with('\n') ? "" : "\n";
  out.prepare_payload();
  if (request.method() == http::verb::head) {
    out.body().clear(); // the length stays what GET would have
  }
  return out;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::map<std::string, std::string> parameters_of(std::string_view target) {
  std::map<std::string, std::string> out;
  const std::size_t mark = target.find('?');
  std::string_view rest = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find('&'));
    const std::size_t equals = std::min(one.find('='), one.size());
    out[decoded(one.substr(0, equals))] = decoded(one.substr(std::min(equals + 1, one.size())));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
  }
  return out;
}

using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;
Digest digest_of(std::string_view text) {
  Digest out{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data());
  return out;
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
  Core(const Address& address, const std::string& token, Api api)
      : api_(std::move(api)),
        token_(token.empty() ? std::nullopt : std::optional(digest_of(token))),
        acceptor_(loop_),
        pause_(loop_) {
    listen(address);
    accept();
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Core() {
    asio::post(loop_, [this] {
      acceptor_.close();
      pause_.cancel();
    });
    ending_.store(true);
    slow_.join(); // what is under way ends first
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

  const Api api_;
  const std::optional<Digest> token_;
  std::atomic<bool> ending_ = false;
  std::size_t streams_ = 0;  // as sessions_
  std::size_t sessions_ = 0; // touched on the loop's thread only; outlives the sessions that the loop holds
  asio::io_context loop_;
  Tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::string host_;
  std::uint16_t port_ = 0;
  std::thread thread_;
  asio::thread_pool slow_{kSlowThreads};
};

// One connection. Kept alive by the operation that is under way on it, as asio's way is; ends when none is.
class Server::Core::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Core& core, Tcp::socket socket) : core_(core), stream_(std::move(socket)) { ++core_.sessions_; }
  ~Session() {
    --core_.sessions_;
    core_.streams_ -= streams_ ? 1 : 0;
  }
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
    const std::string_view target = request.target();
    const std::string_view path = target.substr(0, target.find('?'));
    const bool post = request.method() == http::verb::post;
    if (!post && request.method() != http::verb::get && request.method() != http::verb::head) {
      write(response_of(request, refused(405, fmt::format("there is {}", core_.api_.known()))));
      return;
    }
    const Api::Found found = core_.api_.find(post ? Method::post : Method::get, path);
    if (found.route == nullptr) {
      write(response_of(
          request, found.other_method
                       ? refused(405, fmt::format("{} is asked for with {}", path, post ? "GET" : "POST"))
                       : refused(404, fmt::format("there is nothing at {}; there is {}", path, core_.api_.known()))));
      return;
    }
    if (!found.route->open && !may(request)) {
      Response out = response_of(request, refused(401,
                                                  "the token is missing or wrong; send `admin_token` of the "
                                                  "configuration as `Authorization: Bearer TOKEN`"));
      out.set(http::field::www_authenticate, "Bearer");
      write(std::move(out));
      return;
    }
    if (post && from_another_site(request)) {
      write(response_of(request, refused(403, "a page of another site may not ask for this")));
      return;
    }
    const Query query = query_of(request, found.rest);
    if (const std::string misfit = found.route->misfit(query); !misfit.empty()) {
      write(response_of(request, refused(400, misfit)));
      return;
    }
    answer(request, *found.route, query);
  }

  bool may(const Request& request) const {
    constexpr std::string_view kScheme = "Bearer ";
    if (!core_.token_) {
      return true;
    }
    const std::string_view given = request[http::field::authorization];
    const Digest digest = digest_of(given.starts_with(kScheme) ? given.substr(kScheme.size()) : std::string_view());
    return CRYPTO_memcmp(digest.data(), core_.token_->data(), digest.size()) == 0;
  }

  Query query_of(const Request& request, const std::string& rest) {
    beast::error_code ignored;
    const std::string_view accept = request[http::field::accept];
    return {decoded(rest),
            parameters_of(request.target()),
            request.body(),
            stream_.socket().remote_endpoint(ignored).address().to_string(),
            std::string(request["Millrace-User"]),
            accept.starts_with("text/plain")};
  }

  void answer(const Request& request, const Route& route, const Query& query) {
    if (!route.slow) {
      write(response_of(request, route.answer(query)));
      return;
    }
    stream_.expires_never();
    asio::post(core_.slow_, [self = shared_from_this(), request, &route, query] {
      const auto answer = std::make_shared<Answer>(route.answer(query));
      asio::post(self->core_.loop_, [self, request, answer] {
        if (answer->more == nullptr) {
          self->write(response_of(request, std::move(*answer)));
        } else {
          self->begin_stream(request, answer);
        }
      });
    });
  }

  // A body without an end: chunks, until there is no more or nobody reads.
  void begin_stream(const Request& request, const std::shared_ptr<Answer>& answer) {
    if (core_.streams_ == kMostStreams) {
      write(response_of(
          request, refused(503, fmt::format("{} others watch already; try again when one has ended", kMostStreams))));
      return;
    }
    ++core_.streams_;
    streams_ = true;
    out_ = fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nCache-Control: no-store\r\nConnection: close\r\n"
        "Transfer-Encoding: chunked\r\n\r\n",
        answer->type);
    add_chunk(answer->body);
    send(answer);
  }

  void add_chunk(std::string_view bytes) {
    out_ += bytes.empty() ? std::string() : fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
  }

  void send(const std::shared_ptr<Answer>& answer) {
    stream_.expires_after(kIdle);
    asio::async_write(stream_, asio::buffer(out_),
                      [self = shared_from_this(), answer](beast::error_code error, std::size_t) {
                        if (!error && !self->core_.ending_.load()) {
                          self->stream_.expires_never();
                          self->next_piece(answer);
                        }
                      });
  }

  void next_piece(const std::shared_ptr<Answer>& answer) {
    asio::post(core_.slow_, [self = shared_from_this(), answer] {
      const auto piece = std::make_shared<std::optional<std::string>>(answer->more());
      asio::post(self->core_.loop_, [self, answer, piece] {
        self->out_.clear();
        if (!*piece) {
          self->out_ = "0\r\n\r\n";
          asio::async_write(self->stream_, asio::buffer(self->out_), [self](beast::error_code, std::size_t) {});
          return;
        }
        self->add_chunk(piece->value());
        if (self->out_.empty()) {
          self->look_whether_somebody_reads(answer);
        } else {
          self->send(answer);
        }
      });
    });
  }

  // Nothing is sent, so nothing would fail.
  void look_whether_somebody_reads(const std::shared_ptr<Answer>& answer) {
    beast::error_code error;
    char byte = 0;
    stream_.socket().non_blocking(true, error);
    stream_.socket().receive(asio::buffer(&byte, 1), Tcp::socket::message_peek, error);
    if (error == asio::error::would_block && !core_.ending_.load()) {
      next_piece(answer);
    }
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
  std::string out_; // of a stream
  bool streams_ = false;
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

Server::Server(const Address& address, std::string token, Api api)
    : core_(std::make_unique<Core>(address, token, std::move(api))) {}
Server::~Server() = default;

Address Server::address() const { return core_->address(); }

} // namespace millrace::admin
