#include "plugins/router_rules/rules_file.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
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

std::optional<std::string> read(const std::string& name) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(name, ignored)) {
    return std::nullopt;
  }
  std::ifstream in(name, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf(); // fails for an empty file too
  if (!in.is_open() || in.bad()) {
    return std::nullopt;
  }
  return std::move(out).str();
}

// Empty: there is none, or it can be read.
std::string why_unreadable(const std::string& name) {
  std::error_code failed;
  const std::filesystem::file_status status = std::filesystem::status(name, failed);
  if (!std::filesystem::exists(status) && status.type() != std::filesystem::file_type::unknown &&
      status.type() != std::filesystem::file_type::none) {
    return {};
  }
  if (!std::filesystem::is_regular_file(status)) {
    return std::filesystem::is_directory(status) ? "it is a folder" : failed ? failed.message() : "it is no file";
  }
  errno = 0;
  const std::ifstream in(name, std::ios::binary);
  return in.is_open() ? std::string() : std::strerror(errno);
}

// What was compiled last from each root, with every text that was asked for: the same texts are not compiled again, and
// of others not parsed again what has not changed.
class Shelf {
 public:
  struct Found {
    std::shared_ptr<const dsl::Ruleset> ruleset; // null: it has to be compiled
    std::shared_ptr<const Files> files;
  };
  Found find(const std::string& root, bool tested) {
    const std::lock_guard lock(mutex_);
    const auto found = books_.find(root);
    if (found == books_.end() || found->second.files == nullptr || (tested && !found->second.tested)) {
      return {};
    }
    for (const auto& [name, text] : *found->second.files) {
      if (read(name) != text) {
        return {};
      }
    }
    for (const std::string& name : found->second.absent) {
      if (read(name)) {
        return {};
      }
    }
    return {found->second.ruleset.lock(), found->second.files};
  }
  // `absent` are names that were asked for and are no file.
  void put(const std::string& root, const LoadedRules& loaded, std::vector<std::string> absent, bool tested) {
    const std::lock_guard lock(mutex_);
    Book& book = books_[root];
    book.files = loaded.files;
    book.absent = std::move(absent);
    book.tested = tested;
    book.ruleset = loaded.ruleset;
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
    std::shared_ptr<const Files> files;
    std::vector<std::string> absent;
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

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
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

// Throws when one fails.
void judge(const Host& host, const std::string& file, const std::vector<dsl::TestResult>& tests) {
  std::size_t failed = 0;
  std::string first;
  for (const dsl::TestResult& result : tests) {
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

using Read = std::function<std::optional<std::string>(const std::string& name)>;

// Each text is read once, so that all of a compilation sees the same bytes.
class Texts {
 public:
  explicit Texts(Read read) : read_(std::move(read)) {}

  const std::optional<std::string>& of(std::string_view name) {
    const auto [found, added] = texts_.try_emplace(std::string(name));
    if (added) {
      const std::int64_t began = now_ns();
      found->second = read_(found->first);
      took_ns_ += now_ns() - began;
    }
    return found->second;
  }
  dsl::Loader loader() {
    return [this](std::string_view name) {
      const std::optional<std::string>& text = of(name);
      if (const std::string why = text ? std::string() : why_unreadable(std::string(name)); !why.empty()) {
        throw dsl::Unreadable(why);
      }
      return text;
    };
  }
  std::int64_t took_ns() const { return took_ns_; }

  // Read again, one of them is another: somebody writes just now.
  bool changed() const {
    return std::ranges::any_of(texts_, [this](const auto& text) { return read_(text.first) != text.second; });
  }
  std::shared_ptr<const Files> files(const std::string& root) const {
    Files out{{root, *texts_.find(root)->second}};
    for (const auto& [name, text] : texts_) {
      if (text && name != root) {
        out.emplace_back(name, *text);
      }
    }
    return std::make_shared<const Files>(std::move(out));
  }
  std::vector<std::string> absent() const {
    std::vector<std::string> out;
    for (const auto& [name, text] : texts_) {
      if (!text) {
        out.push_back(name);
      }
    }
    return out;
  }

 private:
  Read read_;
  std::map<std::string, std::optional<std::string>, std::less<>> texts_;
  std::int64_t took_ns_ = 0;
};

// One root, compiled and tested; nobody was told yet.
struct Attempt {
  Attempt(const std::string& root, const Read& read, dsl::ParsedFiles& parsed, bool run_tests) : texts(read) {
    const std::int64_t began = now_ns();
    if (!texts.of(root)) {
      return;
    }
    compilation = dsl::compile(root, texts.loader(), parsed);
    const std::int64_t compiled = now_ns();
    steps = {{"read", texts.took_ns()}, {"compile", compiled - began - texts.took_ns()}};
    if (run_tests && compilation.ruleset != nullptr) {
      tests = dsl::run_tests(*compilation.ruleset, texts.loader());
      steps.emplace_back("test", now_ns() - compiled);
    }
  }

  // Throws what it has against the rules.
  LoadedRules loaded(const Host& host, const std::string& root) {
    diagnose(host, compilation);
    if (compilation.ruleset == nullptr) {
      throw invalid("rules file '" + root + "' has " + count_of(compilation.diagnostics.error_count(), "error") +
                    "; first: " + first_error(compilation));
    }
    judge(host, root, tests);
    return {compilation.ruleset, texts.files(root), steps};
  }

  Texts texts;
  dsl::Compilation compilation;
  std::vector<dsl::TestResult> tests;
  std::vector<std::pair<const char*, std::int64_t>> steps;
};

} // namespace

LoadedRules load_rules(const Host& host, const std::string& file, bool run_tests) {
  const std::int64_t began = now_ns();
  if (auto [ruleset, files] = shelf().find(file, run_tests); ruleset != nullptr) {
    return {std::move(ruleset), std::move(files), {{"read", now_ns() - began}}};
  }
  constexpr int kAttempts = 5; // each as long as a compilation takes
  for (int i = 0; i < kAttempts; ++i) {
    dsl::ParsedFiles parsed = shelf().borrow(file);
    Attempt attempt(file, read, parsed, run_tests);
    if (!attempt.texts.of(file)) {
      const std::string why = why_unreadable(file);
      throw invalid("rules file '" + file + "' cannot be read: " + (why.empty() ? "there is no such file" : why));
    }
    shelf().give_back(file, std::move(parsed));
    if (attempt.texts.changed()) {
      continue;
    }
    LoadedRules loaded = attempt.loaded(host, file);
    shelf().put(file, loaded, attempt.texts.absent(), run_tests);
    return loaded;
  }
  throw invalid("rules file '" + file + "' or one that it imports changes while it is read, " +
                std::to_string(kAttempts) + " times in a row; try again when whoever writes it has finished");
}

LoadedRules load_rules(const Host& host, Files files, bool run_tests) {
  if (files.empty()) {
    throw invalid("a ruleset of no files; the first file is its root");
  }
  const std::string root = files.front().first;
  const std::map<std::string, std::string> kept(files.begin(), files.end());
  const Read read_kept = [&kept](const std::string& name) {
    const auto found = kept.find(name);
    return found == kept.end() ? std::nullopt : std::optional(found->second);
  };
  dsl::ParsedFiles none;
  return Attempt(root, read_kept, none, run_tests).loaded(host, root);
}

} // namespace millrace::router_rules
