// What the requests of one worker hold: one ceiling for all, and a share for each sender. Counted before a byte is
// read.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "plugins/source_http/request.hpp"

namespace millrace::source_http {

// A sender as shares know it: a token, or an address where there are no tokens.
struct Tenant {
  std::uint64_t held = 0;
};

class Memory {
 public:
  enum class Grant : std::uint8_t { kYes = 1, kFull = 2, kOverShare = 3 };

  // share 0: there are no shares.
  Memory(std::uint64_t ceiling, std::uint64_t share) : ceiling_(ceiling), share_(share) {}

  // Before the first reserve of a request.
  void assign(Request& request, std::string tenant) {
    if (share_ != 0) {
      request.tenant = &tenants_[std::move(tenant)];
    }
  }
  Grant reserve(Request& request, std::uint64_t bytes) {
    const bool over_share = request.tenant != nullptr && request.tenant->held + bytes > share_;
    if (over_share || held_ + bytes > ceiling_) {
      if (request.reserved == 0) {
        request.tenant = nullptr; // or forget_idle would leave it pointing nowhere
      }
      return over_share ? Grant::kOverShare : Grant::kFull;
    }
    held_ += bytes;
    request.reserved += bytes;
    if (request.tenant != nullptr) {
      request.tenant->held += bytes;
    }
    return Grant::kYes;
  }
  void release(Request& request) {
    held_ -= request.reserved;
    if (request.tenant != nullptr) {
      request.tenant->held -= request.reserved;
      request.tenant = nullptr;
    }
    request.reserved = 0;
  }
  // Forgets senders that hold nothing.
  void forget_idle() {
    std::erase_if(tenants_, [](const auto& entry) { return entry.second.held == 0; });
  }
  std::uint64_t held() const noexcept { return held_; }

 private:
  const std::uint64_t ceiling_;
  const std::uint64_t share_;
  std::uint64_t held_ = 0;
  std::unordered_map<std::string, Tenant> tenants_; // nodes stay where they are
};

} // namespace millrace::source_http
