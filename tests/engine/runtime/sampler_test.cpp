#include "engine/runtime/sampler.hpp"

#include <gmock/gmock.h>

#include <future>

namespace millrace::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kPlenty = 1 << 20;

mr_str str(std::string_view text) { return {text.data(), text.size()}; }

// A call of route with so many events, whose payloads are their numbers.
class Call {
 public:
  explicit Call(std::size_t count) {
    origin_.stream = str("tape");
    origin_.partition = 3;
    for (std::size_t i = 0; i < count; ++i) {
      payloads_.push_back(std::to_string(i));
    }
    for (std::size_t i = 0; i < count; ++i) {
      mr_event event{};
      event.origin = &origin_;
      event.payload = str(payloads_[i]);
      event.headers = &header_;
      event.header_count = 1;
      event.position = 10 + i;
      event.time_us = 7;
      events_.push_back(event);
    }
    for (const mr_event& event : events_) {
      all_.push_back(&event);
    }
  }
  std::span<const mr_event* const> events() const { return all_; }

 private:
  mr_range origin_{};
  mr_pair header_{str("k"), str("v")};
  std::vector<std::string> payloads_;
  std::vector<mr_event> events_;
  std::vector<const mr_event*> all_;
};

std::vector<std::string> payloads(const std::vector<SampledEvent>& events) {
  std::vector<std::string> out;
  for (const SampledEvent& event : events) {
    out.push_back(event.payload);
  }
  return out;
}

TEST(Sampler, CopiesAsManyAsAreWantedSpreadOverTheCall) {
  Sampler sampler;
  const auto reader = sampler.open();
  const Call call(10);
  sampler.offer(call.events());
  EXPECT_THAT(reader->take(), IsEmpty());
  reader->want(3, kPlenty);
  sampler.offer(call.events());
  sampler.offer(call.events());
  EXPECT_THAT(payloads(reader->take()), ElementsAre("0", "3", "6"));
  EXPECT_THAT(reader->take(), IsEmpty());
  EXPECT_EQ(reader->seen(), 30U);
}

TEST(Sampler, CopiesWhatAnEventIs) {
  Sampler sampler;
  const auto reader = sampler.open();
  reader->want(1, kPlenty);
  sampler.offer(Call(1).events());
  const std::vector<SampledEvent> taken = reader->take();
  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_EQ(taken[0].stream, "tape");
  EXPECT_EQ(taken[0].partition, 3);
  EXPECT_EQ(taken[0].position, 10U);
  EXPECT_EQ(taken[0].time_us, 7);
  EXPECT_THAT(taken[0].headers, ElementsAre(std::pair<std::string, std::string>("k", "v")));
}

TEST(Sampler, NeverTakesMoreBytesThanWanted) {
  Sampler sampler;
  const auto reader = sampler.open();
  reader->want(1'000, 3 * (sizeof(SampledEvent) + 3) + 1);
  sampler.offer(Call(1'000).events());
  EXPECT_THAT(reader->take(), SizeIs(3));
}

TEST(Sampler, EachReaderHasItsOwnUntilItGoes) {
  Sampler sampler;
  auto first = sampler.open();
  const auto second = sampler.open();
  first->want(1, kPlenty);
  second->want(2, kPlenty);
  sampler.offer(Call(4).events());
  EXPECT_THAT(first->take(), SizeIs(1));
  EXPECT_THAT(second->take(), SizeIs(2));
  first.reset();
  second->want(1, kPlenty);
  sampler.offer(Call(4).events());
  EXPECT_THAT(second->take(), SizeIs(1));
}

// The patience is longer than the test waits: who is not woken by the copy is not woken in time.
TEST(Sampler, WakesWhoWaitsForAnyOfItsReaders) {
  Sampler first;
  Sampler second;
  const auto bell = std::make_shared<SampleBell>();
  const auto one = first.open(bell);
  const auto other = second.open(bell);
  other->want(1, kPlenty);
  std::future<bool> woken = std::async(std::launch::async, [&] { return bell->wait(std::chrono::seconds(60)); });
  second.offer(Call(1).events());
  ASSERT_EQ(woken.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_TRUE(woken.get());
  EXPECT_THAT(other->take(), SizeIs(1));
}

TEST(Sampler, WakesNobodyForWhatIsNotWanted) {
  Sampler sampler;
  const auto bell = std::make_shared<SampleBell>();
  const auto reader = sampler.open(bell);
  sampler.offer(Call(1).events());
  EXPECT_FALSE(bell->wait(std::chrono::nanoseconds(0)));
  reader->want(1, kPlenty);
  sampler.offer(Call(2).events());
  EXPECT_TRUE(bell->wait(std::chrono::nanoseconds(0))) << "it rang before anybody waited";
  EXPECT_FALSE(bell->wait(std::chrono::nanoseconds(0))) << "it rang once";
}

} // namespace
} // namespace millrace::runtime
