// The rows of the table dead_letter: what is written there for an event that was refused, and how.
#pragma once

#include "plugins/sink_postgres/encode.hpp"

#include <millrace/plugin.h>

#include <string>
#include <string_view>

namespace millrace::sink_postgres {

// Why this sink refused an event, in its own words.
struct Refusal {
  std::string sqlstate;
  std::string text;
  std::string column;
  std::string table;
};

// Statements, with the engine's own schema filled in; the staging table belongs to the session.
struct DeadLetterSql {
  std::string stage_create;
  std::string copy;
  std::string merge; // an event that is there already stays as it is: the first reason wins
};
DeadLetterSql dead_letter_sql(std::string_view schema);

// One row for `copy`. Of reason and refusal one is set. Any bytes of the event fit.
void append_dead_letter(CopyBuffer& out, std::string_view pipeline, const mr_event& event, const mr_reason* reason,
                        const Refusal* refusal);

} // namespace millrace::sink_postgres
