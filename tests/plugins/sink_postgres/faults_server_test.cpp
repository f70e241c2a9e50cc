// What a server does on a bad day: locks, deadlocks, time-outs, silence, a wrong password, the wrong host first.
#include "tests/plugins/sink_postgres/proxy.hpp"
#include "tests/plugins/sink_postgres/server.hpp"

#include <chrono>
#include <thread>

namespace millrace::sink_postgres {
namespace {

using testing::CallFailed;
using testing::Delivery;

class Faults : public DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (!IsSkipped()) {
      sql("create table t (id bigint primary key, v int)");
    }
  }

  Delivery& delivery(std::vector<std::int64_t> ids) {
    Delivery& made = kept_.emplace_back();
    RowBuilder rows(target_.schema);
    std::vector<const mr_event*> events;
    for (const std::int64_t id : ids) {
      rows.int64(0, id);
      rows.int32(1, 1);
      rows.end_row();
      events.push_back(made.event("{}", "s", 0, static_cast<std::uint64_t>(id)));
    }
    made.rows(1, rows, events);
    return made;
  }
  std::string failure_of(testing::Sink& sink, const mr_delivery& given, mr_status status) {
    try {
      sink.write(given);
    } catch (const CallFailed& failed) {
      EXPECT_EQ(failed.status(), status) << failed.text();
      return failed.text();
    }
    return "written";
  }
  std::string through(const Proxy& proxy) const {
    std::string changed = url();
    const std::string port = ":" + std::to_string(Server::get()->port());
    return changed.replace(changed.find(port), port.size(), ":" + std::to_string(proxy.port()));
  }
  void wait_for_a_waiter() {
    while (value("select count(*) from pg_locks where not granted") == "0") {
    }
  }

  std::deque<Delivery> kept_;
  TableTarget target_ =
      table_target("t", {{"id", ColumnType::int64, false, 0, 0, "bigint"}, {"v", ColumnType::int32, true, 0, 0, "int"}},
                   {{"on_conflict", "keep_last"}, {"primary_key", "id"}});
};

TEST_F(Faults, ALockThatIsNotFreedInTimeIsTriedAgain) {
  auto sink = started_sink({{"lock_timeout", "50ms"}});
  sink->bind(1, target_.get());
  {
    pqxx::connection other(url());
    pqxx::work locking(other);
    locking.exec("lock table t");
    EXPECT_THAT(failure_of(*sink, delivery({1, 2}).get(1), MR_TRANSIENT), ::testing::HasSubstr("[55P03]"));
  }
  sink->write(delivery({1, 2}).get(2));
  EXPECT_EQ(value("select count(*) from t"), "2");
  EXPECT_EQ(value("select count(*) from millrace.dead_letter"), "0");
}

TEST_F(Faults, AStatementThatTakesTooLongIsTriedAgain) {
  sql("create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(10); return new; end $$");
  sql("create trigger slow before insert on t for each row execute function slow()");
  auto sink = started_sink({{"statement_timeout", "100ms"}});
  sink->bind(1, target_.get());
  EXPECT_THAT(failure_of(*sink, delivery({1}).get(1), MR_TRANSIENT), ::testing::HasSubstr("[57014]"));
  sql("drop trigger slow on t");
  sink->write(delivery({1}).get(2));
  EXPECT_EQ(value("select count(*) from t"), "1");
}

TEST_F(Faults, ADeadlockIsTriedAgainWithTheSameRows) {
  sql("insert into t values (1, 0), (2, 0)");
  sql("alter database " + database_ + " set deadlock_timeout = '1min'"); // the rival is never the one to die
  pqxx::connection rival(url());
  // The sink looks for a deadlock once, that long after it began to wait: by then the rival has to wait as well.
  sql("alter database " + database_ + " set deadlock_timeout = '3s'");
  auto sink = started_sink();
  sink->bind(1, target_.get());
  pqxx::work rivals(rival);
  rivals.exec("update t set v = 7 where id = 2");
  std::string failure;
  std::thread writing([&] { failure = failure_of(*sink, delivery({1, 2}).get(1), MR_TRANSIENT); });
  wait_for_a_waiter(); // holds 1, waits for 2
  rivals.exec("update t set v = 7 where id = 1");
  writing.join();
  rivals.commit();
  EXPECT_THAT(failure, ::testing::HasSubstr("[40P01]"));
  sink->write(delivery({1, 2}).get(2));
  EXPECT_EQ(value("select string_agg(v::text, ',' order by id) from t"), "1,1");
}

TEST_F(Faults, AnInterruptCancelsTheStatementAndKeepsTheSession) {
  auto sink = started_sink({{"lock_timeout", "1h"}, {"statement_timeout", "1h"}});
  sink->bind(1, target_.get());
  sink->claim("s", 0);
  Delivery& given = delivery({0, 1});
  given.range("s", 0, 0, 2);
  pqxx::connection other(url());
  pqxx::work locking(other);
  locking.exec("lock table t");
  std::string failure;
  std::thread writing([&] { failure = failure_of(*sink, given.get(1), MR_TRANSIENT); });
  wait_for_a_waiter();
  sink->plugin().interrupt(sink->self());
  writing.join();
  EXPECT_THAT(failure, ::testing::HasSubstr("[57014]"));
  locking.abort();
  sink->write(given.get(2)); // its claim still holds
  EXPECT_EQ(value("select count(*) from t"), "2");
  EXPECT_EQ(sink->host().metric("postgres_reconnects_total"), 0);
}

TEST_F(Faults, AnInterruptEndsAWaitForASilentServer) {
  Proxy proxy(Server::get()->port());
  auto sink = started_sink({{"url", through(proxy)}, {"statement_timeout", "1h"}});
  sink->bind(1, target_.get());
  proxy.hold_all(true);
  std::atomic<bool> returned = false;
  std::string failure;
  std::thread writing([&] {
    failure = failure_of(*sink, delivery({1}).get(1), MR_TRANSIENT);
    returned = true;
  });
  while (!returned) { // as the engine does
    sink->plugin().interrupt(sink->self());
    std::this_thread::yield();
  }
  writing.join();
  EXPECT_THAT(failure, ::testing::HasSubstr("interrupted"));
  proxy.hold_all(false);
  sink->write(delivery({1}).get(2));
  EXPECT_EQ(value("select count(*) from t"), "1");
}

TEST_F(Faults, AnInterruptEndsAClaimThatGetsNoAnswer) {
  Proxy proxy(Server::get()->port());
  auto sink = started_sink({{"url", through(proxy)}});
  sink->claim("s", 0);
  proxy.hold_all(true);
  std::atomic<bool> returned = false;
  mr_status status = MR_OK;
  std::thread claiming([&] {
    try {
      sink->claim("s", 1);
    } catch (const CallFailed& failed) {
      status = failed.status();
    }
    returned = true;
  });
  while (!returned) {
    sink->plugin().interrupt(sink->self());
    std::this_thread::yield();
  }
  claiming.join();
  EXPECT_EQ(status, MR_MOVED);
}

// A COMMIT that waits for a standby is not cancelled: it would then answer as if the standby had it.
TEST_F(Faults, AnInterruptedCommitThatWaitsForAStandbyIsUnknownAndNotStored) {
  auto sink = started_sink();
  sink->bind(1, target_.get());
  sink->claim("s", 0);
  sink->write(delivery({7}).get(1)); // makes what its session needs
  sql("set synchronous_commit = local");
  sql("alter system set synchronous_standby_names = 'ghost'");
  sql("select pg_reload_conf()");
  testing::Completion done;
  std::uint64_t next = 0;
  for (bool waited = false; !waited;) { // until the server acts on what it has read anew
    Delivery& given = delivery({0, 1});
    given.range("s", 0, next, next + 2);
    next += 2;
    std::atomic<bool> returned = false;
    std::thread writing([&] {
      try {
        done = sink->write(given.get(2 + next));
      } catch (const CallFailed& failed) {
        done.error = failed.text();
      }
      returned = true;
    });
    while (!returned && !waited) {
      waited = value("select count(*) from pg_stat_activity where wait_event = 'SyncRep'") != "0";
    }
    while (!returned) {
      sink->plugin().interrupt(sink->self());
      std::this_thread::yield();
    }
    writing.join();
  }
  sql("alter system reset synchronous_standby_names");
  sql("select pg_reload_conf()");
  EXPECT_EQ(done.rest, static_cast<std::uint32_t>(MR_RECORD_MOVED)) << done.error;
  EXPECT_EQ(sink->claim("s", 0).next, next) << "it was durable here after all, and only the claim may say so";
}

TEST_F(Faults, ASessionThatIsEndedInsideATransactionIsReplaced) {
  auto sink = started_sink({{"lock_timeout", "1h"}});
  sink->bind(1, target_.get());
  pqxx::connection other(url());
  pqxx::work locking(other);
  locking.exec("lock table t");
  std::string failure;
  std::thread writing([&] { failure = failure_of(*sink, delivery({1}).get(1), MR_TRANSIENT); });
  wait_for_a_waiter();
  sql("select pg_terminate_backend(pid, 5000) from pg_locks where not granted");
  writing.join();
  EXPECT_THAT(failure, ::testing::HasSubstr("[57P01]"));
  locking.abort();
  sink->write(delivery({1}).get(2));
  EXPECT_EQ(value("select count(*) from t"), "1");
}

TEST_F(Faults, TheFirstHostThatTakesWritesIsUsed) {
  sql("create database " + database_ + "_other");
  const std::string port = std::to_string(Server::get()->port());
  auto sink = started_sink(
      {{"url", "postgresql://postgres@127.0.0.1:1,127.0.0.1:" + port + "/" + database_}, {"connect_timeout", "2s"}});
  sink->bind(1, target_.get());
  sink->write(delivery({1}).get(1));
  EXPECT_EQ(value("select count(*) from t"), "1");
  sql("drop database " + database_ + "_other");
}

TEST_F(Faults, AHostThatDoesNotAnswerIsGivenUpAfterItsTime) {
  Proxy silent(Server::get()->port());
  silent.hold_all(true);
  const std::string port = std::to_string(Server::get()->port());
  auto sink = started_sink({{"url", "postgresql://postgres@127.0.0.1:" + std::to_string(silent.port()) +
                                        ",127.0.0.1:" + port + "/" + database_},
                            {"connect_timeout", "200ms"}});
  sink->bind(1, target_.get());
  sink->write(delivery({1}).get(1));
  EXPECT_EQ(value("select count(*) from t"), "1");
}

TEST_F(Faults, WhatOnlyAPersonCanMendStopsTheStartAndNamesTheCode) {
  for (const auto& [from, to, code] : {std::tuple(database_, std::string("nowhere"), "[3D000]"),
                                       std::tuple(std::string("postgres@"), std::string("nobody@"), "[28000]")}) {
    std::string wrong = url();
    wrong.replace(wrong.find(from), from.size(), to);
    try {
      started_sink({{"url", wrong}});
      FAIL() << "started";
    } catch (const CallFailed& failed) {
      EXPECT_EQ(failed.status(), MR_INVALID);
      EXPECT_THAT(failed.text(), ::testing::HasSubstr(code));
    }
  }
}

TEST_F(Faults, AServerThatIsNotThereYetIsTriedAgain) {
  try {
    started_sink({{"url", "postgresql://postgres@127.0.0.1:1/millrace"}});
    FAIL() << "started";
  } catch (const CallFailed& failed) {
    EXPECT_EQ(failed.status(), MR_TRANSIENT);
  }
}

TEST_F(Faults, AUrlThatIsNoneIsRefusedWithoutRepeatingIt) {
  for (const char* wrong : {"postgresqll://u:hunter2@h/db hunter2", "host=x pasword=hunter2", ""}) {
    try {
      make_sink({{"url", wrong}});
      FAIL() << "created";
    } catch (const CallFailed& failed) {
      EXPECT_EQ(failed.status(), MR_INVALID);
      EXPECT_THAT(failed.text(), ::testing::Not(::testing::HasSubstr("hunter2")));
    }
  }
}

TEST_F(Faults, SettingsOfTheRoleDoNotWeakenADelivery) {
  sql("alter database " + database_ + " set synchronous_commit = off");
  sql("alter database " + database_ + " set default_transaction_isolation = 'serializable'");
  sql("alter database " + database_ + " set search_path = ''");
  sql("create table seen (setting text, isolation text)");
  sql("create function note() returns trigger language plpgsql as $$ begin insert into public.seen values "
      "(current_setting('synchronous_commit'), current_setting('transaction_isolation')); return new; end $$");
  sql("create trigger note before insert on t for each row execute function note()");
  auto sink = started_sink();
  sink->bind(1, target_.get());
  sink->write(delivery({1}).get(1));
  EXPECT_EQ(value("select setting || ', ' || isolation from public.seen"), "on, read committed");
}

} // namespace
} // namespace millrace::sink_postgres
