#include "plugins/sink_postgres/tables.hpp"

#include <millrace/failure.hpp>

#include <string>

namespace millrace::sink_postgres {
namespace {

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

} // namespace

void Tables::bind(Session& session, std::uint32_t id, const mr_target& target) {
  auto table = std::make_unique<BoundTable>();
  table->id = id;
  table->plan = read_plan(session, wanted_table(target), id);
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
