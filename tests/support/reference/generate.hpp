// Random rules files, as text, and events for them. They use the whole language, and nearly all of them compile: what a
// value's presence asks for is kept track of. The same seed makes the same.
#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

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

  std::string text() const;
};

/// Texts, numbers and so on that rules and events both take theirs from, so that they meet; in their text form.
std::string some_value(const Type& type, Dice& dice);
std::string quoted(std::string_view text); // for rules
std::string literal(const Type& type, const std::string& value);
std::string some_literal(const Type& type, Dice& dice);

struct Field {
  std::string name;
  std::string path; // as the rules write it
  Type type;
  bool optional = false;
  bool sure = true; // with all that it lies in
  std::vector<Field> children;
  std::string when; // the text field of `required when`; empty: none
  std::string when_value;
};

struct Schema {
  bool open = false;
  std::vector<Field> fields;

  /// All that hold values, wherever they lie.
  std::vector<const Field*> leaves() const;
};

Schema make_schema(Dice& dice);
/// `event e { … }`
std::string event_text(const Schema& schema);
/// A file of rules for it, with a router `r` and tables.
std::string make_rules(const Schema& schema, Dice& dice);
/// JSON, or nearly.
std::string make_event(const Schema& schema, Dice& dice);

} // namespace millrace::reference
