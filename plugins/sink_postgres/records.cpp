#include "plugins/sink_postgres/records.hpp"

#include "plugins/sink_postgres/schema.hpp"

#include <millrace/text.hpp>

#include <cstdint>

namespace millrace::sink_postgres {
namespace {

constexpr const char* kTime = "timestamptz 'epoch' + $4 * interval '1 microsecond'";

// An engine may have something to say before any of its sinks has started.
void ensure_schema(pqxx::connection& connection, const std::string& schema) {
  if (schema_version(connection, schema) < schema_files().back().version) {
    upgrade_schema(connection, schema);
  }
}

bool has_table(pqxx::connection& connection, const std::string& schema) {
  return schema_version(connection, schema) >= 3;
}

std::basic_string_view<std::byte> bytes_of(mr_str text) {
  return {reinterpret_cast<const std::byte*>(text.data), text.size};
}

} // namespace

bool put_record(Session& session, const std::string& schema, const mr_record& record, bool only_new) {
  return session.control([&](pqxx::connection& connection) {
    ensure_schema(connection, schema);
    const std::string sql =
        "insert into " + quote_name(schema, "record") + " (scope, kind, key, at, bytes) values ($1, $2, $3, " + kTime +
        ", $5) on conflict " +
        (only_new ? "do nothing" : "(scope, kind, key) do update set at = excluded.at, bytes = excluded.bytes");
    pqxx::work transaction(connection);
    const pqxx::result done = exec(
        transaction, sql,
        pqxx::params{copy(record.scope), copy(record.kind), copy(record.key), record.time_us, bytes_of(record.bytes)});
    transaction.commit();
    return done.affected_rows() > 0;
  });
}

void read_records(Session& session, const std::string& schema, std::string_view scope, std::string_view kind,
                  mr_str key, std::size_t limit, bool only_names, const mr_record_reader& reader) {
  session.control([&](pqxx::connection& connection) {
    if (!has_table(connection, schema)) {
      return;
    }
    const bool all = !present(key);
    const std::string sql = std::string("select key, (extract(epoch from at) * 1000000)::bigint, ") +
                            (only_names ? "''::bytea" : "bytes") + " from " + quote_name(schema, "record") +
                            " where scope = $1 and kind = $2 and ($3 or key = $4) order by at desc, key desc limit $5";
    pqxx::nontransaction transaction(connection);
    const pqxx::result found = exec(transaction, sql,
                                    pqxx::params{std::string(scope), std::string(kind), all,
                                                 all ? std::string() : copy(key), static_cast<std::int64_t>(limit)});
    for (const pqxx::row& row : found) {
      const std::string name = row[0].as<std::string>();
      const auto bytes = row[2].as<std::basic_string<std::byte>>();
      const mr_record record{str(scope),
                             str(kind),
                             str(name),
                             row[1].as<std::int64_t>(),
                             {reinterpret_cast<const char*>(bytes.data()), bytes.size()}};
      reader.add(reader.context, &record);
    }
  });
}

void forget_record(Session& session, const std::string& schema, std::string_view scope, std::string_view kind,
                   std::string_view key) {
  session.control([&](pqxx::connection& connection) {
    if (!has_table(connection, schema)) {
      return;
    }
    pqxx::work transaction(connection);
    exec(transaction, "delete from " + quote_name(schema, "record") + " where scope = $1 and kind = $2 and key = $3",
         pqxx::params{std::string(scope), std::string(kind), std::string(key)});
    transaction.commit();
  });
}

} // namespace millrace::sink_postgres
