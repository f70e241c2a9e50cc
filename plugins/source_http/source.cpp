#include "plugins/source_http/source.hpp"

#include "plugins/source_http/tls.hpp"

namespace millrace::source_http {
namespace {

constexpr unsigned kSlotBits = 24;

} // namespace

HttpSource::HttpSource(Host host, const Config& config)
    : settings_(config), server_(host, settings_, make_tls(settings_.tls)) {}

mr_status HttpSource::poll(const mr_budget& budget, mr_batch& out) {
  if (Request* request = next()) {
    hand_out(*request, budget, out);
    return MR_OK;
  }
  return server_.exchange().ended() ? MR_END : MR_OK;
}

// The request whose events come next. It stays the next one until all of them are handed out.
Request* HttpSource::next() {
  for (;;) {
    if (taken_ == offered_.size()) {
      offered_.clear();
      taken_ = 0;
      if (!server_.exchange().take(offered_)) {
        return nullptr;
      }
    }
    Request* request = offered_[taken_];
    if (request->handed > 0) {
      return request;
    }
    Stage offered = Stage::kOffered;
    if (request->stage.compare_exchange_strong(offered, Stage::kTaken)) {
      return request;
    }
    ++taken_;
    server_.exchange().give_back(*request); // withdrawn: it was answered already
  }
}

void HttpSource::hand_out(Request& request, const mr_budget& budget, mr_batch& out) {
  const std::size_t first = request.handed;
  std::size_t count = 1;
  std::uint64_t bytes = request.events[first].payload.size;
  while (first + count < request.events.size() && count < budget.events) {
    bytes += request.events[first + count].payload.size;
    if (bytes > budget.bytes) {
      break;
    }
    ++count;
  }
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(open_.size()));
    open_.emplace_back();
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  const std::uint64_t id = (++batches_ << kSlotBits) | slot;
  open_[slot] = {id, &request, first, count};
  out = {id, &request.range, &request.events[first], count};
  request.handed += count;
  if (request.handed == request.events.size()) {
    ++taken_;
  }
}

void HttpSource::settle(std::uint64_t batch, std::span<const mr_verdict> verdicts) {
  const std::size_t slot = batch & ((1U << kSlotBits) - 1);
  if (slot >= open_.size() || open_[slot].id != batch || open_[slot].count != verdicts.size()) {
    throw fatal("settle of a batch that is not open, or with another count of verdicts");
  }
  const Open open = std::exchange(open_[slot], {});
  free_.push_back(static_cast<std::uint32_t>(slot));
  Request& request = *open.request;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    request.tally.add(open.first + i, verdicts[i]);
  }
  request.settled += open.count;
  if (request.settled == request.events.size()) {
    server_.exchange().give_back(request);
  }
}

} // namespace millrace::source_http
