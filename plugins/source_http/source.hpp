// The plugin as the engine calls it: batches out of the exchange, verdicts back into it. The network is server.hpp's.
#pragma once

#include <millrace/source.hpp>

#include <cstdint>
#include <span>
#include <vector>

#include "plugins/source_http/fields.hpp"
#include "plugins/source_http/server.hpp"
#include "plugins/source_http/settings.hpp"

namespace millrace::source_http {

// A request is one batch. Only where the engine has less room than it needs, it comes in pieces.
class HttpSource {
 public:
  static constexpr auto& fields = kFields;

  HttpSource(Host host, const Config& config);

  void start() { server_.start(); }
  mr_status poll(const mr_budget& budget, mr_batch& out);
  void settle(std::uint64_t batch, std::span<const mr_verdict> verdicts);
  void drain() { server_.drain(); }
  void stop() { server_.stop(); }

 private:
  struct Open {
    std::uint64_t id = 0; // 0: free
    Request* request = nullptr;
    std::size_t first = 0; // of its events
    std::size_t count = 0;
  };

  Request* next();
  void hand_out(Request& request, const mr_budget& budget, mr_batch& out);

  const Settings settings_;
  Server server_;
  std::vector<Request*> offered_; // from taken_ on they are not handed out, or not wholly
  std::size_t taken_ = 0;
  std::vector<Open> open_; // by the low bits of a batch's id
  std::vector<std::uint32_t> free_;
  std::uint64_t batches_ = 0;
};

} // namespace millrace::source_http
