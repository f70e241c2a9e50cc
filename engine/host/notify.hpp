// Datagrams to a service manager that listens on the socket of NOTIFY_SOCKET: what the process says of itself. The
// protocol is plain text, sd_notify(3); no library is needed for it.
#pragma once

#include <string>
#include <string_view>

namespace millrace::host {

class Notify {
 public:
  // A path, or "@name" for one that is in no file system. Empty: nobody listens.
  explicit Notify(std::string socket) : socket_(std::move(socket)) {}

  bool listened() const { return !socket_.empty(); }
  // [any] "READY=1\nSTATUS=…". Waits for nobody; what cannot be sent is lost. False: it was not sent.
  bool send(std::string_view text) const;

 private:
  const std::string socket_;
};

} // namespace millrace::host
