// The fake engine sees a plugin that keeps the contract as clean, and names what a plugin that breaks it did.
#include <gtest/gtest.h>

#include <millrace/router.hpp>
#include <millrace/sink.hpp>
#include <millrace/source.hpp>
#include <millrace/testing/router.hpp>
#include <millrace/testing/sink.hpp>
#include <millrace/testing/source.hpp>

namespace millrace {
namespace {

// Hands in one batch of two events; `gap` leaves a hole before the next batch.
class Pair {
 public:
  static constexpr mr_field fields[] = {{"gap", MR_BOOL, 0, "false", nullptr, "", nullptr, 0}};
  Pair(Host, const Config& config) : gap_(config.flag("gap")) {}
  mr_status poll(const mr_budget&, mr_batch& out) {
    range_ = {str("s"), 0, 0, next_, next_ + 2, 0};
    for (std::uint64_t i = 0; i < 2; ++i) {
      events_[i] = {};
      events_[i].origin = &range_;
      events_[i].payload = str("x");
      events_[i].position = next_ + i;
    }
    out = {++id_, &range_, events_, 2};
    next_ += gap_ ? 3 : 2;
    return MR_OK;
  }
  void settle(std::uint64_t, std::span<const mr_verdict> verdicts) { settled += verdicts.size(); }
  std::size_t settled = 0;

 private:
  bool gap_;
  std::uint64_t id_ = 0, next_ = 0;
  mr_range range_{};
  mr_event events_[2]{};
};

// Completes each delivery as often as it is told.
class Completes {
 public:
  static constexpr mr_field fields[] = {{"times", MR_INT, 0, "1", nullptr, "", nullptr, 0}};
  static constexpr std::uint32_t flags = MR_TAKES_MESSAGES;
  Completes(Host host, const Config& config) : host_(host), times_(config.integer("times")) {}
  void bind(std::uint32_t, const mr_target&) {}
  void unbind(std::uint32_t) {}
  void write(const mr_delivery& delivery) {
    for (std::int64_t i = 0; i < times_; ++i) {
      host_.complete(delivery.id, MR_RECORD_OK);
    }
  }

 private:
  Host host_;
  std::int64_t times_;
};

class Echo {
 public:
  Echo(Host host, const Config&) : host_(host) {
    mr_target target{};
    target.name = str("out");
    target.form = MR_MESSAGES;
    mr_error error{};
    target_ = host_.target(target, error);
  }
  void route(std::span<const mr_event* const> events, const Emit& emit) {
    for (const mr_event* event : events) {
      if (view(event->payload) == "bad") {
        mr_reason reason{};
        reason.code = str("E1");
        emit.reject(event, 0, reason);
        continue;
      }
      mr_message message{};
      message.event = event;
      message.target = target_;
      message.key = str(emit.copy("k"));
      emit.messages({&message, 1});
    }
  }

 private:
  Host host_;
  std::uint32_t target_ = 0;
};

constexpr mr_plugin kPair = source_plugin<Pair>("pair", "");
constexpr mr_plugin kCompletes = sink_plugin<Completes>("completes", "");
constexpr mr_plugin kEcho = router_plugin<Echo>("echo", "");

TEST(FakeEngine, SourceThatKeepsTheContractIsClean) {
  testing::Source source(kPair, {});
  source.start();
  for (int i = 0; i < 3; ++i) {
    const auto polled = source.next();
    EXPECT_EQ(polled.events().size(), 2U);
    source.settle(polled.batch.id, MR_DELIVERED);
  }
  EXPECT_TRUE(source.violations().empty());
}

TEST(FakeEngine, ABatchThatDoesNotJoinIsNamed) {
  testing::Source source(kPair, {{"gap", "true"}});
  source.next();
  source.next();
  ASSERT_EQ(source.violations().size(), 1U);
  EXPECT_NE(source.violations()[0].find("begins at 3, but the one before ended at 2"), std::string::npos);
}

TEST(FakeEngine, AnUnknownSettingIsRefused) {
  EXPECT_THROW(testing::Source(kPair, {{"gpa", "true"}}), std::invalid_argument);
}

TEST(FakeEngine, ADeliveryThatIsCompletedOnceIsClean) {
  testing::Sink sink(kCompletes, {});
  sink.start();
  sink.bind(1, "out");
  testing::Delivery delivery;
  delivery.message(1, "{}", "key", {{"h", "v"}});
  EXPECT_EQ(sink.write(delivery.get(7)).rest, static_cast<std::uint32_t>(MR_RECORD_OK));
  EXPECT_TRUE(sink.violations().empty());
}

TEST(FakeEngine, ADeliveryThatIsCompletedTwiceIsNamed) {
  testing::Sink sink(kCompletes, {{"times", "2"}});
  testing::Delivery delivery;
  sink.write(delivery.get(7));
  ASSERT_EQ(sink.violations().size(), 1U);
  EXPECT_NE(sink.violations()[0].find("complete(7)"), std::string::npos);
}

TEST(FakeEngine, ADeliveryThatIsNeverCompletedIsNamedAtStop) {
  testing::Sink sink(kCompletes, {{"times", "0"}});
  sink.start();
  testing::Delivery delivery;
  sink.offer(delivery.get(7));
  sink.stop();
  EXPECT_EQ(sink.violations().size(), 1U);
}

TEST(FakeEngine, ARouterIsSeenWithKeysPayloadsAndReasons) {
  testing::Router router(kEcho, {});
  const auto routed = router.route({router.event("good"), router.event("bad")});
  ASSERT_EQ(routed.messages.size(), 1U);
  EXPECT_EQ(routed.messages[0].payload, "good");
  EXPECT_EQ(routed.messages[0].key, "k");
  ASSERT_EQ(routed.rejected.size(), 1U);
  EXPECT_EQ(routed.rejected[0].code, "E1");
  EXPECT_EQ(router.host().targets().at(0).name, "out");
  EXPECT_TRUE(router.violations().empty());
}

} // namespace
} // namespace millrace
