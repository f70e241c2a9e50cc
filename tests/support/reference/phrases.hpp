// Random expressions of the rule language. What is known present is known here too, so that most of them compile.
// Values: phrases.cpp, making.cpp; conditions: conditions.cpp.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/reference/generate.hpp"

namespace millrace::reference {

inline Type type_of(dsl::Kind kind) {
  Type type;
  type.kind = kind;
  return type;
}

class Phrases {
 public:
  Phrases(const Schema& schema, Dice& dice)
      : leaves_(schema.leaves()), all_(schema.all()), open_(schema.open), dice_(dice) {}

  struct Column {
    std::string name; // empty: the lookup has one value
    Type type;
  };
  struct Lookup {
    std::string name;
    Type key;
    std::vector<Column> columns;
  };
  struct Let {
    std::string name;
    Type type;
    bool list = false;
  };
  struct Def {
    std::string name;
    std::vector<Type> parameters;
    std::optional<Type> type; // none: a condition
    bool sure = false;        // present wherever it stands; of a condition: it may be negated
    bool strict = false;      // its arguments have to be present
    bool quantifies = false;  // it may not stand in `some` and `every`, or they would stand in one another too often
  };

  /// A value of the type, written so that it may stand anywhere; nothing where there is none of that type.
  std::optional<std::string> value(const Type& type, bool sure, int depth);
  /// A condition. One that may be negated reads nothing that may be absent.
  std::string condition(int depth, bool negatable = false);
  /// One that is no value, as keys and columns may be.
  std::string whole_condition();
  /// Several tests that all have to hold, of the kinds that an index knows to part rules by.
  /// If a field is named, one of them is of that.
  std::string conjunction_of_plain_tests(const Field* about = nullptr);
  /// A type that values can be made of, with a text form if asked.
  Type some_type(bool with_text);
  /// Of a lookup, a constant or a CSV file: one that has a literal of its own.
  std::string literal(const Type& type);

  bool known(const Field& field) const;
  /// What may be read: without what `leave_out` takes away.
  const std::vector<const Field*>& leaves() const { return leaves_; }
  const std::vector<const Field*>& all() const { return all_; }

  /// What is known from here on, until `forget_to` takes it back.
  void know(const Field& field);
  std::size_t mark() const { return known_.size(); }
  void forget_to(std::size_t mark) { known_.resize(mark); }

  /// Variables of quantifiers and parameters, while they are in scope.
  void enter(const std::string& name, const Type& type, bool sure) { locals_.push_back({name, type, sure}); }
  void leave() { locals_.pop_back(); }

  /// What some messages of a topic come without, and what all do; definitions are not used from here on.
  void leave_out(const std::set<std::string>& by_some, const std::set<std::string>& by_all);
  void leave_nothing_out(const Schema& schema);
  bool all_is_there() const { return left_out_.empty(); }
  /// How many quantifiers were made up to now.
  std::size_t quantifiers_made() const { return quantifiers_made_; }

  std::vector<Lookup> lookups;
  std::vector<Let> lets;
  std::vector<Def> defs;

 private:
  struct Local {
    std::string name;
    Type type;
    bool sure = false;
  };
  /// What `some` and `every` can go through.
  struct Listed {
    std::string text;
    Type element;
  };

  bool usable(const Def& def) const { return left_out_.empty() && (quantifiers_ == 0 || !def.quantifies); }
  std::string plain_test() const { return left_out_.empty() ? "kind == \"a\"" : "exists meta.topic"; }
  std::optional<std::string> source(const Type& type, bool sure);
  std::optional<std::string> made(const Type& type, bool sure, int depth);
  std::optional<std::string> looked_up(const Type& type, int depth);
  std::optional<std::string> call_of_def(const Def& def, bool sure, int depth);
  std::optional<std::string> called_def(const Type& type, bool sure, int depth);
  std::optional<std::string> read_as(const Type& type);
  std::optional<std::string> of_list(const Type& type);
  std::optional<std::string> extreme(const Type& type, bool sure);
  std::optional<std::string> made_number(const Type& type, bool sure, int depth);
  std::optional<std::string> made_integer(const Type& type, bool sure, int depth);
  std::optional<std::string> made_text(bool sure, int depth);
  std::optional<std::string> made_time(const Type& type, bool sure, int depth);
  std::optional<std::string> made_duration(const Type& type, bool sure, int depth);
  std::optional<std::string> made_list(const Type& type, bool sure, int depth);
  std::optional<std::string> made_any(int depth);

  std::string logical(int depth, bool negatable);
  std::string test(int depth, bool negatable);
  std::string presence();
  std::string quantified(int depth, bool negatable);
  std::vector<Listed> lists(bool sure);
  std::string about(const Local& local, int depth, bool negatable);
  std::string about_object(const std::string& object, bool negatable);
  std::string test_of_any(bool negatable);
  std::string plain_test_of(const Field& field);
  std::string test_of(const Type& type, const std::string& value, bool sure);
  std::string key_test();
  std::string comparison(const Type& type, const std::string& left, bool sure);
  std::string membership(const Type& type, const std::string& left, bool sure);
  std::string range(const Type& type);
  std::string text_test(const std::string& left, bool sure);
  std::string negation(bool sure) { return sure && dice_.once_in(3) ? "not " : ""; }
  std::string fold(std::size_t times) { return dice_.once_in(times) ? " ignoring case" : ""; }
  std::string variable() { return "v" + std::to_string(names_++); }

  std::vector<const Field*> leaves_;
  std::vector<const Field*> all_;
  bool open_ = false;
  Dice& dice_;
  std::vector<std::string> known_;
  std::set<std::string> left_out_; // by some
  std::vector<Local> locals_;
  std::size_t quantifiers_ = 0; // that what is made stands in
  std::size_t quantifiers_made_ = 0;
  int names_ = 0;
};

/// Whether a value of the second type can stand where one of the first is wanted.
bool fits_place(const Type& wanted, const Type& type);
bool is_number(dsl::Kind kind);
bool has_literal(const Type& type);

} // namespace millrace::reference
