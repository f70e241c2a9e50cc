// What the engine writes down of itself, in the table `record`: bytes under a name.
#pragma once

#include "plugins/sink_postgres/session.hpp"

#include <millrace/ext/draft/records.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace::sink_postgres {

// Each throws SqlFailure. `schema` is the engine's own; put makes what is missing of it.

// False: one of that name is there, and only a new one was wanted.
bool put_record(Session& session, const std::string& schema, const mr_record& record, bool only_new);
// The latest first; of one key when that is not absent.
void read_records(Session& session, const std::string& schema, std::string_view scope, std::string_view kind,
                  mr_str key, std::size_t limit, bool only_names, const mr_record_reader& reader);
void forget_record(Session& session, const std::string& schema, std::string_view scope, std::string_view kind,
                   std::string_view key);

} // namespace millrace::sink_postgres
