#include "engine/cli/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "dsl/compile.hpp"
#include "dsl/diagnostic/json.hpp"
#include "dsl/diagnostic/sarif.hpp"
#include "dsl/testing.hpp"
#include "engine/cli/fix.hpp"
#include "engine/cli/named_file.hpp"
#include "engine/cli/progress.hpp"
#include "engine/cli/rules_root.hpp"
#include "engine/cli/test_report.hpp"

namespace millrace::cli {
namespace {

// What finding the rules of an event costs, router by router.
void tell_cost(const dsl::Ruleset& ruleset, const Console& console) {
  for (const dsl::RouterCost& cost : ruleset.costs) {
    const dsl::Router& router = *ruleset.program.find_router(cost.router);
    console.out << fmt::format(
        "router {}: {} rules, which match in {} ways; {:.1f} KiB; an event is compared with about "
        "{:.1f} of the ways\n",
        cost.router, cost.rules, cost.ways, static_cast<double>(cost.bytes) / 1024, cost.compared);
    for (const dsl::RouterCost::Question& question : cost.questions) {
      console.out << fmt::format("  {:>8} looked up by {}\n", question.ways, question.text);
    }
    for (const dsl::Index rule : cost.always) {
      console.out << fmt::format("  compared with every event: {} ({})\n", router.rules[rule].name,
                                 router.rules[rule].place);
    }
  }
}

// One root: what was found, and what its tests say.
struct Checked {
  std::string file;
  dsl::Compilation compilation;
  std::vector<dsl::TestResult> tests;

  explicit Checked(const std::string& root) : file(root), compilation(dsl::compile(root, read_rules_file)) {
    if (compilation.ruleset) {
      tests = dsl::run_tests(*compilation.ruleset, read_rules_file);
    }
  }
  std::size_t failed() const {
    return static_cast<std::size_t>(
        std::count_if(tests.begin(), tests.end(), [](const auto& test) { return !test.passed(); }));
  }
  ExitCode code() const { return compilation.ruleset && failed() == 0 ? ExitCode::kOk : ExitCode::kFindings; }
};

void tell(const Checked& checked, bool cost, const Console& console) {
  if (const std::string text = checked.compilation.text(console.err_colours); !text.empty()) {
    console.err << text << (text.ends_with('\n') ? "" : "\n");
  }
  if (!checked.compilation.ruleset) {
    return;
  }
  const std::size_t failed = tell_failures(checked.tests, console);
  const dsl::Program& program = checked.compilation.ruleset->program;
  console.out << fmt::format("{}: ruleset {}, {} tests passed, {} failed{}\n", checked.file,
                             checked.compilation.ruleset->hash, checked.tests.size() - failed, failed,
                             program.routers.empty() && program.tables.empty() ? "; no router and no table in it" : "");
  if (cost) {
    tell_cost(*checked.compilation.ruleset, console);
  }
}

// `{"file", "ruleset", "diagnostics", "tests": {"passed", "failed": [{"name", "place", "text"}]}}`
std::string json_of(const Checked& checked) {
  const auto failures = [](const dsl::TestResult& test) {
    return dsl::json_array(test.failures, [&](const dsl::TestFailure& failure) {
      return fmt::format(R"({{"test":{},"place":{},"text":{}}})", dsl::json_text(test.name),
                         dsl::json_text(failure.place), dsl::json_text(failure.text));
    });
  };
  std::vector<dsl::TestResult> failed;
  std::copy_if(checked.tests.begin(), checked.tests.end(), std::back_inserter(failed),
               [](const auto& test) { return !test.passed(); });
  std::string diagnostics = checked.compilation.json();
  diagnostics.erase(diagnostics.find_last_not_of('\n') + 1);
  return fmt::format(R"({{"file":{},"ruleset":{},"diagnostics":{},"tests":{{"passed":{},"failed":{}}}}})",
                     dsl::json_text(checked.file),
                     checked.compilation.ruleset ? dsl::json_text(checked.compilation.ruleset->hash) : "null",
                     diagnostics, checked.tests.size() - failed.size(), dsl::json_array(failed, failures));
}

void add_to(dsl::Sarif& sarif, const Checked& checked) {
  sarif.add(checked.compilation.diagnostics, checked.compilation.sources);
  for (const dsl::TestResult& test : checked.tests) {
    for (const dsl::TestFailure& failure : test.failures) {
      sarif.add("failed-test", failure.place, fmt::format("test \"{}\" fails: {}", test.name, failure.text));
    }
  }
}

std::filesystem::path same_for_all_its_names(const std::string& file) {
  std::error_code failed;
  const std::filesystem::path found = std::filesystem::canonical(file, failed);
  return failed ? std::filesystem::path(file) : found;
}

// The file itself, or the rules files of a folder, in the order of their names.
std::vector<std::string> rules_files_in(const std::string& name) {
  std::error_code failed;
  if (!std::filesystem::is_directory(name, failed)) {
    return {name};
  }
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(name, failed)) {
    if (entry.path().extension() == ".rules" && entry.is_regular_file(failed)) {
      files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

} // namespace

std::optional<std::string> read_rules_file(std::string_view name) {
  std::error_code failed;
  const std::filesystem::path path(name);
  if (!std::filesystem::exists(path, failed)) {
    return std::nullopt;
  }
  if (const std::string why = why_no_rules(std::string(name)); !why.empty()) {
    throw dsl::Unreadable(why);
  }
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

ExitCode check_rules(const RulesCheck& check, const Console& console) {
  const bool text = check.format == RulesCheck::Format::text;
  std::vector<std::string> roots;
  std::set<std::filesystem::path> known;
  ExitCode code = ExitCode::kOk;
  for (const std::string& named : check.files) {
    const std::vector<std::string> below = rules_files_in(named);
    if (below.empty()) {
      throw UsageError(fmt::format("folder '{}' has no file whose name ends with .rules", named));
    }
    for (const std::string& file : below) {
      if (const std::string why = why_no_rules_file(file); !why.empty()) {
        console.err << why << "\n";
        code = ExitCode::kUsage;
        continue;
      }
      const std::string root = root_of(file);
      if (root != file && text && file == named) {
        console.out << fmt::format("{} is imported by {}, which is checked\n", file, root);
      }
      if (known.insert(same_for_all_its_names(root)).second) {
        roots.push_back(root);
      }
    }
  }
  for (const std::string& root : check.fix ? roots : std::vector<std::string>()) {
    fix_rules(root, console);
  }
  dsl::Sarif sarif;
  std::vector<std::string> json;
  Steps steps(console, "check", roots.size());
  for (const std::string& root : roots) {
    steps.begin(root);
    const Checked checked(root);
    code = worse(code, checked.code());
    switch (check.format) {
      case RulesCheck::Format::text:
        tell(checked, check.cost, console);
        break;
      case RulesCheck::Format::json:
        json.push_back(json_of(checked));
        break;
      case RulesCheck::Format::sarif:
        add_to(sarif, checked);
        break;
    }
  }
  if (check.format == RulesCheck::Format::json) {
    console.out << fmt::format("[{}]\n", fmt::join(json, ",\n "));
  } else if (check.format == RulesCheck::Format::sarif) {
    console.out << sarif.log(MILLRACE_VERSION);
  }
  return code;
}

} // namespace millrace::cli
