// Random expressions of the rule language. What is known present is known here too, so that most of them compile.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/reference/generate.hpp"

namespace millrace::reference {

class Phrases {
 public:
  Phrases(const Schema& schema, Dice& dice) : leaves_(schema.leaves()), open_(schema.open), dice_(dice) {}

  struct Lookup {
    std::string name;
    Type key;
    Type value;
  };
  /// Definitions without parameters: their names, types, and whether they are present wherever they stand.
  struct Def {
    std::string name;
    Type type;
    bool sure = false;
  };

  /// A value of the type, written so that it may stand anywhere; nothing where there is none of that type.
  std::optional<std::string> value(const Type& type, bool sure, int depth);
  /// A condition. One that may be negated reads nothing that may be absent.
  std::string condition(int depth, bool negatable = false);
  /// A type that values can be made of, with a text form if asked.
  Type some_type(bool with_text);
  std::string literal(const Type& type) { return some_literal(type, dice_); }

  bool known(const Field& field) const;
  const std::vector<const Field*>& leaves() const { return leaves_; }

  /// What is known from here on, until `forget_to` takes it back.
  void know(const std::string& path) { known_.push_back(path); }
  std::size_t mark() const { return known_.size(); }
  void forget_to(std::size_t mark) { known_.resize(mark); }

  std::vector<Lookup> lookups;
  std::vector<Def> defs;
  bool in_table = false;

 private:
  std::optional<std::string> source(const Type& type, bool sure);
  std::optional<std::string> made(const Type& type, bool sure, int depth);
  std::optional<std::string> made_number(const Type& type, bool sure, int depth);
  std::optional<std::string> made_text(bool sure, int depth);
  std::string test(int depth, bool negatable);
  std::string quantified(int depth, bool negatable);
  std::string test_of_any(bool negatable);
  std::string comparison(const Type& type, const std::string& left, bool sure, int depth);
  std::string membership(const Type& type, const std::string& left, bool sure);
  std::string text_test(const std::string& left, bool sure);
  std::string negation(bool sure) { return sure && dice_.once_in(3) ? "not " : ""; }

  struct Local {
    std::string name;
    Type type;
  };
  std::vector<const Field*> leaves_;
  bool open_ = false;
  Dice& dice_;
  std::vector<std::string> known_;
  std::vector<Local> locals_; // variables of quantifiers; known present unless they are `any`
  int names_ = 0;
};

} // namespace millrace::reference
