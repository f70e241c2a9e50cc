#include "plugins/sink_postgres/records.hpp"

#include "plugins/sink_postgres/schema.hpp"

#include <millrace/text.hpp>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace millrace::sink_postgres {
namespace {

constexpr std::size_t kRows = 1'000; // of one statement, which takes 65,535 parameters

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

// "$3" and so on, as many as are asked for.
class Placeholders {
 public:
  std::string next() { return "$" + std::to_string(++last_); }

 private:
  int last_ = 0;
};

// How many rows it changed.
std::size_t insert(pqxx::work& transaction, const std::string& schema, std::span<const mr_record> records,
                   const std::string& on_conflict) {
  std::string sql = "insert into " + quote_name(schema, "record") + " (scope, kind, key, at, bytes) values";
  pqxx::params parameters;
  Placeholders of;
  const char* separator = " (";
  for (const mr_record& record : records) {
    for (int i = 0; i < 3; ++i) {
      sql += std::exchange(separator, ", ") + of.next();
    }
    sql += ", timestamptz 'epoch' + " + of.next() + " * interval '1 microsecond'";
    sql += ", " + of.next() + ")";
    separator = ", (";
    parameters.append(copy(record.scope));
    parameters.append(copy(record.kind));
    parameters.append(copy(record.key));
    parameters.append(record.time_us);
    parameters.append(bytes_of(record.bytes));
  }
  return static_cast<std::size_t>(exec(transaction, sql + " on conflict " + on_conflict, parameters).affected_rows());
}

void remove(pqxx::work& transaction, const std::string& schema, std::span<const mr_record_name> names) {
  std::string sql = "delete from " + quote_name(schema, "record") + " where (scope, kind, key) in (";
  pqxx::params parameters;
  Placeholders of;
  const char* separator = "(";
  for (const mr_record_name& name : names) {
    for (const mr_str part : {name.scope, name.kind, name.key}) {
      sql += std::exchange(separator, ", ") + of.next();
      parameters.append(copy(part));
    }
    sql += ")";
    separator = ", (";
  }
  exec(transaction, sql + ")", parameters);
}

} // namespace

void write_records(Session& session, const std::string& schema, std::span<const mr_record> records) {
  session.control([&](pqxx::connection& connection) {
    ensure_schema(connection, schema);
    pqxx::work transaction(connection);
    for (; !records.empty(); records = records.subspan(std::min(kRows, records.size()))) {
      insert(transaction, schema, records.first(std::min(kRows, records.size())),
             "(scope, kind, key) do update set at = excluded.at, bytes = excluded.bytes");
    }
    transaction.commit();
  });
}

bool put_new_record(Session& session, const std::string& schema, const mr_record& record) {
  return session.control([&](pqxx::connection& connection) {
    ensure_schema(connection, schema);
    pqxx::work transaction(connection);
    const std::size_t inserted = insert(transaction, schema, {&record, 1}, "do nothing");
    transaction.commit();
    return inserted > 0;
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

void forget_records(Session& session, const std::string& schema, std::span<const mr_record_name> names) {
  session.control([&](pqxx::connection& connection) {
    if (!has_table(connection, schema)) {
      return;
    }
    pqxx::work transaction(connection);
    for (; !names.empty(); names = names.subspan(std::min(kRows, names.size()))) {
      remove(transaction, schema, names.first(std::min(kRows, names.size())));
    }
    transaction.commit();
  });
}

} // namespace millrace::sink_postgres
