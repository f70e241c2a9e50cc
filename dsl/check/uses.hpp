// Who is spoken of where: every name that is declared, and every place that means one of them. For editors; a
// compilation that is asked for nothing but its answer collects none of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "dsl/syntax/source.hpp"

namespace millrace::dsl::check {

struct Context;

enum class NameKind : std::uint8_t {
  event,
  field,
  topic,
  let,
  def,
  parameter,
  variable, // of `some` and `every`
  lookup,
  lookup_column, // its key too
  fragment,
  router,
  rule,
  table,
  column,
};

struct Definition {
  NameKind kind = NameKind::event;
  std::string name;                // as others write it: `a.b` for a field of a field, `schema.name` for a table
  Span at;                         // the name; a topic's with its quotes, a table's without the schema
  Span whole;                      // what declares it
  std::string type;                // as written: of a field, parameter or column
  std::string of;                  // a field's event, a column's table, a rule's router or fragment; else the event
  bool optional = false;           // a field, or something above it
  std::vector<std::string> values; // that `one of` lists
};

struct Use {
  Span at;
  Span definition;   // Definition::at
  bool exact = true; // false: a topic's name that is filled in, so that the place does not have the name in it
};

class Uses {
 public:
  /// The first one counts.
  void define(Definition definition);
  /// The same place may mean several things: in a definition that is used for two events.
  void add(const Use& use) {
    uses_.push_back(use);
    if (uses_.size() >= room_) {
      tidy();
    }
  }

  /// In the order of the text. A place that declares is a use of itself.
  std::vector<Use> all() const;
  std::vector<Definition> definitions() const;
  const Definition* definition(Span at) const;

  void add(const Uses& other);

 private:
  using Place = std::tuple<FileId, std::uint32_t, std::uint32_t>;
  static Place place(Span span) { return {span.file, span.begin, span.end}; }

  void tidy();

  std::map<Place, Definition> definitions_;
  std::vector<Use> uses_; // a definition that is used often is spoken of often; tidied up when there are twice as many
  std::size_t room_ = 4'096;
};

/// Puts down what the trees declare, and which events, fragments, routers, rules, tables and columns they speak of.
/// What expressions speak of, and topics, is put down where they are checked.
void collect_declared(Context& context, Uses& uses);

} // namespace millrace::dsl::check
