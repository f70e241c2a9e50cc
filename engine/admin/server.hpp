// The admin address: an Api over HTTP, on threads of its own. What is answered is the routes' business; only how they
// are asked for is decided here.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "engine/admin/api.hpp"
#include "engine/config/address.hpp"

namespace millrace::admin {

using config::Address;

// The address cannot be listened on. what() names it, why, and the way out.
class CannotListen : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Listens from construction until destruction, which waits for slow routes that are under way.
class Server {
 public:
  // Routes that are not slow are called one at a time, slow ones a few at once; none may throw. With a token every
  // request has to bring it, as `Authorization: Bearer TOKEN`, unless the route is open; empty: none is asked for.
  Server(const Address& address, std::string token, Api api);
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
