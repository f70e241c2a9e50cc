#include "plugins/router_rules/rules_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <millrace/failure.hpp>
#include <mutex>
#include <optional>
#include <sstream>
#include <utility>

#include "dsl/compile.hpp"
#include "dsl/diagnostic/render.hpp"
#include "dsl/testing.hpp"

namespace millrace::router_rules {
namespace {

using Texts = std::map<std::string, std::optional<std::string>, std::less<>>;

std::optional<std::string> read(const std::string& name) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(name, ignored)) {
    return std::nullopt;
  }
  std::ifstream in(name, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  if (!in || !out) {
    return std::nullopt;
  }
  return std::move(out).str();
}

// What was compiled last from each root, with every text that was asked for: the same texts are not compiled again, and
// of others not parsed again what has not changed.
class Shelf {
 public:
  std::shared_ptr<const dsl::Ruleset> find(const std::string& root, bool tested) {
    const std::lock_guard lock(mutex_);
    const auto found = books_.find(root);
    if (found == books_.end() || (tested && !found->second.tested)) {
      return nullptr;
    }
    for (const auto& [name, text] : found->second.texts) {
      if (read(name) != text) {
        return nullptr;
      }
    }
    return found->second.ruleset.lock();
  }
  void put(const std::string& root, Texts texts, bool tested, const std::shared_ptr<const dsl::Ruleset>& ruleset) {
    const std::lock_guard lock(mutex_);
    Book& book = books_[root];
    book.texts = std::move(texts);
    book.tested = tested;
    book.ruleset = ruleset;
  }

  // Whoever compiles borrows it; another who does so meanwhile parses everything.
  dsl::ParsedFiles borrow(const std::string& root) {
    const std::lock_guard lock(mutex_);
    return std::exchange(books_[root].parsed, {});
  }
  void give_back(const std::string& root, dsl::ParsedFiles parsed) {
    const std::lock_guard lock(mutex_);
    books_[root].parsed = std::move(parsed);
  }

 private:
  struct Book {
    Texts texts;
    bool tested = false;
    std::weak_ptr<const dsl::Ruleset> ruleset; // routers own it
    dsl::ParsedFiles parsed;
  };
  std::mutex mutex_;
  std::map<std::string, Book> books_;
};

Shelf& shelf() {
  static Shelf shelf;
  return shelf;
}

void diagnose(const Host& host, const mr_diagnostic& diagnostic) {
  if (const mr_host_ruleset* calls = host.ruleset()) {
    calls->diagnose(host.raw(), &diagnostic);
  }
}

void diagnose(const Host& host, const dsl::Compilation& compilation) {
  for (const dsl::Diagnostic& found : compilation.diagnostics.sorted()) {
    const dsl::Span span = found.primary.span;
    const dsl::Location at = compilation.sources.locate(span.file, span.begin);
    const std::string code = dsl::name_of(found.code);
    const std::string rendered = dsl::render_text(found, compilation.sources);
    mr_diagnostic out{};
    out.severity = found.is_error() ? MR_LOG_ERROR : MR_LOG_WARN;
    out.line = at.line;
    out.column = at.column;
    out.code = str(code);
    out.file = str(compilation.sources.name(span.file));
    out.headline = str(found.headline);
    out.rendered = str(rendered);
    diagnose(host, out);
  }
}

std::string first_error(const dsl::Compilation& compilation) {
  for (const dsl::Diagnostic& found : compilation.diagnostics.sorted()) {
    if (found.is_error()) {
      return compilation.sources.place(found.primary.span) + ": " + found.headline;
    }
  }
  return "";
}

std::string count_of(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

void run_tests_of(const Host& host, const std::string& file, const dsl::Ruleset& ruleset, const dsl::Loader& load) {
  std::size_t failed = 0;
  std::string first;
  for (const dsl::TestResult& result : dsl::run_tests(ruleset, load)) {
    failed += result.passed() ? 0 : 1;
    for (const dsl::TestFailure& failure : result.failures) {
      const std::string headline = "test \"" + result.name + "\" fails: " + failure.text;
      const std::string rendered = failure.place + ": " + headline + "\n";
      if (first.empty()) {
        first = failure.place + ": " + headline;
      }
      mr_diagnostic out{};
      out.severity = MR_LOG_ERROR;
      out.file = str(file);
      out.headline = str(headline);
      out.rendered = str(rendered);
      diagnose(host, out);
    }
  }
  if (failed > 0) {
    throw invalid("rules file '" + file + "': " + count_of(failed, "test") + (failed == 1 ? " fails" : " fail") +
                  "; first: " + first);
  }
}

} // namespace

std::shared_ptr<const dsl::Ruleset> load_rules(const Host& host, const std::string& file, bool run_tests) {
  if (auto known = shelf().find(file, run_tests)) {
    return known;
  }
  Texts texts;
  const dsl::Loader load = [&texts](std::string_view name) {
    const auto [found, added] = texts.try_emplace(std::string(name));
    if (added) {
      found->second = read(found->first); // once: all of a compilation sees the same bytes
    }
    return found->second;
  };
  if (!load(file)) {
    throw invalid("rules file '" + file +
                  "' cannot be read: " + (errno == 0 ? "it is no regular file" : std::strerror(errno)));
  }
  dsl::ParsedFiles parsed = shelf().borrow(file);
  dsl::Compilation compilation = dsl::compile(file, load, parsed);
  shelf().give_back(file, std::move(parsed));
  diagnose(host, compilation);
  if (compilation.ruleset == nullptr) {
    throw invalid("rules file '" + file + "' has " + count_of(compilation.diagnostics.error_count(), "error") +
                  "; first: " + first_error(compilation));
  }
  if (run_tests) {
    run_tests_of(host, file, *compilation.ruleset, load);
  }
  shelf().put(file, std::move(texts), run_tests, compilation.ruleset);
  return compilation.ruleset;
}

} // namespace millrace::router_rules
