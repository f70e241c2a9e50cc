// Rows that a table refuses: exactly those become dead letters, in each position of a batch and for each kind of
// refusal, and their neighbours are stored; an event is stored whole or not at all.
#include "tests/plugins/sink_postgres/server.hpp"

#include <functional>

namespace millrace::sink_postgres {
namespace {

using testing::CallFailed;
using testing::Completion;
using testing::Delivery;

constexpr std::size_t kRows = 9;

// One kind of refusal: a table, and how a row of it is made good or bad.
struct Kind {
  const char* name;
  const char* sqlstate;
  const char* table; // columns after `id int not null`
  Column column;
  std::function<void(RowBuilder&)> good;
  std::function<void(RowBuilder&)> bad;
  const char* before = ""; // statements that the table needs
};

std::function<void(RowBuilder&)> text(std::string value) {
  return [value = std::move(value)](RowBuilder& rows) { rows.text(1, value); };
}
std::function<void(RowBuilder&)> int32(std::int32_t value) {
  return [value](RowBuilder& rows) { rows.int32(1, value); };
}

std::vector<Kind> kinds() {
  const Column plain_text{"v", ColumnType::text, true, 0, 0, "text"};
  const Column json{"v", ColumnType::json, true, 0, 0, "jsonb"};
  const Column integer{"v", ColumnType::int32, true, 0, 0, "int"};
  return {
      {"NotNull",
       "23502",
       "v text not null",
       {"v", ColumnType::text, false, 0, 0, "text"},
       text("x"),
       [](RowBuilder& rows) { rows.null(1); }},
      {"TooLong",
       "22001",
       "v varchar(3)",
       {"v", ColumnType::text, true, 0, 0, "varchar(3)"},
       text("äöü"),
       text("äöüß")},
      {"BadUtf8", "22021", "v text", plain_text, text("fine"), text("\xFF")},
      {"ZeroByte", "22021", "v text", plain_text, text("fine"), text(std::string("a\0b", 3))},
      {"JsonZero", "22P05", "v jsonb", json, text(R"({"a":"\\u0000"})"), text(R"({"a":"\u0000"})")},
      {"JsonSurrogate", "22P02", "v jsonb", json, text(R"(["\ud83d\ude00"])"), text(R"(["\ud83d"])")},
      {"JsonSyntax", "22P02", "v jsonb", json, text("[1]"), text("[1")},
      {"JsonHugeNumber", "22003", "v jsonb", json, text("1e10"), text("1e400000")},
      {"JsonTooDeep", "54001", "v jsonb", json, text("[]"),
       text(std::string(100'000, '[') + std::string(100'000, ']'))},
      {"NumericRange",
       "22003",
       "v numeric(4,2)",
       {"v", ColumnType::decimal, true, 4, 2, "numeric(4,2)"},
       [](RowBuilder& rows) {
         rows.decimal(1, {9'999, 0});
       },
       [](RowBuilder& rows) {
         rows.decimal(1, {10'000, 0});
       }},
      {"Timestamp",
       "22008",
       "v timestamptz",
       {"v", ColumnType::timestamp, true, 0, 0, "timestamptz"},
       [](RowBuilder& rows) { rows.timestamp(1, 0); },
       [](RowBuilder& rows) { rows.timestamp(1, INT64_MIN); }},
      {"Date",
       "22008",
       "v date",
       {"v", ColumnType::date, true, 0, 0, "date"},
       [](RowBuilder& rows) { rows.date(1, 0); },
       [](RowBuilder& rows) { rows.date(1, INT32_MAX); }},
      {"Check", "23514", "v int check (v < 5)", integer, int32(4), int32(5)},
      {"Unique", "23505", "v int unique", integer, {}, int32(-1), "insert into t values (-1, -1)"},
      {"Exclusion", "23P01", "v int, exclude (v with =)", integer, {}, int32(-1), "insert into t values (-1, -1)"},
      {"ForeignKey", "23503", "v int references other (v)", integer, int32(1), int32(2)},
      {"DeferredForeignKey", "23503", "v int references other (v) deferrable initially deferred", integer, int32(1),
       int32(2)},
      {"Trigger", "P0001", "v int", integer, int32(1), int32(13),
       "create function refuse() returns trigger language plpgsql as $$ begin if new.v = 13 then raise exception 'no "
       "thirteen'; end if; return new; end $$; create trigger refuse before insert on t for each row execute function "
       "refuse()"},
      {"Domain", "23514", "v positive", integer, int32(1), int32(-1)},
  };
}

class BadRow : public DatabaseTest, public ::testing::WithParamInterface<std::size_t> {};

TEST_P(BadRow, IsFoundInEachPositionOfABatchAndItsNeighboursAreStored) {
  const Kind kind = kinds()[GetParam()];
  sql("create table other (v int primary key); insert into other values (1)");
  sql("create domain positive as int check (value > 0)");
  sql(std::string("create table t (id int not null, ") + kind.table + ")");
  sql(kind.before);
  TableTarget target = table_target("t", {{"id", ColumnType::int32, false, 0, 0, "int"}, kind.column});
  auto sink = started_sink();
  sink->bind(1, target.get());
  sink->claim("t", 0);
  std::uint64_t next = 0;
  for (std::size_t place = 0; place < kRows; ++place) {
    RowBuilder rows(target.schema);
    std::vector<const mr_event*> events;
    Delivery delivery;
    for (std::size_t i = 0; i < kRows; ++i) {
      const auto id = static_cast<std::int32_t>(next + i);
      rows.int32(0, id);
      i == place ? kind.bad(rows) : kind.good ? kind.good(rows) : rows.int32(1, id);
      rows.end_row();
      events.push_back(delivery.event(std::to_string(id), "t", 0, next + i));
    }
    delivery.rows(1, rows, events);
    delivery.range("t", 0, next, next + kRows);
    const Completion done = sink->write(delivery.get(place + 1));
    EXPECT_EQ(done.rest, static_cast<std::uint32_t>(MR_RECORD_OK));
    ASSERT_EQ(done.exceptions.size(), 1U);
    EXPECT_EQ(done.exceptions[0].record, place);
    EXPECT_EQ(done.exceptions[0].outcome, static_cast<std::uint32_t>(MR_RECORD_STORED_DEAD));
    EXPECT_EQ(done.exceptions[0].code, kind.sqlstate) << done.exceptions[0].text;
    EXPECT_EQ(value("select sqlstate || ' ' || (off = " + std::to_string(next + place) +
                    ") || ' ' || convert_from(payload, 'utf8') || ' ' || target from millrace.dead_letter "
                    "order by id desc limit 1"),
              std::string(kind.sqlstate) + " true " + std::to_string(next + place) + " public.t");
    next += kRows;
    EXPECT_EQ(value("select count(*) || ' ' || count(distinct id) from t where id >= 0"),
              std::to_string((place + 1) * (kRows - 1)) + " " + std::to_string((place + 1) * (kRows - 1)));
    EXPECT_EQ(value("select count(*) from millrace.dead_letter"), std::to_string(place + 1));
    EXPECT_EQ(value("select next_offset from millrace.source_offset"), std::to_string(next));
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, BadRow, ::testing::Range(std::size_t{0}, kinds().size()),
                         [](const auto& tested) { return kinds()[tested.param].name; });

class BadRows : public DatabaseTest {
 protected:
  // Ids from `first` on, one row an event; those in `bad` break the check.
  Completion write(testing::Sink& sink, TableTarget& target, std::uint64_t id, std::int32_t count,
                   const std::function<bool(std::int32_t)>& bad, std::uint32_t attempt = 1) {
    Delivery& delivery = kept_.emplace_back();
    RowBuilder rows(target.schema);
    std::vector<const mr_event*> events;
    for (std::int32_t i = 0; i < count; ++i) {
      rows.int32(0, i);
      rows.int32(1, bad(i) ? 5 : 1);
      rows.end_row();
      events.push_back(delivery.event(std::to_string(i)));
    }
    delivery.rows(1, rows, events);
    return sink.write(delivery.get(id, attempt));
  }

  std::deque<Delivery> kept_;
  TableTarget target_ =
      table_target("t", {{"id", ColumnType::int32, false, 0, 0, "int"}, {"v", ColumnType::int32, true, 0, 0, "int"}});
};

TEST_F(BadRows, AreAllFoundWhereverTheyStand) {
  sql("create table t (id int not null, v int check (v < 5))");
  auto sink = started_sink();
  sink->bind(1, target_.get());
  const Completion done = write(*sink, target_, 1, 3000, [](std::int32_t i) { return i % 97 == 0 || i == 2999; });
  EXPECT_EQ(done.exceptions.size(), 32U);
  EXPECT_EQ(value("select count(*) from t"), "2968");
  EXPECT_EQ(value("select count(*) from t where v = 5"), "0");
  EXPECT_EQ(value("select count(*) from millrace.dead_letter where column_name is null and reason like '%t_v_check%'"),
            "32");
  EXPECT_EQ(sink->host().metric("postgres_dead_letters_total{code=23514}"), 32);
  EXPECT_EQ(sink->host().metric("postgres_rows_total"), 2968);
}

// A foreign key is checked at the end of the statement, and the server names no row then.
TEST_F(BadRows, AreFoundByHalvingWhereTheServerNamesNone) {
  sql("create table other (v int primary key); insert into other values (1)");
  sql("create table t (id int not null, v int references other)");
  auto sink = started_sink();
  sink->bind(1, target_.get());
  const Completion done = write(*sink, target_, 1, 1000, [](std::int32_t i) { return i == 0 || i == 500 || i == 999; });
  ASSERT_EQ(done.exceptions.size(), 3U);
  EXPECT_EQ(done.exceptions[1].record, 500U);
  EXPECT_EQ(value("select count(*) from t"), "997");
}

// The number in the context is a hint: a table whose name and column hold digits, in a trigger's own context.
TEST_F(BadRows, AreNotConfusedByDigitsInNames) {
  sql("create table \"t, line 3\" (id int not null, \"line 7\" int)");
  sql("create function refuse() returns trigger language plpgsql as $$ begin if new.\"line 7\" = 5 then raise "
      "exception 'line 2 of t, line 9,'; end if; return new; end $$");
  sql("create trigger refuse before insert on \"t, line 3\" for each row execute function refuse()");
  TableTarget target = table_target(
      "t, line 3", {{"id", ColumnType::int32, false, 0, 0, "int"}, {"line 7", ColumnType::int32, true, 0, 0, "int"}});
  auto sink = started_sink();
  sink->bind(1, target.get());
  const Completion done = write(*sink, target, 1, 20, [](std::int32_t i) { return i == 11; });
  ASSERT_EQ(done.exceptions.size(), 1U);
  EXPECT_EQ(done.exceptions[0].record, 11U);
  EXPECT_EQ(value("select count(*) from \"t, line 3\""), "19");
}

TEST_F(BadRows, AKeyTooLargeForItsIndexIsTheRowsFault) {
  sql("create table t (id int not null, v text unique)");
  TableTarget target =
      table_target("t", {{"id", ColumnType::int32, false, 0, 0, "int"}, {"v", ColumnType::text, true, 0, 0, "text"}});
  auto sink = started_sink();
  sink->bind(1, target.get());
  std::string random; // does not compress
  for (unsigned i = 0, x = 1; i < 20'000; ++i) {
    x = x * 1'664'525U + 1'013'904'223U;
    random += static_cast<char>('0' + (x >> 24U) % 64);
  }
  RowBuilder rows(target.schema);
  Delivery delivery;
  std::vector<const mr_event*> events;
  for (std::int32_t i = 0; i < 5; ++i) {
    rows.int32(0, i);
    rows.text(1, i == 3 ? random : std::to_string(i));
    rows.end_row();
    events.push_back(delivery.event("{}"));
  }
  delivery.rows(1, rows, events);
  const Completion done = sink->write(delivery.get(1));
  ASSERT_EQ(done.exceptions.size(), 1U);
  EXPECT_EQ(done.exceptions[0].record, 3U);
  EXPECT_EQ(done.exceptions[0].code, "54000");
}

TEST_F(BadRows, ANumberThatTheColumnCannotHoldIsNamedWithIt) {
  sql("create table t (id int not null, v smallint)");
  TableTarget target = table_target(
      "t", {{"id", ColumnType::int32, false, 0, 0, "int"}, {"v", ColumnType::int64, true, 0, 0, "smallint"}});
  auto sink = started_sink();
  sink->bind(1, target.get());
  RowBuilder rows(target.schema);
  rows.int32(0, 1);
  rows.int64(1, 32'768);
  rows.end_row();
  Delivery delivery;
  delivery.rows(1, rows, {delivery.event("{}")});
  const Completion done = sink->write(delivery.get(1));
  ASSERT_EQ(done.exceptions.size(), 1U);
  EXPECT_EQ(done.exceptions[0].text, "'v' 32768 is out of range for smallint");
  EXPECT_EQ(done.exceptions[0].path, "v");
}

TEST_F(BadRows, RowsOfOnePartitionedTableWithoutAPartitionAreRefused) {
  sql("create table t (id int not null, v int) partition by range (v)");
  sql("create table t1 partition of t for values from (0) to (5)");
  auto sink = started_sink();
  sink->bind(1, target_.get());
  const Completion done = write(*sink, target_, 1, 10, [](std::int32_t i) { return i == 4; });
  ASSERT_EQ(done.exceptions.size(), 1U);
  EXPECT_EQ(done.exceptions[0].code, "23514");
  EXPECT_EQ(value("select count(*) from t"), "9");
}

TEST_F(BadRows, TheSecondRowWithOneKeyIsRefusedWhereTheRulesSayReject) {
  sql("create table t (id int not null, v int primary key)");
  TableTarget target =
      table_target("t", {{"id", ColumnType::int32, false, 0, 0, "int"}, {"v", ColumnType::int32, false, 0, 0, "int"}},
                   {{"on_conflict", "reject"}, {"primary_key", "v"}});
  auto sink = started_sink();
  sink->bind(1, target.get());
  RowBuilder rows(target.schema);
  Delivery delivery;
  std::vector<const mr_event*> events;
  for (const std::int32_t key : {1, 2, 1, 3, 2}) {
    rows.int32(0, static_cast<std::int32_t>(events.size()));
    rows.int32(1, key);
    rows.end_row();
    events.push_back(delivery.event("{}"));
  }
  delivery.rows(1, rows, events);
  const Completion done = sink->write(delivery.get(1));
  ASSERT_EQ(done.exceptions.size(), 2U);
  EXPECT_EQ(done.exceptions[0].record, 2U);
  EXPECT_EQ(done.exceptions[1].record, 4U);
  EXPECT_EQ(value("select string_agg(id::text, ',' order by id) from t"), "0,1,3");
}

TEST_F(BadRows, AnEventIsStoredWholeOrNotAtAll) {
  sql("create table a (id int not null); create table b (id int not null, v int check (v < 5))");
  sql("create table c (id int not null)");
  TableTarget a = table_target("a", {{"id", ColumnType::int32, false, 0, 0, "int"}});
  TableTarget b =
      table_target("b", {{"id", ColumnType::int32, false, 0, 0, "int"}, {"v", ColumnType::int32, true, 0, 0, "int"}});
  TableTarget c = table_target("c", {{"id", ColumnType::int32, false, 0, 0, "int"}});
  auto sink = started_sink();
  sink->bind(1, a.get());
  sink->bind(2, b.get());
  sink->bind(3, c.get());
  Delivery delivery;
  std::vector<const mr_event*> events;
  RowBuilder rows_a(a.schema), rows_b(b.schema), rows_c(c.schema);
  for (std::int32_t i = 0; i < 6; ++i) {
    events.push_back(delivery.event(std::to_string(i)));
    rows_a.int32(0, i);
    rows_a.end_row();
    rows_b.int32(0, i);
    rows_b.int32(1, i == 2 || i == 4 ? 5 : 1);
    rows_b.end_row();
    rows_c.int32(0, i);
    rows_c.end_row();
  }
  delivery.rows(1, rows_a, events);
  delivery.rows(2, rows_b, events);
  delivery.rows(3, rows_c, events);
  const Completion done = sink->write(delivery.get(1));
  EXPECT_EQ(done.exceptions.size(), 6U) << "each record of the two events";
  for (const char* table : {"a", "b", "c"}) {
    EXPECT_EQ(value(std::string("select string_agg(id::text, ',' order by id) from ") + table), "0,1,3,5") << table;
  }
  EXPECT_EQ(value("select string_agg(convert_from(payload, 'utf8'), ',' order by 1) from (select payload from "
                  "millrace.dead_letter order by payload) d"),
            "2,4");
}

TEST_F(BadRows, FromTheFifthAttemptOnEachRecordIsAStatementOfItsOwn) {
  sql("create table t (id int not null, v int)");
  sql("create table statements (what text)");
  sql("create function note() returns trigger language plpgsql as "
      "$$ begin insert into statements values (tg_op); return null; end $$");
  sql("create trigger note after insert on t for each statement execute function note()");
  auto sink = started_sink();
  sink->bind(1, target_.get());
  write(
      *sink, target_, 1, 7, [](std::int32_t) { return false; }, 5);
  EXPECT_EQ(value("select count(*) from t"), "7");
  EXPECT_EQ(value("select count(*) from statements"), "7");
}

TEST_F(BadRows, TooManyOfThemStopThePipelineAndNoneIsDeadLettered) {
  sql("create table t (id int not null, v int check (v < 5))");
  auto sink = started_sink({{"bad_rows", "10"}});
  sink->host().set_now_ns(0);
  sink->bind(1, target_.get());
  EXPECT_EQ(write(*sink, target_, 1, 50, [](std::int32_t i) { return i < 10; }).exceptions.size(), 10U);
  try {
    write(*sink, target_, 2, 50, [](std::int32_t i) { return i == 20; });
    FAIL() << "written";
  } catch (const CallFailed& failed) {
    EXPECT_EQ(failed.status(), MR_TRANSIENT);
    EXPECT_THAT(failed.text(), ::testing::HasSubstr("too many rows are refused by table public.t"));
  }
  EXPECT_EQ(value("select count(*) from millrace.dead_letter"), "10");
  EXPECT_EQ(value("select count(*) from t"), "40");
  EXPECT_TRUE(sink->host().logged("the pipeline waits"));
  EXPECT_EQ(sink->host().metric("postgres_held"), 1);
  sink->host().set_now_ns(61'000'000'000); // the minute is over
  EXPECT_EQ(write(*sink, target_, 3, 50, [](std::int32_t i) { return i == 20; }).exceptions.size(), 1U);
}

TEST_F(BadRows, ATableThatRefusesEveryRowTripsTheBreaker) {
  sql("create table t (id int not null, v int check (v < 1))");
  auto sink = started_sink();
  sink->bind(1, target_.get());
  EXPECT_THROW(write(*sink, target_, 1, 2000, [](std::int32_t) { return true; }), CallFailed);
  EXPECT_EQ(value("select count(*) from millrace.dead_letter"), "0");
  EXPECT_EQ(value("select count(*) from t"), "0");
}

} // namespace
} // namespace millrace::sink_postgres
