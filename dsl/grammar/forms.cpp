// How each declaration and clause is written, as one line.
#include <algorithm>
#include <array>

#include "dsl/grammar/failure_tokens.hpp"

namespace millrace::dsl::grammar {
namespace {

struct Form {
  std::string_view word;
  std::string_view what;
  std::string_view written;
};

constexpr Form kItems[] = {
    {"edition", "the edition", "`edition 1`"},
    {"import", "an import", "`import \"file.rules\"`"},
    {"let", "a constant", "`let name = 5` or `let name = [\"a\", \"b\"]`"},
    {"def", "a definition", "`def name = …` or `def name(x: int) = …`"},
    {"lookup", "a lookup",
     "`lookup name = { \"key\": \"value\" }` or `lookup name from csv \"file.csv\" key column: type { column: type }`"},
    {"event", "an event", "`event name { field: type  optional?: type  object { … } }`"},
    {"topic", "a topic", "`topic \"name\" { event name  partitions 4  retention 7d }`"},
    {"rules", "a fragment of rules", "`rules name for event { … }`"},
    {"router", "a router", "`router name for event { match first  dead_letter \"topic\"  … rules …  otherwise drop }`"},
    {"table", "a table", "`table schema.name from topic \"topic\" where condition { … }`, or without `where …`"},
    {"test", "a test", "`test \"what it shows\" { given { … }  expect … }`"},
};

constexpr Form kRules[] = {
    {"route", "a route", "`route name when condition to topic \"topic\"`"},
    {"tap", "a tap", "`tap name when condition to topic \"topic\"`"},
    {"drop", "a drop", "`drop name when condition`"},
    {"group", "a group", "`group name when condition { … }`"},
    {"include", "an include", "`include rules name`; a file is brought in by `import` outside of the router"},
    {"otherwise", "the last rule", "`otherwise drop` or `otherwise to topic \"topic\"`"},
    {"to", "a destination", "`to topic \"name\"` or `to topic \"name\" { key … }`"},
    {"key", "a key", "`{ key value }`, in the braces of a destination or of a rule"},
    {"header", "a header", "`{ header \"name\" = value }`, in the braces of a destination or of a rule"},
    {"partition", "the choice of a partition", "`{ partition by value }`, in the braces of a destination or of a rule"},
    {"timestamp", "the time of a message", "`{ timestamp value }`, in the braces of a destination or of a rule"},
    {"omit", "an omitted field", "`{ omit path, path }`, in the braces of a destination or of a rule"},
};

constexpr Form kTableClauses[] = {
    {"primary", "a primary key", "`primary key (a, b)`"},
    {"on", "a conflict policy",
     "`on conflict keep first`, `keep last`, `keep newest by column` or `on conflict reject`"},
    {"partition", "a partition", "`partition by day of column keep 90 days`"},
    {"index", "an index", "`index (a, b)`"},
    {"evolve", "the rule for changes", "`evolve additive` or `evolve frozen`"},
    {"drop", "a dropped column", "`drop column name`"},
    {"dead_letter", "the dead letter topic", "`dead_letter \"topic\"`"},
};

constexpr Form kTestClauses[] = {
    {"given", "an event",
     "`given { … }` or `given file \"event.json\"`, with `topic \"name\"` behind it if it begins there"},
    {"expect", "an expectation",
     "`expect route name`, `expect topic \"name\" key \"k\"`, `expect row table { … }`, `expect otherwise`, `expect "
     "invalid`"},
};

constexpr Form kField = {"", "a field", "`name: type`, `name?: type` if it may be missing, or `name { … }`"};
constexpr Form kColumn = {"", "a column", "`name type = value`, with `else null` where the value may be missing"};
constexpr Form kMatch = {"", "a router's beginning", "`match first` or `match all`, then `dead_letter \"topic\"`"};

template <std::size_t N>
const Form* find(const Form (&forms)[N], std::string_view word) {
  const auto* const found =
      std::find_if(std::begin(forms), std::end(forms), [&](const Form& form) { return form.word == word; });
  return found == std::end(forms) ? nullptr : found;
}

const Form* form_inside(const FailureTokens& tokens) {
  const std::string_view item = tokens.item();
  if (item == "event") {
    return &kField;
  }
  if (item == "router") {
    return &kMatch;
  }
  if (item == "table") {
    const Form* const clause = find(kTableClauses, tokens.clause());
    return clause != nullptr ? clause : &kColumn;
  }
  if (item == "test") {
    return find(kTestClauses, tokens.clause());
  }
  return nullptr;
}

/// What the unwanted word would begin where everything before it is complete.
const Form* form_of_found(const Failure& failure, const FailureTokens& tokens) {
  if (!failure.expected.empty() || tokens.found().kind != TokenKind::word) {
    return nullptr;
  }
  const Form* const rule = find(kRules, tokens.found().text);
  return rule != nullptr ? rule : find(kItems, tokens.found().text);
}

} // namespace

void show_form(const Failure& failure, Diagnostic& diagnostic) {
  const FailureTokens tokens(failure);
  const Form* form = form_of_found(failure, tokens);
  if (form == nullptr && tokens.inside()) {
    form = form_inside(tokens);
  }
  if (form == nullptr) {
    const Form* const item = find(kItems, tokens.item());
    const Form* const clause = find(kRules, tokens.clause());
    form = item != nullptr ? item : clause != nullptr ? clause : find(kRules, tokens.item());
  }
  if (form != nullptr) {
    diagnostic.help(std::string(form->what) + " is written " + std::string(form->written));
  }
}

} // namespace millrace::dsl::grammar
