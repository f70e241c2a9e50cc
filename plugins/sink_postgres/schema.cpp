#include "plugins/sink_postgres/schema.hpp"

#include "plugins/sink_postgres/session.hpp"

namespace millrace::sink_postgres {
namespace {

// Asks the catalogue's tables: to_regclass answers from a cache that may still say "no" after a wait for the lock.
bool exists(pqxx::transaction_base& transaction, const std::string& what, const pqxx::params& parameters) {
  return !exec(transaction, "select 1 from " + what, parameters).empty();
}

int version_in(pqxx::transaction_base& transaction, const std::string& schema) {
  const bool there = exists(transaction,
                            "pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace "
                            "where n.nspname = $1 and c.relname = 'schema_version'",
                            pqxx::params{schema});
  if (!there) {
    return 0;
  }
  return exec(transaction, "select coalesce(max(version), 0) from " + quote_name(schema, "schema_version"))[0][0]
      .as<int>();
}

} // namespace

int schema_version(pqxx::connection& connection, std::string_view schema) {
  pqxx::nontransaction transaction(connection);
  return version_in(transaction, std::string(schema));
}

void upgrade_schema(pqxx::connection& connection, std::string_view name) {
  const std::string schema(name);
  pqxx::work transaction(connection);
  exec(transaction, "select pg_advisory_xact_lock(hashtextextended('millrace schema ' || $1, 0))",
       pqxx::params{schema});
  const int version = version_in(transaction, schema);
  // Asked first, as creating needs a right that whoever owns the schema already may not have.
  if (!exists(transaction, "pg_catalog.pg_namespace where nspname = $1", pqxx::params{schema})) {
    exec(transaction, "create schema " + quote_name(schema));
  }
  exec(transaction, "set local search_path = " + quote_name(schema) + ", pg_temp");
  for (const SchemaFile& file : schema_files()) {
    if (file.version > version) {
      transaction.exec(std::string_view(file.sql)); // several statements
      exec(transaction, "insert into schema_version(version, name) values ($1, $2)",
           pqxx::params{file.version, std::string(file.name)});
    }
  }
  transaction.commit();
}

} // namespace millrace::sink_postgres
