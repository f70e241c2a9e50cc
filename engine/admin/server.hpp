// The admin address: health, metrics, what runs, and a reload, over HTTP on a thread of its own. What the answers say
// comes from the calls that it is given; only how they are asked for is decided here.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/config/address.hpp"

namespace millrace::admin {

using config::Address;

// The address cannot be listened on. what() names it, why, and the way out.
class CannotListen : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Readiness {
  bool ready = false;
  std::vector<std::string> why_not; // sentences; empty when ready
};

struct Receipt {
  bool accepted = false; // false: nothing was changed
  std::string json;
  std::string text; // the same for a person
};

// Each is called on the server's own threads, `reload` on one by itself and never twice at once; none may throw.
struct Calls {
  std::function<Readiness()> ready;
  std::function<std::string()> metrics;      // the page that Prometheus reads
  std::function<std::string()> pipelines;    // JSON
  std::function<std::string()> active_rules; // JSON
  std::function<Receipt()> reload;           // blocks until the receipt is there
};

// Listens from construction until destruction, which waits for a reload that is under way.
//   GET /health /ready /metrics /pipelines /rules/active     POST /reload
class Server {
 public:
  Server(const Address& address, Calls calls);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // What port 0 became.
  Address address() const;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

} // namespace millrace::admin
