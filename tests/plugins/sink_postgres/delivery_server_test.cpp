// Deliveries of rows into tables of a real server: what is stored, in which transaction, and what a table must be like.
#include "tests/plugins/sink_postgres/server.hpp"

namespace millrace::sink_postgres {
namespace {

using testing::CallFailed;
using testing::Completion;
using testing::Delivery;

class Deliveries : public DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (!IsSkipped()) {
      sql("create table people (id bigint not null, name text)");
      target_ = table_target(
          "people", {{"id", ColumnType::int64, false, 0, 0, "bigint"}, {"name", ColumnType::text, true, 0, 0, "text"}});
    }
  }
  // A part with rows first … end-1 and its events.
  void add(Delivery& delivery, std::uint32_t target, std::int64_t first, std::int64_t end,
           std::int32_t partition = -1) {
    RowBuilder rows(target_.schema);
    std::vector<const mr_event*> events;
    for (std::int64_t id = first; id < end; ++id) {
      rows.int64(0, id);
      rows.text(1, "n" + std::to_string(id));
      rows.end_row();
      events.push_back(
          delivery.event(R"({"id":)" + std::to_string(id) + "}", "people", partition, static_cast<std::uint64_t>(id)));
    }
    delivery.rows(target, rows, std::move(events));
  }

  TableTarget target_;
};

TEST_F(Deliveries, StoresEveryRowAndCompletesAfterTheCommit) {
  auto sink = started_sink();
  sink->bind(1, target_.get());
  Delivery delivery;
  add(delivery, 1, 0, 1000);
  const Completion done = sink->write(delivery.get(7));
  EXPECT_EQ(done.rest, static_cast<std::uint32_t>(MR_RECORD_OK));
  EXPECT_TRUE(done.exceptions.empty());
  EXPECT_EQ(value("select count(*) || ' ' || sum(id) || ' ' || count(distinct name) from people"), "1000 499500 1000");
  EXPECT_EQ(sink->host().metric("postgres_rows_total"), 1000);
  EXPECT_EQ(sink->host().metric("postgres_commits_total"), 1);
  sink->stop();
  EXPECT_TRUE(sink->violations().empty());
}

TEST_F(Deliveries, SeveralPartsOfOneTableAreOneCopy) {
  sql("create table statements (what text)");
  sql("create function note() returns trigger language plpgsql as "
      "$$ begin insert into statements values (tg_op); return null; end $$");
  sql("create trigger note after insert on people for each statement execute function note()");
  auto sink = started_sink();
  sink->bind(1, target_.get());
  Delivery delivery;
  add(delivery, 1, 0, 10);
  add(delivery, 1, 10, 20);
  sink->write(delivery.get(1));
  EXPECT_EQ(value("select count(*) from people"), "20");
  EXPECT_EQ(value("select count(*) from statements"), "1");
}

TEST_F(Deliveries, TakesTheRowsThatARetrySelects) {
  auto sink = started_sink();
  sink->bind(1, target_.get());
  Delivery delivery;
  add(delivery, 1, 0, 10);
  mr_delivery lent = delivery.get(1, 2);
  mr_part part = lent.parts[0];
  const std::uint32_t row[] = {2, 5};
  const mr_event* events[] = {part.events[2], part.events[5]};
  part.row = row;
  part.events = events;
  part.count = 2;
  lent.parts = &part;
  sink->write(lent);
  EXPECT_EQ(value("select string_agg(id::text, ',' order by id) from people"), "2,5");
}

TEST_F(Deliveries, RowsAndPositionAndRouterDeadLettersAreOneTransaction) {
  auto sink = started_sink();
  sink->bind(1, target_.get());
  EXPECT_EQ(sink->claim("people", 3).next, 0U);
  Delivery delivery;
  add(delivery, 1, 0, 5, 3);
  delivery.dead(delivery.event("{broken", "people", 3, 5), "E0901", "this is no JSON");
  delivery.range("people", 3, 0, 6, 0xFEDCBA9876543210U);
  sink->write(delivery.get(1));
  EXPECT_EQ(value("select count(*) from people"), "5");
  EXPECT_EQ(value("select next_offset || ' ' || epoch from millrace.source_offset"), "6 1");
  EXPECT_EQ(value("select pipeline || topic || partition || off || code || reason || convert_from(payload, 'utf8') "
                  "from millrace.dead_letter"),
            "testpeople35E0901this is no JSON{broken");
  EXPECT_EQ(value("select count(distinct xmin::text) from (select xmin from people union all select xmin from "
                  "millrace.dead_letter union all select xmin from millrace.source_offset) t"),
            "1");
  const mr_position position = sink->claim("people", 3);
  EXPECT_EQ(position.next, 6U);
  EXPECT_EQ(position.mark, 0xFEDCBA9876543210U);
}

TEST_F(Deliveries, KeepsEveryByteOfADeadLetter) {
  auto sink = started_sink();
  const std::string payload("\xFF\x00{\"a\":1}", 9);
  Delivery delivery;
  mr_event event = *delivery.event(payload);
  const std::string header_value("\x00\x80", 2);
  const mr_pair headers[] = {{str("id"), str(header_value)}, {str("empty"), str("")}, {str("none"), kAbsent}};
  event.headers = headers;
  event.header_count = 3;
  event.key = str("k\xC0");
  event.time_us = 1'700'000'000'123'456;
  delivery.dead(&event,
                "E\xFF"
                "1",
                std::string("zero \0 byte", 11));
  sink->write(delivery.get(1));
  const pqxx::result row =
      sql("select encode(payload, 'hex'), encode(key, 'hex'), encode(headers[2], 'hex'), encode(headers[4], 'hex'), "
          "headers[6] is null, array_length(headers, 1), event_time = '2023-11-14 22:13:20.123456Z', code, reason, "
          "partition, path is null, sqlstate is null, replayed_at is null from millrace.dead_letter");
  ASSERT_EQ(row.size(), 1);
  EXPECT_EQ(row[0][0].as<std::string>(), "ff007b2261223a317d");
  EXPECT_EQ(row[0][1].as<std::string>(), "6bc0");
  EXPECT_EQ(row[0][2].as<std::string>(), "0080");
  EXPECT_EQ(row[0][3].as<std::string>(), "");
  EXPECT_TRUE(row[0][4].as<bool>());
  EXPECT_EQ(row[0][5].as<int>(), 6);
  EXPECT_TRUE(row[0][6].as<bool>());
  EXPECT_EQ(row[0][7].as<std::string>(),
            "E\xEF\xBF\xBD"
            "1");
  EXPECT_EQ(row[0][8].as<std::string>(), "zero \xEF\xBF\xBD byte");
  EXPECT_EQ(row[0][9].as<int>(), -1);
  EXPECT_TRUE(row[0][10].as<bool>());
  EXPECT_TRUE(row[0][11].as<bool>());
  EXPECT_TRUE(row[0][12].as<bool>());
}

TEST_F(Deliveries, ADeadLetterOfALogIsStoredOnceAndTheFirstReasonWins) {
  auto sink = started_sink();
  sink->claim("t", 0);
  Delivery first;
  first.dead(first.event("x", "t", 0, 4), "E1", "first");
  first.range("t", 0, 0, 5);
  sink->write(first.get(1));
  sql("update millrace.source_offset set next_offset = 0"); // an operator reads it again
  sink->claim("t", 0);
  Delivery again;
  again.dead(again.event("x", "t", 0, 4), "E2", "second");
  again.range("t", 0, 0, 5);
  sink->write(again.get(2));
  EXPECT_EQ(value("select string_agg(reason, ',') from millrace.dead_letter"), "first");
}

TEST_F(Deliveries, WithoutALogTheSameEventMayBeDeadTwice) {
  auto sink = started_sink();
  Delivery delivery;
  delivery.dead(delivery.event("x"), "E1", "a");
  delivery.dead(delivery.event("x"), "E1", "b");
  sink->write(delivery.get(1));
  EXPECT_EQ(value("select count(*) from millrace.dead_letter where partition = -1"), "2");
}

TEST_F(Deliveries, ATableThatIsNotThereSaysApply) {
  auto sink = started_sink();
  TableTarget missing = table_target("app.nowhere", {{"id", ColumnType::int64, false, 0, 0, "bigint"}});
  try {
    sink->bind(1, missing.get());
    FAIL() << "bound";
  } catch (const CallFailed& failed) {
    EXPECT_EQ(failed.status(), MR_INVALID);
    EXPECT_EQ(failed.text(),
              "table app.nowhere does not exist: run `millrace apply`, which creates what the rules declare");
  }
}

TEST_F(Deliveries, ATableThatDiffersIsNamedWithTheWayOut) {
  sql("create schema app; create table app.orders (id uuid primary key, total numeric(8,2), who varchar(10) not null, "
      "must int not null)");
  auto sink = started_sink();
  TableTarget target = table_target("app.orders", {{"id", ColumnType::uuid, false, 0, 0, "uuid"},
                                                   {"totl", ColumnType::decimal, true, 12, 2, "numeric(12,2)"},
                                                   {"who", ColumnType::text, false, 0, 0, "varchar(20)"}});
  try {
    sink->bind(1, target.get());
    FAIL() << "bound";
  } catch (const CallFailed& failed) {
    EXPECT_EQ(failed.status(), MR_INVALID);
    EXPECT_THAT(failed.text(), ::testing::HasSubstr("table app.orders has no column 'totl' (did you mean 'total'?)"));
    EXPECT_THAT(failed.text(), ::testing::HasSubstr("has 'who' as character varying(10), the rules write varchar(20)"));
    EXPECT_THAT(failed.text(), ::testing::HasSubstr("'must' that is NOT NULL without a default"));
  }
}

TEST_F(Deliveries, AWiderTableWillDo) {
  sql("create table wide (id numeric not null, name text, at timestamptz not null default now())");
  auto sink = started_sink();
  TableTarget target = table_target(
      "wide", {{"name", ColumnType::text, true, 0, 0, "varchar(20)"}, {"id", ColumnType::int32, false, 0, 0, "int"}});
  sink->bind(1, target.get());
  RowBuilder rows(target.schema);
  rows.text(0, "x");
  rows.int32(1, -70'000);
  rows.end_row();
  Delivery delivery;
  delivery.rows(1, rows, {delivery.event("{}")});
  sink->write(delivery.get(1));
  EXPECT_EQ(value("select id || name from wide"), "-70000x");
}

TEST_F(Deliveries, ColumnAddedWhileItRunsIsNoticedAndHarmless) {
  auto sink = started_sink();
  sink->bind(1, target_.get());
  Delivery delivery;
  add(delivery, 1, 0, 3);
  sink->write(delivery.get(1));
  sql("alter table people add column extra int");
  sink->write(delivery.get(2));
  EXPECT_EQ(value("select count(*) from people"), "6");
}

TEST_F(Deliveries, AColumnThatWidensWhileItRunsIsWrittenInItsNewType) {
  sql("create table counts (n int not null)");
  auto sink = started_sink();
  TableTarget target = table_target("counts", {{"n", ColumnType::int32, false, 0, 0, "int"}});
  sink->bind(1, target.get());
  const auto write = [&](std::uint64_t id, std::int32_t n) {
    RowBuilder rows(target.schema);
    rows.int32(0, n);
    rows.end_row();
    Delivery delivery;
    delivery.rows(1, rows, {delivery.event("{}")});
    return sink->write(delivery.get(id));
  };
  write(1, 1);
  sql("alter table counts alter column n type bigint");
  EXPECT_TRUE(write(2, 2).exceptions.empty());
  EXPECT_EQ(value("select string_agg(n::text, ',' order by n) from counts"), "1,2");
}

// Four bytes are a real as well as an int: the server takes them, and only the look at the catalogue before COMMIT
// shows that they meant something else.
TEST_F(Deliveries, BytesOfAnOldTypeAreNeverTakenForValuesOfTheNewOne) {
  sql("create table counts (n int not null)");
  auto sink = started_sink();
  TableTarget target = table_target("counts", {{"n", ColumnType::int32, false, 0, 0, "int"}});
  sink->bind(1, target.get());
  RowBuilder rows(target.schema);
  rows.int32(0, 1'065'353'216); // the bits of 1.0
  rows.end_row();
  Delivery delivery;
  delivery.rows(1, rows, {delivery.event("{}")});
  sql("alter table counts alter column n type real");
  try {
    sink->write(delivery.get(1));
    FAIL() << "written";
  } catch (const CallFailed& failed) {
    EXPECT_EQ(failed.status(), MR_TRANSIENT);
    EXPECT_THAT(failed.text(), ::testing::HasSubstr("has 'n' as real, the rules write integer"));
  }
  EXPECT_EQ(value("select count(*) from counts"), "0");
  EXPECT_EQ(value("select count(*) from millrace.dead_letter"), "0");
}

TEST_F(Deliveries, ADroppedColumnHoldsUntilItIsBackAndDeadLettersNothing) {
  auto sink = started_sink();
  sink->bind(1, target_.get());
  sql("alter table people drop column name");
  Delivery delivery;
  add(delivery, 1, 0, 3);
  try {
    sink->write(delivery.get(1));
    FAIL() << "written";
  } catch (const CallFailed& failed) {
    EXPECT_EQ(failed.status(), MR_TRANSIENT);
    EXPECT_THAT(failed.text(), ::testing::HasSubstr("table public.people has no column 'name'"));
  }
  EXPECT_TRUE(sink->host().logged("deliveries are kept until it does"));
  EXPECT_EQ(sink->host().metric("postgres_held"), 1);
  sql("alter table people add column name text");
  sink->write(delivery.get(2));
  EXPECT_EQ(sink->host().metric("postgres_held"), 0);
  EXPECT_EQ(value("select count(*) from people where name is not null"), "3");
  EXPECT_EQ(value("select count(*) from millrace.dead_letter"), "0");
}

TEST_F(Deliveries, NothingIsHeldInASinkThatHasStopped) {
  auto sink = started_sink();
  sink->bind(1, target_.get());
  sql("alter table people drop column name");
  Delivery delivery;
  add(delivery, 1, 0, 3);
  EXPECT_THROW(sink->write(delivery.get(1)), CallFailed);
  EXPECT_EQ(sink->host().metric("postgres_held"), 1);
  sink->stop();
  EXPECT_EQ(sink->host().metric("postgres_held"), 0) << "the figure outlives the worker";
}

TEST_F(Deliveries, MissingRightsHoldAndAreSaidAloud) {
  sql("do $$ begin create role writer login; exception when duplicate_object then null; end $$");
  sql("grant insert on people to writer; grant create on database " + database_ + " to writer");
  std::string as_writer = url();
  as_writer.replace(as_writer.find("postgres@"), 9, "writer@");
  auto sink = started_sink({{"url", as_writer}});
  sink->bind(1, target_.get());
  sql("revoke insert on people from writer");
  Delivery delivery;
  add(delivery, 1, 0, 3);
  EXPECT_THROW(sink->write(delivery.get(1)), CallFailed);
  EXPECT_TRUE(sink->host().logged("waiting does not mend it"));
  EXPECT_EQ(sink->host().metric("postgres_held"), 1);
  sql("grant insert on people to writer");
  sink->write(delivery.get(2));
  EXPECT_EQ(value("select count(*) from people"), "3");
  EXPECT_EQ(sink->host().metric("postgres_held"), 0);
  sink.reset();
  sql("drop owned by writer");
}

TEST_F(Deliveries, TheRightsThatTheManualNamesAreEnough) {
  sql("do $$ begin create role loader login; exception when duplicate_object then null; end $$");
  sql("create table keyed (id bigint primary key, name text)");
  started_sink(); // as the owner: makes the schema
  sql("revoke temporary on database " + database_ + " from public");
  sql("grant temporary on database " + database_ + " to loader");
  sql("grant usage on schema millrace to loader");
  sql("grant select on millrace.schema_version to loader");
  sql("grant select, insert, update on millrace.source_offset to loader");
  sql("grant select, insert on millrace.dead_letter to loader");
  sql("grant insert on people to loader");
  sql("grant select, insert, update on keyed to loader");
  std::string as_loader = url();
  as_loader.replace(as_loader.find("postgres@"), 9, "loader@");
  {
    auto sink = started_sink({{"url", as_loader}});
    TableTarget keyed = table_target(
        "keyed", {{"id", ColumnType::int64, false, 0, 0, "bigint"}, {"name", ColumnType::text, true, 0, 0, "text"}},
        {{"on_conflict", "keep_last"}, {"primary_key", "id"}});
    sink->bind(1, target_.get());
    sink->bind(2, keyed.get());
    sink->claim("people", 0);
    Delivery delivery;
    add(delivery, 1, 0, 3, 0);
    add(delivery, 2, 0, 3, 0);
    delivery.dead(delivery.event("x", "people", 0, 3), "E1", "why");
    delivery.range("people", 0, 0, 4);
    sink->write(delivery.get(1));
    sink->release("people", 0);
  }
  EXPECT_EQ(
      value("select (select count(*) from people) || ' ' || (select count(*) from keyed) || ' ' || (select count(*) "
            "from millrace.dead_letter) || ' ' || (select next_offset from millrace.source_offset)"),
      "3 3 1 4");
  sql("drop owned by loader");
}

} // namespace
} // namespace millrace::sink_postgres
