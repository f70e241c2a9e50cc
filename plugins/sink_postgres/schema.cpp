#include "plugins/sink_postgres/schema.hpp"

#include "plugins/sink_postgres/session.hpp"

namespace millrace::sink_postgres {
namespace {

int version_in(pqxx::transaction_base& transaction, std::string_view schema) {
  const std::string table = quote_name(schema, "schema_version");
  if (exec(transaction, "select to_regclass($1) is null", pqxx::params{table})[0][0].as<bool>()) {
    return 0;
  }
  return exec(transaction, "select coalesce(max(version), 0) from " + table)[0][0].as<int>();
}

} // namespace

int schema_version(pqxx::connection& connection, std::string_view schema) {
  pqxx::nontransaction transaction(connection);
  return version_in(transaction, schema);
}

void upgrade_schema(pqxx::connection& connection, std::string_view schema) {
  pqxx::work transaction(connection);
  exec(transaction, "select pg_advisory_xact_lock(hashtextextended('millrace schema ' || $1, 0))",
       pqxx::params{std::string(schema)});
  const int version = version_in(transaction, schema);
  if (version == 0) {
    // Asked first, as creating needs a right that whoever owns the schema already may not have.
    if (exec(transaction, "select to_regnamespace($1) is null", pqxx::params{quote_name(schema)})[0][0].as<bool>()) {
      exec(transaction, "create schema " + quote_name(schema));
    }
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
