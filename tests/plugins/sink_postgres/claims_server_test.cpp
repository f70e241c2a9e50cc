// Claims on a real server: who may write a partition, what a writer hears that lost it, and what becomes of positions
// when sessions, servers and answers are lost.
#include "tests/plugins/sink_postgres/proxy.hpp"
#include "tests/plugins/sink_postgres/server.hpp"

#include <thread>

namespace millrace::sink_postgres {
namespace {

using testing::CallFailed;
using testing::Completion;
using testing::Delivery;

const std::string kCommit("commit\0", 7); // as a message of its own ends

class Claims : public DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (!IsSkipped()) {
      sql("create table t (id bigint not null)");
    }
  }

  Delivery& delivery(std::uint64_t first, std::uint64_t next, std::int32_t partition = 0) {
    Delivery& made = kept_.emplace_back();
    RowBuilder rows(target_.schema);
    std::vector<const mr_event*> events;
    for (std::uint64_t i = first; i < next; ++i) {
      rows.int64(0, static_cast<std::int64_t>(i));
      rows.end_row();
      events.push_back(made.event("{}", "s", partition, i));
    }
    made.rows(1, rows, events);
    made.range("s", partition, first, next, next * 7);
    return made;
  }
  static mr_status status_of(const std::function<void()>& call) {
    try {
      call();
    } catch (const CallFailed& failed) {
      return failed.status();
    }
    return MR_OK;
  }
  void end_sessions() {
    sql("select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name like 'millrace%' and "
        "datname = current_database()");
  }
  std::string through(const Proxy& proxy) const {
    std::string changed = url();
    const std::string port = ":" + std::to_string(Server::get()->port());
    return changed.replace(changed.find(port), port.size(), ":" + std::to_string(proxy.port()));
  }

  std::deque<Delivery> kept_;
  TableTarget target_ = table_target("t", {{"id", ColumnType::int64, false, 0, 0, "bigint"}});
};

TEST_F(Claims, ANewPartitionStartsWhereTheSourceSays) {
  auto sink = started_sink();
  EXPECT_EQ(sink->claim("s", 0, {42, 9}).next, 42U);
  const mr_position again = sink->claim("s", 0, {99, 1});
  EXPECT_EQ(again.next, 42U);
  EXPECT_EQ(again.mark, 9U);
  EXPECT_EQ(sink->host().metric("postgres_claim_total"), 2);
}

TEST_F(Claims, DeliveriesMoveThePositionAlong) {
  auto sink = started_sink();
  sink->bind(1, target_.get());
  sink->claim("s", 0);
  sink->claim("s", 1);
  sink->write(delivery(0, 10).get(1));
  sink->write(delivery(10, 15).get(2));
  sink->write(delivery(0, 3, 1).get(3));
  EXPECT_EQ(sink->claim("s", 0).next, 15U);
  EXPECT_EQ(sink->claim("s", 0).mark, 105U);
  EXPECT_EQ(sink->claim("s", 1).next, 3U);
  EXPECT_EQ(value("select count(*) from t"), "18");
  EXPECT_EQ(sink->host().metric("postgres_offsets_total"), 18);
}

TEST_F(Claims, ADeliveryAfterOneThatFailedWaitsBehindIt) {
  auto sink = started_sink();
  sink->bind(1, target_.get());
  sink->claim("s", 0);
  EXPECT_EQ(status_of([&] { sink->write(delivery(10, 15).get(1)); }), MR_TRANSIENT);
  sink->write(delivery(0, 10).get(2));
  sink->write(delivery(10, 15).get(3));
  EXPECT_EQ(value("select count(*) from t"), "15");
  EXPECT_EQ(sink->host().metric("postgres_offsets_total"), 15) << "as far as they were committed";
}

TEST_F(Claims, WithoutAClaimADeliveryWithPositionsIsMoved) {
  auto sink = started_sink();
  sink->bind(1, target_.get());
  EXPECT_EQ(status_of([&] { sink->write(delivery(0, 5).get(1)); }), MR_MOVED);
  EXPECT_EQ(value("select count(*) from t"), "0");
}

TEST_F(Claims, AWriterThatLostItsPartitionIsFencedAndItsRowsAreNot) {
  auto old_owner = started_sink();
  old_owner->bind(1, target_.get());
  old_owner->claim("s", 0);
  old_owner->write(delivery(0, 5).get(1));
  auto new_owner = started_sink();
  new_owner->bind(1, target_.get());
  EXPECT_EQ(new_owner->claim("s", 0).next, 5U);
  EXPECT_EQ(status_of([&] { old_owner->write(delivery(5, 9).get(2)); }), MR_MOVED);
  new_owner->write(delivery(5, 7).get(1));
  EXPECT_EQ(value("select string_agg(id::text, ',' order by id) from t"), "0,1,2,3,4,5,6");
}

// The old owner's session survives here, as its number was not to be trusted: only the epoch stands between.
TEST_F(Claims, AnOlderEpochIsFencedEvenWhenItsSessionLives) {
  auto sink = started_sink();
  sink->bind(1, target_.get());
  sink->claim("s", 0);
  sql("update millrace.source_offset set epoch = epoch + 1, owner = 'somebody'");
  EXPECT_EQ(status_of([&] { sink->write(delivery(0, 5).get(1)); }), MR_MOVED);
  EXPECT_EQ(sink->host().metric("postgres_fenced_total"), 1);
  EXPECT_EQ(value("select count(*) from t"), "0");
  EXPECT_EQ(status_of([&] { sink->write(delivery(0, 5).get(2)); }), MR_MOVED) << "its claims are void";
  sink->claim("s", 0);
  sink->write(delivery(0, 5).get(3));
  EXPECT_EQ(value("select count(*) from t"), "5");
}

TEST_F(Claims, APositionThatMovedUnderneathFencesToo) {
  auto sink = started_sink();
  sink->bind(1, target_.get());
  sink->claim("s", 0);
  sink->write(delivery(0, 5).get(1));
  sql("update millrace.source_offset set next_offset = 3"); // as a failover does
  EXPECT_EQ(status_of([&] { sink->write(delivery(5, 6).get(2)); }), MR_MOVED);
  EXPECT_EQ(sink->claim("s", 0).next, 3U);
  EXPECT_EQ(sink->host().metric("postgres_rewind_total"), 1);
}

TEST_F(Claims, AZombieInsideItsTransactionIsEndedByTheNextClaim) {
  auto zombie = started_sink({{"lock_timeout", "1h"}, {"statement_timeout", "1h"}});
  zombie->bind(1, target_.get());
  zombie->claim("s", 0);
  pqxx::connection blocker(url());
  pqxx::work lock(blocker);
  lock.exec("lock table t");
  mr_status ended = MR_OK;
  std::thread writing([&] { ended = status_of([&] { zombie->write(delivery(0, 5).get(1)); }); });
  while (value("select count(*) from pg_locks where not granted and relation = 't'::regclass") == "0") {
  }
  auto heir = started_sink();
  EXPECT_EQ(heir->claim("s", 0).next, 0U);
  writing.join();
  lock.abort();
  EXPECT_EQ(ended, MR_MOVED);
  EXPECT_EQ(value("select count(*) from t"), "0");
  heir->bind(1, target_.get());
  heir->write(delivery(0, 5).get(1));
  EXPECT_EQ(value("select count(*) from t"), "5");
}

TEST_F(Claims, APartitionThatWasGivenBackCostsItsOldOwnerNothing) {
  auto first = started_sink();
  first->bind(1, target_.get());
  first->claim("s", 0);
  first->claim("s", 1);
  first->release("s", 1);
  auto second = started_sink();
  second->claim("s", 1);
  first->write(delivery(0, 5).get(1)); // its session is still the one that claimed
  EXPECT_EQ(status_of([&] { first->write(delivery(0, 5, 1).get(2)); }), MR_MOVED);
}

TEST_F(Claims, ALostSessionIsNoticedWhenIdle) {
  auto sink = started_sink();
  sink->claim("s", 0);
  EXPECT_EQ(status_of([&] { sink->still(); }), MR_OK);
  end_sessions();
  EXPECT_EQ(status_of([&] { sink->still(); }), MR_MOVED);
  EXPECT_EQ(status_of([&] { sink->still(); }), MR_OK) << "nothing is claimed any more";
  EXPECT_EQ(sink->claim("s", 0).next, 0U);
  EXPECT_EQ(sink->host().metric("postgres_reconnects_total"), 1);
}

TEST_F(Claims, AServerThatTakesNoWritesAnyMoreIsNoticedWhenIdle) {
  auto sink = started_sink();
  sink->claim("s", 0);
  sql("alter database " + database_ + " set default_transaction_read_only = on");
  EXPECT_EQ(status_of([&] { sink->still(); }), MR_OK) << "holds for new sessions only";
  end_sessions();
  EXPECT_EQ(status_of([&] { sink->still(); }), MR_MOVED);
  EXPECT_EQ(status_of([&] { sink->claim("s", 0); }), MR_TRANSIENT) << "read-write is asked for";
}

TEST_F(Claims, ALostSessionMovesTheDeliveryThatMeetsIt) {
  auto sink = started_sink();
  sink->bind(1, target_.get());
  sink->claim("s", 0);
  end_sessions();
  EXPECT_EQ(status_of([&] { sink->write(delivery(0, 5).get(1)); }), MR_MOVED);
  sink->claim("s", 0);
  sink->write(delivery(0, 5).get(2));
  EXPECT_EQ(value("select count(*) from t"), "5");
}

TEST_F(Claims, AClaimThatFindsTheSessionGoneSaysSoWhenThereWereOthers) {
  auto sink = started_sink();
  sink->claim("s", 0);
  end_sessions();
  EXPECT_EQ(status_of([&] { sink->claim("s", 1); }), MR_MOVED);
  EXPECT_EQ(status_of([&] { sink->claim("s", 1); }), MR_OK);
  end_sessions();
  EXPECT_EQ(status_of([&] { sink->claim("s", 1); }), MR_TRANSIENT) << "there was no other";
  EXPECT_EQ(status_of([&] { sink->claim("s", 1); }), MR_OK);
}

TEST_F(Claims, ARestartedServerIsFoundAgainAndNothingIsTwice) {
  auto sink = started_sink();
  sink->bind(1, target_.get());
  sink->claim("s", 0);
  sink->write(delivery(0, 5).get(1));
  observer_.reset();
  Server::get()->restart();
  EXPECT_EQ(status_of([&] { sink->write(delivery(5, 9).get(2)); }), MR_MOVED);
  EXPECT_EQ(sink->claim("s", 0).next, 5U);
  sink->write(delivery(5, 9).get(3));
  EXPECT_EQ(value("select count(*) || ' ' || count(distinct id) from t"), "9 9");
}

TEST_F(Claims, AKilledServerThatComesBackHasAllThatWasCompleted) {
  auto sink = started_sink();
  sink->bind(1, target_.get());
  sink->claim("s", 0);
  sink->write(delivery(0, 5).get(1));
  observer_.reset();
  Server::get()->kill();
  EXPECT_EQ(status_of([&] { sink->write(delivery(5, 9).get(2)); }), MR_MOVED);
  EXPECT_EQ(status_of([&] { sink->claim("s", 0); }), MR_TRANSIENT);
  EXPECT_EQ(status_of([&] { sink->bind(2, target_.get()); }), MR_TRANSIENT);
  Server::get()->start();
  EXPECT_EQ(sink->claim("s", 0).next, 5U);
  sink->write(delivery(5, 9).get(3));
  EXPECT_EQ(value("select count(*) || ' ' || count(distinct id) from t"), "9 9");
}

// COMMIT is on its way when the connection breaks: whether it arrived, only the next claim can tell.
class UnknownCommit : public Claims, public ::testing::WithParamInterface<Proxy::Then> {};

TEST_P(UnknownCommit, IsSettledByTheNextClaim) {
  Proxy proxy(Server::get()->port());
  auto sink = started_sink({{"url", through(proxy)}, {"commit_timeout", "1s"}});
  sink->bind(1, target_.get());
  sink->claim("s", 0);
  proxy.when(kCommit, GetParam());
  const Completion done = sink->write(delivery(0, 5).get(1));
  EXPECT_TRUE(proxy.happened());
  EXPECT_EQ(done.rest, static_cast<std::uint32_t>(MR_RECORD_MOVED));
  EXPECT_THAT(done.error, ::testing::HasSubstr("outcome of COMMIT is unknown"));
  EXPECT_EQ(sink->host().metric("postgres_unknown_commits_total"), 1);
  const bool arrived = GetParam() != Proxy::Then::cut_before;
  EXPECT_EQ(sink->claim("s", 0).next, arrived ? 5U : 0U);
  sink->write(delivery(arrived ? 5 : 0, 9).get(2));
  EXPECT_EQ(value("select count(*) || ' ' || count(distinct id) from t"), "9 9");
}

TEST_P(UnknownCommit, IsTransientWherePositionsAreNotStored) {
  Proxy proxy(Server::get()->port());
  auto sink = started_sink({{"url", through(proxy)}, {"commit_timeout", "1s"}});
  sink->bind(1, target_.get());
  proxy.when(kCommit, GetParam());
  Delivery made;
  RowBuilder rows(target_.schema);
  rows.int64(0, 1);
  rows.end_row();
  made.rows(1, rows, {made.event("{}")});
  EXPECT_EQ(sink->write(made.get(1)).rest, static_cast<std::uint32_t>(MR_RECORD_TRANSIENT));
  EXPECT_EQ(sink->write(made.get(2)).rest, static_cast<std::uint32_t>(MR_RECORD_OK));
}

INSTANTIATE_TEST_SUITE_P(Cut, UnknownCommit,
                         ::testing::Values(Proxy::Then::cut_before, Proxy::Then::cut_after, Proxy::Then::hold),
                         [](const auto& tested) {
                           return tested.param == Proxy::Then::cut_before  ? "Before"
                                  : tested.param == Proxy::Then::cut_after ? "After"
                                                                           : "Held";
                         });

} // namespace
} // namespace millrace::sink_postgres
