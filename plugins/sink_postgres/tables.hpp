// The tables that are bound: read from the catalogue when the engine binds them, again when they changed, and with
// what each session needs to store into them. What is written there is transaction.hpp.
#pragma once

#include "plugins/sink_postgres/dead_letters.hpp"
#include "plugins/sink_postgres/groups.hpp"
#include "plugins/sink_postgres/session.hpp"

#include <millrace/plugin.h>

#include <cstdint>
#include <string_view>

namespace millrace::sink_postgres {

class Tables {
 public:
  explicit Tables(std::string_view schema) : dead_letters_(dead_letter_sql(schema)) {}

  // Throws invalid() when the table is missing or differs, SqlFailure when it cannot be read.
  void bind(Session& session, std::uint32_t id, const mr_target& target);
  void unbind(Session& session, std::uint32_t id);
  const BoundTables& all() const noexcept { return tables_; }

  // Before a transaction: what changed is read again, and staging tables that this session lacks are made. Throws
  // SqlFailure, or transient() when a table does not fit any more.
  void prepare(Session& session, BoundTable& table);
  // And the partitions that its rows need. Throws SqlFailure when one of them can be neither found nor made.
  void prepare_partitions(Session& session, const Group& group);
  void prepare_dead_letters(Session& session);
  const DeadLetterSql& dead_letters() const noexcept { return dead_letters_; }

  // Whether the catalogue says something else than when it was bound; marks it stale then.
  std::variant<bool, SqlError> changed(Session& session, BoundTable& table);

 private:
  BoundTables tables_;
  DeadLetterSql dead_letters_;
  std::uint64_t dead_letters_generation_ = 0; // session that has its staging table
};

} // namespace millrace::sink_postgres
