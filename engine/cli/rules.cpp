#include "engine/cli/rules.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "dsl/compile.hpp"
#include "dsl/testing.hpp"
#include "engine/cli/fix.hpp"
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

ExitCode check_file(const std::string& file, bool cost, const Console& console) {
  const dsl::Compilation compilation = dsl::compile(file, read_rules_file);
  if (const std::string text = compilation.text(); !text.empty()) {
    console.err << text << (text.ends_with('\n') ? "" : "\n");
  }
  if (!compilation.ruleset) {
    return ExitCode::kFindings;
  }
  const std::vector<dsl::TestResult> results = dsl::run_tests(*compilation.ruleset, read_rules_file);
  const std::size_t failed = tell_failures(results, console);
  console.out << fmt::format("{}: ruleset {}, {} tests passed, {} failed\n", file, compilation.ruleset->hash,
                             results.size() - failed, failed);
  if (cost) {
    tell_cost(*compilation.ruleset, console);
  }
  return failed == 0 ? ExitCode::kOk : ExitCode::kFindings;
}

std::filesystem::path same_for_all_its_names(const std::string& file) {
  std::error_code failed;
  const std::filesystem::path found = std::filesystem::canonical(file, failed);
  return failed ? std::filesystem::path(file) : found;
}

} // namespace

std::optional<std::string> read_rules_file(std::string_view name) {
  std::error_code failed;
  const std::filesystem::path path(name);
  if (!std::filesystem::is_regular_file(path, failed)) {
    return std::nullopt;
  }
  std::ifstream in(path, std::ios::binary);
  return in.is_open() ? std::optional(std::string(std::istreambuf_iterator<char>(in), {})) : std::nullopt;
}

ExitCode check_rules(const std::vector<std::string>& files, bool fix, bool cost, const Console& console) {
  std::vector<std::string> roots;
  std::set<std::filesystem::path> known;
  for (const std::string& file : files) {
    const std::string root = root_of(file);
    if (root != file) {
      console.out << fmt::format("{} is imported by {}, which is checked\n", file, root);
    }
    if (known.insert(same_for_all_its_names(root)).second) {
      roots.push_back(root);
    }
  }
  for (const std::string& root : fix ? roots : std::vector<std::string>()) {
    fix_rules(root, console);
  }
  ExitCode code = ExitCode::kOk;
  for (const std::string& root : roots) {
    code = worse(code, check_file(root, cost, console));
  }
  return code;
}

} // namespace millrace::cli
