#include "tests/plugins/sink_postgres/proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace millrace::sink_postgres {
namespace {

constexpr int kTickMs = 20; // how soon a thread notices that it shall end

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool is_readable(int socket) {
  pollfd fd{socket, POLLIN, 0};
  return ::poll(&fd, 1, 0) > 0;
}

bool send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

} // namespace

Proxy::Proxy(std::uint16_t server_port) : server_port_(server_port), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || ::bind(listener_, raw, size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, raw, &size) != 0) {
    throw std::runtime_error("the proxy cannot listen");
  }
  port_ = ntohs(address.sin_port);
  threads_.emplace_back([this] { accept(); });
}

Proxy::~Proxy() {
  stop_ = true;
  threads_.front().join(); // the others are only added by it
  for (std::size_t i = 1; i < threads_.size(); ++i) {
    threads_[i].join();
  }
  ::close(listener_);
}

void Proxy::when(std::string bytes, Then then) {
  const std::lock_guard lock(mutex_);
  bytes_ = std::move(bytes);
  then_ = then;
  happened_ = false;
}

void Proxy::accept() {
  std::vector<std::thread> relays;
  while (!stop_) {
    pollfd fd{listener_, POLLIN, 0};
    if (::poll(&fd, 1, kTickMs) > 0) {
      const int client = ::accept(listener_, nullptr, nullptr);
      relays.emplace_back([this, client] { relay(client); });
    }
  }
  for (std::thread& relay : relays) {
    relay.join();
  }
}

void Proxy::relay(int client) {
  const int server = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(server_port_);
  bool open = ::connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  bool muted = false;
  std::array<char, 65'536> buffer{};
  while (open && !stop_) {
    pollfd fds[] = {{hold_all_ ? -1 : client, POLLIN, 0}, {server, POLLIN, 0}};
    ::poll(fds, 2, kTickMs);
    if (fds[0].revents != 0) {
      open = pass_on(client, server, muted);
    }
    if (open && fds[1].revents != 0 && is_readable(server)) {
      const ssize_t got = ::recv(server, buffer.data(), buffer.size(), 0);
      open = got > 0 && (muted || hold_all_ || send_all(client, {buffer.data(), static_cast<std::size_t>(got)}));
    }
  }
  ::close(client);
  ::close(server);
}

bool Proxy::pass_on(int client, int server, bool& muted) {
  std::array<char, 65'536> buffer{};
  const ssize_t got = ::recv(client, buffer.data(), buffer.size(), 0);
  if (got <= 0) {
    return false;
  }
  const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
  const std::lock_guard lock(mutex_);
  if (bytes_.empty() || bytes.find(bytes_) == std::string_view::npos) {
    return send_all(server, bytes);
  }
  bytes_.clear();
  if (then_ != Then::cut_before) {
    send_all(server, bytes);
  }
  if (then_ == Then::cut_after) { // the server answers before it sees the end of the connection
    pollfd answer{server, POLLIN, 0};
    ::poll(&answer, 1, 10'000);
  }
  muted = true;
  happened_ = true;
  return then_ == Then::hold;
}

} // namespace millrace::sink_postgres
