// Random rules files, as text, and events for them. They use the whole language, and nearly all of them compile: what a
// value's presence asks for is kept track of. The same seed makes the same.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/compile.hpp"
#include "dsl/program.hpp"

namespace millrace::reference {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t most) { return random_() % most; }
  /// Once in so many times.
  bool once_in(std::size_t times) { return below(times) == 0; }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }

 private:
  std::mt19937_64 random_;
};

/// A type as the rules write it.
struct Type {
  dsl::Kind kind = dsl::Kind::text;
  dsl::Wire wire = dsl::Wire::natural;
  int precision = 0;
  int scale = 0;
  std::vector<std::string> names;
  bool or_other = false;
  std::shared_ptr<const Type> element;
  std::vector<std::string> usual; // values that come up more often than others, in rules and events alike

  std::string text() const;
};

/// Texts, numbers and so on that rules and events both take theirs from, so that they meet; in their text form.
std::string some_value(const Type& type, Dice& dice);
std::string quoted(std::string_view text); // for rules
std::string literal(const Type& type, const std::string& value);
std::string some_literal(const Type& type, Dice& dice);

struct Field {
  std::string name;
  std::string path;               // as the rules write it
  std::vector<std::string> chain; // the paths of all that it lies in, and its own
  std::vector<std::string> needs; // those of them that are optional
  Type type;
  bool optional = false;
  std::vector<Field> children;
  std::string when;                     // the field of `required when`; empty: none
  std::vector<std::string> when_values; // as the rules write them
};

struct Schema {
  bool open = false;
  std::vector<Field> fields;

  /// All that hold values, wherever they lie.
  std::vector<const Field*> leaves() const;
  /// All, the objects too.
  std::vector<const Field*> all() const;
};

/// The texts of a ruleset by name: rules, and CSV files of lookups. `main.rules` is the root.
using Files = std::map<std::string, std::string>;

Schema make_schema(Dice& dice);
/// `event e { … }`
std::string event_text(const Schema& schema);
/// Rules for it, with a router `r` and tables.
Files make_rules(const Schema& schema, Dice& dice);
/// "E0301 `f1` may be missing …": the first error, without the names in it.
std::string why_refused(const dsl::Compilation& compilation);
/// JSON, or nearly.
std::string make_event(const Schema& schema, Dice& dice);

} // namespace millrace::reference
