#include "plugins/sink_postgres/transaction.hpp"

#include <millrace/text.hpp>

#include <charconv>
#include <chrono>
#include <span>

namespace millrace::sink_postgres {
namespace {

constexpr std::uint32_t kRecordByRecord = 5; // attempt from which a sink does so
constexpr int kMostChanges = 5;
constexpr std::size_t kNone = static_cast<std::size_t>(-1);
constexpr std::size_t kPiece = std::size_t{256} << 10U; // bytes that are encoded before they are sent

// The N of "COPY name, line N" in an error's context, which may be in any language: the last line that holds the name
// and a comma is COPY's own, above it may stand functions. 0: there is none.
std::uint64_t line_in(std::string_view context, std::string name) {
  name += ',';
  const std::size_t at = context.rfind(name);
  if (at == std::string_view::npos) {
    return 0;
  }
  std::string_view rest = context.substr(at + name.size());
  rest = rest.substr(0, rest.find('\n'));
  const std::size_t digit = rest.find_first_of("0123456789");
  std::uint64_t line = 0;
  if (digit != std::string_view::npos) {
    std::from_chars(rest.data() + digit, rest.data() + rest.size(), line);
  }
  return line;
}

// Of "COPY name, line N, column c": the server names the column only there when a value cannot be read.
std::string column_in(const SqlError& error, const std::vector<ColumnPlan>& columns) {
  if (!error.column.empty()) {
    return error.column;
  }
  const std::string_view context = error.context;
  for (const ColumnPlan& column : columns) {
    if (context.ends_with(" " + column.name)) {
      return column.name;
    }
  }
  return {};
}

} // namespace

Transaction::Transaction(const World& world, const mr_delivery& delivery)
    : world_(world), delivery_(delivery), groups_(group_rows(delivery, world.tables.all())) {
  for (const Group& group : groups_) {
    row_count_ += group.rows.size();
  }
  careful_ = delivery.attempt >= kRecordByRecord;
}

Ended Transaction::run() {
  for (;;) {
    const Step step = attempt();
    if (step == Step::next) {
      world_.breaker.record(world_.now_ns, row_count_, refusals_.size());
      return Ended::committed;
    }
    world_.session.rollback();
    if (step == Step::tripped) {
      return Ended::tripped;
    }
    if (step == Step::failed) {
      return unknown_ ? Ended::unknown : Ended::failed;
    }
  }
}

Transaction::Step Transaction::attempt() {
  undo_ = false;
  try {
    prepare();
  } catch (const SqlFailure& failure) {
    return fail(failure.error());
  }
  if (const Step step = begin(); step != Step::next) {
    return step;
  }
  for (Group& group : groups_) {
    if (const Step step = store(group); step != Step::next) {
      return step;
    }
  }
  if (const Step step = store_dead_letters(); step != Step::next) {
    return step;
  }
  if (const Step step = check_tables(); step != Step::next) {
    return step;
  }
  return commit();
}

void Transaction::prepare() {
  world_.tables.prepare_dead_letters(world_.session);
  for (const Group& group : groups_) {
    world_.tables.prepare(world_.session, *group.table);
    world_.tables.prepare_partitions(world_.session, group);
  }
}

Transaction::Step Transaction::begin() {
  if (const Step step = run("begin isolation level read committed read write"); step != Step::next) {
    return step;
  }
  const std::span ranges(delivery_.ranges, delivery_.range_count);
  if (ranges.empty()) {
    return Step::next;
  }
  const AdvanceArguments arguments = world_.positions.advance_arguments(ranges);
  if (auto error = world_.session.run(world_.positions.advance_sql(), arguments.get())) {
    return fail(std::move(*error));
  }
  return Step::next;
}

Transaction::Step Transaction::store(Group& group) {
  std::vector<RowRef> rows;
  rows.reserve(group.rows.size());
  for (const RowRef& row : group.rows) {
    if (!is_refused(row)) {
      rows.push_back(row);
    }
  }
  if (rows.empty()) {
    return Step::next;
  }
  const Step step = careful_ ? store_carefully(group, rows) : store_plainly(group, rows);
  return step == Step::next && undo_ ? Step::again : step;
}

Transaction::Step Transaction::store_plainly(Group& group, const std::vector<RowRef>& rows) {
  auto error = copy_rows(group, rows, {0, rows.size()});
  if (!error && group.table->plan.staged && !tripped_) {
    error = world_.session.run(group.table->plan.merge);
  }
  if (tripped_) {
    return Step::tripped;
  }
  if (!error) {
    return Step::next;
  }
  const bool worth_a_look = blames_a_row(*error) || says_schema_changed(error->sqlstate);
  error_ = std::move(*error);
  return worth_a_look ? look_closer() : Step::failed;
}

// A row seems to be bad, or the table. When the table has changed meanwhile it is not the row's fault; else the next
// attempt finds which row it is.
Transaction::Step Transaction::look_closer() {
  world_.session.rollback();
  bool changed = false;
  for (const Group& group : groups_) {
    auto answer = world_.tables.changed(world_.session, *group.table);
    if (auto* error = std::get_if<SqlError>(&answer)) {
      return fail(std::move(*error));
    }
    changed = std::get<bool>(answer) || changed;
  }
  if (changed) {
    return ++changes_ < kMostChanges ? Step::again : Step::failed;
  }
  if (careful_ || remedy(error_.sqlstate) != Remedy::reject_row) {
    return Step::failed;
  }
  constexpr std::string_view kNoPartition = "23514"; // or a check that fails
  for (const Group& group : groups_) {
    if (error_.sqlstate == kNoPartition) {
      group.table->partitions = {}; // one may have been dropped meanwhile
    }
  }
  careful_ = true;
  return Step::again;
}

Transaction::Step Transaction::store_carefully(Group& group, const std::vector<RowRef>& rows) {
  std::vector<Range> pending; // the next one last
  if (delivery_.attempt >= kRecordByRecord) {
    for (std::size_t i = rows.size(); i > 0; --i) {
      pending.push_back({i - 1, i});
    }
  } else {
    pending.push_back({0, rows.size()});
  }
  while (!pending.empty()) {
    const Range range = pending.back();
    pending.pop_back();
    Step step = store_piece(group, rows, range);
    if (step == Step::split) {
      step = split(group, rows, range, pending);
    }
    if (step != Step::next) {
      return step;
    }
  }
  return Step::next;
}

// Stores some of the rows, or none: then the answer is `split`, and error_ says why.
Transaction::Step Transaction::store_piece(Group& group, const std::vector<RowRef>& rows, Range range) {
  if (const Step step = run("savepoint millrace_piece"); step != Step::next) {
    return step;
  }
  auto error = copy_rows(group, rows, range);
  if (tripped_) {
    return Step::tripped;
  }
  if (!error) {
    error = move_staged(group);
  }
  if (!error) { // a constraint that waits for COMMIT would blame nobody there
    error = world_.session.run("set constraints all immediate");
  }
  if (!error) {
    return run("release savepoint millrace_piece");
  }
  error_ = std::move(*error);
  if (!world_.session.is_open() || remedy(error_.sqlstate) != Remedy::reject_row) {
    return blames_a_row(error_) || says_schema_changed(error_.sqlstate) ? look_closer() : Step::failed;
  }
  const Step step = run("rollback to savepoint millrace_piece; release savepoint millrace_piece");
  return step == Step::next ? Step::split : step;
}

// A piece was refused: its only row is bad, or it is cut, at the row that the server named if it named one. Only a row
// that fails alone is refused, so a wrong number costs time and nothing else.
Transaction::Step Transaction::split(Group& group, const std::vector<RowRef>& rows, Range range,
                                     std::vector<Range>& pending) {
  if (range.end - range.first == 1) {
    refuse(group, rows[range.first],
           {error_.sqlstate, error_.text, column_in(error_, group.table->plan.encoder.columns()),
            group.table->plan.wanted.name.text()});
    return tripped_ ? Step::tripped : Step::next;
  }
  const std::size_t named = sent_row_of(group, error_);
  const std::size_t middle = range.first + (range.end - range.first) / 2;
  const auto push = [&](std::size_t first, std::size_t end) {
    if (first < end) {
      pending.push_back({first, end});
    }
  };
  if (named == kNone) {
    push(middle, range.end);
    push(range.first, middle);
  } else {
    push(named + 1, range.end);
    push(named, named + 1);
    push(range.first, named);
  }
  return Step::next;
}

Session::Maybe Transaction::copy_rows(Group& group, const std::vector<RowRef>& rows, Range range) {
  TablePlan& plan = group.table->plan;
  Session& session = world_.session;
  CopyBuffer& buffer = world_.buffer;
  sent_.clear();
  if (auto error = session.begin_copy(plan.copy)) {
    return error;
  }
  buffer.clear();
  buffer.header();
  for (std::size_t i = range.first; i < range.end; ++i) {
    const RowRef& row = rows[i];
    if (is_refused(row)) {
      continue;
    }
    const auto ord = plan.staged ? std::optional(static_cast<std::int32_t>(i)) : std::nullopt;
    if (const BadValue* bad =
            plan.encoder.append(buffer, group.views[row.view], row.row, ord, group.storable[row.view])) {
      refuse(
          group, row,
          {std::string(bad->sqlstate), bad->text, plan.encoder.columns()[bad->column].name, plan.wanted.name.text()});
      if (tripped_) {
        return std::nullopt;
      }
      continue;
    }
    sent_.push_back(i);
    if (buffer.size() >= kPiece) {
      if (auto error = session.copy(buffer.view())) {
        return error;
      }
      buffer.clear();
    }
  }
  buffer.trailer();
  if (auto error = session.copy(buffer.view())) {
    return error;
  }
  return session.end_copy();
}

Session::Maybe Transaction::move_staged(const Group& group) {
  if (!group.table->plan.staged) {
    return std::nullopt;
  }
  if (auto error = world_.session.run(group.table->plan.merge)) {
    return error;
  }
  return world_.session.run(group.table->plan.stage_clear);
}

Transaction::Step Transaction::store_dead_letters() {
  if (refusals_.empty() && delivery_.dead_count == 0) {
    return Step::next;
  }
  Session& session = world_.session;
  CopyBuffer& buffer = world_.buffer;
  const DeadLetterSql& sql = world_.tables.dead_letters();
  if (auto error = session.begin_copy(sql.copy)) {
    return fail(std::move(*error));
  }
  buffer.clear();
  buffer.header();
  const auto send = [&](std::size_t limit) -> Session::Maybe {
    if (buffer.size() < limit) {
      return std::nullopt;
    }
    auto error = session.copy(buffer.view());
    buffer.clear();
    return error;
  };
  Session::Maybe error;
  for (const mr_dead& dead : std::span(delivery_.dead, delivery_.dead_count)) {
    append_dead_letter(buffer, world_.pipeline, *dead.event, dead.reason, nullptr);
    if (!error) {
      error = send(kPiece);
    }
  }
  for (const auto& [event, refusal] : refusals_) {
    append_dead_letter(buffer, world_.pipeline, *event, nullptr, &refusal);
    if (!error) {
      error = send(kPiece);
    }
  }
  buffer.trailer();
  if (!error) {
    error = send(0);
  }
  if (!error) {
    error = session.end_copy();
  }
  if (!error) {
    error = session.run(sql.merge);
  }
  return error ? fail(std::move(*error)) : Step::next;
}

// While the locks of this transaction hold: what was encoded is what the tables have. Without this a column whose type
// changed between two deliveries could take the old type's bytes for a value of its own.
Transaction::Step Transaction::check_tables() {
  for (const Group& group : groups_) {
    auto answer = world_.tables.changed(world_.session, *group.table);
    if (auto* error = std::get_if<SqlError>(&answer)) {
      return fail(std::move(*error));
    }
    if (std::get<bool>(answer)) {
      error_ = {"42804", "table " + group.table->plan.wanted.name.text() + " keeps changing", {}, {}};
      refusals_.clear(); // by a table that is not there any more
      careful_ = delivery_.attempt >= kRecordByRecord;
      return ++changes_ < kMostChanges ? Step::again : Step::failed;
    }
  }
  return Step::next;
}

Transaction::Step Transaction::commit() {
  const auto begun = std::chrono::steady_clock::now();
  auto error = world_.session.commit();
  commit_seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  if (!error) {
    return Step::next;
  }
  error_ = std::move(*error);
  if (!world_.session.is_open()) {
    unknown_ = true;
    return Step::failed;
  }
  return blames_a_row(error_) ? look_closer() : Step::failed;
}

void Transaction::refuse(const Group& group, const RowRef& row, Refusal refusal) {
  undo_ = undo_ || has_earlier_rows(group, row);
  refusals_.emplace(event_of(delivery_, row), std::move(refusal));
  tripped_ = !world_.breaker.allows(world_.now_ns, row_count_, refusals_.size());
}

// An event is stored whole or dead-lettered whole: rows of it that are in the transaction already have to go.
bool Transaction::has_earlier_rows(const Group& group, const RowRef& row) const {
  const mr_event* const event = event_of(delivery_, row);
  for (const Group& other : groups_) {
    for (const RowRef& candidate : other.rows) {
      if (&other == &group && candidate.part == row.part && candidate.record == row.record) {
        return false;
      }
      if (event_of(delivery_, candidate) == event) {
        return true;
      }
    }
  }
  return false;
}

Transaction::Step Transaction::fail(SqlError error) {
  error_ = std::move(error);
  return Step::failed;
}

Transaction::Step Transaction::run(const std::string& sql) {
  if (auto error = world_.session.run(sql)) {
    return fail(std::move(*error));
  }
  return Step::next;
}

// 08P…: the bytes were not what the column reads, which a changed column does.
bool Transaction::blames_a_row(const SqlError& error) const {
  return world_.session.is_open() &&
         (remedy(error.sqlstate) == Remedy::reject_row || error.sqlstate.starts_with("08P"));
}

std::size_t Transaction::sent_row_of(const Group& group, const SqlError& error) const {
  const TablePlan& plan = group.table->plan;
  const std::string stage = "millrace stage " + std::to_string(group.table->id);
  const std::uint64_t line = line_in(error.context, plan.staged ? stage : plan.wanted.name.table);
  return line >= 1 && line <= sent_.size() ? sent_[line - 1] : kNone;
}

std::vector<mr_outcome> Transaction::exceptions() const {
  std::vector<mr_outcome> out;
  if (refusals_.empty()) {
    return out;
  }
  for (const Group& group : groups_) {
    for (const RowRef& row : group.rows) {
      const auto refusal = refusals_.find(event_of(delivery_, row));
      if (refusal == refusals_.end()) {
        continue;
      }
      mr_outcome outcome{};
      outcome.part = row.part;
      outcome.record = row.record;
      outcome.outcome = MR_RECORD_STORED_DEAD;
      outcome.reason = {str(refusal->second.sqlstate), str(refusal->second.text), kAbsent,
                        refusal->second.column.empty() ? kAbsent : str(refusal->second.column), kAbsent};
      out.push_back(outcome);
    }
  }
  return out;
}

} // namespace millrace::sink_postgres
