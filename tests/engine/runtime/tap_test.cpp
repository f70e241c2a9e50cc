// A live view of what goes by, and the way of one event.
#include "engine/runtime/tap.hpp"

#include <gmock/gmock.h>

#include "tests/engine/runtime/running.hpp"

namespace millrace::runtime {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Watching : public RunningEngine {
 protected:
  std::unique_ptr<Tap> tap(const TapFilter& filter = {}, std::size_t rate = 1'000,
                           ExplainForm form = ExplainForm::json) {
    return engine_->tap("", filter, rate, form);
  }
  // Everything until it has shown so many lines.
  static std::string lines(Tap& tap, int count) {
    std::string out;
    while (std::ranges::count(out, '\n') < count) {
      out += tap.next();
    }
    return out;
  }
  // Gives events as long as it is looked.
  void flows(const std::string& prefix, const std::function<void()>& look) {
    std::atomic<bool> over = false;
    std::thread thread([&] {
      for (int i = 0; !over; ++i) {
        world_.give(prefix + std::to_string(i) + ".", 10);
        world_.settles(MR_DELIVERED, 10 * (i + 1));
      }
    });
    look();
    over = true;
    thread.join();
  }
};

TEST_F(Watching, ShowsEventsWithTheirWaysAndTheHash) {
  start(pipeline("p"));
  const auto all = tap();
  flows("e", [&] {
    EXPECT_THAT(lines(*all, 3),
                AllOf(HasSubstr(R"({"pipeline":"p","ruleset":"aaaa","stream":"tape","partition":-1,"position":0,)"),
                      HasSubstr(R"("event":"e)"), HasSubstr(R"("way":{"outcome":"routed","rules":["by aaaa"])")));
  });
}

// The patience is longer than the test waits.
TEST_F(Watching, ShowsAnEventAsSoonAsItComesBy) {
  start(pipeline("p"));
  const auto all = tap();
  flows("e", [&] {
    std::future<std::string> shown =
        std::async(std::launch::async, [&] { return all->next(std::chrono::seconds(60)); });
    ASSERT_EQ(shown.wait_for(std::chrono::seconds(20)), std::future_status::ready);
    EXPECT_THAT(shown.get(), HasSubstr(R"("event":"e)"));
  });
}

TEST_F(Watching, SurvivesAReload) {
  start(pipeline("p"));
  const auto all = tap();
  flows("e", [&] {
    EXPECT_THAT(lines(*all, 3), Not(HasSubstr("bbbb")));
    world_.set([](World& world) { world.rules.hash = "bbbb"; });
    EXPECT_TRUE(engine_->reload({"test", {}}).accepted);
    EXPECT_THAT(lines(*all, 3), AllOf(HasSubstr(R"("ruleset":"bbbb")"), Not(HasSubstr("aaaa"))));
  });
}

TEST_F(Watching, ShowsOnlyWhatIsLookedFor) {
  world_.rules.items = {{"rule", "p.by aaaa", "1"}};
  start(pipeline("p"));
  const auto by_rule = tap({.rule = "p.by aaaa", .topic = {}, .table = {}, .outcome = {}});
  const auto to_topic = tap({.rule = {}, .topic = "shelf", .table = {}, .outcome = "routed"});
  const auto none = tap({.rule = {}, .topic = {}, .table = "nowhere", .outcome = {}});
  flows("e", [&] {
    EXPECT_THAT(lines(*by_rule, 2), HasSubstr("by aaaa"));
    EXPECT_THAT(lines(*to_topic, 2), HasSubstr("shelf"));
    EXPECT_EQ(none->next() + none->next(), "");
  });
}

TEST_F(Watching, SaysWhenNothingWithThatNameCanComeBy) {
  world_.rules.items = {{"rule", "web.clicks", "1"}, {"rule", "web.views", "1"}, {"topic", "by.*.all", "1"}};
  start(pipeline("p"));
  const auto refusal = [&](const TapFilter& filter) {
    try {
      tap(filter);
      return std::string();
    } catch (const Unexplained& error) {
      return std::string(error.what());
    }
  };
  EXPECT_EQ(refusal({.rule = "web.clikcs", .topic = {}, .table = {}, .outcome = {}}),
            "no active ruleset has a rule 'web.clikcs'; did you mean 'web.clicks'? Known: web.clicks, web.views");
  EXPECT_THAT(refusal({.rule = "clikcs", .topic = {}, .table = {}, .outcome = {}}),
              HasSubstr("did you mean 'clicks'?"));
  EXPECT_THAT(refusal({.rule = "sales", .topic = {}, .table = {}, .outcome = {}}), HasSubstr("'sales'. Known: "));
  EXPECT_EQ(refusal({.rule = {}, .topic = "by..all", .table = {}, .outcome = {}}),
            "no active ruleset has a topic 'by..all'; did you mean 'by.*.all'? Known: by.*.all");
  EXPECT_EQ(refusal({.rule = "clicks", .topic = "by.ios.all", .table = "any", .outcome = {}}), "")
      << "a rule without its router, a name of the family, a kind that the router says nothing of";
}

TEST_F(Watching, ShowsNoMoreThanTheRate) {
  start(pipeline("p"));
  const auto slow = tap({}, 2, ExplainForm::text);
  const std::int64_t began = clock_.now_ns();
  std::string shown;
  flows("e", [&] {
    for (int i = 0; i < 10; ++i) {
      shown += slow->next();
    }
  });
  const auto seconds = static_cast<double>(clock_.now_ns() - began) * 1e-9;
  EXPECT_LE(std::ranges::count(shown, '\n') / 2, 2 + 2 * seconds + 1) << shown; // two lines of text each
  EXPECT_THAT(shown, HasSubstr("goes by aaaa"));
}

TEST_F(Watching, ExplainsAnEventUnderTheLiveRules) {
  start(pipeline("p") + pipeline("q"));
  SampledEvent event;
  event.payload = "x";
  EXPECT_EQ(engine_->explain("", event, ExplainForm::text), "pipeline p, ruleset aaaa\nx goes by aaaa\n");
  EXPECT_THAT(engine_->explain("q", event, ExplainForm::json),
              HasSubstr(R"({"pipeline":"q","ruleset":"aaaa","way":{"outcome":"routed")"));
  EXPECT_THROW(engine_->explain("r", event, ExplainForm::text), Unexplained);
  event.payload = "odd";
  EXPECT_THROW(engine_->explain("", event, ExplainForm::text), Unexplained);
}

} // namespace
} // namespace millrace::runtime
