// What a table says besides its columns, its key and its conflicts: partitions, indexes, how it evolves, where its
// dead letters go.
#pragma once

#include <map>
#include <string_view>

#include "dsl/check/context.hpp"

namespace millrace::dsl::check {

class TableClauses {
 public:
  /// `lowered` has its columns and its key; `columns_at` says where each of them is named.
  TableClauses(Context& context, const ast::Table& table, const std::map<std::string_view, Span>& columns_at,
               Table& lowered)
      : context_(context), table_(table), columns_at_(columns_at), lowered_(lowered) {}

  /// Checks all of them and lowers them into the table.
  void run();

 private:
  void partition(const ast::Partition& partition);
  void partition_column(const ast::Partition& partition, Index column);
  void partition_names();
  void keep(const ast::Partition& partition);
  void require_in_key(const ast::Partition& partition, Index column);
  void index(const ast::TableIndex& index);
  void evolve();
  void rename(const ast::Column& column);
  void drop(const ast::DropColumn& drop);
  void dead_letter(const ast::TableDeadLetter& letter);

  std::optional<Index> column_named(const ast::Name& name, Code code);
  std::optional<PartitionUnit> unit(const ast::Name& name);
  const ast::PrimaryKey* key() const;
  Diagnostic& clash(Span span, std::string headline, std::string label);

  Context& context_;
  const ast::Table& table_;
  const std::map<std::string_view, Span>& columns_at_;
  Table& lowered_;
  std::map<std::string_view, Span> gone_; // names that a column had, or that a dropped one has
};

} // namespace millrace::dsl::check
