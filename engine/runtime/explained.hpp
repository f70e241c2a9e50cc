// What the router of a pipeline says of an event: where it goes and why, and what another ruleset would make of it.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "engine/runtime/instances.hpp"
#include "engine/runtime/sampler.hpp"

struct mr_router_explain;

namespace millrace::runtime {

// The router does not explain, or refuses to; what() is a sentence.
class Unexplained : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class ExplainForm { text, json };

bool explains(const Created& router);

// [any] Several lines, or one JSON object with "outcome", "rules", "to" and "rows".
std::string explain(const Created& router, const SampledEvent& event, ExplainForm form);

// Two rulesets over the same events. One thread at a time.
class Comparison {
 public:
  // Throws Unexplained.
  Comparison(std::shared_ptr<const Created> before, std::shared_ptr<const Created> after);
  ~Comparison();
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;

  void add(const SampledEvent& event);
  std::uint64_t events() const;
  std::uint64_t changed() const; // of them, whose way or rows would be others
  std::string tell(ExplainForm form) const;

 private:
  const std::shared_ptr<const Created> before_;
  const std::shared_ptr<const Created> after_;
  const mr_router_explain& calls_;
  void* comparison_ = nullptr;
};

} // namespace millrace::runtime
