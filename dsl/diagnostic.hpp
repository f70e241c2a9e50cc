// What the compiler has to say about a ruleset: code, place, the source line, and what to write instead.
// How it is printed is in diagnostic/render.hpp; what the codes mean in diagnostic/codes.hpp.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "dsl/diagnostic/codes.hpp"
#include "dsl/syntax/source.hpp"

namespace millrace::dsl {

struct Label {
  Span span;
  std::string text; // what is there; the help says what to write
};

struct Edit {
  Span span; // empty = insert here
  std::string replacement;
};

enum class Applicability {
  machine, // one right answer; a tool may apply it unasked
  choice,  // one of several answers; the author picks
  edit,    // contains a place that the author must fill in
};

struct Fix {
  std::vector<Edit> edits;
  Applicability applicability = Applicability::machine;
  std::string mark; // shown at the end of the help's line, e.g. "fix 1" or "fix: `=` → `==`"
};

struct Help {
  std::string text;
  std::optional<Fix> fix;
};

struct Diagnostic {
  Code code;
  std::string headline;
  Label primary;
  std::vector<Label> secondary;
  std::vector<Help> helps;
  std::vector<std::string> notes;

  bool is_error() const { return severity_of(code) == Severity::error; }

  // Chainable, so that a check reads as the message that it writes.
  Diagnostic& label(Span span, std::string text) & { return secondary.push_back({span, std::move(text)}), *this; }
  Diagnostic& help(std::string text) & { return helps.push_back({std::move(text), std::nullopt}), *this; }
  Diagnostic& help(std::string text, Fix fix) & { return helps.push_back({std::move(text), std::move(fix)}), *this; }
  Diagnostic& note(std::string text) & { return notes.push_back(std::move(text)), *this; }
};

/// Collects what one compilation finds. Past `kMaxErrors` errors it only counts. One error per place and code:
/// the same finding reached on two ways is said once.
class Diagnostics {
 public:
  static constexpr std::size_t kMaxErrors = 20;

  /// The returned diagnostic lives until the next one is added.
  Diagnostic& add(Code code, Span span, std::string headline, std::string label = {});

  /// One that was found elsewhere.
  void add(const Diagnostic& diagnostic);

  bool has_errors() const { return errors_ > 0; }
  std::size_t error_count() const { return errors_; }
  /// What is added from now on may be dropped.
  bool is_full() const { return all_.size() >= 4 * kMaxErrors || errors_ > kMaxErrors; }
  const std::vector<Diagnostic>& all() const { return all_; }
  /// In the order of the text: by file, then by offset.
  std::vector<Diagnostic> sorted() const;

 private:
  std::vector<Diagnostic> all_;
  std::set<std::tuple<FileId, std::uint32_t, std::uint32_t, Code, std::string>> seen_;
  Diagnostic dropped_{};
  std::size_t errors_ = 0;
};

} // namespace millrace::dsl
