// The I/O thread of one worker: listens, owns the connections and their requests, and keeps the time.
#pragma once

#include <millrace/host.hpp>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "plugins/source_http/connection.hpp"
#include "plugins/source_http/counts.hpp"
#include "plugins/source_http/exchange.hpp"
#include "plugins/source_http/listener.hpp"
#include "plugins/source_http/memory.hpp"
#include "plugins/source_http/settings.hpp"
#include "plugins/source_http/split.hpp"

namespace millrace::source_http {

class Server {
 public:
  // tls null: plain HTTP.
  Server(Host host, const Settings& settings, std::unique_ptr<boost::asio::ssl::context> tls);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The engine's calls.
  void start(); // throws when it cannot listen
  void drain();
  void stop(); // returns when the thread is joined; may be repeated
  Exchange& exchange() noexcept { return exchange_; }

  // For connections, on the I/O thread.
  const Settings& settings() const noexcept { return settings_; }
  const Intake& intake() const noexcept { return intake_; }
  Counts& counts() noexcept { return counts_; }
  bool stopping() const noexcept { return stopping_; }
  std::int64_t now_ns() const { return host_.now_ns(); }
  std::string_view date();
  unsigned retry_after() { return 1 + static_cast<unsigned>(random_() % 5); }
  Request& new_request();
  void release(Request& request);
  // Takes the whole request apart and offers it to the engine; otherwise the request has its answer.
  void take_in(Request& request, BodyKind kind, std::size_t sender);
  // The answer is given without the engine's, which may still come.
  void withdraw(Request& request);
  // A connection stands in (or no longer in) the middle of a request: a drain waits for it.
  void began_request() noexcept { ++half_read_; }
  void ended_request();
  void mark(Connection& connection);
  void closed(Connection& connection);

 private:
  void wake_engine_later();
  void accept();
  void accepted(boost::asio::ip::tcp::socket socket);
  void turn_away(boost::asio::ip::tcp::socket& socket, unsigned status, std::string_view error,
                 std::string_view reason);
  void serve_answers();
  void tick();
  void arm();
  void reap();
  void begin_drain();
  void begin_stop();
  void end_if_drained();
  void make_events(Request& request);
  bool hold_key(Request& request, std::size_t sender);

  Host host_;
  const Settings& settings_;
  std::unique_ptr<boost::asio::ssl::context> tls_;
  boost::asio::io_context io_{1}; // one thread runs it
  boost::asio::ip::tcp::acceptor acceptor_{io_};
  boost::asio::steady_timer timer_{io_};
  std::optional<PortClaim> claim_;
  Exchange exchange_;
  Memory memory_;
  Intake intake_;
  Counts counts_;

  std::vector<std::unique_ptr<Connection>> connections_;
  std::unordered_map<std::string, std::uint64_t> by_address_;
  std::vector<Connection*> marked_;
  std::vector<std::unique_ptr<Request>> requests_;
  std::vector<Request*> free_;
  std::vector<Request*> answers_;
  std::unordered_map<std::string, Request*> keys_; // Idempotency-Keys under way
  Split split_;
  std::string date_;
  std::int64_t date_second_ = -1;
  std::mt19937_64 random_;
  std::uint64_t half_read_ = 0;
  bool accept_paused_ = false;
  bool stopping_ = false;
  std::chrono::steady_clock::time_point stop_by_{};

  std::thread thread_;
};

} // namespace millrace::source_http
