// What is wrong with a configuration: every message has its place in the file. Several are collected before anybody
// gives up.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace millrace::config {

struct Place {
  std::string file;
  std::uint32_t line = 0;   // from 1, 0: the file as a whole
  std::uint32_t column = 0; // from 1, in characters

  std::string text() const; // "millrace.toml:12:3"
};

struct Problem {
  enum class Kind : std::uint8_t {
    kConfiguration, // the file is wrong
    kPlugin,        // the file asks for a plugin that is not there or was refused
  };

  Place place;
  std::string text; // names the thing, the value unless it is secret, and the way out
  Kind kind = Kind::kConfiguration;
};

class Problems {
 public:
  void add(Place place, std::string text, Problem::Kind kind = Problem::Kind::kConfiguration);

  bool empty() const { return all_.empty(); }
  // In the order of the file.
  std::span<const Problem> all() const { return all_; }
  // One line each: "file:line:column: text".
  std::string text() const;

 private:
  std::vector<Problem> all_;
};

// A configuration that cannot be used. what() is the text of all problems.
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(Problems problems) : std::runtime_error(problems.text()), problems_(std::move(problems)) {}

  const Problems& problems() const { return problems_; }

 private:
  Problems problems_;
};

} // namespace millrace::config
