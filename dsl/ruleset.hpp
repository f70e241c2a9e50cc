// One compiled, immutable version of the rules, named by the hash of every file it came from. Workers, `apply`, reload
// receipts and tests read it; only `compile` makes it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dsl/index/cost.hpp"
#include "dsl/program.hpp"

namespace millrace::dsl {

struct RulesFile {
  std::string name; // as it was loaded
  std::string hash;
};

// ---- `test` blocks, as they are run by testing.hpp

struct TestExpectation {
  enum class Kind { topic, rule, otherwise, invalid, row, reject } kind = Kind::topic;
  bool negated = false;
  std::string place; // file:line:column
  std::string text;  // as written
  std::string topic;
  std::optional<std::string> key;
  std::vector<std::pair<std::string, std::string>> headers;
  RuleKind rule_kind = RuleKind::route;
  std::string rule;
  std::string path;    // of `invalid at`; empty: any
  Index table = kNone; // of row and reject
  std::string row;     // a JSON object of the columns to compare; empty: any row
  std::string column;  // of `reject … at`; empty: any
};

struct TestGiven {
  std::optional<std::string> file; // name to load the event from, or
  std::string event;
  std::optional<std::string> topic; // the tables of this topic are run, no router
  std::vector<TestExpectation> expectations;
  std::string place;
};

struct TestCase {
  std::string name;
  std::string place;
  Index router = kNone;
  std::vector<TestGiven> givens;
};

struct Ruleset {
  Program program; // sealed: topics, routers, tables and all that evaluation needs
  std::string hash;
  std::vector<RulesFile> files; // the root first
  std::vector<TestCase> tests;
  /// "topic clicks", "rule web.clicks", "table app.clicks", …: what each of them means, as a hash. For `changes`.
  std::map<std::string, std::string> meanings;
  std::vector<RouterCost> costs; // of the routers
};

/// The type as PostgreSQL writes it, `varchar(20)`.
std::string sql_text(const SqlType& type);
/// `schema.name`, or the name alone.
std::string qualified_name(const Table& table);

struct Change {
  enum class What { added, removed, changed } what = What::changed;
  std::string item; // "rule web.clicks"
};
/// What differs in meaning; comments, layout and the names of definitions do not count.
std::vector<Change> changes(const Ruleset& before, const Ruleset& after);

} // namespace millrace::dsl
