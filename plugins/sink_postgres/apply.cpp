#include "plugins/sink_postgres/apply.hpp"

#include "plugins/sink_postgres/catalogue.hpp"
#include "plugins/sink_postgres/schema.hpp"
#include "plugins/sink_postgres/table_check.hpp"

#include <millrace/failure.hpp>
#include <millrace/targets.hpp>
#include <millrace/text.hpp>

#include <optional>
#include <set>
#include <string>

namespace millrace::sink_postgres {
namespace {

void find(const mr_findings& findings, std::uint32_t severity, std::size_t target, std::string_view item,
          const std::string& text, const std::string& way_out = {}) {
  const std::string whole = text + (way_out.empty() ? "" : "\n" + way_out);
  findings.add(findings.context, severity, target, item.empty() ? kAbsent : str(item), str(whole));
}

std::optional<TableDescription> read_table(Session& session, const TableName& name) {
  return session.control([&](pqxx::connection& connection) {
    pqxx::work transaction(connection);
    return describe_table(transaction, name);
  });
}

std::int64_t server_time(Session& session) {
  return session.control([](pqxx::connection& connection) {
    pqxx::nontransaction transaction(connection);
    return exec(transaction, "select (extract(epoch from now()) * 1000000)::bigint")[0][0].as<std::int64_t>();
  });
}

// Of those from now on ahead. Empty for a table without `partition by`.
std::vector<TimeRange> missing_partitions(Session& session, const WantedTable& wanted, std::uint32_t oid) {
  if (!wanted.partitioning) {
    return {};
  }
  const KnownPartitions known = session.control([&](pqxx::connection& connection) {
    pqxx::work transaction(connection);
    return read_partitions(transaction, oid, wanted.partitioning->of_dates);
  });
  std::vector<TimeRange> out = partitions_from(wanted.partitioning->unit, server_time(session));
  std::erase_if(out, [&](const TimeRange& range) { return known.find(range.begin) != nullptr; });
  return out;
}

// Empty: a finding says why.
std::optional<WantedTable> wanted_or_finding(const mr_target& target, std::size_t index, const mr_findings& findings) {
  try {
    return wanted_table(target);
  } catch (const Failure& failure) {
    find(findings, MR_LOG_ERROR, index, "", failure.what());
    return std::nullopt;
  }
}

int newest_version() { return schema_files().back().version; }

void check_settings(Session& session, const mr_findings& findings) {
  session.control([&](pqxx::connection& connection) {
    pqxx::nontransaction transaction(connection);
    const pqxx::result row = exec(transaction,
                                  "select current_setting('server_version'), current_setting('fsync'),"
                                  " current_setting('full_page_writes')");
    find(findings, MR_LOG_INFO, MR_NO_TARGET, "", "PostgreSQL " + row[0][0].as<std::string>());
    for (const auto& [setting, column] : {std::pair("fsync", 1), std::pair("full_page_writes", 2)}) {
      if (row[0][column].as<std::string>() == "off") {
        find(findings, MR_LOG_WARN, MR_NO_TARGET, setting,
             std::string(setting) + " is off: what was committed may be lost when the server's machine stops");
      }
    }
  });
}

void check_own_schema(Session& session, std::string_view schema, const mr_findings& findings) {
  const int version = session.control([&](pqxx::connection& connection) { return schema_version(connection, schema); });
  if (version < newest_version()) {
    find(findings, MR_LOG_WARN, MR_NO_TARGET, "schema",
         "schema " + std::string(schema) + " is at version " + std::to_string(version) + " of " +
             std::to_string(newest_version()),
         "`millrace apply`, or the next start, brings it there");
  }
}

void check_target(Session& session, const mr_target& target, std::size_t index, const mr_findings& findings) {
  const auto wanted = wanted_or_finding(target, index, findings);
  if (!wanted) {
    return;
  }
  const auto actual = read_table(session, wanted->name);
  if (!actual) {
    find(findings, MR_LOG_ERROR, index, "", "table " + wanted->name.text() + " does not exist",
         "run `millrace apply`, which creates what the rules declare");
    return;
  }
  bool fits = true;
  const auto say = [&](std::uint32_t severity, const std::vector<Difference>& all) {
    for (const Difference& difference : all) {
      fits = false;
      find(findings, severity, index, difference.item, "table " + wanted->name.text() + " " + difference.text,
           difference.way_out);
    }
  };
  const auto found = differences(*wanted, *actual);
  say(MR_LOG_ERROR, found);
  say(wanted->frozen ? MR_LOG_ERROR : MR_LOG_WARN, leftovers(*wanted, *actual));
  say(MR_LOG_WARN, needlessly_nullable(*wanted, *actual));
  const auto missing = found.empty() ? missing_partitions(session, *wanted, actual->oid) : std::vector<TimeRange>();
  if (!missing.empty()) {
    find(findings, MR_LOG_WARN, index, kPartitionBy,
         "table " + wanted->name.text() + " has no partition " +
             quote_name(partition_name(wanted->name.table, wanted->partitioning->unit, missing.front())) +
             ", which it needs soon",
         "`millrace apply` makes it, and so does the engine where its role owns the table");
  }
  if (fits && missing.empty()) {
    find(findings, MR_LOG_INFO, index, "", "as the rules want it");
  }
}

// Names steps, and carries each out when it is wanted.
class Steps {
 public:
  Steps(Session& session, const mr_steps& steps, bool run) : session_(session), steps_(steps), run_(run) {}

  // One transaction.
  void add(std::size_t target, const std::vector<std::string>& statements) {
    std::string step;
    for (const std::string& sql : statements) {
      step += (step.empty() ? "" : ";\n") + sql;
    }
    steps_.add(steps_.context, target, str(step));
    if (run_) {
      session_.control([&](pqxx::connection& connection) {
        pqxx::work transaction(connection);
        for (const std::string& sql : statements) {
          exec(transaction, sql);
        }
        transaction.commit();
      });
    }
  }
  void upgrade(std::string_view schema) {
    const int version =
        session_.control([&](pqxx::connection& connection) { return schema_version(connection, schema); });
    if (version >= newest_version()) {
      return;
    }
    for (const SchemaFile& file : schema_files()) {
      if (file.version > version) {
        const std::string step = "-- in schema " + quote_name(schema) + ": " + file.name + "\n" + file.sql;
        steps_.add(steps_.context, MR_NO_TARGET, str(step));
      }
    }
    if (run_) {
      session_.control([&](pqxx::connection& connection) { upgrade_schema(connection, schema); });
    }
  }

 private:
  Session& session_;
  const mr_steps& steps_;
  bool run_;
};

bool has_schema(Session& session, const std::string& name) {
  return session.control([&](pqxx::connection& connection) {
    pqxx::nontransaction transaction(connection);
    return exec(transaction, "select to_regnamespace($1) is not null", pqxx::params{quote_name(name)})[0][0].as<bool>();
  });
}

// Says how a table that is there differs. False: it is not what rows can be written into.
bool change_nothing(const WantedTable& wanted, const TableDescription& actual, std::size_t target,
                    const mr_findings& findings) {
  const auto say = [&](std::uint32_t severity, const Difference& difference) {
    find(findings, severity, target, difference.item,
         "changing existing tables comes with a later version: table " + wanted.name.text() + " " + difference.text,
         difference.way_out);
  };
  const auto found = differences(wanted, actual);
  for (const Difference& difference : found) {
    say(MR_LOG_ERROR, difference);
  }
  for (const Difference& difference : leftovers(wanted, actual)) {
    say(wanted.frozen ? MR_LOG_ERROR : MR_LOG_WARN, difference);
  }
  return found.empty();
}

} // namespace

void check_targets(Session& session, std::string_view schema, std::span<const mr_target> targets,
                   const mr_findings& findings) {
  check_settings(session, findings);
  check_own_schema(session, schema, findings);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    check_target(session, targets[i], i, findings);
  }
}

void apply_targets(Session& session, std::string_view schema, std::span<const mr_target> targets, bool run,
                   const mr_steps& steps, const mr_findings& findings) {
  Steps doing(session, steps, run);
  doing.upgrade(schema);
  std::set<std::string> schemas; // and tables, that an earlier target has made or would make
  std::set<std::string> tables;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto wanted = wanted_or_finding(targets[i], i, findings);
    if (!wanted) {
      continue;
    }
    if (const auto actual = read_table(session, wanted->name)) {
      if (change_nothing(*wanted, *actual, i, findings)) {
        for (const TimeRange& range : missing_partitions(session, *wanted, actual->oid)) {
          doing.add(i, add_partition_sql(*wanted, range));
        }
      }
      continue;
    }
    if (!has_schema(session, wanted->name.schema) && schemas.insert(wanted->name.schema).second) {
      doing.add(i, {"create schema " + quote_name(wanted->name.schema)});
    }
    if (tables.insert(wanted->name.text()).second) {
      for (const std::string& sql : create_table_sql(*wanted)) {
        doing.add(i, {sql});
      }
      if (wanted->partitioning) {
        for (const TimeRange& range : partitions_from(wanted->partitioning->unit, server_time(session))) {
          doing.add(i, add_partition_sql(*wanted, range));
        }
      }
    }
  }
}

} // namespace millrace::sink_postgres
