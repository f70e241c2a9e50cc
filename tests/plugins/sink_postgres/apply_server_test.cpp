// check and apply on a real server, and the engine's own schema: made once, by whoever comes first.
#include "plugins/sink_postgres/schema.hpp"
#include "tests/plugins/sink_postgres/applied.hpp"
#include "tests/plugins/sink_postgres/server.hpp"

#include <thread>

namespace millrace::sink_postgres {
namespace {

using testing::CallFailed;
using testing::Delivery;

class Apply : public DatabaseTest {
 protected:
  Heard apply(std::vector<mr_target> targets, bool run) {
    return sink_postgres::apply(*make_sink(), std::move(targets), run);
  }
  Heard check(std::vector<mr_target> targets) { return sink_postgres::check(*make_sink(), std::move(targets)); }

  TableTarget every_type_ = table_target("app.every",
                                         {{"k", ColumnType::uuid, false, 0, 0, "uuid"},
                                          {"odd \"name\"", ColumnType::text, true, 0, 0, "varchar(20)"},
                                          {"c", ColumnType::text, true, 0, 0, "char(3)"},
                                          {"i2", ColumnType::int16, true, 0, 0, "smallint"},
                                          {"i4", ColumnType::int32, true, 0, 0, "int"},
                                          {"i8", ColumnType::int64, true, 0, 0, "bigint"},
                                          {"n", ColumnType::decimal, true, 12, 2, "numeric(12,2)"},
                                          {"f4", ColumnType::float32, true, 0, 0, "real"},
                                          {"f8", ColumnType::float64, true, 0, 0, "double precision"},
                                          {"b", ColumnType::boolean, true, 0, 0, "boolean"},
                                          {"at", ColumnType::timestamp, true, 0, 0, "timestamptz"},
                                          {"d", ColumnType::date, true, 0, 0, "date"},
                                          {"j", ColumnType::json, true, 0, 0, "jsonb"},
                                          {"iv", ColumnType::duration, true, 0, 0, "interval"},
                                          {"a", ColumnType::ip, true, 0, 0, "inet"},
                                          {"l", ColumnType::text, true, 0, 0, "varchar(3)[]", true}},
                                         {{"on_conflict", "keep_last"}, {"primary_key", "k"}});
};

TEST_F(Apply, ADryRunSaysWhatIsMissingAndChangesNothing) {
  const Heard heard = apply({every_type_.get()}, false);
  ASSERT_EQ(heard.steps.size(), schema_files().size() + 2);
  EXPECT_THAT(heard.steps[0], ::testing::HasSubstr("0001_positions.sql"));
  EXPECT_THAT(heard.steps[0], ::testing::HasSubstr("create table source_offset"));
  EXPECT_THAT(heard.steps[1], ::testing::HasSubstr("0002_dead_letter.sql"));
  const std::vector<std::string> own(heard.steps.begin() + static_cast<std::ptrdiff_t>(schema_files().size()),
                                     heard.steps.end());
  EXPECT_EQ(own[0], "create schema \"app\"");
  EXPECT_THAT(own[1], ::testing::StartsWith("create table \"app\".\"every\" (\n  \"k\" uuid not null,\n"
                                            "  \"odd \"\"name\"\"\" varchar(20),\n  \"c\" char(3),\n"));
  EXPECT_THAT(own[1], ::testing::EndsWith("  \"j\" jsonb,\n  \"iv\" interval,\n  \"a\" inet,\n"
                                          "  \"l\" varchar(3)[],\n  primary key (\"k\")\n)"));
  EXPECT_EQ(value("select to_regnamespace('app') is null and to_regnamespace('millrace') is null"), "t");
}

TEST_F(Apply, ARunMakesThatAndASecondOneHasNothingToDo) {
  EXPECT_EQ(apply({every_type_.get()}, true).steps.size(), schema_files().size() + 2);
  const Heard again = apply({every_type_.get()}, true);
  EXPECT_TRUE(again.steps.empty());
  EXPECT_TRUE(again.findings.empty());
  EXPECT_EQ(value("select count(*) from millrace.schema_version"), std::to_string(schema_files().size()));
  auto sink = started_sink();
  EXPECT_NO_THROW(sink->bind(1, every_type_.get())) << "what apply makes is what bind wants";
}

TEST_F(Apply, ATableThatDiffersIsLeftAloneAndTheDifferenceIsNamed) {
  sql("create table t (id int)");
  TableTarget target = table_target("t", {{"id", ColumnType::int64, false, 0, 0, "bigint"}});
  const Heard heard = apply({target.get()}, true);
  ASSERT_EQ(heard.findings.size(), 1U);
  EXPECT_EQ(
      heard.findings[0],
      "4 0 id: changing existing tables comes with a later version: table public.t has 'id' as integer, the rules "
      "write bigint\nchange the rules, or alter table \"public\".\"t\" alter column \"id\" type bigint");
  EXPECT_EQ(value("select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 't'::regclass and "
                  "attname = 'id'"),
            "integer");
}

TEST_F(Apply, CheckSaysWhatIsThereAndWhatIsNot) {
  sql("create table fits (id bigint not null)");
  sql("create table differs (id text)");
  TableTarget fits = table_target("fits", {{"id", ColumnType::int64, false, 0, 0, "bigint"}});
  TableTarget differs = table_target("differs", {{"id", ColumnType::int64, false, 0, 0, "bigint"}});
  TableTarget missing = table_target("missing", {{"id", ColumnType::int64, false, 0, 0, "bigint"}});
  const Heard heard = check({fits.get(), differs.get(), missing.get()});
  EXPECT_THAT(heard.findings, ::testing::Contains(::testing::StartsWith("2 - : PostgreSQL 1")));
  EXPECT_THAT(heard.findings,
              ::testing::Contains(::testing::StartsWith("3 - schema: schema millrace is at version 0")));
  EXPECT_THAT(heard.findings, ::testing::Contains("2 0 : as the rules want it"));
  EXPECT_THAT(heard.findings,
              ::testing::Contains(::testing::StartsWith("4 1 id: table public.differs has 'id' as text")));
  EXPECT_THAT(heard.findings, ::testing::Contains(::testing::StartsWith("4 2 : table public.missing does not exist")));
}

TEST_F(Apply, AServerOutOfReachIsTransientAndSaysHowItWasTried) {
  auto sink = make_sink({{"url", "postgresql://nobody:secret@127.0.0.1:1/none"}});
  const Heard nothing;
  Heard heard;
  const mr_findings findings = heard.as_findings();
  mr_error error{};
  EXPECT_EQ(sink->extension<mr_plugin_check>(MR_CHECK)->check(sink->self(), nullptr, 0,
                                                              sink->host().now_ns() + 5'000'000'000, &findings, &error),
            MR_TRANSIENT);
  EXPECT_THAT(std::string(error.text), ::testing::HasSubstr("127.0.0.1:1: connection to server"));
  EXPECT_THAT(std::string(error.text), ::testing::Not(::testing::HasSubstr("secret")));
}

TEST_F(Apply, TheSchemaMayHaveAnyName) {
  auto sink = started_sink({{"schema", "My \"Engine\""}});
  sink->claim("s", 0);
  Delivery delivery;
  delivery.dead(delivery.event("x", "s", 0, 0), "E1", "why");
  delivery.range("s", 0, 0, 1);
  sink->write(delivery.get(1));
  EXPECT_EQ(value("select next_offset from \"My \"\"Engine\"\"\".source_offset"), "1");
  EXPECT_EQ(value("select count(*) from \"My \"\"Engine\"\"\".dead_letter"), "1");
}

TEST_F(Apply, EnginesThatStartAtOnceMakeTheSchemaOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> started = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      started_sink();
      ++started;
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(started, 4);
  EXPECT_EQ(value("select count(*) from millrace.schema_version"), std::to_string(schema_files().size()));
}

TEST_F(Apply, ARoleThatMayNotMakeTheSchemaIsToldTheWayOut) {
  sql("do $$ begin create role guest login; exception when duplicate_object then null; end $$");
  std::string as_guest = url();
  as_guest.replace(as_guest.find("postgres@"), 9, "guest@");
  try {
    started_sink({{"url", as_guest}});
    FAIL() << "started";
  } catch (const CallFailed& failed) {
    EXPECT_EQ(failed.status(), MR_INVALID);
    EXPECT_THAT(failed.text(), ::testing::HasSubstr("run `millrace apply` as a role that may"));
  }
}

} // namespace
} // namespace millrace::sink_postgres
