// One delivery as one transaction: positions first, then the rows of each table, then the dead letters, then COMMIT.
// Rows that a table refuses are found one by one and become dead letters of the same transaction.
#pragma once

#include "plugins/sink_postgres/breaker.hpp"
#include "plugins/sink_postgres/dead_letters.hpp"
#include "plugins/sink_postgres/groups.hpp"
#include "plugins/sink_postgres/positions.hpp"
#include "plugins/sink_postgres/session.hpp"
#include "plugins/sink_postgres/tables.hpp"

#include <millrace/plugin.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace millrace::sink_postgres {

enum class Ended : std::uint8_t {
  committed = 1,
  failed = 2,  // rolled back
  unknown = 3, // the connection was lost while it committed
  tripped = 4, // rolled back: too many rows are bad to blame the rows
};

class Transaction {
 public:
  struct World { // what outlives one delivery
    Session& session;
    Tables& tables;
    const Positions& positions;
    Breaker& breaker;
    CopyBuffer& buffer;
    std::string_view pipeline;
    std::int64_t now_ns;
  };

  Transaction(const World& world, const mr_delivery& delivery);

  // Throws Failure when a table does not fit any more; nothing is open then.
  Ended run();

  const SqlError& error() const noexcept { return error_; }
  std::uint64_t rows() const noexcept { return row_count_; }
  double commit_seconds() const noexcept { return commit_seconds_; }
  // Events that the tables refused, stored as dead letters when committed.
  using Refusals = std::unordered_map<const mr_event*, Refusal>;
  const Refusals& refusals() const noexcept { return refusals_; }
  // The records of those events. The texts are this object's.
  std::vector<mr_outcome> exceptions() const;

 private:
  // What a step asks for: to go on, the whole attempt anew, a smaller piece of rows, or an end.
  enum class Step : std::uint8_t { next = 1, again = 2, split = 3, failed = 4, tripped = 5 };
  struct Range {
    std::size_t first;
    std::size_t end;
  };

  Step attempt();
  void prepare();
  Step begin();
  Step store(Group& group);
  Step store_plainly(Group& group, const std::vector<RowRef>& rows);
  Step store_carefully(Group& group, const std::vector<RowRef>& rows);
  Step store_piece(Group& group, const std::vector<RowRef>& rows, Range range);
  Step split(Group& group, const std::vector<RowRef>& rows, Range range, std::vector<Range>& pending);
  Session::Maybe copy_rows(Group& group, const std::vector<RowRef>& rows, Range range);
  Session::Maybe move_staged(const Group& group);
  Step look_closer();
  Step store_dead_letters();
  Step check_tables();
  Step commit();

  void refuse(const Group& group, const RowRef& row, Refusal refusal);
  bool has_earlier_rows(const Group& group, const RowRef& row) const;
  bool is_refused(const RowRef& row) const {
    return !refusals_.empty() && refusals_.contains(event_of(delivery_, row));
  }
  Step fail(SqlError error);
  Step run(const std::string& sql);
  bool blames_a_row(const SqlError& error) const;
  std::size_t sent_row_of(const Group& group, const SqlError& error) const;

  World world_;
  const mr_delivery& delivery_;
  std::vector<Group> groups_;
  std::uint64_t row_count_ = 0;
  Refusals refusals_;
  bool careful_ = false;
  bool undo_ = false;    // rows of an event that was refused since are in this transaction already
  bool tripped_ = false; // the breaker says no
  bool unknown_ = false;
  int changes_ = 0;               // of tables, seen while this delivery was at work
  std::vector<std::size_t> sent_; // of the COPY under way: index of each row that went into it
  SqlError error_;
  double commit_seconds_ = 0;
};

} // namespace millrace::sink_postgres
