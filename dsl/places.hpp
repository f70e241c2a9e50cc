// Where rules declare what is to be there outside: topics, tables and what is said of them. For what is found wrong
// there later: it is told at the line that it is about. Of parsed text alone, nothing is checked.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/compile.hpp"
#include "dsl/syntax/ast.hpp"
#include "dsl/syntax/source.hpp"

namespace millrace::dsl {

struct TopicPlaces {
  std::string name; // `*` stands for one interpolated part
  Span at;          // the name
  std::map<ast::TopicClause::Kind, Span> clauses;
};

struct TablePlaces {
  std::string name; // as qualified_name()
  Span at;
  std::map<std::string, Span, std::less<>> columns; // their names; of dropped ones the clause
  std::optional<Span> primary_key, on_conflict, partition, evolve;
  std::vector<Span> indexes; // in the order of the text
};

struct Places {
  SourceMap sources;
  std::vector<TopicPlaces> topics;
  std::vector<TablePlaces> tables;

  /// The topic itself, or the longest pattern that it belongs to; nothing if there is none.
  const TopicPlaces* topic(std::string_view name) const;
  const TablePlaces* table(std::string_view name) const;
};

/// Of the root and all that it imports; of files that are not right, what of them is.
Places places_of(std::string_view root, const Loader& load);

} // namespace millrace::dsl
