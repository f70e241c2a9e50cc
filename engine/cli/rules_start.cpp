#include "engine/cli/rules_start.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <vector>

#include "dsl/compile.hpp"
#include "engine/cli/named_file.hpp"
#include "engine/cli/rules.hpp"
#include "engine/config/nearest.hpp"

namespace millrace::cli {
namespace {

[[noreturn]] void wrong_option(const std::string& option, const std::string& text) {
  throw UsageError(option + ": " + text);
}

std::string known_as(const std::string& name, const std::vector<std::string>& known) {
  return fmt::format("{} There are: {}", config::did_you_mean(name, known), fmt::join(known, ", "));
}

// "--topic clicks" of each topic that tables read, once.
std::vector<std::string> topics_of_tables(const dsl::Program& program) {
  std::vector<std::string> out;
  for (const dsl::Table& table : program.tables) {
    std::string option = "--topic " + program.topics[table.topic].name;
    if (std::find(out.begin(), out.end(), option) == out.end()) {
      out.push_back(std::move(option));
    }
  }
  return out;
}

} // namespace

void add_start_options(CLI::App& command, Start& start) {
  CLI::Option* const router = command.add_option("--router", start.router, "Where the rules have several routers");
  command.add_option("--topic", start.topic, "Begin at this topic: only what its tables make of the events")
      ->excludes(router);
}

dsl::Index start_of(const dsl::Program& program, const Start& start) {
  std::vector<std::string> routers;
  for (const dsl::Router& router : program.routers) {
    routers.push_back(router.name);
  }
  if (!start.topic.empty()) {
    std::vector<std::string> topics;
    for (const dsl::Topic& topic : program.topics) {
      if (dsl::matches_topic(topic.name, start.topic)) {
        return dsl::kNone;
      }
      topics.push_back(topic.name);
    }
    wrong_option("--topic",
                 fmt::format("the rules declare no topic '{}'{}", start.topic, known_as(start.topic, topics)));
  }
  if (!start.router.empty()) {
    const auto found = std::find(routers.begin(), routers.end(), start.router);
    if (found == routers.end()) {
      wrong_option("--router", fmt::format("there is no router '{}'{}", start.router, known_as(start.router, routers)));
    }
    return static_cast<dsl::Index>(found - routers.begin());
  }
  if (routers.empty()) {
    const std::vector<std::string> read = topics_of_tables(program);
    wrong_option("--topic", read.empty()
                                ? std::string("the rules have no router and no table, so nothing becomes of events")
                                : fmt::format("the rules have no router, so events begin at a topic; write {}",
                                              fmt::join(read, " or ")));
  }
  if (routers.size() > 1) {
    wrong_option("--router", fmt::format("the rules have several routers, name one: {}", fmt::join(routers, ", ")));
  }
  return 0;
}

std::shared_ptr<const dsl::Ruleset> ruleset_of(const std::string& file, const Console& console) {
  expect_rules_file(file);
  const dsl::Compilation compilation = dsl::compile(file, read_rules_file);
  if (!compilation.ruleset) {
    console.err << compilation.text(console.err_colours);
  }
  return compilation.ruleset;
}

std::int64_t arrival() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

} // namespace millrace::cli
