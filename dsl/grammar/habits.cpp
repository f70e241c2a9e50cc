// Signs and words of other languages, and what they are here. A new habit is a row of a table or a line in the group
// that its place belongs to.
#include "dsl/grammar/habits.hpp"

#include <algorithm>
#include <array>

#include "dsl/diagnostic/habit_words.hpp"
#include "dsl/grammar/failure_tokens.hpp"

namespace millrace::dsl::grammar {
namespace {

std::string ticked(std::string_view text) { return "`" + std::string(text) + "`"; }

class Habits {
 public:
  Habits(const Failure& failure, Diagnostic& diagnostic)
      : failure_(failure), tokens_(failure), diagnostic_(diagnostic), found_(tokens_.found()) {}

  bool explain() {
    return operators() || brackets() || extra_signs() || capitals() || words_of_tests() || words_of_rules() ||
           columns() || names_and_texts() || types() || fields() || durations() || test_blocks() || other_items();
  }

 private:
  // ---- what the grammar waited for

  bool wants(std::string_view phrase) const {
    return std::find(failure_.expected.begin(), failure_.expected.end(), phrase) != failure_.expected.end();
  }
  bool wants_part(std::string_view part) const {
    return std::any_of(failure_.expected.begin(), failure_.expected.end(),
                       [&](std::string_view phrase) { return phrase.find(part) != std::string_view::npos; });
  }
  bool wants_value() const { return wants("a value"); }
  bool in(std::string_view item) const { return tokens_.item() == item; }
  bool in_rule() const { return in("route") || in("tap") || in("drop") || in("group"); }
  bool is_word(const Lexeme& token) const { return token.kind == TokenKind::word; }

  // ---- answers

  Span span(const char* begin, const char* end) const {
    const auto offset = [&](const char* at) { return static_cast<std::uint32_t>(at - failure_.text.data()); };
    return {failure_.file, offset(begin), offset(end)};
  }
  Span span(const Lexeme& first, const Lexeme& last) const {
    return span(first.text.data(), last.text.data() + last.text.size());
  }

  bool say(std::string text) {
    diagnostic_.help(std::move(text));
    return true;
  }
  bool replace(std::string text, Span at, std::string by, Applicability how = Applicability::machine) {
    const std::string written(failure_.text.substr(at.begin, at.end - at.begin));
    const std::string mark = written.empty() ? "fix: insert " + ticked(by)
                             : by.empty()    ? "fix: remove " + ticked(written)
                                             : "fix: " + ticked(written) + " → " + ticked(by);
    const bool one_line = written.find('\n') == std::string::npos && written.size() + by.size() <= 40;
    diagnostic_.help(std::move(text), Fix{{{at, std::move(by)}}, how, one_line ? mark : "fix"});
    return true;
  }
  bool replace(std::string text, const Lexeme& first, const Lexeme& last, std::string by) {
    return replace(std::move(text), span(first, last), std::move(by));
  }
  bool insert(std::string text, const Lexeme& before, std::string what) {
    return replace(std::move(text), span(before.text.data(), before.text.data()), std::move(what));
  }

  // ---- groups

  bool operators() {
    const Lexeme& next = tokens_.behind(1);
    const Lexeme& last = tokens_.before(1);
    const bool twice = next.text == found_.text && touch(found_, next);
    if (found_.text == "&") {
      return replace("conditions are joined by `and`", found_, twice ? next : found_, "and");
    }
    if (found_.text == "|" && !wants_part("a type (") && !in("event")) {
      return replace("conditions are joined by `or`", found_, twice ? next : found_, "or");
    }
    if (found_.text == "!" && wants_value()) {
      return replace("a condition is turned round by `not`", found_, found_, "not ");
    }
    if (found_.text == ">" && last.text == "<" && touch(last, found_)) {
      return replace("unequal is `!=`", last, found_, "!=");
    }
    if (found_.text == "=" && (last.text == "==" || last.text == "!=") && touch(last, found_)) {
      return replace("two signs are enough: " + ticked(last.text), found_, found_, "");
    }
    if (found_.text == "=" && next.text == "~" && touch(found_, next)) {
      return replace("a pattern is asked for by `matches /…/`", found_, next, "matches");
    }
    if (found_.text == "=" && next.text == ">" && touch(found_, next)) {
      return say("elements of a list are asked by `some x in list satisfies (…)` or `every x in list satisfies (…)`");
    }
    if (found_.text == "?" && !in("event") && !in("lookup")) {
      return say("there is no `a ? b : c`: write a rule for each case; `a ?? b` is `b` where `a` is missing");
    }
    return false;
  }

  bool brackets() {
    const Lexeme& last = tokens_.before(1);
    if (found_.text == "{" && last.text == "in") {
      return say("the values of a set stand in parentheses: `in (\"a\", \"b\")`");
    }
    if ((found_.text == "{" && wants_value() && in("let")) || (found_.text == "," && wants("`)`") && in("let"))) {
      return say("a list stands in brackets: `[\"a\", \"b\"]`");
    }
    if (found_.text == "*" && last.text == "[") {
      return say("elements of a list are asked by `some x in list satisfies (…)` or `every x in list satisfies (…)`");
    }
    if (found_.text == "(" && is_word(last) && tokens_.was(2, ".")) {
      const std::string_view here = function_here(last.text);
      return say("a value has no functions of its own: " +
                 (here.empty() ? std::string("it is written `function(value)`") : std::string(here)));
    }
    const bool regex_ended = touch(last, found_) && last.text.ends_with("/") && tokens_.was(2, "matches");
    if (regex_ended) {
      return say("the pattern ends at the first `/`; one inside of it is written `\\/`");
    }
    return false;
  }

  bool extra_signs() {
    const Lexeme& last = tokens_.before(1);
    const Lexeme& next = tokens_.behind(1);
    if (found_.text == "-" && next.text == "-" && touch(found_, next)) {
      return replace("a comment begins with `#`", found_, next, "#");
    }
    if (found_.text == "/" && next.text == "*") {
      return say("a comment begins with `#` and ends with its line");
    }
    if (found_.text == "*" && last.text == "/" && touch(last, found_)) {
      return say("a comment begins with `#` and ends with its line");
    }
    if (found_.text == ";") {
      return replace("nothing ends with `;`", found_, found_, "");
    }
    if (found_.text == "$") {
      return tokens_.is(1, ".") ? replace("fields are named without `$.`", found_, next, "")
                                : replace("fields are named without `$`", found_, found_, "");
    }
    if (found_.text == "," && last.kind == TokenKind::number && next.kind == TokenKind::number && touch(found_, next)) {
      return replace("digits are grouped by `_`", found_, found_, "_");
    }
    const bool list = wants("`)`") || wants("`]`") || wants("`:`");
    if (found_.text == "," && !list) {
      return replace("white space separates here, without commas", found_, found_, "");
    }
    if (found_.text == "->" && wants("`to`")) {
      return replace("a destination is written `to topic \"name\"`", found_, found_,
                     next.text == "topic" ? "to" : "to topic");
    }
    return assignments(last, next);
  }

  /// `:`, `=` and what looks like them where another one is written, or none.
  bool assignments(const Lexeme& last, const Lexeme& next) {
    const bool walrus = found_.text == ":" && next.text == "=" && touch(found_, next);
    if (wants("`=`") && walrus) {
      return replace("a name is given by `=`", found_, next, "=");
    }
    if (wants("`=`") && found_.text == ":" && in("let")) {
      return say("a constant has no type of its own: `let name = …`; it takes that of what it meets");
    }
    if (wants("`=`") && found_.text == ":" && in("def") && wants("`(`")) {
      return say("the type of a definition is that of its expression and is not written: `def name = …`");
    }
    if (wants("`=`") && (found_.text == ":" || found_.text == "==")) {
      return replace("it is written with `=`", found_, found_, found_.text == ":" ? " =" : "=");
    }
    if (wants("`:`") && found_.text == "=") {
      return replace("it is written with `:`", found_, found_, ":");
    }
    if (in("table") && found_.text == ":" && wants("a name")) {
      return replace("a column is written `name type = value`, without `:`", found_, found_, "");
    }
    if (wants("`first`") || wants("`for`")) {
      return false;
    }
    const bool sign = found_.text == ":" || found_.text == "=" || found_.text == "==";
    const bool goes_on = wants_value() || wants("a name") || wants("a text in quotes") || wants("a whole number") ||
                         wants_part("a duration") || wants("a JSON object");
    if (sign && goes_on && is_word(last) && !in("let") && !in("def") && !in("lookup") && !in("event") && !in("table")) {
      return replace("no " + ticked(found_.text) + " stands behind " + ticked(last.text), found_, found_, "");
    }
    return false;
  }

  /// `AND`, `NULL`, `String`: words of the language are written small.
  bool capitals() {
    if (!is_word(found_)) {
      return false;
    }
    std::string small(found_.text);
    std::transform(small.begin(), small.end(), small.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (small == found_.text || !(is_reserved(small) || wants(ticked(small)))) {
      return false;
    }
    if (small == "not" && in("table")) {
      return false; // NOT NULL
    }
    if (small == "is" && (tokens_.is(1, "NOT") || tokens_.is(1, "not"))) {
      return say("that a value is there is written `exists …`");
    }
    const bool is_null = small == "is" && tokens_.is(1, "NULL");
    if (is_null) {
      say("what is missing, or null, is asked by `not exists …`; `is null` is a null that was sent");
      return replace("words of the language are written in small letters", span(found_, tokens_.behind(1)), "is null",
                     Applicability::choice);
    }
    return replace("words of the language are written in small letters", found_, found_, small);
  }

  bool words_of_tests() {
    const std::string_view word = found_.text;
    if (word == "like" || word == "ilike" || word == "rlike" || word == "regexp") {
      return say("a text is asked by `contains \"…\"`, `starts with \"…\"`, `ends with \"…\"` or `matches /…/`");
    }
    if (word == "between") {
      return say("a range is written `x in 1..5`, with both its ends");
    }
    if (wants("`with`")) {
      std::string written = "it is written `" + std::string(tokens_.before(1).text) + " with`";
      return found_.kind == TokenKind::end ? say(std::move(written)) : insert(std::move(written), found_, "with ");
    }
    if (wants("`satisfies`")) {
      return say("what holds for an element is written `satisfies (…)`");
    }
    if (wants_part("a regular expression") && found_.kind == TokenKind::text) {
      return replace("a pattern stands between slashes", found_, found_, as_regex(word));
    }
    return false;
  }

  static std::string as_regex(std::string_view text) {
    std::string regex = "/";
    for (const char c : text.substr(1, text.size() - 2)) {
      regex += c == '/' ? "\\/" : std::string(1, c);
    }
    return regex + "/";
  }

  bool words_of_rules() {
    const std::string_view word = found_.text;
    if (wants("`when`") && (word == "if" || word == "where" || word == "on" || word == "unless")) {
      return word == "unless" ? say("a condition is turned round by `when not (…)`")
                              : replace("the condition of a rule stands behind `when`", found_, found_, "when");
    }
    if (wants("`when`") && in_rule() && (word == "to" || word == "{" || word.empty())) {
      return say("every rule has a condition: `when true` takes every event");
    }
    if (wants("`where`") && (word == "when" || word == "if")) {
      return replace("the condition of a table stands behind `where`", found_, found_, "where");
    }
    if (in_rule() && (word == "when" || word == "where" || word == "if") && wants("`to`")) {
      return say("a rule has one condition; its parts are joined by `and`");
    }
    if (wants("`topic`") && (in_rule() || in("otherwise") || in("table"))) {
      return found_.kind == TokenKind::text ? insert("a topic is named with the word `topic`", found_, "topic ")
                                            : say("it is written `topic \"name\"`");
    }
    if (wants("`reject`") && wants("`none`") && word == "null") {
      return replace("a message without a key is sent by `else none`", found_, found_, "none");
    }
    const bool clause =
        word == "key" || word == "header" || word == "partition" || word == "timestamp" || word == "omit";
    if (clause && failure_.expected.empty() && (in_rule() || in("otherwise"))) {
      return say("what belongs to a destination stands in its braces: `to topic \"name\" { " + std::string(word) +
                 " … }`");
    }
    if (in_rule() && tokens_.was(1, "by") && tokens_.was(2, "key")) {
      return replace("no `by` stands behind `key`", tokens_.before(1), tokens_.before(1), "");
    }
    return heads(word);
  }

  bool heads(std::string_view word) {
    if (wants("`match`") && (word == "dead_letter" || !failure_.expected.empty())) {
      return say(
          "a router begins with `match first` (the first route that matches decides) or `match all`, then "
          "`dead_letter \"topic\"`");
    }
    if (wants("`first`") && wants("`all`")) {
      return say("`match first`: the first route that matches ends the list; `match all`: every one delivers");
    }
    const bool rest = word == "else" || word == "default" || word == "elif" || word == "elseif" || word == "elsif";
    if (rest && failure_.expected.empty() && in_rule()) {
      return tokens_.is(1, "drop") || tokens_.is(1, "to")
                 ? replace("what no rule takes is said by `otherwise`", found_, found_, "otherwise")
                 : say("another case is another rule; what none of them takes is said by `otherwise`, at the end");
    }
    return false;
  }

  /// Names in quotes and texts without.
  bool names_and_texts() {
    if (wants("a text in quotes") && is_word(found_) && found_.text != "to" && !in("event")) {
      std::size_t last = 0;
      while (touch(tokens_.behind(last), tokens_.behind(last + 1)) && is_part(tokens_.behind(last + 1))) {
        ++last;
      }
      const Span all = span(found_, tokens_.behind(last));
      const std::string written(failure_.text.substr(all.begin, all.end - all.begin));
      if (in("import") && !written.ends_with(".rules")) {
        return say("a file is named in quotes, with its ending: `import \"" + written + ".rules\"`");
      }
      return replace("it stands in quotes", all, "\"" + written + "\"");
    }
    if (wants("a text in quotes") && found_.text == "(" && tokens_.was(1, "of")) {
      return say("the values stand without parentheses: `one of \"a\", \"b\"`");
    }
    if (in("event") && found_.kind == TokenKind::text && tokens_.before(1).kind == TokenKind::text) {
      return say("the values of `one of` stand with commas between them: `one of \"a\", \"b\"`");
    }
    if (wants("a name") && found_.kind == TokenKind::text && found_.text.size() > 2) {
      const std::string_view inner = found_.text.substr(1, found_.text.size() - 2);
      const bool plain =
          is_word_begin(inner.front()) && std::all_of(inner.begin(), inner.end(), is_word_char) && !is_reserved(inner);
      return replace("a name stands without quotes", found_, found_, plain ? std::string(inner) : ticked(inner));
    }
    if (found_.kind == TokenKind::text && wants("`file`")) {
      return insert("an event in a file is named by `given file \"…\"`", found_, "file ");
    }
    return false;
  }

  static bool is_part(const Lexeme& token) {
    return token.kind == TokenKind::word || token.kind == TokenKind::number || token.text == "." || token.text == "-" ||
           token.text == "*" || token.text == "/";
  }

  bool types() {
    const Lexeme& last = tokens_.before(1);
    if (wants_part("a type (")) {
      return type_word(last);
    }
    if (last.text == "decimal" && wants("`(`")) {
      return say("a decimal says how many digits it has, and how many of them behind the point: `decimal(12,2)`");
    }
    if (last.text == "list" && wants("`<`")) {
      return say("a list says of what: `list<string>`");
    }
    const bool typed = in("event") || in("lookup") || in("def");
    if (typed && found_.text == "[" && is_word(last) && tokens_.is(1, "]")) {
      const Span all = span(last, tokens_.behind(1));
      return replace("a list is written with its type in `<>`", all, "list<" + std::string(last.text) + ">");
    }
    if (typed && found_.text == "|") {
      return say("a text with known values is `one of \"a\", \"b\"`, or `one of \"a\", \"b\" or other`");
    }
    if (wants_part("a wire form")) {
      const std::string_view here = wire_here(found_.text);
      return !here.empty() && replace(
                                  "a number of seconds since 1970 is `unix_s`, of milliseconds `unix_ms`, of "
                                  "microseconds `unix_us`",
                                  found_, found_, std::string(here));
    }
    if (wants("`:`") && !in("event") && (found_.text == ")" || found_.text == "{" || found_.text == ",")) {
      return say("its type stands behind it: `" + std::string(last.text) + ": string`");
    }
    return false;
  }

  bool type_word(const Lexeme& last) {
    if (found_.kind == TokenKind::text) {
      return say("a text with known values is `one of \"a\", \"b\"`, or `one of \"a\", \"b\" or other`");
    }
    if (found_.text == "{" && last.text == ":") {
      return replace("an object is written `name { … }`, without `:`", last, last, "");
    }
    if (found_.text == "{") {
      return say("a list of objects is `list<object>`; their fields are not declared");
    }
    if (found_.text == "optional" || found_.text == "nullable") {
      return say("a field that may be missing has a `?` behind its name: `name?: type`");
    }
    const std::string_view here = type_here(found_.text);
    if (here.empty()) {
      return false;
    }
    if (here.find_first_of(" <`") != std::string_view::npos || here.find(", ") != std::string_view::npos) {
      return say("it is " + std::string(here.find('`') == std::string_view::npos ? ticked(here) : std::string(here)));
    }
    std::size_t end = 0; // of the arguments, which go with the word
    if (tokens_.is(1, "(") && here.find('(') == std::string_view::npos) {
      while (tokens_.behind(end).kind != TokenKind::end && !tokens_.is(end, ")")) {
        ++end;
      }
    }
    const bool own_arguments = here.find('(') != std::string_view::npos && tokens_.is(1, "(");
    return replace("the type is " + ticked(here), span(found_, tokens_.behind(end)),
                   std::string(own_arguments ? here.substr(0, here.find('(')) : here));
  }

  bool fields() {
    if (!in("event")) {
      return false;
    }
    const Lexeme& last = tokens_.before(1);
    if (wants("`:`") && (last.text == "nullable" || last.text == "optional")) {
      return say("a field that may be missing has a `?` behind its name: `name?: type`");
    }
    if (wants("`when`") && last.text == "required") {
      return replace("a field is required unless it has a `?` behind its name", last, last, "");
    }
    if (found_.text == "not" || found_.text == "NOT") {
      return say("a field is required, and never null, unless it has a `?` behind its name");
    }
    if (found_.text == "=" || found_.text == "default") {
      return say("a field has no value of its own; a default is given where it is read: `name ?? …`");
    }
    if (found_.text == "?" && !wants("`?`")) {
      return say("the `?` stands behind the name: `name?: type`");
    }
    if (found_.text == "{" && last.text == "object") {
      return say("an object with fields is written `name { … }`, without `: object`");
    }
    const bool dashed = found_.text == "-" && is_word(last) && touch(last, found_) && is_word(tokens_.behind(1));
    if (dashed) {
      const Span all = span(last, tokens_.behind(1));
      return replace("a name with other characters is written in backticks", all,
                     ticked(failure_.text.substr(all.begin, all.end - all.begin)));
    }
    if (wants("`:`") && is_word(found_) && !failure_.at_new_line) {
      return say("its type stands behind a `:`: `" + std::string(last.text) + ": type`");
    }
    return false;
  }

  bool columns() {
    if (!in("table")) {
      return false;
    }
    const std::string_view word = found_.text;
    const Lexeme& last = tokens_.before(1);
    const bool not_null = (word == "NOT" || word == "not") && (tokens_.is(1, "NULL") || tokens_.is(1, "null"));
    if (not_null) {
      return replace("a column is NOT NULL unless it says `else null`", found_, tokens_.behind(1), "");
    }
    if (word == "null" && last.text == "not") {
      return replace("a column is NOT NULL unless it says `else null`", last, found_, "");
    }
    if (last.text == "default" && wants("a name")) {
      return replace("a value for what is missing stands behind `else`", last, last, "else");
    }
    if (word == "primary" && wants("`=`") && !failure_.at_new_line) {
      return say("the key is a clause of its own: `primary key (" + std::string(tokens_.before(2).text) + ")`");
    }
    if (tokens_.clause() == "on" && (word == "do" || word == "ignore" || word == "update" || word == "replace")) {
      return say("`on conflict keep first` leaves the row that is there, `keep last` puts the new one in its place");
    }
    if (last.text == "keep" && found_.kind == TokenKind::number) {
      return say("how long rows are kept is written in words: `keep 90 days`, `keep 24 months`");
    }
    return false;
  }

  bool durations() {
    if (!wants_part("a duration")) {
      return false;
    }
    if (found_.kind == TokenKind::text && found_.text.size() > 2) {
      return replace("a duration stands without quotes", found_, found_,
                     std::string(found_.text.substr(1, found_.text.size() - 2)));
    }
    const Lexeme& next = tokens_.behind(1);
    const std::string_view unit = unit_here(next.text);
    if (found_.kind == TokenKind::number && is_word(next) && !unit.empty()) {
      return replace("units are `ms s m h d w`, right behind the number", found_, next,
                     std::string(found_.text) + std::string(unit));
    }
    return say("a duration is a whole number with a unit: `30s`, `5m`, `12h`, `7d`, `2w`");
  }

  bool test_blocks() {
    if (!in("test")) {
      return false;
    }
    const Lexeme& last = tokens_.before(1);
    if (wants("`given`") && found_.text == "expect") {
      return say("an event comes first: `given { … }`, then what is expected of it");
    }
    const bool named_expect =
        last.text == "expect" && (tokens_.was(2, "drop") || tokens_.was(2, "route") || tokens_.was(2, "tap"));
    if (named_expect) {
      return say("which one? It is written `expect " + std::string(tokens_.before(2).text) + " name`");
    }
    if (wants("`given`") && (found_.text == "assert" || found_.text == "then" || found_.text == "should")) {
      return replace("what has to hold is written `expect …`", found_, found_, "expect");
    }
    if (wants("`given`") && (found_.text == "when" || found_.text == "event" || found_.text == "input")) {
      return replace("an event is written `given { … }`", found_, found_, "given");
    }
    if (last.text == "expect" && found_.text == "to" && tokens_.is(1, "topic")) {
      return replace("it is written `expect topic \"name\"`", found_, tokens_.behind(1), "topic");
    }
    if (last.text == "expect" && (found_.text == "key" || found_.text == "header")) {
      return say("it is asked of a topic: `expect topic \"name\" " + std::string(found_.text) + " …`");
    }
    return false;
  }

  /// Behind what is complete: a word that begins a declaration elsewhere.
  bool other_items() {
    if (!failure_.expected.empty() || !is_word(found_)) {
      return false;
    }
    const std::string_view here = item_here(found_.text);
    return !here.empty() && say(std::string(here));
  }

  const Failure& failure_;
  FailureTokens tokens_;
  Diagnostic& diagnostic_;
  const Lexeme& found_;
};

} // namespace

bool explain_habit(const Failure& failure, Diagnostic& diagnostic) { return Habits(failure, diagnostic).explain(); }

} // namespace millrace::dsl::grammar
