// Rows on their way out: one builder per table, filled during a call of route and emitted as a part at its end.
#pragma once

#include <cstdint>
#include <millrace/router.hpp>
#include <millrace/rows.hpp>
#include <string>
#include <vector>

#include "dsl/evaluate.hpp"
#include "dsl/program.hpp"
#include "dsl/values/arena.hpp"

namespace millrace::router_rules {

// The columns of a table as they cross the boundary.
RowSchema schema_of(const dsl::Table& table);

class RowPart {
 public:
  RowPart(const dsl::Table& table, std::uint32_t target);

  void add(const mr_event* event, std::span<const dsl::Value> cells);
  // Hands the rows over, if there are any, and begins anew. What they point to was copied.
  void emit(const Emit& emit);
  void clear();

 private:
  void add_list(std::size_t column, const dsl::List& list);

  struct Kind { // beside each other, as every cell asks
    ColumnType type;
    bool list;
  };
  std::vector<Kind> kinds_;
  std::uint32_t target_;
  RowSchema schema_;
  RowBuilder rows_;
  std::vector<const mr_event*> events_;
  dsl::Arena texts_; // of decimals without a scale
};

} // namespace millrace::router_rules
