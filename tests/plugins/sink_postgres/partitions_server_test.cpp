// Partitioned tables on a real server: made by apply, filled by a sink that makes what is missing.
#include "plugins/sink_postgres/partitions.hpp"

#include "plugins/sink_postgres/schema.hpp"
#include "tests/plugins/sink_postgres/applied.hpp"
#include "tests/plugins/sink_postgres/server.hpp"

#include <atomic>
#include <thread>

namespace millrace::sink_postgres {
namespace {

using testing::CallFailed;
using testing::Completion;
using testing::Delivery;

constexpr std::int64_t kDay = 86'400'000'000;
constexpr std::int64_t kJune = 1'718'000'000'000'000; // 2024-06-10T06:13:20Z

struct Row {
  std::int64_t at;
  std::int32_t id;
  const char* note;
};

class Partitioned : public DatabaseTest {
 protected:
  using Properties = std::vector<std::pair<std::string, std::string>>;
  // Sorted by key, as the contract wants it.
  static TableTarget target(const std::string& unit, const std::string& on_conflict = "") {
    Properties properties = {{"index.1", "note,at"}, {"partition_by", "at"}, {"partition_unit", unit}};
    if (!on_conflict.empty()) {
      properties.insert(properties.begin() + 1, {"on_conflict", on_conflict});
      properties.emplace_back("primary_key", "at,id");
    }
    return table_target("app.events",
                        {{"at", ColumnType::timestamp, false, 0, 0, "timestamptz"},
                         {"id", ColumnType::int32, false, 0, 0, "int"},
                         {"note", ColumnType::text, false, 0, 0, "text"}},
                        properties);
  }
  // What apply would make, without a partition.
  void create(const std::string& key = "") {
    sql("create schema app");
    sql("create table app.events (at timestamptz not null, id int not null, note text not null" + key +
        ") partition by range (at)");
  }
  static Completion write(testing::Sink& sink, TableTarget& of, const std::vector<Row>& rows, std::uint64_t id = 1) {
    Delivery delivery;
    RowBuilder builder(of.schema);
    std::vector<const mr_event*> events;
    for (const Row& row : rows) {
      builder.timestamp(0, row.at);
      builder.int32(1, row.id);
      builder.text(2, row.note);
      builder.end_row();
      events.push_back(delivery.event(row.note));
    }
    delivery.rows(1, builder, events);
    return sink.write(delivery.get(id));
  }
  std::string partitions() {
    return value(
        "select string_agg(inhrelid::regclass::text, ' ' order by inhrelid::regclass::text collate \"C\")"
        " from pg_inherits where inhparent = 'app.events'::regclass");
  }
  std::string stored() {
    return value("select string_agg(tableoid::regclass || '=' || id || note, ' ' order by at, id) from app.events");
  }
};

TEST_F(Partitioned, ApplyMakesTheTableItsIndexesAndThePartitionsFromNowOn) {
  TableTarget t = target("month", "keep_last");
  auto sink = make_sink();
  const std::vector<std::string> planned = apply(*sink, {t.get()}, false).steps;
  const auto now = value("select (extract(epoch from now()) * 1000000)::bigint");
  const std::vector<TimeRange> ahead = partitions_from(PartitionUnit::month, std::stoll(now));
  const auto step = std::find_if(planned.begin(), planned.end(),
                                 [](const std::string& text) { return text.starts_with("create table \"app\""); });
  ASSERT_EQ(planned.end() - step, static_cast<std::ptrdiff_t>(2 + ahead.size()));
  EXPECT_THAT(step[0], ::testing::EndsWith("primary key (\"at\", \"id\")\n) partition by range (\"at\")"));
  EXPECT_EQ(step[1], "create index on \"app\".\"events\" (\"note\", \"at\")");
  const std::string first = partition_name("events", PartitionUnit::month, ahead[0]);
  EXPECT_EQ(step[2], "create table \"app\".\"" + first +
                         "\" (like \"app\".\"events\" including all excluding indexes excluding identity);\n"
                         "alter table \"app\".\"events\" attach partition \"app\".\"" +
                         first + "\" for values " + bounds_sql({"at", PartitionUnit::month, false}, ahead[0]));
  EXPECT_EQ(value("select to_regclass('app.events')"), "NULL");

  EXPECT_EQ(apply(*sink, {t.get()}, true).steps, planned);
  EXPECT_EQ(value("select count(*) from pg_inherits where inhparent = 'app.events'::regclass"),
            std::to_string(ahead.size()));
  EXPECT_EQ(value("select count(*) from pg_indexes where schemaname = 'app'"), std::to_string(2 + 2 * ahead.size()));
  const Heard again = apply(*sink, {t.get()}, true);
  EXPECT_TRUE(again.steps.empty());
  EXPECT_TRUE(again.findings.empty()) << again.findings.front();
  EXPECT_THAT(check(*sink, {t.get()}).findings, ::testing::Contains("2 0 : as the rules want it"));
  EXPECT_NO_THROW(started_sink()->bind(1, t.get()));
}

TEST_F(Partitioned, ApplyMakesTheNextOnesOfATableThatIsThere) {
  create();
  sql("create index on app.events (note, at, id)"); // begins as wanted
  TableTarget t = target("week");
  auto sink = make_sink();
  EXPECT_THAT(check(*sink, {t.get()}).findings,
              ::testing::Contains(::testing::HasSubstr("has no partition \"events_20")));
  EXPECT_EQ(apply(*sink, {t.get()}, true).steps.size(), schema_files().size() + 5U)
      << "the engine's own schema, and five weeks";
  EXPECT_TRUE(apply(*sink, {t.get()}, true).steps.empty());
  EXPECT_EQ(value("select count(*) from pg_inherits where inhparent = 'app.events'::regclass"), "5");
}

TEST_F(Partitioned, RowsFindTheirPartitionMadeAndTheNextOneToo) {
  create();
  TableTarget t = target("month");
  auto sink = started_sink();
  sink->bind(1, t.get());
  const Completion done = write(
      *sink, t, {{kJune, 1, "a"}, {kJune - 70 * kDay, 2, "b"}, {kJune + kDay, 3, "c"}, {kJune - 71 * kDay, 4, "d"}});
  EXPECT_TRUE(done.exceptions.empty()) << done.exceptions.front().text;
  EXPECT_EQ(stored(), "app.events_2024_03=4d app.events_2024_04=2b app.events_2024_06=1a app.events_2024_06=3c");
  EXPECT_EQ(partitions(), "app.events_2024_03 app.events_2024_04 app.events_2024_06 app.events_2024_07");
  write(*sink, t, {{kJune + 30 * kDay, 5, "e"}}, 2);
  EXPECT_EQ(partitions(),
            "app.events_2024_03 app.events_2024_04 app.events_2024_06 app.events_2024_07 app.events_2024_08");
}

TEST_F(Partitioned, EveryUnitHasPartitionsThatTheServerFillsAlike) {
  for (const auto& [unit, name] : {std::pair("hour", "events_2024_06_10_06"),
                                   {"day", "events_2024_06_10"},
                                   {"week", "events_2024_06_10"},
                                   {"month", "events_2024_06"},
                                   {"year", "events_2024"}}) {
    sql("drop schema if exists app cascade");
    create();
    sql("set timezone = 'Asia/Kathmandu'");
    TableTarget t = target(unit);
    auto sink = started_sink();
    sink->bind(1, t.get());
    const auto range = partition_of(*parse_partition_unit(unit), kJune);
    write(*sink, t, {{range->begin, 1, ""}, {range->end - 1, 2, ""}});
    EXPECT_EQ(stored(), "app." + std::string(name) + "=1 app." + std::string(name) + "=2") << unit;
    auto second = started_sink(); // reads them from the catalogue
    second->bind(1, t.get());
    write(*second, t, {{range->begin, 3, ""}, {range->end - 1, 4, ""}}, 2);
    EXPECT_EQ(value("select count(*) from pg_inherits where inhparent = 'app.events'::regclass"), "2") << unit;
  }
}

TEST_F(Partitioned, ADateIsPartitionedToo) {
  sql("create table days (day date not null) partition by range (day)");
  TableTarget t = table_target("days", {{"day", ColumnType::date, false, 0, 0, "date"}},
                               {{"partition_by", "day"}, {"partition_unit", "week"}});
  auto sink = started_sink({{"url", url() + "?options=-c%20timezone%3DAmerica/Los_Angeles"}});
  for (std::uint64_t id = 1; id <= 2; ++id) { // the second one finds what the first has made
    sink->bind(1, t.get());
    Delivery delivery;
    RowBuilder builder(t.schema);
    std::vector<const mr_event*> events;
    for (const std::int32_t day : {19'884, 19'883, 19'890}) { // Monday, Sunday, Sunday
      builder.date(0, day);
      builder.end_row();
      events.push_back(delivery.event("{}"));
    }
    delivery.rows(1, builder, events);
    EXPECT_TRUE(sink->write(delivery.get(id)).exceptions.empty());
  }
  EXPECT_EQ(
      value("select string_agg(tableoid::regclass || '=' || day, ' ' order by day) from (select distinct tableoid, "
            "day from days) d"),
      "days_2024_06_03=2024-06-09 days_2024_06_10=2024-06-10 days_2024_06_10=2024-06-16");
  EXPECT_EQ(value("select count(*) from pg_inherits"), "3");
}

TEST_F(Partitioned, AKeyIsMergedAcrossPartitions) {
  create(", primary key (at, id)");
  TableTarget t = target("day", "keep_last");
  auto sink = started_sink();
  sink->bind(1, t.get());
  write(*sink, t, {{kJune, 1, "a"}, {kJune, 1, "b"}, {kJune - kDay, 1, "c"}});
  write(*sink, t, {{kJune - kDay, 1, "d"}, {kJune, 2, "e"}}, 2);
  EXPECT_EQ(stored(), "app.events_2024_06_09=1d app.events_2024_06_10=1b app.events_2024_06_10=2e");
  EXPECT_EQ(value("select count(*) from pg_index i join pg_inherits p on p.inhrelid = i.indrelid where indisprimary"),
            "3")
      << "and every partition has the key";
}

TEST_F(Partitioned, APartitionThatWasDroppedIsMadeAgain) {
  create();
  TableTarget t = target("day");
  auto sink = started_sink();
  sink->bind(1, t.get());
  write(*sink, t, {{kJune, 1, "a"}});
  sql("drop table app.events_2024_06_10");
  const Completion done = write(*sink, t, {{kJune, 2, "b"}}, 2);
  EXPECT_TRUE(done.exceptions.empty()) << done.exceptions.front().text;
  EXPECT_EQ(stored(), "app.events_2024_06_10=2b");
  EXPECT_EQ(value("select count(*) from millrace.dead_letter"), "0");
}

TEST_F(Partitioned, ARowThatACheckRefusesIsStillTheRowsFault) {
  create();
  sql("alter table app.events add check (id < 100)");
  TableTarget t = target("day");
  auto sink = started_sink();
  sink->bind(1, t.get());
  const Completion done = write(*sink, t, {{kJune, 1, "a"}, {kJune, 100, "b"}, {kJune - kDay, 2, "c"}});
  ASSERT_EQ(done.exceptions.size(), 1U);
  EXPECT_EQ(done.exceptions[0].record, 1U);
  EXPECT_EQ(stored(), "app.events_2024_06_09=2c app.events_2024_06_10=1a");
}

TEST_F(Partitioned, TimesThatNoPartitionIsMadeForAreDeadLetters) {
  create();
  TableTarget t = target("year");
  auto sink = started_sink();
  sink->bind(1, t.get());
  constexpr std::int64_t kYear0 = -62'135'596'800'000'001;
  const Completion done = write(*sink, t, {{kJune, 1, "a"}, {kYear0, 2, "b"}});
  ASSERT_EQ(done.exceptions.size(), 1U);
  EXPECT_EQ(done.exceptions[0].code, "23514");
  EXPECT_EQ(stored(), "app.events_2024=1a");
}

TEST_F(Partitioned, MakingOneWaitsForNoWriter) {
  create();
  sql("create table app.events_2024_06_10 partition of app.events for values from ('2024-06-10') to ('2024-06-11')");
  TableTarget t = target("day");
  pqxx::connection other(url());
  pqxx::work writing(other);
  writing.exec("insert into app.events values ('2024-06-10 12:00+00', 1, 'open')");
  auto sink = started_sink({{"lock_timeout", "50ms"}});
  sink->bind(1, t.get());
  const Completion done = write(*sink, t, {{kJune + 2 * kDay, 2, "b"}});
  EXPECT_TRUE(done.exceptions.empty());
  writing.commit();
  EXPECT_EQ(stored(), "app.events_2024_06_10=1open app.events_2024_06_12=2b");
}

TEST_F(Partitioned, WritersThatNeedTheSameOnesAtOnceMakeThemOnce) {
  create(", primary key (at, id)");
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      try {
        TableTarget t = target("day", "keep_last");
        auto sink = started_sink();
        sink->bind(1, t.get());
        for (int day = 0; day < 20; ++day) {
          write(*sink, t, {{kJune + day * kDay, i, "x"}, {kJune - day * kDay, i, "x"}},
                static_cast<std::uint64_t>(day + 1));
        }
      } catch (const CallFailed& failed) {
        ADD_FAILURE() << failed.text();
        ++failures;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(value("select count(*) from app.events"), std::to_string(3 * 39));
  EXPECT_EQ(value("select count(*) from pg_inherits where inhparent = 'app.events'::regclass"), "40");
}

TEST_F(Partitioned, ARoleThatMayNotMakeThemWaitsAndSaysSo) {
  create();
  sql("create table app.events_2024_06_10 partition of app.events for values from ('2024-06-10') to ('2024-06-11')");
  started_sink(); // makes the engine's own schema
  sql("do $$ begin create role guest login; exception when duplicate_object then null; end $$");
  sql("grant usage on schema millrace, app to guest");
  sql("grant select on millrace.schema_version to guest");
  sql("grant select, insert, update on all tables in schema millrace to guest");
  sql("grant insert on app.events to guest");
  std::string as_guest = url();
  as_guest.replace(as_guest.find("postgres@"), 9, "guest@");
  TableTarget t = target("day");
  auto sink = started_sink({{"url", as_guest}});
  sink->bind(1, t.get());
  EXPECT_TRUE(write(*sink, t, {{kJune, 1, "a"}}).exceptions.empty()) << "the next one is made ahead only where it can";
  try {
    write(*sink, t, {{kJune + kDay, 2, "b"}}, 2);
    FAIL() << "stored";
  } catch (const CallFailed& failed) {
    EXPECT_EQ(failed.status(), MR_TRANSIENT);
    EXPECT_THAT(failed.text(), ::testing::HasSubstr("table app.events needs the partition \"events_2024_06_11\""));
  }
  EXPECT_EQ(value("select count(*) from millrace.dead_letter"), "0");
  sql("create table app.events_2024_06_11 partition of app.events for values from ('2024-06-11') to ('2024-06-12')");
  EXPECT_TRUE(write(*sink, t, {{kJune + kDay, 2, "b"}}, 2).exceptions.empty());
  EXPECT_EQ(stored(), "app.events_2024_06_10=1a app.events_2024_06_11=2b");
  sql("drop owned by guest");
}

TEST_F(Partitioned, ADefaultPartitionTakesWhatComes) {
  create();
  sql("create table app.rest partition of app.events default");
  TableTarget t = target("day");
  auto sink = started_sink();
  sink->bind(1, t.get());
  EXPECT_TRUE(write(*sink, t, {{kJune, 1, "a"}}).exceptions.empty());
  EXPECT_EQ(stored(), "app.rest=1a");
  EXPECT_EQ(partitions(), "app.rest");
}

} // namespace
} // namespace millrace::sink_postgres
