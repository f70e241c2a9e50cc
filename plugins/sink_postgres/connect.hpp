// Opens connections: host after host, each with a deadline, and every wait can be interrupted, which libpq's own
// blocking calls do not offer. What is done with a connection is session.hpp.
#pragma once

#include "plugins/sink_postgres/settings.hpp"
#include "plugins/sink_postgres/sqlstate.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>

namespace millrace::sink_postgres {

struct FinishConnection {
  void operator()(PGconn* connection) const noexcept { PQfinish(connection); }
};
using RawConnection = std::unique_ptr<PGconn, FinishConnection>;
struct ClearResult {
  void operator()(PGresult* result) const noexcept { PQclear(result); }
};
using RawResult = std::unique_ptr<PGresult, ClearResult>;

// Something else to wait for next to a socket: interrupt() of the instance writes to it.
class WakeFd {
 public:
  WakeFd();
  ~WakeFd();
  WakeFd(const WakeFd&) = delete;
  WakeFd& operator=(const WakeFd&) = delete;
  void raise() const noexcept; // [any]
  void clear() const noexcept;
  int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

enum class Waited : std::uint8_t { ready = 1, deadline = 2, interrupted = 3 };
using Deadline = std::chrono::steady_clock::time_point;

// `events` as of poll(2). wake may be NULL: nothing interrupts it.
Waited wait_for(int socket, short events, Deadline deadline, const WakeFd* wake);

// Throws invalid() when libpq does not understand it; the text does not repeat it.
void check_url(const std::string& url);

// The first host of the url that answers within the time for one and takes writes.
std::variant<RawConnection, SqlError> connect_raw(const Settings& settings, const WakeFd& wake);

// Asks the server to cancel what `busy` runs, over a second connection to the same address. Gives up at the deadline.
void cancel_statement(const Settings& settings, PGconn* busy, Deadline deadline);

} // namespace millrace::sink_postgres
