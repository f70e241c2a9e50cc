// Opens the port that the workers of a process share, and finds out whether somebody else has it.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>
#include <utility>

namespace millrace::source_http {

// While it lives, this process is known to use the address: its next worker does not take it for somebody else's.
class PortClaim {
 public:
  explicit PortClaim(std::string counted) : endpoint_(std::move(counted)) {} // by listen()
  PortClaim(PortClaim&& other) noexcept;
  PortClaim& operator=(PortClaim&&) = delete;
  ~PortClaim();

 private:
  std::string endpoint_; // empty: moved from
};

// Binds and listens. `shared`: other processes may have the port as well. Throws invalid() with the address, the
// system's reason and a way out.
PortClaim listen(boost::asio::ip::tcp::acceptor& acceptor, const std::string& host, std::uint16_t port, bool shared);

} // namespace millrace::source_http
