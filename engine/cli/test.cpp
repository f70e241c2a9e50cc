// `millrace test`: runs the tests that stand in rules files.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "dsl/compile.hpp"
#include "dsl/diagnostic/json.hpp"
#include "dsl/testing.hpp"
#include "engine/cli/command.hpp"
#include "engine/cli/named_file.hpp"
#include "engine/cli/progress.hpp"
#include "engine/cli/rules.hpp"
#include "engine/cli/test_report.hpp"
#include "engine/config/nearest.hpp"

namespace millrace::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  std::string filter;
  std::string format = "text";
  bool coverage = false;
};

// `*` stands for any characters; without one, the name has to contain the text.
bool matches(std::string_view name, std::string_view pattern) {
  if (pattern.find('*') == std::string_view::npos) {
    return name.find(pattern) != std::string_view::npos;
  }
  const std::size_t star = pattern.find('*');
  if (!name.starts_with(pattern.substr(0, star))) {
    return false;
  }
  const std::string_view rest = pattern.substr(star + 1);
  if (rest.empty()) {
    return true;
  }
  for (std::size_t at = star; at <= name.size(); ++at) {
    const std::string_view tail = name.substr(at);
    if (rest.find('*') == std::string_view::npos ? tail == rest : matches(tail, rest)) {
      return true;
    }
  }
  return false;
}

struct Unreached {
  std::string text; // "route fatal"
  std::string place;
};

// What no test of these has reached, router by router, in order; and how many there are in all.
struct Coverage {
  std::vector<Unreached> unreached;
  std::size_t all = 0;
};

Coverage coverage_of(const dsl::Ruleset& ruleset, const std::vector<dsl::TestResult>& results) {
  std::set<dsl::Reached> reached;
  for (const dsl::TestResult& result : results) {
    reached.insert(result.reached.begin(), result.reached.end());
  }
  Coverage coverage;
  for (dsl::Index router = 0; router < ruleset.program.routers.size(); ++router) {
    const dsl::Router& of = ruleset.program.routers[router];
    for (dsl::Index rule = 0; rule < of.rules.size(); ++rule) {
      const dsl::Rule& each = of.rules[rule];
      if (each.kind == dsl::RuleKind::group) {
        continue;
      }
      ++coverage.all;
      if (!reached.contains({router, rule})) {
        coverage.unreached.push_back({fmt::format("{} {}", dsl::word_of(each.kind), each.name), each.place});
      }
    }
    ++coverage.all;
    if (!reached.contains({router, dsl::kNone})) {
      coverage.unreached.push_back({fmt::format("otherwise of {}", of.name), ""});
    }
  }
  return coverage;
}

void tell(const std::string& file, const dsl::Ruleset& ruleset, const std::vector<dsl::TestResult>& results,
          const Options& options, const Console& console) {
  for (const dsl::TestResult& result : results) {
    if (result.passed()) {
      console.out << dsl::painted(dsl::Tone::added, "passed", console.out_colours)
                  << fmt::format(": {} ({})\n", result.name, result.place);
    }
  }
  const std::size_t failed = tell_failures(results, console);
  if (options.coverage) {
    const Coverage coverage = coverage_of(ruleset, results);
    for (const Unreached& unreached : coverage.unreached) {
      console.out << fmt::format("no test reaches: {}{}\n", unreached.text,
                                 unreached.place.empty() ? "" : " (" + unreached.place + ")");
    }
    console.out << fmt::format("{} of {} rules reached by tests\n", coverage.all - coverage.unreached.size(),
                               coverage.all);
  }
  console.out << fmt::format("{}: ruleset {}, {} tests passed, {} failed\n", file, ruleset.hash,
                             results.size() - failed, failed);
}

// One object for each file, on a line of its own.
void tell_json(const std::string& file, const dsl::Ruleset& ruleset, const std::vector<dsl::TestResult>& results,
               const Options& options, const Console& console) {
  const auto cell = [](const dsl::TestFailure::Cell& cell) {
    return fmt::format(R"({{"column":{},"expected":{},"was":{}}})", dsl::json_text(cell.column),
                       dsl::json_text(cell.expected), dsl::json_text(cell.was));
  };
  const auto failure = [&](const dsl::TestFailure& failure) {
    return fmt::format(R"({{"place":{},"text":{},"cells":{}}})", dsl::json_text(failure.place),
                       dsl::json_text(failure.text), dsl::json_array(failure.cells, cell));
  };
  const auto test = [&](const dsl::TestResult& result) {
    return fmt::format(R"({{"name":{},"place":{},"passed":{},"expectations":{},"failures":{},"explanations":{}}})",
                       dsl::json_text(result.name), dsl::json_text(result.place), result.passed(), result.expectations,
                       dsl::json_array(result.failures, failure), dsl::json_array(result.explanations, dsl::json_text));
  };
  std::string coverage;
  if (options.coverage) {
    const Coverage found = coverage_of(ruleset, results);
    coverage = fmt::format(
        R"(,"rules":{},"unreached":{})", found.all, dsl::json_array(found.unreached, [](const Unreached& one) {
          return fmt::format(R"({{"rule":{},"place":{}}})", dsl::json_text(one.text), dsl::json_text(one.place));
        }));
  }
  console.out << fmt::format(R"({{"file":{},"ruleset":{},"tests":{}{}}})", dsl::json_text(file),
                             dsl::json_text(ruleset.hash), dsl::json_array(results, test), coverage)
              << "\n";
}

ExitCode test_file(const std::string& file, const Options& options, const Console& console) {
  if (const std::string why = why_no_rules_file(file); !why.empty()) {
    console.err << why << "\n";
    return ExitCode::kUsage;
  }
  const dsl::Compilation compilation = dsl::compile(file, read_rules_file);
  if (const std::string text = compilation.text(console.err_colours); !text.empty()) {
    console.err << text << (text.ends_with('\n') ? "" : "\n");
  }
  if (!compilation.ruleset) {
    return ExitCode::kFindings;
  }
  const dsl::Ruleset& ruleset = *compilation.ruleset;
  std::vector<dsl::TestResult> results = dsl::run_tests(ruleset, read_rules_file);
  if (!options.filter.empty()) {
    std::erase_if(results, [&](const dsl::TestResult& result) { return !matches(result.name, options.filter); });
    if (results.empty()) {
      std::vector<std::string> names;
      for (const dsl::TestCase& test : ruleset.tests) {
        names.push_back(test.name);
      }
      console.err << fmt::format("{}: no test is named like '{}'{}\n", file, options.filter,
                                 config::did_you_mean(options.filter, names, ""));
      return ExitCode::kUsage;
    }
  }
  options.format == "json" ? tell_json(file, ruleset, results, options, console)
                           : tell(file, ruleset, results, options, console);
  const bool passed = std::all_of(results.begin(), results.end(), [](const auto& result) { return result.passed(); });
  return passed ? ExitCode::kOk : ExitCode::kFindings;
}

} // namespace

void add_test(CLI::App& app, Chosen& chosen) {
  CLI::App* const command = app.add_subcommand("test", "Run the tests that stand in rules files");
  command->footer(
      "Example: millrace test rules/main.rules --coverage\n"
      "         millrace test rules/main.rules --filter 'a purchase*'");
  const auto options = std::make_shared<Options>();
  command->add_option("RULES", options->files, "Rules files, each with what it imports")->required();
  command->add_option("--filter", options->filter, "Only tests whose name contains this; * stands for any characters")
      ->type_name("NAME");
  command->add_flag("--coverage", options->coverage, "Also name the rules that no test reaches");
  command->add_option("--format", options->format, "text, or json: one object for each file")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([&chosen, options] {
    chosen = [options](const Console& console) {
      ExitCode code = ExitCode::kOk;
      Steps steps(console, "test", options->files.size());
      for (const std::string& file : options->files) {
        steps.begin(file);
        code = worse(code, test_file(file, *options, console));
      }
      return code;
    };
  });
}

} // namespace millrace::cli
