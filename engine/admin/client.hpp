// One request to the admin address of a running engine, for the commands that talk to it.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

#include "engine/config/address.hpp"

namespace millrace::admin {

using config::Address;

// Nobody answers there. what() names the address and the way out.
class Unreachable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Reply {
  unsigned status = 0;
  std::string body;
};

// method: "GET" or "POST". accept: the type of answer that is wanted. Throws Unreachable, also past the deadline.
Reply request(const Address& address, const std::string& method, const std::string& path, const std::string& accept,
              std::chrono::nanoseconds deadline);

} // namespace millrace::admin
