// The engine's own tables: the numbered files of sql/, each applied once, in order, and never undone.
#pragma once

#include <cstdint>
#include <functional>
#include <pqxx/pqxx>
#include <span>
#include <string>
#include <string_view>

namespace millrace::sink_postgres {

struct SchemaFile {
  int version;
  const char* name;
  const char* sql;
};
std::span<const SchemaFile> schema_files(); // ascending

// Highest version that was applied, 0: none.
int schema_version(pqxx::connection& connection, std::string_view schema);

// Applies what is missing, in one transaction and under a lock, so that several engines may start at once.
void upgrade_schema(pqxx::connection& connection, std::string_view schema);

} // namespace millrace::sink_postgres
