#include "engine/host/instance_host.hpp"

#include <gmock/gmock.h>
#include <millrace/ext/claims.h>
#include <millrace/ext/draft/ruleset.h>
#include <millrace/ext/draft/streams.h>
#include <millrace/ext/metrics.h>

#include "fakes.hpp"

namespace millrace::host {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Writes down what comes through.
class Heard final : public FlowCalls {
 public:
  void wake(std::int64_t at_ns) noexcept override { calls.push_back("wake " + std::to_string(at_ns)); }
  void claim(mr_str stream, std::int32_t partition, std::uint64_t own, std::uint64_t mark) noexcept override {
    calls.push_back("claim " + std::string(stream.data, stream.size) + " " + std::to_string(partition) + " " +
                    std::to_string(own) + " " + std::to_string(mark));
  }
  void release(mr_str stream, std::int32_t partition, bool lost) noexcept override {
    calls.push_back("release " + std::string(stream.data, stream.size) + " " + std::to_string(partition) +
                    (lost ? " lost" : ""));
  }
  void named(std::uint32_t id, const mr_target& target) noexcept override {
    calls.push_back("named " + std::to_string(id) + " " + std::string(target.sink.data, target.sink.size));
  }
  void complete(std::uint64_t delivery, std::uint32_t rest, const mr_outcome*, std::size_t count,
                const mr_error*) noexcept override {
    calls.push_back("complete " + std::to_string(delivery) + " " + std::to_string(rest) + " " + std::to_string(count));
  }
  void failed(const mr_error& error) noexcept override { calls.push_back(std::string("failed ") + error.text); }

  std::vector<std::string> calls;
};

constexpr mr_field kFields[] = {{"password", MR_STRING, MR_SECRET, nullptr, nullptr, "P.", nullptr, 0}};

Secrets secret(std::string_view text) {
  mr_value value{};
  value.type = MR_STRING;
  value.text = str(text);
  mr_value root{};
  root.type = MR_TABLE;
  root.items = &value;
  root.item_count = 1;
  return Secrets::of(root, kFields);
}

class HostOf : public ::testing::Test {
 protected:
  std::unique_ptr<InstanceHost> make(std::uint32_t kind) {
    return std::make_unique<InstanceHost>(Identity{kind, "ingest", "it", "ingest/0", "owner"}, services_,
                                          Surroundings{&flow_, targets_, &streams_}, secret("hunter2"));
  }

  StillClock clock_;
  std::vector<std::string> lines_;
  Log log_{clock_, LogForm::kText, MR_LOG_DEBUG,
           [this](std::uint32_t, std::string_view line) { lines_.emplace_back(line); }};
  Metrics metrics_;
  Services services_{clock_, log_, metrics_};
  Heard flow_;
  std::shared_ptr<Targets> targets_ =
      std::make_shared<Targets>(std::vector<SinkForms>{{"kafka", MR_TAKES_MESSAGES}}, 10);
  Streams streams_;
};

TEST_F(HostOf, AnInstanceKnowsWhoItIsAndWhatTimeItIs) {
  const auto host = make(MR_SINK);
  const mr_host& abi = host->abi();
  EXPECT_EQ(std::string(abi.pipeline.data, abi.pipeline.size), "ingest");
  EXPECT_EQ(std::string(abi.owner.data, abi.owner.size), "owner");
  EXPECT_EQ(abi.now_ns(&abi), clock_.now);
  EXPECT_EQ(abi.time_us(&abi), clock_.time);
}

TEST_F(HostOf, LogsWithItsNameAndWithoutItsSecrets) {
  const auto host = make(MR_SINK);
  const mr_pair fields[] = {{str("password"), str("it is hunter2")}, {str("empty"), {}}};
  host->abi().log(&host->abi(), MR_LOG_WARN, str("refused hunter2"), fields, 2);
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_THAT(lines_[0], HasSubstr("warn  ingest/0 it refused *** password=\"it is ***\" empty=\"\""));
  EXPECT_EQ(host->masked("no hunter2 here"), "no *** here");
}

TEST_F(HostOf, HandsTheFlowsCallsOn) {
  const auto source = make(MR_SOURCE);
  const auto sink = make(MR_SINK);
  const mr_host& from = source->abi();
  from.wake(&from, 5);
  const auto* claims = static_cast<const mr_host_claims*>(from.extension(&from, MR_CLAIMS));
  claims->claim(&from, str("s"), 2, 7, 8);
  claims->release(&from, str("s"), 2, 1);
  const mr_host& to = sink->abi();
  const mr_outcome outcomes[2] = {};
  to.complete(&to, 9, MR_RECORD_OK, outcomes, 2, nullptr);
  mr_error error{3, "gone"};
  to.failed(&to, &error);
  EXPECT_THAT(flow_.calls, ElementsAre("wake 5", "claim s 2 7 8", "release s 2 lost", "complete 9 1 2", "failed gone"));
}

TEST_F(HostOf, ACallThatBelongsToAnotherKindIsBlamedAndNotHandedOn) {
  const auto router = make(MR_ROUTER);
  router->abi().wake(&router->abi(), 5);
  router->abi().complete(&router->abi(), 1, MR_RECORD_OK, nullptr, 0, nullptr);
  EXPECT_THAT(flow_.calls, ElementsAre());
  EXPECT_THAT(lines_, ElementsAre(HasSubstr("wake is a call of a source"), HasSubstr("complete is a call of a sink")));
  mr_error error{};
  const mr_target wanted = messages_to("clicks");
  const auto sink = make(MR_SINK);
  EXPECT_EQ(sink->abi().target(&sink->abi(), &wanted, &error), 0U);
  EXPECT_STREQ(error.text, "only a router names targets");
}

TEST_F(HostOf, ARouterNamesTargetsAndTheFlowHearsOfIt) {
  auto router = make(MR_ROUTER);
  mr_error error{};
  const mr_target wanted = messages_to("clicks");
  const auto id = router->abi().target(&router->abi(), &wanted, &error);
  EXPECT_NE(id, 0U);
  EXPECT_THAT(flow_.calls, ElementsAre("named " + std::to_string(id) + " kafka"));
  const mr_target wrong = messages_to("clicks", "pg");
  EXPECT_EQ(router->abi().target(&router->abi(), &wrong, &error), 0U);
  EXPECT_THAT(error.text, HasSubstr("the pipeline has none of that name"));
  EXPECT_EQ(targets_->in_use().size(), 1U);
  router.reset();
  EXPECT_EQ(targets_->in_use().size(), 0U);
}

TEST_F(HostOf, ExtensionsAreThoseOfItsKind) {
  const auto router = make(MR_ROUTER);
  const auto source = make(MR_SOURCE);
  const auto sink = make(MR_SINK);
  const auto has = [](const InstanceHost& host, const char* id) {
    return host.abi().extension(&host.abi(), id) != nullptr;
  };
  EXPECT_TRUE(has(*source, MR_CLAIMS));
  EXPECT_FALSE(has(*router, MR_CLAIMS));
  EXPECT_FALSE(has(*sink, MR_CLAIMS));
  EXPECT_TRUE(has(*router, MR_RULESET));
  EXPECT_FALSE(has(*sink, MR_RULESET));
  EXPECT_TRUE(has(*router, MR_STREAMS));
  EXPECT_TRUE(has(*source, MR_STREAMS));
  EXPECT_FALSE(has(*sink, MR_STREAMS));
  EXPECT_TRUE(has(*sink, MR_METRICS));
  EXPECT_FALSE(has(*sink, "millrace.metrics/2"));
  EXPECT_FALSE(has(*sink, nullptr));
}

TEST_F(HostOf, MetricsCarryWhoCountedThem) {
  auto sink = make(MR_SINK);
  const mr_host& abi = sink->abi();
  const auto* metrics = static_cast<const mr_host_metrics*>(abi.extension(&abi, MR_METRICS));
  const mr_pair topic{str("topic"), str("clicks")};
  const auto acked = [&] {
    return metrics->metric(&abi, MR_COUNTER, "acked_total", "Durable.", &topic, 1, nullptr, 0);
  };
  metrics->add(&abi, acked(), 1);
  metrics->add(&abi, acked(), 1);
  EXPECT_THAT(
      metrics_.page(),
      HasSubstr("millrace_acked_total{instance=\"it\",pipeline=\"ingest\",topic=\"clicks\",worker=\"ingest/0\"} 2\n"));
  EXPECT_EQ(metrics->metric(&abi, MR_COUNTER, "bad name", "x", nullptr, 0, nullptr, 0), 0U);
  EXPECT_THAT(lines_,
              ElementsAre(HasSubstr("a metric of the plugin is not counted why=\"'bad name' is no name of a metric")));
  sink.reset();
  EXPECT_EQ(metrics_.page(), "");
}

TEST_F(HostOf, KeepsWhatARouterSaysOfItsRules) {
  const auto router = make(MR_ROUTER);
  const mr_host& abi = router->abi();
  const auto* ruleset = static_cast<const mr_host_ruleset*>(abi.extension(&abi, MR_RULESET));
  std::string headline = "no field 'totl'";
  const mr_diagnostic diagnostic{MR_LOG_ERROR,   3, 7, 0, str("E0201"), str("main.rules"), str(headline),
                                 str("rendered")};
  ruleset->diagnose(&abi, &diagnostic);
  headline.clear();
  const auto* streams = static_cast<const mr_host_streams*>(abi.extension(&abi, MR_STREAMS));
  const mr_str names[] = {str("clicks"), str("views.*")};
  streams->declare(&abi, names, 2);
  ASSERT_EQ(router->diagnostics().size(), 1U);
  EXPECT_EQ(router->diagnostics()[0].headline, "no field 'totl'");
  EXPECT_EQ(router->diagnostics()[0].line, 3U);
  EXPECT_THAT(router->declared_streams(), ElementsAre("clicks", "views.*"));
}

TEST_F(HostOf, ASourceAsksWhichStreamsAreRead) {
  const auto source = make(MR_SOURCE);
  streams_.activate({"clicks"});
  const mr_host& abi = source->abi();
  const auto* streams = static_cast<const mr_host_streams*>(abi.extension(&abi, MR_STREAMS));
  mr_str found{};
  EXPECT_EQ(streams->list(&abi, &found, 1), 1U);
  EXPECT_STREQ(found.data, "clicks");
}

TEST_F(HostOf, WithoutAFlowItsCallsAreDropped) {
  const InstanceHost source({MR_SOURCE, "p", "source.x", "p/0", "o"}, services_, {});
  const mr_host& abi = source.abi();
  abi.wake(&abi, 1);
  mr_error error{};
  abi.failed(&abi, &error);
  static_cast<const mr_host_claims*>(abi.extension(&abi, MR_CLAIMS))->claim(&abi, str("s"), 0, 0, 0);
  EXPECT_EQ(static_cast<const mr_host_streams*>(abi.extension(&abi, MR_STREAMS))->list(&abi, nullptr, 0), 0U);
}

} // namespace
} // namespace millrace::host
