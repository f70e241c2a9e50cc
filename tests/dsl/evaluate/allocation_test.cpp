// A program of its own, since it counts every allocation of the process.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <new>
#include <string>
#include <vector>

#include "dsl/compile.hpp"
#include "dsl/evaluate.hpp"
#include "tests/dsl/evaluate/every_operation.hpp"

namespace {

std::size_t allocations = 0;

} // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) {
    return memory;
  }
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace millrace::dsl {
namespace {

std::optional<std::string> file_text(std::string_view name) {
  std::ifstream file(std::string(MILLRACE_SOURCE_DIR) + "/rules/model/" + std::string(name), std::ios::binary);
  return file ? std::optional<std::string>(std::string(std::istreambuf_iterator<char>(file), {})) : std::nullopt;
}

std::string event(int number, const char* rest) {
  const std::string n = std::to_string(1000 + number);
  return R"({"id":"7b0c2f7e-92f1-4d0a-9d53-0d8b1c1f)" + n + R"(","ts":171800000)" + n + R"(,"device":{"id":"d-)" + n +
         R"(\u0041","os":"ios"},"app":{"id":"shop","version":"7.12.0"},"country":"DE",)" + rest + "}";
}

TEST(Evaluator, AllocatesNothingInASteadyState) {
  const Compilation compilation = compile("main.rules", file_text);
  ASSERT_TRUE(compilation.ruleset) << compilation.text();
  std::vector<std::string> events;
  for (int i = 0; i < 200; ++i) {
    events.push_back(event(i, R"("type":"heartbeat","battery":3.5)"));
    events.push_back(event(
        i,
        R"("type":"purchase","purchase":{"order_id":"0d6c1b0e-5a0b-4a52-8f0e-3a1c5a1f0b01","amount":9.99,"currency":"EUR"})"));
    events.push_back(event(
        i, R"("type":"ad_impression","ad":{"campaign":"c1","network":"netb","slot":"home_top","bid_micros":1200})"));
    events.push_back(event(i, R"("type":"crash","more":{"a":[1,2]},"crash":{"signature":"OutOfMemory","fatal":true})"));
    events.push_back(event(i, R"("type":5)"));
    events.push_back(event(i, R"("type":)"));
  }
  Evaluator evaluator(compilation.ruleset->program, {0, true});
  std::size_t rows = 0;
  std::size_t refused = 0;
  const auto batch = [&] {
    for (const std::string& text : events) {
      const Decision& decision = evaluator.evaluate(text, {});
      rows += decision.rows.size();
      refused += decision.reason.fault != Fault::none ? 1 : 0;
    }
    evaluator.reset();
  };
  batch();
  batch();
  const std::size_t before = allocations;
  batch();
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_GT(rows, 2000U);
  EXPECT_EQ(refused, 1200U);
}

TEST(Evaluator, AllocatesNothingWhateverTheOperation) {
  const EveryOperation every;
  Evaluator router(every.program(), {0, false});
  Evaluator loader(every.program(), {kNone, true});
  std::size_t messages = 0;
  std::size_t rows = 0;
  const auto batch = [&] {
    for (int i = 0; i < 20; ++i) {
      messages += router.evaluate(EveryOperation::kEvent, {}).messages.size();
      rows += loader.evaluate(EveryOperation::kEvent, {"t", 0, {}}).rows.size();
      router.reset();
      loader.reset();
    }
  };
  for (int i = 0; i < 4; ++i) {
    batch();
  }
  const std::size_t before = allocations;
  batch();
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_GT(messages, 1'000U);
  EXPECT_EQ(rows, 100U);
}

} // namespace
} // namespace millrace::dsl
