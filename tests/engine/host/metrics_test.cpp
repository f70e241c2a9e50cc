#include "engine/host/metrics.hpp"

#include <gmock/gmock.h>
#include <millrace/ext/metrics.h>

#include <thread>

namespace millrace::host {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, WritesAPageThatPrometheusReads) {
  Metrics metrics;
  const auto acked = metrics.metric(MR_COUNTER, "acked_total", "Records that are durable.",
                                    {{"topic", "a\"b\\c\n"}, {"worker", "i/0"}}, {});
  const auto open = metrics.metric(MR_GAUGE, "open", "Deliveries under way.", {}, {});
  metrics.add(acked, 3);
  metrics.add(acked, 0.5);
  metrics.set(open, 7);
  metrics.add(open, -2);
  EXPECT_EQ(metrics.page(), R"(# HELP millrace_acked_total Records that are durable.
# TYPE millrace_acked_total counter
millrace_acked_total{topic="a\"b\\c\n",worker="i/0"} 3.5
# HELP millrace_open Deliveries under way.
# TYPE millrace_open gauge
millrace_open 5
)");
}

TEST(Metrics, AHistogramCountsUpToEachBound) {
  Metrics metrics;
  const double bounds[] = {0.5, 1, 10};
  const auto handle = metrics.metric(MR_HISTOGRAM, "commit_seconds", "How long.", {{"sink", "pg"}}, bounds);
  for (const double value : {0.5, 0.7, 5.0, 11.0, 100.0}) {
    metrics.add(handle, value);
  }
  EXPECT_EQ(metrics.page(), R"(# HELP millrace_commit_seconds How long.
# TYPE millrace_commit_seconds histogram
millrace_commit_seconds_bucket{sink="pg",le="0.5"} 1
millrace_commit_seconds_bucket{sink="pg",le="1"} 2
millrace_commit_seconds_bucket{sink="pg",le="10"} 3
millrace_commit_seconds_bucket{sink="pg",le="+Inf"} 5
millrace_commit_seconds_sum{sink="pg"} 117.2
millrace_commit_seconds_count{sink="pg"} 5
)");
}

TEST(Metrics, TheSameNameAndLabelsGiveTheSameHandle) {
  Metrics metrics;
  const auto one = metrics.metric(MR_COUNTER, "a_total", "A.", {{"x", "1"}, {"y", "2"}}, {});
  EXPECT_EQ(metrics.metric(MR_COUNTER, "a_total", "A.", {{"y", "2"}, {"x", "1"}}, {}), one);
  EXPECT_NE(metrics.metric(MR_COUNTER, "a_total", "A.", {{"x", "2"}, {"y", "2"}}, {}), one);
}

TEST(Metrics, RefusesAndSaysWhy) {
  Metrics metrics;
  const double wrong[] = {2, 1};
  std::string why;
  EXPECT_NE(metrics.metric(MR_COUNTER, "a_total", "A.", {}, {}), 0U);
  EXPECT_EQ(metrics.metric(MR_GAUGE, "a_total", "A.", {}, {}, &why), 0U);
  EXPECT_THAT(why, HasSubstr("is a counter elsewhere and cannot be a gauge too"));
  EXPECT_EQ(metrics.metric(MR_COUNTER, "a-b", "A.", {}, {}, &why), 0U);
  EXPECT_THAT(why, HasSubstr("'a-b' is no name of a metric"));
  EXPECT_EQ(metrics.metric(MR_COUNTER, "1a", "A.", {}, {}), 0U);
  EXPECT_EQ(metrics.metric(MR_COUNTER, "b_total", "A.", {{"le", "1"}}, {}), 0U);
  EXPECT_EQ(metrics.metric(MR_COUNTER, "b_total", "A.", {{"x", "1"}, {"x", "2"}}, {}), 0U);
  EXPECT_EQ(metrics.metric(MR_HISTOGRAM, "c_seconds", "A.", {}, wrong), 0U);
  EXPECT_EQ(metrics.metric(MR_HISTOGRAM, "c_seconds", "A.", {}, {}), 0U);
  EXPECT_EQ(metrics.metric(9, "d", "A.", {}, {}), 0U);
}

TEST(Metrics, IgnoresWhatIsNoCount) {
  Metrics metrics;
  const auto counter = metrics.metric(MR_COUNTER, "a_total", "A.", {}, {});
  metrics.add(0, 1);
  metrics.add(99999, 1);
  metrics.add(70000, 1);
  metrics.add(counter, -1);
  metrics.set(counter, 5);
  EXPECT_THAT(metrics.page(), HasSubstr("millrace_a_total 0\n"));
}

TEST(Metrics, ThereIsAnEnd) {
  Metrics metrics;
  std::string why;
  for (int i = 0; i < 65536; ++i) {
    ASSERT_NE(metrics.metric(MR_GAUGE, "many", "Many.", {{"i", std::to_string(i)}}, {}), 0U);
  }
  EXPECT_EQ(metrics.metric(MR_GAUGE, "many", "Many.", {{"i", "one more"}}, {}, &why), 0U);
  EXPECT_THAT(why, HasSubstr("there are 65536 metrics already"));
}

TEST(Metrics, LosesNoneThatThreadsCountAtOnce) {
  Metrics metrics;
  const auto shared = metrics.metric(MR_COUNTER, "shared_total", "A.", {}, {});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      const auto own = metrics.metric(MR_COUNTER, "own_total", "A.", {{"t", std::to_string(t)}}, {});
      for (int i = 0; i < 10'000; ++i) {
        metrics.add(shared, 1);
        metrics.add(own, 1);
      }
    });
  }
  for (int i = 0; i < 50; ++i) {
    static_cast<void>(metrics.page());
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_THAT(metrics.page(), HasSubstr("millrace_shared_total 40000\n"));
  EXPECT_THAT(metrics.page(), HasSubstr("millrace_own_total{t=\"3\"} 10000\n"));
}

TEST(Metrics, AsksACollectorForAsLongAsItIsHeld) {
  Metrics metrics;
  auto held = metrics.collect([](MetricsPage& page) {
    page.sample(MR_GAUGE, "elsewhere", "Kept elsewhere.", {{"w", "0"}}, 4);
  });
  EXPECT_THAT(metrics.page(), HasSubstr("# TYPE millrace_elsewhere gauge\nmillrace_elsewhere{w=\"0\"} 4\n"));
  held.reset();
  EXPECT_THAT(metrics.page(), Not(HasSubstr("elsewhere")));
}

TEST(Metrics, LeaveThePageWhenNobodyCountsThemAnyMore) {
  Metrics metrics;
  const auto gauge = [&metrics] { return metrics.metric(MR_GAUGE, "lag", "Left.", {{"pipeline", "p"}}, {}); };
  const auto counter = [&metrics] { return metrics.metric(MR_COUNTER, "a_total", "A.", {}, {}); };
  const auto leaving = gauge();
  const auto taking_over = gauge();
  metrics.set(leaving, 7);
  metrics.add(counter(), 2);
  metrics.release(leaving);
  EXPECT_THAT(metrics.page(), HasSubstr("millrace_lag{pipeline=\"p\"} 7\n"));
  metrics.release(taking_over);
  EXPECT_EQ(metrics.sum("lag", {"pipeline", "p"}), std::nullopt);
  EXPECT_EQ(metrics.page(), "# HELP millrace_a_total A.\n# TYPE millrace_a_total counter\nmillrace_a_total 2\n");
  gauge();
  EXPECT_THAT(metrics.page(), HasSubstr("millrace_lag{pipeline=\"p\"} 0\n")) << "what was measured is over";
  metrics.release(counter()); // the one of this line
  metrics.release(counter());
  metrics.add(counter(), 1);
  EXPECT_THAT(metrics.page(), HasSubstr("millrace_a_total 3\n")) << "a counter goes on";
}

TEST(Metrics, SumsTheGaugesOfOneLabelWhoseNamesEndAlike) {
  Metrics metrics;
  const auto gauge = [&metrics](const char* name, const char* pipeline, const char* partition) {
    return metrics.metric(MR_GAUGE, name, "Left.", {{"pipeline", pipeline}, {"partition", partition}}, {});
  };
  metrics.set(gauge("river_lag_records", "p", "0"), 3);
  metrics.set(gauge("river_lag_records", "p", "1"), 4);
  metrics.set(gauge("river_lag_records", "q", "0"), 100);
  metrics.set(gauge("river_lag_seconds", "p", "0"), 1000);
  EXPECT_EQ(metrics.sum("_lag_records", {"pipeline", "p"}), 7);
  EXPECT_EQ(metrics.sum("_lag_records", {"pipeline", "r"}), std::nullopt);
}

} // namespace
} // namespace millrace::host
