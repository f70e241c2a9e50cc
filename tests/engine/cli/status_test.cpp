#include <gmock/gmock.h>

#include <atomic>
#include <functional>

#include "engine/admin/server.hpp"
#include "engine/cli/watching.hpp"
#include "engine/runtime/status.hpp"
#include "run.hpp"

namespace millrace::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

runtime::Status example(bool ready) {
  runtime::Status status;
  status.pipelines.resize(1);
  status.pipelines[0].name = "ingest";
  status.pipelines[0].totals.events = 12;
  if (!ready) {
    status.not_ready = {"ingest/0 has stopped: source.http is broken"};
  }
  return status;
}

admin::Api answering(std::function<runtime::Status()> status) {
  admin::Api api;
  admin::Route route;
  route.path = "/pipelines";
  route.answer = [status = std::move(status)](const admin::Query&) {
    return admin::Answer{200, admin::kJson, runtime::json_of(status())};
  };
  api.add(std::move(route));
  return api;
}

admin::Api answering(bool ready) {
  return answering([ready] { return example(ready); });
}

TEST_F(CommandLine, StatusShowsATableAndEndsAsTheEngineIsReady) {
  const admin::Server ready({"127.0.0.1", 0}, "", answering(true));
  const Ran well = run({"status", "--admin", ready.address().text()});
  EXPECT_EQ(well.code, ExitCode::kOk) << well.err;
  EXPECT_EQ(well.out, runtime::text_of(example(true)));

  const admin::Server not_ready({"127.0.0.1", 0}, "", answering(false));
  const Ran ill = run({"status", "--admin", not_ready.address().text()});
  EXPECT_EQ(ill.code, ExitCode::kFindings);
  EXPECT_THAT(ill.out, HasSubstr("not ready: ingest/0 has stopped: source.http is broken\n"));
}

TEST_F(CommandLine, StatusIsJsonForPrograms) {
  const admin::Server server({"127.0.0.1", 0}, "", answering(false));
  const Ran ran = run({"status", "--format", "json", "--admin", server.address().text()}, dsl::Colours::on);
  EXPECT_EQ(ran.code, ExitCode::kFindings);
  EXPECT_EQ(ran.out, runtime::json_of(example(false)) + "\n");
}

TEST_F(CommandLine, StatusHasColoursOnATerminalAlone) {
  const admin::Server server({"127.0.0.1", 0}, "", answering(false));
  EXPECT_THAT(run({"status", "--admin", server.address().text()}, dsl::Colours::on).out, HasSubstr("\x1b["));
  EXPECT_THAT(run({"status", "--admin", server.address().text()}).out, Not(HasSubstr("\x1b[")));
}

TEST_F(CommandLine, StatusAndTopShowTheOtherEnginesOfAPipeline) {
  runtime::Status status = example(true);
  status.engine = "a";
  status.engines = {{"ingest", "a", "11", "", std::chrono::seconds(0), false},
                    {"ingest", "b", "22", "", std::chrono::seconds(0), false}};
  const admin::Server server({"127.0.0.1", 0}, "", answering([&status] { return status; }));
  EXPECT_THAT(run({"status", "--admin", server.address().text()}).out,
              AllOf(HasSubstr("ingest    a       11       this one\n"), HasSubstr("warning: the engines of pipeline")));
  EXPECT_THAT(run({"top", "--count", "1", "--admin", server.address().text()}).out, HasSubstr("ingest    b  "));
}

TEST_F(CommandLine, StatusSaysThatNobodyAnswers) {
  std::string address;
  { address = admin::Server({"127.0.0.1", 0}, "", answering(true)).address().text(); }
  EXPECT_EQ(run({"status", "--admin", address}).code, ExitCode::kUnreachable);
  EXPECT_EQ(run({"top", "--count", "1", "--admin", address}).code, ExitCode::kUnreachable);
}

TEST_F(CommandLine, TopWritesABlockForEachLookWhereThereIsNoTerminal) {
  std::atomic<int> looks = 0;
  const admin::Server server({"127.0.0.1", 0}, "", answering([&looks] {
                               runtime::Status status = example(true);
                               status.pipelines[0].totals.events += 1'000'000U * static_cast<unsigned>(looks++);
                               return status;
                             }));
  const Ran ran = run({"top", "--count", "3", "--interval", "0.1", "--admin", server.address().text()});
  EXPECT_EQ(ran.code, ExitCode::kOk) << ran.err;
  EXPECT_EQ(looks, 3);
  EXPECT_THAT(ran.out, HasSubstr("DELIVERED/S"));
  const auto blocks = [&ran](const char* part) {
    std::size_t found = 0;
    for (std::size_t at = ran.out.find(part); at != std::string::npos; at = ran.out.find(part, at + 1)) {
      ++found;
    }
    return found;
  };
  EXPECT_EQ(blocks("ingest "), 3u);
  EXPECT_EQ(blocks("DELIVERED/S"), 2u); // the first one has nothing that it could be compared with
}

TEST(Watching, CutsLinesToTheTerminalWithoutCountingColours) {
  EXPECT_EQ(fitted("\x1b[1mabc\x1b[0mdef\nsecond\nthird\n", 2, 4), "\x1b[1mabc\x1b[0md\nseco");
  EXPECT_EQ(fitted("äöü!", 1, 3), "äöü");
}

} // namespace
} // namespace millrace::cli
