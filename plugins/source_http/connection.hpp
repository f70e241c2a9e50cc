// One connection: reads requests, keeps them in order, writes their answers. Runs on the I/O thread alone.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "plugins/source_http/request.hpp"
#include "plugins/source_http/request_parser.hpp"

namespace millrace::source_http {

class Server;

class Connection {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  // tls null: plain HTTP. Both the server and tls outlive it.
  Connection(Server& server, Socket socket, std::string address, boost::asio::ssl::context* tls);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  // The engine is done with a request of this connection. The server calls advance() later.
  void settled(Request& request);
  // Writes what can be written, reads what can be read.
  void advance();
  // What time alone brings: deadlines, slow senders, idle connections.
  void tick(std::int64_t now_ns);
  // Answers whatever waits with 503 and ends.
  void stop();

  // Ends without answers.
  void abandon() { close(); }

  // No call is under way on a closed one: it may be destroyed.
  bool finished() const noexcept { return closed_ && !reading_ && !writing_ && !shaking_; }
  bool closed() const noexcept { return closed_; }
  const std::string& address() const noexcept { return peer_.address; }

  bool marked = false; // by the server: advance() is due

 private:
  using Error = boost::system::error_code;

  void handshake();
  void read();
  void on_read(const Error& error, std::size_t bytes);
  bool parse();
  bool begin_request();
  bool put();
  void complete();
  void refuse(unsigned status, std::string_view error, std::string reason);
  void append(Request& request);
  void flush();
  void render(Request& request);
  void write();
  void wrote(const Error& error, std::size_t bytes);
  void after_write();
  void end_behind_answers();
  void linger();
  void close();
  void drop_waiting();
  void check_deadlines(std::int64_t now_ns);
  void check_sender_pace(std::int64_t now_ns);
  bool may_begin() const noexcept;
  bool make_space();
  std::string_view unread() const noexcept { return {buffer_.get() + begin_, end_ - begin_}; }

  Server& server_;
  Socket socket_;
  std::optional<boost::asio::ssl::stream<Socket&>> tls_;
  Peer peer_;

  // What came and is not parsed yet: buffer_[begin_, end_)
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;

  // The request that is being read
  Request* current_ = nullptr;
  std::optional<RequestParser> parser_;
  std::size_t head_bytes_ = 0;
  std::uint64_t counted_bytes_ = 0;

  // Requests that wait for answers, in order
  Request* first_ = nullptr;
  Request* last_ = nullptr;
  std::size_t waiting_ = 0;

  std::string out_;     // answers to write
  std::string sending_; // what is being written, from sent_ on
  std::size_t sent_ = 0;

  std::int64_t since_ns_ = 0; // of what it does now: nothing, a head, a body, lingering
  std::int64_t write_since_ns_ = 0;

  bool first_request_ = true;
  bool continue_due_ = false;
  bool no_more_ = false; // no further request is read; it ends behind the last answer
  bool lingering_ = false;
  bool reading_ = false; // a call is under way
  bool writing_ = false; // a call is under way
  bool shaking_ = false; // a call is under way
  bool closed_ = false;
};

} // namespace millrace::source_http
