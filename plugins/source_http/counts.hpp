// What the I/O thread counts. Kept here and told to the engine a few times a second, so that a request costs no call.
#pragma once

#include <millrace/host.hpp>

#include <cstdint>
#include <map>
#include <string_view>

namespace millrace::source_http {

class Counts {
 public:
  explicit Counts(Host host);

  std::uint64_t bytes = 0;       // of bodies, as they came
  std::uint64_t events = 0;      // handed to the engine
  std::uint64_t connections = 0; // accepted
  std::uint64_t deadlines = 0;   // requests answered with an unknown outcome
  std::uint64_t late_acks = 0;   // events that became durable after their sender was told "unknown"
  std::uint64_t gone = 0;        // requests whose sender went before the answer
  std::uint64_t open = 0;        // gauge: connections now
  std::uint64_t held = 0;        // gauge: bytes that requests hold now

  void answered(unsigned status) { ++(status < kStatuses ? statuses_[status] : statuses_[0]); }
  // `error` is a literal.
  void refused(std::string_view error) { ++refusals_[error].count; }

  // Tells the engine what changed since the last call.
  void tell();

 private:
  static constexpr unsigned kStatuses = 512;
  struct Counter {
    Metric metric;
    std::uint64_t count = 0;
    std::uint64_t told = 0;
    void tell(std::uint64_t now);
  };

  Host host_;
  Counter bytes_, events_, connections_, deadlines_, late_acks_, gone_;
  Metric open_, held_;
  std::uint32_t statuses_[kStatuses] = {};
  std::map<unsigned, Counter> by_status_;
  std::map<std::string_view, Counter> refusals_;
};

} // namespace millrace::source_http
