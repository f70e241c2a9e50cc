#include "plugins/source_http/listener.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <millrace/failure.hpp>

#include <cerrno>
#include <map>
#include <mutex>
#include <utility>

namespace millrace::source_http {
namespace {

using boost::asio::ip::tcp;

constexpr int kBacklog = 1024;

// Addresses that workers of this process listen at. The one state that instances share: the kernel does not say who
// else has a port that is open to sharing.
struct Claims {
  std::mutex mutex;
  std::map<std::string, int> counts;
};
Claims& claims() {
  static Claims all;
  return all;
}

// SO_REUSEPORT, as asio has no name for it.
using ReusePort = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

std::string way_out(const boost::system::error_code& error, const std::string& host, std::uint16_t port) {
  switch (error.value()) {
    case EADDRINUSE:
      return fmt::format(
          "another program has the port (`ss -ltnp sport = :{}` says which); stop it, choose another "
          "port with listen, or set share_port = true if it is an engine that takes turns with this one",
          port);
    case EACCES:
      return "ports below 1024 need the right to bind them (CAP_NET_BIND_SERVICE); choose a higher port with listen";
    case EADDRNOTAVAIL:
      return fmt::format("no interface of this machine has the address {}; listen at 0.0.0.0 or at one that it has",
                         host);
    default:
      return "change listen";
  }
}

void bind(tcp::acceptor& acceptor, const tcp::endpoint& endpoint, bool shared, boost::system::error_code& error) {
  acceptor.open(endpoint.protocol(), error);
  if (!error) {
    acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  }
  if (!error && shared) {
    acceptor.set_option(ReusePort(true), error);
  }
  if (!error) {
    acceptor.bind(endpoint, error);
  }
}

} // namespace

PortClaim::PortClaim(PortClaim&& other) noexcept : endpoint_(std::exchange(other.endpoint_, {})) {}

PortClaim::~PortClaim() {
  if (endpoint_.empty()) {
    return;
  }
  const std::lock_guard lock(claims().mutex);
  if (--claims().counts[endpoint_] == 0) {
    claims().counts.erase(endpoint_);
  }
}

PortClaim listen(tcp::acceptor& acceptor, const std::string& host, std::uint16_t port, bool shared) {
  const tcp::endpoint endpoint(boost::asio::ip::make_address(host), port);
  const std::string name =
      endpoint.address().is_v6() ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
  boost::system::error_code error;
  {
    // Without SO_REUSEPORT the bind succeeds only where nobody listens; the workers of this process come after it one
    // by one, as the first still holds the lock.
    const std::unique_lock lock(claims().mutex);
    const bool first = !claims().counts.contains(name);
    if (first && !shared && port != 0) {
      tcp::acceptor probe(acceptor.get_executor());
      bind(probe, endpoint, false, error);
      boost::system::error_code ignored;
      probe.close(ignored);
    }
    if (!error) {
      bind(acceptor, endpoint, true, error);
    }
    if (!error) {
      acceptor.listen(kBacklog, error);
    }
    if (!error) {
      ++claims().counts[name];
    }
  }
  if (error) {
    boost::system::error_code ignored;
    acceptor.close(ignored);
    throw invalid(fmt::format("cannot listen at {}: {}; {}", name, error.message(), way_out(error, host, port)));
  }
  return PortClaim(name);
}

} // namespace millrace::source_http
