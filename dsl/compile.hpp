// From the name of a rules file to a ruleset, or to what is wrong with it. Reads nothing itself:
//
//   const Compilation compilation = compile("rules/main.rules", [](std::string_view name) { return read_file(name); });
//   if (!compilation.ruleset) { print(compilation.text()); }
//
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/check/uses.hpp"
#include "dsl/diagnostic.hpp"
#include "dsl/diagnostic/colour.hpp"
#include "dsl/ruleset.hpp"
#include "dsl/syntax/parsed_files.hpp"

namespace millrace::dsl {

/// The text of a file; nothing if there is no such file. Names are the root's as it was given, and for an import or the
/// CSV file of a lookup the naming file's folder and the path it wrote.
using Loader = std::function<std::optional<std::string>(std::string_view name)>;
/// What a loader may throw for a file that is there and cannot be read; what() says why.
class Unreadable : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Compilation {
  /// Shared by all workers that run it and by the receipts that speak of it; none if there are errors.
  std::shared_ptr<const Ruleset> ruleset;
  Diagnostics diagnostics; // errors, or warnings alone
  SourceMap sources;

  std::string text(Colours colours = Colours::off) const;
  std::string json() const;
};

Compilation compile(std::string_view root, const Loader& load);

/// The same where a compilation of an earlier state of the files has gone before, and another may follow.
Compilation compile(std::string_view root, const Loader& load, ParsedFiles& parsed);

/// What is wrong with the rules, for who shows it while they are being written.
enum class Depth {
  checked,  // each rule by itself: no rule that others hide, no ruleset
  complete, // as compile()
};
/// `uses`, if there is one, gets what each name means; nothing where a file cannot be read at all, and less than
/// everything where there are errors.
Compilation diagnose(std::string_view root, const Loader& load, ParsedFiles& parsed, Depth depth,
                     check::Uses* uses = nullptr);

/// The same for rules of which some cannot be reached by any event, which else is an error: made-up ones that are to be
/// run all the same.
Compilation compile_with_unreachable(std::string_view root, const Loader& load);

/// The same with `fixtures/<lookup>.csv`, below the root's folder, in the place of a lookup's CSV file where there is
/// one.
Compilation compile_with_fixtures(std::string_view root, const Loader& load);
/// `fixtures/<lookup>.csv` below the root's folder, as it is loaded.
std::string fixture_of(std::string_view root, std::string_view lookup);

/// The names of the root, of every file that it imports, itself or by way of others, and of the CSV files of their
/// lookups; those that there are, right or wrong.
std::vector<std::string> files_of(std::string_view root, const Loader& load);

/// The trees of the root and of every file that it imports; right or wrong, nothing is checked.
struct ParsedClosure {
  SourceMap sources;
  std::vector<ast::File> files;
};
ParsedClosure parse_closure(std::string_view root, const Loader& load);

} // namespace millrace::dsl
