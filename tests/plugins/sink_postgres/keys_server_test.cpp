// Tables with a key: one row per key of a batch, and what happens to a row that is there already.
#include "tests/plugins/sink_postgres/server.hpp"

#include <thread>

namespace millrace::sink_postgres {
namespace {

using testing::Completion;
using testing::Delivery;

struct Row {
  std::int32_t key;
  std::optional<std::int32_t> at;
  const char* note;
};

class Keys : public DatabaseTest {
 protected:
  TableTarget target(const std::string& on_conflict) {
    std::vector<std::pair<std::string, std::string>> properties = {{"on_conflict", on_conflict}, {"primary_key", "k"}};
    if (on_conflict == "keep_newest") {
      properties.insert(properties.begin(), {"newest_by", "at"});
    }
    return table_target("t",
                        {{"k", ColumnType::int32, false, 0, 0, "int"},
                         {"at", ColumnType::int32, true, 0, 0, "int"},
                         {"note", ColumnType::text, false, 0, 0, "varchar(20)"}},
                        properties);
  }
  Completion write(testing::Sink& sink, TableTarget& of, std::uint64_t id, const std::vector<Row>& rows,
                   std::uint32_t attempt = 1) {
    Delivery delivery;
    RowBuilder builder(of.schema);
    std::vector<const mr_event*> events;
    for (const Row& row : rows) {
      builder.int32(0, row.key);
      if (row.at) {
        builder.int32(1, *row.at);
      }
      builder.text(2, row.note);
      builder.end_row();
      events.push_back(delivery.event(row.note));
    }
    delivery.rows(1, builder, events);
    return sink.write(delivery.get(id, attempt));
  }
  std::string stored() {
    return value("select string_agg(k || '=' || note || coalesce('@' || at, ''), ' ' order by k) from t");
  }
};

const std::string kTable = "create table t (k int primary key, at int, note varchar(20) not null)";

TEST_F(Keys, KeepFirstLetsTheEarliestRowStand) {
  sql(kTable);
  TableTarget t = target("keep_first");
  auto sink = started_sink();
  sink->bind(1, t.get());
  write(*sink, t, 1, {{2, 1, "a"}, {1, 1, "b"}, {2, 9, "c"}, {1, 0, "d"}});
  EXPECT_EQ(stored(), "1=b@1 2=a@1");
  write(*sink, t, 2, {{2, 99, "x"}, {3, {}, "y"}});
  EXPECT_EQ(stored(), "1=b@1 2=a@1 3=y");
}

TEST_F(Keys, KeepLastLetsTheLatestRowStand) {
  sql(kTable);
  TableTarget t = target("keep_last");
  auto sink = started_sink();
  sink->bind(1, t.get());
  write(*sink, t, 1, {{2, 1, "a"}, {1, 1, "b"}, {2, 9, "c"}, {1, {}, "d"}});
  EXPECT_EQ(stored(), "1=d 2=c@9");
  write(*sink, t, 2, {{2, 0, "x"}});
  EXPECT_EQ(stored(), "1=d 2=x@0");
}

TEST_F(Keys, KeepNewestComparesItsColumnAndAnAbsentOneIsTheOldest) {
  sql(kTable);
  TableTarget t = target("keep_newest");
  auto sink = started_sink();
  sink->bind(1, t.get());
  write(*sink, t, 1,
        {{1, 5, "a"}, {1, 7, "b"}, {1, 6, "c"}, {2, 5, "d"}, {2, 5, "e"}, {3, {}, "f"}, {3, 1, "g"}, {4, {}, "h"}});
  EXPECT_EQ(stored(), "1=b@7 2=d@5 3=g@1 4=h");
  write(*sink, t, 2, {{1, 6, "older"}, {2, 5, "same"}, {3, 2, "newer"}, {4, 0, "known"}});
  EXPECT_EQ(stored(), "1=b@7 2=d@5 3=newer@2 4=known@0");
  write(*sink, t, 3, {{4, {}, "unknown"}});
  EXPECT_EQ(stored(), "1=b@7 2=d@5 3=newer@2 4=known@0");
}

TEST_F(Keys, RowsOfSeveralPartsAreReducedTogether) {
  sql(kTable);
  TableTarget t = target("keep_last");
  auto sink = started_sink();
  sink->bind(1, t.get());
  Delivery delivery;
  for (const char* note : {"one", "two", "three"}) {
    RowBuilder builder(t.schema);
    builder.int32(0, 1);
    builder.text(2, note);
    builder.end_row();
    delivery.rows(1, builder, {delivery.event(note)});
  }
  sink->write(delivery.get(1));
  EXPECT_EQ(stored(), "1=three");
}

TEST_F(Keys, ATableThatIsNothingButItsKeyKeepsWhatIsThere) {
  sql("create table ids (k int primary key)");
  TableTarget t = table_target("ids", {{"k", ColumnType::int32, false, 0, 0, "int"}},
                               {{"on_conflict", "keep_last"}, {"primary_key", "k"}});
  auto sink = started_sink();
  sink->bind(1, t.get());
  Delivery delivery;
  RowBuilder builder(t.schema);
  for (int i = 0; i < 3; ++i) {
    builder.int32(0, 7);
    builder.end_row();
  }
  const mr_event* event = delivery.event("{}");
  delivery.rows(1, builder, {event, event, event});
  sink->write(delivery.get(1));
  EXPECT_EQ(value("select count(*) from ids"), "1");
}

TEST_F(Keys, BadRowsAmongThemAreFoundWhetherStagingOrMergingRefuses) {
  sql("create table t (k int primary key, at int check (at < 100), note varchar(20) not null)");
  TableTarget t = target("keep_last");
  auto sink = started_sink();
  sink->bind(1, t.get());
  const Completion done = write(*sink, t, 1,
                                {{1, 1, "good"},
                                 {2, 1, "much too long for the column"},
                                 {3, 100, "breaks the check"},
                                 {1, 2, "good, and later"},
                                 {4, 1, "good"}});
  ASSERT_EQ(done.exceptions.size(), 2U);
  EXPECT_EQ(done.exceptions[0].record, 1U);
  EXPECT_EQ(done.exceptions[0].code, "22001");
  EXPECT_EQ(done.exceptions[1].record, 2U);
  EXPECT_EQ(done.exceptions[1].code, "23514");
  EXPECT_EQ(stored(), "1=good, and later@2 4=good@1");
}

TEST_F(Keys, RecordByRecordGivesTheSameResult) {
  sql(kTable);
  TableTarget t = target("keep_newest");
  auto sink = started_sink();
  sink->bind(1, t.get());
  write(*sink, t, 1, {{1, 5, "a"}, {1, 7, "b"}, {1, 6, "c"}, {3, {}, "f"}, {3, 1, "g"}}, 5);
  EXPECT_EQ(stored(), "1=b@7 3=g@1");
}

TEST_F(Keys, StagingLeavesNothingBehindBetweenDeliveries) {
  sql(kTable);
  TableTarget t = target("keep_last");
  auto sink = started_sink();
  sink->bind(1, t.get());
  write(*sink, t, 1, {{1, 1, "a"}});
  const std::string tables = value("select count(*) from pg_class where relname like 'millrace stage%'");
  sql("truncate t");
  for (std::uint64_t id = 2; id < 20; ++id) {
    write(*sink, t, id, {{2, 1, "b"}});
  }
  EXPECT_EQ(stored(), "2=b@1");
  EXPECT_EQ(value("select count(*) from pg_class where relname like 'millrace stage%'"), tables);
  sink->unbind(1);
  EXPECT_EQ(value("select count(*) from pg_class where relname like 'millrace stage%'"), "0");
}

TEST_F(Keys, AKeyNeedsAUniqueIndexOnExactlyIts) {
  sql("create table t (k int, at int, note varchar(20) not null, unique (k, at))");
  sql("create unique index partial on t (k) where at > 0");
  TableTarget t = target("keep_last");
  auto sink = started_sink();
  try {
    sink->bind(1, t.get());
    FAIL() << "bound";
  } catch (const testing::CallFailed& failed) {
    EXPECT_EQ(failed.status(), MR_INVALID);
    EXPECT_THAT(failed.text(), ::testing::HasSubstr("no primary key or unique constraint on exactly (\"k\")"));
  }
  sql("create unique index whole on t (k) include (note)");
  EXPECT_NO_THROW(sink->bind(1, t.get()));
}

// Two writers that upsert the same keys, each batch in an order of its own: with locks in the order of the key neither
// waits for the other in a circle.
TEST_F(Keys, TwoWritersOfTheSameKeysNeverDeadlock) {
  sql(kTable);
  std::vector<std::unique_ptr<testing::Sink>> sinks;
  for (int i = 0; i < 2; ++i) {
    sinks.push_back(started_sink());
  }
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      TableTarget t = target("keep_last");
      sinks[static_cast<std::size_t>(i)]->bind(1, t.get());
      for (std::uint64_t id = 1; id <= 60; ++id) {
        std::vector<Row> rows;
        for (std::int32_t k = 0; k < 200; ++k) {
          rows.push_back({i == 0 ? k : 199 - k, {}, "x"});
        }
        try {
          write(*sinks[static_cast<std::size_t>(i)], t, id, rows);
        } catch (const testing::CallFailed&) {
          ++failures;
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(value("select deadlocks from pg_stat_database where datname = current_database()"), "0");
}

} // namespace
} // namespace millrace::sink_postgres
