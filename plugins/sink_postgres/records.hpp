// What the engine writes down of itself, in the table `record`: bytes under a name.
#pragma once

#include "plugins/sink_postgres/session.hpp"

#include <millrace/ext/draft/records.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace millrace::sink_postgres {

// Each throws SqlFailure. `schema` is the engine's own; what writes makes what is missing of it.

// In one transaction; no name twice.
void write_records(Session& session, const std::string& schema, std::span<const mr_record> records);
// False: one of that name is there.
bool put_new_record(Session& session, const std::string& schema, const mr_record& record);
// The latest first; of one key when that is not absent.
void read_records(Session& session, const std::string& schema, std::string_view scope, std::string_view kind,
                  mr_str key, std::size_t limit, bool only_names, const mr_record_reader& reader);
void forget_records(Session& session, const std::string& schema, std::span<const mr_record_name> names);

} // namespace millrace::sink_postgres
