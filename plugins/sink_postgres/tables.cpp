#include "plugins/sink_postgres/tables.hpp"

#include <millrace/failure.hpp>

#include <string>

namespace millrace::sink_postgres {
namespace {

constexpr std::size_t kMostPartitions = 4'000; // of one table: clocks that are wrong in every way make no more

TablePlan read_plan(Session& session, WantedTable wanted, std::uint32_t id) {
  const auto actual = session.control([&](pqxx::connection& connection) {
    pqxx::work transaction(connection); // one snapshot is not needed, but one lock on what is read
    return describe_table(transaction, wanted.name);
  });
  if (!actual) {
    throw invalid("table " + wanted.name.text() +
                  " does not exist: run `millrace apply`, which creates what the rules declare");
  }
  if (const auto found = differences(wanted, *actual); !found.empty()) {
    throw invalid(describe(wanted.name, found));
  }
  return plan_table(std::move(wanted), *actual, id);
}

void must(Session::Maybe error) {
  if (error) {
    throw SqlFailure(std::move(*error));
  }
}

KnownPartitions partitions_of(Session& session, const BoundTable& table) {
  return session.control([&](pqxx::connection& connection) {
    pqxx::work transaction(connection);
    return read_partitions(transaction, table.plan.oid, table.plan.wanted.partitioning->of_dates);
  });
}

// Makes those that are not there, in one transaction and under a lock, as several engines may want the same ones.
Session::Maybe make_partitions(Session& session, const BoundTable& table, const std::vector<TimeRange>& ranges) {
  const WantedTable& wanted = table.plan.wanted;
  const std::string name = wanted.name.text();
  const std::string oid = std::to_string(table.plan.oid);
  const char* const lock[] = {name.c_str()};
  if (auto error = session.run("begin")) {
    return error;
  }
  if (auto error =
          session.run("select pg_advisory_xact_lock(hashtextextended('millrace partitions ' || $1, 0))", lock)) {
    return error;
  }
  for (const TimeRange& range : ranges) {
    const std::string partition = partition_name(wanted.name.table, wanted.partitioning->unit, range);
    const char* const parameters[] = {oid.c_str(), partition.c_str()};
    const auto there = session.ask(
        "select count(*) from pg_catalog.pg_inherits i join pg_catalog.pg_class c on c.oid = i.inhrelid"
        " where i.inhparent = $1::oid and c.relname = $2",
        parameters);
    if (const auto* error = std::get_if<SqlError>(&there)) {
      return *error;
    }
    if (std::get<std::string>(there) != "0") {
      continue;
    }
    for (const std::string& sql : add_partition_sql(wanted, range)) {
      if (auto error = session.run(sql)) {
        error->text = "table " + name + " needs the partition " + quote_name(partition) +
                      ", which cannot be made: " + error->text +
                      "; `millrace apply`, as a role that owns the table, makes those that come next";
        return error;
      }
    }
  }
  return session.run("commit");
}

} // namespace

void Tables::bind(Session& session, std::uint32_t id, const mr_target& target) {
  auto table = std::make_unique<BoundTable>();
  table->id = id;
  table->plan = read_plan(session, wanted_table(target), id);
  if (table->plan.wanted.partitioning) {
    table->partitions = partitions_of(session, *table);
  }
  unbind(session, id);
  tables_[id] = std::move(table);
}

void Tables::unbind(Session& session, std::uint32_t id) {
  const auto found = tables_.find(id);
  if (found == tables_.end()) {
    return;
  }
  const BoundTable& table = *found->second;
  if (session.is_open() && table.staged_generation == session.generation()) {
    session.run(table.plan.stage_drop); // if not, it goes with the session
  }
  tables_.erase(found);
}

void Tables::prepare(Session& session, BoundTable& table) {
  if (table.stale) {
    try {
      table.plan = read_plan(session, table.plan.wanted, table.id);
    } catch (const Failure& failure) {
      throw transient(failure.what()); // somebody is changing it; it is looked at again with the next attempt
    }
    table.stale = false;
    table.makes_ahead = true;
    if (table.plan.wanted.partitioning) {
      table.partitions = partitions_of(session, table);
    }
    if (table.staged_generation == session.generation()) {
      must(session.run(table.plan.stage_drop));
    }
    table.staged_generation = 0;
  }
  if (table.plan.staged && table.staged_generation != session.generation()) {
    must(session.run(table.plan.stage_create));
    table.staged_generation = session.generation();
  }
}

void Tables::prepare_partitions(Session& session, const Group& group) {
  BoundTable& table = *group.table;
  if (!table.plan.wanted.partitioning) {
    return;
  }
  for (const bool read : {false, true}) {
    if (read) { // somebody else may have made them
      table.partitions = partitions_of(session, table);
    }
    const NeededPartitions needed = needed_partitions(group);
    std::vector<TimeRange> missing = needed.missing();
    const std::size_t room = kMostPartitions - std::min(kMostPartitions, table.partitions.size());
    missing.resize(std::min(missing.size(), room)); // the server refuses the rows of the others
    const bool all_there = missing.empty();
    if (const auto ahead = needed.ahead(); ahead && table.makes_ahead && missing.size() < room) {
      missing.push_back(*ahead);
    }
    if (missing.empty()) {
      return;
    }
    if (!read) {
      continue;
    }
    if (auto error = make_partitions(session, table, missing)) {
      session.rollback();
      if (!all_there || !session.is_open()) {
        throw SqlFailure(std::move(*error));
      }
      table.makes_ahead = false;
    } else {
      table.partitions = partitions_of(session, table);
    }
  }
}

void Tables::prepare_dead_letters(Session& session) {
  if (dead_letters_generation_ != session.generation()) {
    must(session.run(dead_letters_.stage_create));
    dead_letters_generation_ = session.generation();
  }
}

std::variant<bool, SqlError> Tables::changed(Session& session, BoundTable& table) {
  const std::string oid = std::to_string(table.plan.oid);
  const char* const parameters[] = {oid.c_str()};
  auto answer = session.ask(kFingerprintQuery, parameters);
  if (auto* error = std::get_if<SqlError>(&answer)) {
    return std::move(*error);
  }
  const bool differs = std::get<std::string>(answer) != table.plan.fingerprint;
  table.stale = table.stale || differs;
  return differs;
}

} // namespace millrace::sink_postgres
