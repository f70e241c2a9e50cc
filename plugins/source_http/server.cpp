#include "plugins/source_http/server.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <millrace/failure.hpp>
#include <millrace/text.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <fstream>
#include <utility>

namespace millrace::source_http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Error = boost::system::error_code;

constexpr std::chrono::milliseconds kTick{100};
constexpr std::chrono::milliseconds kStopTick{2};
constexpr std::chrono::seconds kStopLimit{1}; // for the last answers
constexpr std::size_t kFreeRequests = 64;     // that keep their buffers
constexpr std::size_t kUuid = 36;
constexpr std::string_view kEventId = "event-id";

std::mt19937_64 seeded() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
  return std::mt19937_64(seed);
}

// RFC 9562, version 7: the time first, so that ids of later events sort behind.
void append_uuid(std::string& out, std::int64_t time_us, std::mt19937_64& random) {
  constexpr char kHex[] = "0123456789abcdef";
  const std::uint64_t high = (static_cast<std::uint64_t>(time_us / 1000) << 16U) | 0x7000U | (random() & 0x0FFFU);
  const std::uint64_t low = (random() & 0x3FFFFFFFFFFFFFFFU) | 0x8000000000000000U;
  for (unsigned digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) {
      out += '-';
    }
    const std::uint64_t half = digit < 16 ? high : low;
    out += kHex[(half >> (60U - 4U * (digit % 16U))) & 0xFU];
  }
}

std::string address_bytes(const tcp::socket& socket) {
  Error error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) {
    return {};
  }
  const auto bytes = endpoint.address().is_v4()
                         ? asio::ip::make_address_v6(asio::ip::v4_mapped, endpoint.address().to_v4()).to_bytes()
                         : endpoint.address().to_v6().to_bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void write_port(const std::string& file, std::uint16_t port) {
  const std::string fresh = file + ".new";
  std::ofstream out(fresh);
  out << port << '\n';
  out.close();
  if (!out || std::rename(fresh.c_str(), file.c_str()) != 0) {
    throw invalid(fmt::format("port_file = \"{}\" cannot be written", file));
  }
}

} // namespace

Server::Server(Host host, const Settings& settings, std::unique_ptr<asio::ssl::context> tls)
    : host_(host),
      settings_(settings),
      tls_(std::move(tls)),
      exchange_([this] { wake_engine_later(); }, [this] { asio::post(io_, [this] { serve_answers(); }); }),
      memory_(settings.limits.memory_bytes, settings.limits.share_bytes),
      intake_{settings, memory_, false},
      counts_(host),
      random_(seeded()) {}

Server::~Server() { stop(); }

// The engine's calls

void Server::start() {
  claim_.emplace(listen(acceptor_, settings_.host, settings_.port, settings_.share_port));
  acceptor_.non_blocking(true);
  const std::uint16_t port = acceptor_.local_endpoint().port();
  if (!settings_.port_file.empty()) {
    write_port(settings_.port_file, port);
  }
  host_.gauge("http_port", "The port that is listened at.").set(port);
  host_.info("takes events", {{"address", fmt::format("{}:{}", settings_.host, port)},
                              {"path", settings_.path},
                              {"tls", tls_ == nullptr ? "no" : "yes"},
                              {"tokens", settings_.tokens.required() ? "yes" : "no"}});
  date_ = http_date(host_.time_us());
  accept();
  arm();
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "http");
    try {
      io_.run();
    } catch (const std::exception& exception) {
      host_.failed(fmt::format("the I/O thread ended: {}", exception.what()));
    }
  });
}

void Server::drain() {
  if (thread_.joinable()) {
    asio::post(io_, [this] { begin_drain(); });
  } else {
    exchange_.end();
    host_.wake();
  }
}

void Server::stop() {
  if (thread_.joinable()) {
    asio::post(io_, [this] { begin_stop(); });
    thread_.join();
    counts_.tell();
  }
  Error ignored;
  acceptor_.close(ignored);
  claim_.reset();
}

// Behind the connections that are ready by now: their requests come with the same wake-up, and the engine's thread is
// not switched to and fro for each. Under load that is a fifth of the switches.
void Server::wake_engine_later() {
  asio::post(io_, [this] { host_.wake(); });
}

// Connections

void Server::accept() {
  acceptor_.async_accept([this](const Error& error, tcp::socket socket) {
    if (!acceptor_.is_open()) {
      return;
    }
    if (error && error != asio::error::connection_aborted) { // no file descriptors, most likely
      host_.warn("cannot accept a connection, tries again", {{"error", error.message()}});
      accept_paused_ = true;
      return;
    }
    if (!error) {
      accepted(std::move(socket));
    }
    accept();
  });
}

void Server::accepted(tcp::socket socket) {
  ++counts_.connections;
  std::string address = address_bytes(socket);
  if (counts_.open >= settings_.limits.connections) {
    turn_away(socket, 503, "connections", "there are as many connections as there may be; try again later");
    return;
  }
  std::uint64_t& of_address = by_address_[address];
  if (of_address >= settings_.limits.connections_per_address) {
    turn_away(socket, 429, "connections_of_address", "this address has as many connections as it may have");
    return;
  }
  ++of_address;
  ++counts_.open;
  connections_.push_back(std::make_unique<Connection>(*this, std::move(socket), std::move(address), tls_.get()));
  connections_.back()->start();
}

void Server::turn_away(tcp::socket& socket, unsigned status, std::string_view error, std::string_view reason) {
  counts_.answered(status);
  counts_.refused(error);
  Error ignored;
  if (tls_ == nullptr) { // a handshake would cost more than it tells
    AnswerHead head;
    head.status = status;
    head.date = date_;
    head.keep_alive = false;
    head.retry_after_seconds = retry_after();
    std::string answer;
    append_refusal(answer, head, {status, error, std::string(reason)});
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(answer), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
  }
  socket.close(ignored);
}

void Server::closed(Connection& connection) {
  --counts_.open;
  const auto found = by_address_.find(connection.address());
  if (found != by_address_.end() && --found->second == 0) {
    by_address_.erase(found);
  }
}

void Server::reap() {
  std::erase_if(connections_, [](const std::unique_ptr<Connection>& connection) { return connection->finished(); });
}

void Server::mark(Connection& connection) {
  if (!std::exchange(connection.marked, true)) {
    marked_.push_back(&connection);
  }
}

// Requests

Request& Server::new_request() {
  if (free_.empty()) {
    requests_.push_back(std::make_unique<Request>());
    return *requests_.back();
  }
  Request& request = *free_.back();
  free_.pop_back();
  return request;
}

void Server::release(Request& request) {
  memory_.release(request);
  request.reset();
  if (free_.size() >= kFreeRequests) {
    request.body.shrink(0);
  }
  free_.push_back(&request);
}

void Server::ended_request() {
  --half_read_;
  end_if_drained();
}

void Server::take_in(Request& request, BodyKind kind, std::size_t sender) {
  request.answered = true; // until it is offered
  if (request.inflater != nullptr && !request.inflater->whole()) {
    request.refusal = {400, "broken_encoding", "the compressed body ends before its end"};
    return;
  }
  request.inflater.reset();
  request.body.seal();
  split_.events.clear();
  split_.wrong.clear();
  split_body(kind, request.body.view(), settings_.limits.events, split_);
  if (!split_.wrong.empty()) {
    request.refusal = {400, "broken_array", split_.wrong};
    return;
  }
  if (split_.events.size() > settings_.limits.events) {
    request.refusal = {413, "too_many_events",
                       fmt::format("there are more than {} events in it (max_events)", settings_.limits.events)};
    return;
  }
  for (std::size_t i = 0; i < split_.events.size(); ++i) {
    if (split_.events[i].size() > settings_.limits.event_bytes) {
      request.refusal = {413, "too_large",
                         fmt::format("event {} has {} bytes; at most {} are taken (max_event)", i,
                                     split_.events[i].size(), settings_.limits.event_bytes)};
      return;
    }
  }
  if (split_.events.empty()) {
    if (request.body.view().find('[') == std::string_view::npos) {
      request.refusal = {400, "empty", "there is no event in the body"};
    }
    return;
  }
  const std::uint64_t pairs = split_.events.size() * (1 + request.carried.size());
  const std::uint64_t bytes = split_.events.size() * (sizeof(mr_event) + kUuid) + pairs * sizeof(mr_pair);
  const Memory::Grant grant =
      split_.events.size() == 1 ? Memory::Grant::kYes : memory_.reserve(request, bytes); // one: in the overhead
  if (grant != Memory::Grant::kYes) {
    const bool share = grant == Memory::Grant::kOverShare;
    request.refusal = {share ? 429U : 503U, share ? "over_share" : "memory_full",
                       "there is no memory for so many events now; send it again later"};
    return;
  }
  if (!request.key.empty() && !hold_key(request, sender)) {
    return;
  }
  make_events(request);
  counts_.events += request.events.size();
  request.answered = false;
  request.lent = true;
  exchange_.offer(request);
}

void Server::make_events(Request& request) {
  const std::size_t count = split_.events.size();
  const std::size_t per_event = 1 + request.carried.size();
  const std::int64_t time_us = host_.time_us();
  const std::size_t ids_at = request.text.size();
  const std::size_t id_size = request.key.empty() ? kUuid : request.key.size() + 11;
  request.text.reserve(ids_at + count * id_size);
  request.range = mr_range{str(settings_.stream), -1, 0, 0, 0, 0};
  request.events.resize(count);
  request.pairs.resize(count * per_event);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t id_at = request.text.size();
    if (request.key.empty()) {
      append_uuid(request.text, time_us, random_);
    } else {
      fmt::format_to(std::back_inserter(request.text), "{}/{}", request.key, i);
    }
    mr_pair* const pairs = &request.pairs[i * per_event];
    const char* const text = request.text.data(); // reserved: it stays
    pairs[0] = {str(kEventId), {text + id_at, request.text.size() - id_at}};
    for (std::size_t k = 0; k < request.carried.size(); ++k) {
      const Request::Carried& carried = request.carried[k];
      pairs[1 + k] = {str(settings_.headers[carried.name]), {text + carried.at, carried.size}};
    }
    const std::string_view payload = split_.events[i];
    request.events[i] = mr_event{&request.range, kAbsent, str(payload), pairs, static_cast<std::uint32_t>(per_event),
                                 MR_PADDED,      i,       time_us};
  }
}

// False: a request with the same Idempotency-Key is under way, and the refusal says so.
bool Server::hold_key(Request& request, std::size_t sender) {
  const auto [found, added] = keys_.try_emplace(fmt::format("{}/{}", sender, request.key), &request);
  if (added) {
    request.key_held = true;
    request.sender = sender;
    return true;
  }
  if (found->second->body.view() == request.body.view()) {
    request.refusal = {409, "under_way",
                       "a request with this Idempotency-Key still waits for its outcome; ask again later"};
  } else {
    request.refusal = {422, "key_reused", "another request with this Idempotency-Key and another body is under way"};
  }
  return false;
}

void Server::withdraw(Request& request) {
  Stage offered = Stage::kOffered;
  const bool untouched = request.stage.compare_exchange_strong(offered, Stage::kWithdrawn);
  request.answered = true;
  request.unknown = !untouched;
  if (stopping_) {
    request.refusal = {503, "stopping", "this server ends; send it again later"};
  } else if (untouched) {
    request.refusal = {503, "busy",
                       "nothing was taken in: everything before it is still under way; send it again later"};
  } else {
    request.refusal = {503, "outcome_unknown",
                       "it is not known in time whether it is safe; send it again with the same id"};
  }
}

void Server::serve_answers() {
  answers_.clear();
  exchange_.take_answers(answers_);
  for (Request* request : answers_) {
    request->lent = false;
    if (request->key_held) {
      keys_.erase(fmt::format("{}/{}", request->sender, request->key));
      request->key_held = false;
    }
    if (request->unknown) {
      counts_.late_acks +=
          request->tally.of(MR_FILTERED) + request->tally.of(MR_DELIVERED) + request->tally.of(MR_DEAD_LETTERED);
    }
    if (request->connection == nullptr) {
      release(*request);
    } else if (!request->answered) {
      request->connection->settled(*request);
      mark(*request->connection);
    }
  }
  for (Connection* connection : marked_) {
    connection->marked = false;
    connection->advance();
  }
  marked_.clear();
}

// Time and the end

void Server::arm() {
  if (stopping_ && connections_.empty()) {
    return; // nothing is left to do: run() returns
  }
  timer_.expires_after(stopping_ ? kStopTick : kTick);
  timer_.async_wait([this](const Error&) { tick(); });
}

void Server::tick() {
  const std::int64_t second = host_.time_us() / 1'000'000;
  if (second != date_second_) {
    date_second_ = second;
    date_ = http_date(second * 1'000'000);
  }
  const std::int64_t now = now_ns();
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    connections_[i]->tick(now);
  }
  if (stopping_ && std::chrono::steady_clock::now() > stop_by_) {
    for (const std::unique_ptr<Connection>& connection : connections_) {
      connection->abandon();
    }
  }
  reap();
  memory_.forget_idle();
  counts_.held = memory_.held();
  counts_.tell();
  if (std::exchange(accept_paused_, false) && acceptor_.is_open()) {
    accept();
  }
  arm();
}

std::string_view Server::date() { return date_; }

void Server::begin_drain() {
  if (intake_.draining) {
    return;
  }
  for (Error error; acceptor_.is_open();) { // those that the kernel has taken already get an answer as well
    tcp::socket socket(io_);
    acceptor_.accept(socket, error);
    if (error) {
      break;
    }
    accepted(std::move(socket));
  }
  Error ignored;
  acceptor_.close(ignored);
  claim_.reset();
  intake_.draining = true;
  end_if_drained();
}

void Server::end_if_drained() {
  if (intake_.draining && half_read_ == 0) {
    exchange_.end();
  }
}

void Server::begin_stop() {
  begin_drain();
  stopping_ = true;
  stop_by_ = std::chrono::steady_clock::now() + kStopLimit;
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    connections_[i]->stop();
  }
  timer_.cancel();
}

} // namespace millrace::source_http
