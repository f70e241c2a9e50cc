#include "plugins/source_http/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>
#include <utility>

#include "plugins/source_http/server.hpp"
#include "plugins/source_http/tls.hpp"

namespace millrace::source_http {
namespace {

namespace asio = boost::asio;
using std::chrono::nanoseconds;

constexpr std::size_t kSmallBuffer = 4u << 10U;
constexpr std::size_t kLargeBuffer = 64u << 10U; // for bodies
constexpr std::size_t kKeptOutput = 64u << 10U;
constexpr std::int64_t kWriteTimeout = nanoseconds(std::chrono::seconds(30)).count();
constexpr std::int64_t kLinger = nanoseconds(std::chrono::seconds(2)).count();

} // namespace

Connection::Connection(Server& server, Socket socket, std::string address, asio::ssl::context* tls)
    : server_(server), socket_(std::move(socket)), peer_{std::move(address), false}, since_ns_(server.now_ns()) {
  if (tls != nullptr) {
    tls_.emplace(socket_, *tls);
  }
}

void Connection::start() {
  Error ignored;
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  if (tls_) {
    handshake();
  } else {
    read();
  }
}

void Connection::handshake() {
  shaking_ = true;
  tls_->async_handshake(asio::ssl::stream_base::server, [this](const Error& error) {
    shaking_ = false;
    if (closed_ || error) {
      close();
      return;
    }
    const std::vector<std::string>& names = server_.settings().tls.client_names;
    peer_.forbidden = !names.empty() && !has_name(tls_->native_handle(), names);
    read();
  });
}

// Reading

bool Connection::may_begin() const noexcept { return !no_more_ && waiting_ < server_.settings().limits.pipelined; }

void Connection::read() {
  if (closed_ || reading_ || shaking_) {
    return;
  }
  if (!lingering_ && (no_more_ || !sending_.empty() || (current_ == nullptr && !may_begin()))) {
    return;
  }
  if (!make_space()) {
    refuse(400, "bad_request", "the head of a chunk does not end");
    flush();
    return;
  }
  reading_ = true;
  const auto into = asio::buffer(buffer_.get() + end_, capacity_ - end_);
  const auto then = [this](const Error& error, std::size_t bytes) {
    reading_ = false;
    on_read(error, bytes);
  };
  if (tls_ && !lingering_) {
    tls_->async_read_some(into, then);
  } else {
    socket_.async_read_some(into, then);
  }
}

// Room behind end_: small while heads come, large while a body does. False: a piece that the parser needs as a whole
// does not fit.
bool Connection::make_space() {
  const bool in_body = current_ != nullptr && parser_->is_header_done();
  const std::size_t wanted = in_body ? kLargeBuffer : kSmallBuffer;
  if (begin_ == end_) {
    begin_ = end_ = 0;
    if (capacity_ < wanted || capacity_ > 2 * wanted) {
      buffer_.reset(new char[wanted]);
      capacity_ = wanted;
    }
    return true;
  }
  if (end_ < capacity_) {
    return true;
  }
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    return true;
  }
  if (capacity_ >= kLargeBuffer) {
    return false;
  }
  std::unique_ptr<char[]> larger(new char[capacity_ * 2]);
  std::memcpy(larger.get(), buffer_.get(), end_);
  buffer_ = std::move(larger);
  capacity_ *= 2;
  return true;
}

void Connection::on_read(const Error& error, std::size_t bytes) {
  if (closed_) {
    return;
  }
  if (lingering_) {
    if (error) {
      close();
    } else {
      read();
    }
    return;
  }
  if (!error) {
    end_ += bytes;
    advance();
    return;
  }
  const bool ended = error == asio::error::eof || error == asio::ssl::error::stream_truncated;
  if (!ended || (first_ == nullptr && out_.empty() && sending_.empty())) {
    close();
    return;
  }
  // It has closed its side and may still wait for answers.
  if (current_ != nullptr) {
    parser_.reset();
    server_.release(*std::exchange(current_, nullptr));
    server_.ended_request();
  }
  begin_ = end_ = 0;
  no_more_ = true;
  advance();
}

void Connection::advance() {
  if (closed_ || shaking_) {
    return;
  }
  flush();
  for (bool more = true; more && !closed_;) {
    more = parse();
    flush();
  }
  read();
}

// True when bytes were taken, so that there may be an answer now.
bool Connection::parse() {
  bool progress = false;
  while (!closed_ && !no_more_ && begin_ < end_ && sending_.empty()) {
    if (current_ == nullptr && !(may_begin() && begin_request())) {
      break;
    }
    if (!put()) {
      break;
    }
    progress = true;
  }
  return progress;
}

bool Connection::begin_request() {
  while (begin_ < end_ && (buffer_[begin_] == '\r' || buffer_[begin_] == '\n')) {
    ++begin_; // some senders put a line end behind a body
  }
  if (begin_ == end_) {
    return false;
  }
  current_ = &server_.new_request();
  parser_.emplace(server_.intake(), peer_, *current_);
  since_ns_ = server_.now_ns();
  head_bytes_ = 0;
  counted_bytes_ = 0;
  server_.began_request();
  return true;
}

bool Connection::put() {
  namespace http = boost::beast::http;
  const std::string_view bytes = unread();
  const bool was_head = !parser_->is_header_done();
  parser_->window(bytes, head_bytes_);
  Error error;
  const std::size_t used = parser_->put(asio::buffer(bytes.data(), bytes.size()), error);
  begin_ += used;
  server_.counts().bytes += parser_->body_bytes() - std::exchange(counted_bytes_, parser_->body_bytes());
  if (was_head && parser_->is_header_done()) {
    since_ns_ = server_.now_ns();
    continue_due_ = parser_->wants_continue() && !parser_->is_done();
  }
  if (!parser_->is_header_done()) {
    head_bytes_ += used;
    if (head_bytes_ + (end_ - begin_) > server_.settings().limits.header_bytes) {
      error = http::error::header_limit;
    }
  }
  if (error == http::error::need_more) {
    return false;
  }
  if (error == http::error::header_limit) {
    refuse(431, "header_too_large",
           fmt::format("the head of the request is larger than {} bytes (max_header)",
                       server_.settings().limits.header_bytes));
    return false;
  }
  if (error) {
    refuse(400, "bad_request", "this is no HTTP/1.1 request: " + error.message());
    return false;
  }
  if (parser_->is_done()) {
    complete();
  }
  return true;
}

void Connection::complete() {
  Request& request = *std::exchange(current_, nullptr);
  const BodyKind kind = parser_->kind();
  const std::size_t sender = parser_->sender();
  parser_.reset();
  first_request_ = false;
  continue_due_ = false;
  no_more_ = !request.keep_alive;
  append(request);
  if (request.refusal.status == 0) {
    server_.take_in(request, kind, sender);
  } else {
    request.answered = true;
  }
  server_.ended_request();
}

// Ends the request that is being read, and with it the connection. A refusal that the parser gave already stays.
void Connection::refuse(unsigned status, std::string_view error, std::string reason) {
  Request& request = *std::exchange(current_, nullptr);
  parser_.reset();
  if (request.refusal.status == 0) {
    request.refusal = {status, error, std::move(reason)};
  }
  request.keep_alive = false;
  request.answered = true;
  continue_due_ = false;
  no_more_ = true;
  append(request);
  server_.ended_request();
}

void Connection::append(Request& request) {
  request.connection = this;
  request.received_ns = server_.now_ns();
  (first_ == nullptr ? first_ : last_->next) = &request;
  last_ = &request;
  ++waiting_;
}

// Answering

void Connection::settled(Request& request) { request.answered = true; }

void Connection::flush() {
  while (first_ != nullptr && first_->answered) {
    Request& request = *first_;
    first_ = request.next;
    --waiting_;
    render(request);
    request.connection = nullptr;
    request.next = nullptr;
    if (!request.lent) {
      server_.release(request);
    }
  }
  if (continue_due_ && first_ == nullptr) {
    continue_due_ = false;
    out_ += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  write();
}

void Connection::render(Request& request) {
  const bool last = first_ == nullptr && current_ == nullptr;
  if (server_.intake().draining && last) {
    no_more_ = true;
  }
  AnswerHead head;
  head.date = server_.date();
  head.http10 = request.http10;
  head.body = !request.head_only;
  head.keep_alive = request.keep_alive && !(no_more_ && last);
  if (request.refusal.status != 0) {
    head.status = request.refusal.status;
    head.retry_after_seconds = head.status == 429 || head.status == 503 ? server_.retry_after() : 0;
    server_.counts().refused(request.refusal.error);
    append_refusal(out_, head, request.refusal);
  } else if (request.events.size() == 1 && request.tally.of(MR_DELIVERED) == 1 && head.keep_alive && !head.http10) {
    append_delivered(out_, head.date);
  } else {
    std::string body;
    request.tally.write(body);
    head.status = request.tally.status();
    head.retry_after_seconds = head.status == 503 ? server_.retry_after() : 0;
    append_answer(out_, head, body);
  }
  server_.counts().answered(head.status);
}

void Connection::write() {
  if (closed_ || !sending_.empty()) {
    return;
  }
  if (out_.empty()) {
    end_behind_answers();
    return;
  }
  sending_.swap(out_);
  sent_ = 0;
  write_since_ns_ = server_.now_ns();
  if (!tls_) { // mostly all of it fits into the socket's buffer
    Error error;
    sent_ = socket_.write_some(asio::buffer(sending_), error);
    if (error && error != asio::error::would_block) {
      close();
      return;
    }
    if (sent_ == sending_.size()) {
      after_write();
      return;
    }
  }
  writing_ = true;
  const auto rest = asio::buffer(sending_.data() + sent_, sending_.size() - sent_);
  const auto then = [this](const Error& error, std::size_t bytes) { wrote(error, bytes); };
  if (tls_) {
    tls_->async_write_some(rest, then);
  } else {
    socket_.async_write_some(rest, then);
  }
}

void Connection::wrote(const Error& error, std::size_t bytes) {
  writing_ = false;
  if (closed_) {
    return;
  }
  if (error) {
    close();
    return;
  }
  sent_ += bytes;
  write_since_ns_ = server_.now_ns();
  if (sent_ < sending_.size()) {
    writing_ = true;
    const auto rest = asio::buffer(sending_.data() + sent_, sending_.size() - sent_);
    const auto then = [this](const Error& again, std::size_t more) { wrote(again, more); };
    if (tls_) {
      tls_->async_write_some(rest, then);
    } else {
      socket_.async_write_some(rest, then);
    }
    return;
  }
  after_write();
  advance();
}

void Connection::after_write() {
  sending_.clear();
  if (sending_.capacity() > kKeptOutput) {
    std::string().swap(sending_);
  }
  if (current_ == nullptr && first_ == nullptr) {
    since_ns_ = write_since_ns_; // idle from here on
  }
  if (out_.empty()) {
    end_behind_answers();
  }
}

// The end

void Connection::end_behind_answers() {
  if (no_more_ && first_ == nullptr && !lingering_) {
    linger();
  }
}

// What the sender has sent and we did not read would make the kernel reset the connection, and the answer might be lost
// on the way: so it is read, for a while, and thrown away.
void Connection::linger() {
  if (server_.stopping()) {
    close();
    return;
  }
  Error ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  lingering_ = true;
  begin_ = end_ = 0;
  since_ns_ = server_.now_ns();
  read();
}

void Connection::close() {
  if (closed_) {
    return;
  }
  closed_ = true;
  Error ignored;
  socket_.close(ignored);
  drop_waiting();
  server_.closed(*this);
}

void Connection::drop_waiting() {
  if (current_ != nullptr) {
    parser_.reset();
    server_.release(*std::exchange(current_, nullptr));
    server_.ended_request();
  }
  while (first_ != nullptr) {
    Request& request = *first_;
    first_ = request.next;
    request.connection = nullptr;
    request.next = nullptr;
    ++server_.counts().gone;
    if (!request.lent) {
      server_.release(request);
    }
  }
  waiting_ = 0;
}

void Connection::stop() {
  if (shaking_ || lingering_) {
    close();
    return;
  }
  if (current_ != nullptr) {
    refuse(503, "stopping", "this server ends; send it again later");
  }
  for (Request* request = first_; request != nullptr; request = request->next) {
    if (!request->answered) {
      server_.withdraw(*request);
    }
  }
  no_more_ = true;
  flush();
}

// Time

void Connection::tick(std::int64_t now_ns) {
  if (closed_) {
    return;
  }
  const Waits& waits = server_.settings().waits;
  const std::int64_t passed = now_ns - since_ns_;
  if (!sending_.empty() && now_ns - write_since_ns_ > kWriteTimeout) {
    close();
  } else if (lingering_) {
    if (passed > kLinger) {
      close();
    }
  } else if (shaking_) {
    if (passed > waits.header.count()) {
      close();
    }
  } else if (current_ != nullptr) {
    check_sender_pace(now_ns);
  } else if (first_ == nullptr && passed > (first_request_ ? waits.header : waits.idle).count()) {
    close();
  }
  if (!closed_) {
    check_deadlines(now_ns);
  }
}

void Connection::check_sender_pace(std::int64_t now_ns) {
  const Settings& settings = server_.settings();
  const std::int64_t passed = now_ns - since_ns_;
  if (!parser_->is_header_done()) {
    if (passed > settings.waits.header.count()) {
      refuse(408, "slow", "the head of the request did not come in time (header_timeout)");
      flush();
    }
    return;
  }
  const double seconds = static_cast<double>(passed) / 1e9;
  const bool slow =
      passed > nanoseconds(kRateGrace).count() &&
      static_cast<double>(parser_->body_bytes()) < static_cast<double>(settings.limits.min_rate) * seconds;
  if (slow || passed > settings.waits.body.count()) {
    refuse(408, "slow", slow ? "the body comes too slowly (min_rate)" : "the body did not come in time (body_timeout)");
    flush();
  }
}

void Connection::check_deadlines(std::int64_t now_ns) {
  bool any = false;
  for (Request* request = first_; request != nullptr; request = request->next) {
    if (now_ns - request->received_ns <= server_.settings().waits.answer.count()) {
      break; // those behind it came later
    }
    if (!request->answered) {
      server_.withdraw(*request);
      ++server_.counts().deadlines;
      any = true;
    }
  }
  if (any) {
    advance();
  }
}

} // namespace millrace::source_http
