#include "engine/runtime/explained.hpp"

#include <millrace/ext/draft/explain.h>

#include <vector>

#include "engine/modules/text.hpp"

namespace millrace::runtime {
namespace {

using modules::str;

// An event as the contract has it; valid as long as what it was made of.
class Lent {
 public:
  explicit Lent(const SampledEvent& event) {
    origin_.stream = str(event.stream);
    origin_.partition = event.partition;
    origin_.first = event.position;
    origin_.next = event.position + 1;
    for (const auto& [key, value] : event.headers) {
      headers_.push_back({str(key), str(value)});
    }
    event_.origin = &origin_;
    event_.payload = str(event.payload);
    event_.headers = headers_.data();
    event_.header_count = static_cast<std::uint32_t>(headers_.size());
    event_.position = event.position;
    event_.time_us = event.time_us;
  }
  const mr_event* event() const { return &event_; }

 private:
  mr_range origin_{};
  std::vector<mr_pair> headers_;
  mr_event event_{};
};

std::uint32_t number_of(ExplainForm form) { return form == ExplainForm::text ? MR_EXPLAIN_TEXT : MR_EXPLAIN_JSON; }

mr_listener listener_into(std::string& out) {
  return {&out, [](void* context, mr_str text) { static_cast<std::string*>(context)->append(text.data, text.size); }};
}

const mr_router_explain& calls_of(const Created& router) {
  const auto* calls = router.extension<mr_router_explain>(MR_EXPLAIN);
  if (calls == nullptr) {
    throw Unexplained(std::string("the router plugin '") + router.table().name + "' explains nothing");
  }
  return *calls;
}

} // namespace

bool explains(const Created& router) { return router.extension<mr_router_explain>(MR_EXPLAIN) != nullptr; }

std::string explain(const Created& router, const SampledEvent& event, ExplainForm form) {
  std::string out;
  const mr_listener listener = listener_into(out);
  mr_error error{};
  const Lent lent(event);
  if (calls_of(router).explain(router.self(), lent.event(), number_of(form), &listener, &error) != MR_OK) {
    throw Unexplained(router.host().masked(error.text));
  }
  return out;
}

Comparison::Comparison(std::shared_ptr<const Created> before, std::shared_ptr<const Created> after)
    : before_(std::move(before)), after_(std::move(after)), calls_(calls_of(*before_)) {
  mr_error error{};
  if (calls_.compare(before_->self(), after_->self(), &comparison_, &error) != MR_OK) {
    throw Unexplained(before_->host().masked(error.text));
  }
}

Comparison::~Comparison() { calls_.compare_end(comparison_); }

void Comparison::add(const SampledEvent& event) {
  const Lent lent(event);
  calls_.compare_event(comparison_, lent.event());
}

std::uint64_t Comparison::events() const { return calls_.compare_count(comparison_).events; }

std::uint64_t Comparison::changed() const { return calls_.compare_count(comparison_).changed; }

std::string Comparison::tell(ExplainForm form) const {
  std::string out;
  const mr_listener listener = listener_into(out);
  calls_.compare_tell(comparison_, number_of(form), &listener);
  return out;
}

} // namespace millrace::runtime
