// One request to the admin address of a running engine, for the commands that talk to it.
#pragma once

#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

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

struct Ask {
  std::string method = "GET"; // or "POST"
  std::string path = {};      // and what stands behind it
  std::string accept = "application/json";
  std::string token = {}; // empty: none
  std::string user = {};  // who asks, for the receipt; empty: it is not said
  std::string body = {};
};

// Throws Unreachable, also past the deadline.
Reply request(const Address& address, const Ask& ask, std::chrono::nanoseconds deadline);

// An answer with 200 is told piece by piece as it comes, until it ends or `piece` answers false; the reply has no body
// then. Throws Unreachable where nobody answers.
Reply request_stream(const Address& address, const Ask& ask, const std::function<bool(std::string_view piece)>& piece);

} // namespace millrace::admin
