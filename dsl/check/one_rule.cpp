// What is written instead of a run: one rule that asks for a list of values, or one that reads from a `lookup` what
// goes with each. Offered as a fix where the types, the tests and the comments of the rules allow it.
#include "dsl/check/one_rule.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "dsl/check/expressions.hpp"
#include "dsl/syntax/children.hpp"
#include "dsl/syntax/lexer.hpp"
#include "dsl/syntax/text.hpp"

namespace millrace::dsl::check {
namespace {

constexpr std::size_t kMostShown = 5;         // values in a help; in a fix there are all of them
constexpr std::size_t kMostInOneLine = 20;    // more are a `let` of their own
constexpr std::size_t kLongestShown = 120;    // of a rule in a help
constexpr std::size_t kMostEnumerated = 1000; // topics that one name can become
constexpr std::size_t kManyRows = 100;        // which are better kept in a file

std::string_view plural_of(ast::RuleKind kind) {
  return kind == ast::RuleKind::route ? "routes" : kind == ast::RuleKind::tap ? "taps" : "drops";
}

std::string_view word_of(Slot::Kind kind) {
  return kind == Slot::Kind::topic ? "topic" : kind == Slot::Kind::key ? "key" : "header";
}

/// A number that no other way of writing means too.
bool is_plain_integer(std::string_view token) {
  token.remove_prefix(token.starts_with('-') ? 1 : 0);
  return !token.empty() && token.size() <= 18 && (token.front() != '0' || token.size() == 1) &&
         token.find_first_not_of("0123456789") == std::string_view::npos;
}

/// One line, without what is blank at line breaks.
std::string in_one_line(std::string_view text) {
  std::string line;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view part = text.substr(at, end - at);
    part.remove_prefix(std::min(part.find_first_not_of(" \t"), part.size()));
    part = part.substr(0, part.find_last_not_of(" \t\r") + 1);
    line += (line.empty() || part.empty() ? "" : " ") + std::string(part);
    at = end + 1;
  }
  return line;
}

class OneRule {
 public:
  OneRule(Context& context, const RuleList& place, const Run& run)
      : context_(context),
        place_(place),
        run_(run),
        tree_(*place.tree),
        first_(run.rules.front()),
        choice_(*choice_of(tree_, conjunct(first_))),
        subject_(in_one_line(context.text(tree_[choice_.subject].span))) {}

  void report() {
    const TypedValue subject = Expressions(context_, event()).value(tree_, choice_.subject, {});
    type_ = subject.type;
    collect();
    if (type_.kind == Kind::ip && any_key([](std::string_view text) { return text.find('/') != text.npos; })) {
      return; // blocks may lie within each other
    }
    const ast::Rule& last = run_.rules.back();
    const std::string count = std::to_string(run_.rules.size()) + " " + std::string(plural_of(first_.kind));
    const std::string with =
        run_.slot ? ", and in the " + std::string(word_of(slot().kind)) + " that goes with it" : "";
    auto& diagnostic = context_.diagnostics.add(
        Code::differ_in_one_value, first_.name.span,
        count + " in a row differ only in the value of " + ticked(subject_) + with, "from this one");
    diagnostic.label(last.name.span, "to this one");
    run_.slot ? offer_lookup(diagnostic) : offer_list(diagnostic);
    if (loses_comments()) {
      diagnostic.note("comments stand between these rules; what they say is to be moved first");
    }
    if (const std::string* name = name_in_tests()) {
      diagnostic.note("tests speak of " + ticked(*name) + ", a name that one rule would not have");
    }
  }

 private:
  ast::ExprId conjunct(const ast::Rule& rule) const { return conjuncts(tree_, rule)[run_.choice]; }
  Slot slot() const { return slots_of(tree_, first_)[*run_.slot]; }
  EventInfo& event() const { return context_.events.find(place_.event)->second; }

  // ---- the values, and what goes with them

  struct Entry {
    std::string key;        // as it is written
    const ast::Text* other; // of the slot
  };

  void collect() {
    for (const ast::Rule& rule : run_.rules) {
      const ast::Text* other = run_.slot ? slots_of(tree_, rule)[*run_.slot].text : nullptr;
      const Choice choice = *choice_of(tree_, conjunct(rule));
      for (const ast::ExprId value : choice.values) {
        const auto& literal = std::get<ast::Literal>(tree_[value].node);
        const bool is_text = literal.kind == ast::LiteralKind::text;
        texts_ = texts_ && is_text;
        integers_ = integers_ && literal.kind == ast::LiteralKind::number && is_plain_integer(literal.token);
        entries_.push_back({std::string(literal.token), other});
      }
    }
  }

  template <typename Test>
  bool any_key(Test test) const {
    return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& entry) { return test(entry.key); });
  }

  /// Whether what is written differently is different.
  bool keys_are_told_apart() const {
    return (type_.kind == Kind::text && texts_) || (type_.kind == Kind::integer && integers_);
  }

  // ---- when a fix is certain

  /// No event reaches a second rule of the run.
  bool only_first_counts() const {
    const bool any_all = std::any_of(context_.routers.begin(), context_.routers.end(),
                                     [](const auto& router) { return router.second.router->match_all; });
    return first_.kind == ast::RuleKind::drop || (first_.kind == ast::RuleKind::route && !any_all);
  }

  /// A comment between the rules, or in one of those that go, would be lost.
  bool loses_comments() const {
    return std::any_of(tree_.comments.begin(), tree_.comments.end(), [&](const ast::Comment& comment) {
      return comment.span.begin >= first_.span.begin && comment.span.end <= run_.rules.back().span.end;
    });
  }

  const std::string* name_in_tests() {
    if (!names_in_tests_) {
      names_in_tests_.emplace();
      for (const ast::File& file : context_.files) {
        for (const ast::Item& item : file.items) {
          if (const auto* test = std::get_if<ast::Test>(&item.node)) {
            add_names(*test);
          }
        }
      }
    }
    for (const ast::Rule& rule : run_.rules) {
      if (const auto found = names_in_tests_->find(rule.name.text); found != names_in_tests_->end()) {
        return &*found;
      }
    }
    return nullptr;
  }

  void add_names(const ast::Test& test) {
    for (const ast::Given& given : test.givens) {
      for (const ast::Expectation& expectation : given.expectations) {
        if (expectation.kind == ast::Expectation::Kind::rule) {
          names_in_tests_->emplace(expectation.rule.text);
        }
      }
    }
  }

  /// A field that says whether others are required proves less by being in a lookup than by being one of a list.
  bool is_discriminator() const {
    const EventInfo& event = this->event();
    return std::any_of(event.required_when.begin(), event.required_when.end(),
                       [&](const auto& entry) { return mentions(*event.tree, *entry.second->required_when); });
  }

  bool mentions(const ast::File& tree, ast::ExprId expr) const {
    const auto* path = std::get_if<ast::Path>(&tree[expr].node);
    if (path != nullptr && in_one_line(context_.text(tree[expr].span)) == subject_) {
      return true;
    }
    bool found = false;
    ast::for_each_child(tree[expr].node, [&](ast::ExprId child) { found = found || mentions(tree, child); });
    return found;
  }

  // ---- one rule that asks for a list

  void offer_list(Diagnostic& diagnostic) {
    const bool named = entries_.size() > kMostInOneLine;
    const std::string list = free_name("listed_" + base_name());
    const std::string few = keys(", ", kMostShown);
    if (named) {
      diagnostic.help("name the values: " + ticked("let " + list + " = [" + few + ", …]"));
    }
    const std::string shown = rule_text(subject_ + " in " + (named ? list : "(" + few + ", …)"), {});
    const std::string help = "write one rule: " + ticked(shorter(shown));
    if (loses_comments() || name_in_tests() != nullptr || !(keys_are_told_apart() || only_first_counts())) {
      diagnostic.help(help);
      return;
    }
    const std::string rule =
        rule_text(subject_ + " in " + (named ? list : "(" + keys(", ", entries_.size()) + ")"), {});
    diagnostic.help(help, fix(rule, named ? "let " + list + " = [\n" + key_lines() + "]" : ""));
  }

  std::string keys(std::string_view between, std::size_t most) const {
    std::string text;
    for (std::size_t i = 0; i < std::min(most, entries_.size()); ++i) {
      text += std::string(i == 0 ? "" : between) + entries_[i].key;
    }
    return text;
  }

  std::string key_lines() const {
    std::string text;
    for (const Entry& entry : entries_) {
      text += "  " + entry.key + (&entry == &entries_.back() ? "\n" : ",\n");
    }
    return text;
  }

  // ---- one rule that reads a lookup

  void offer_lookup(Diagnostic& diagnostic) {
    const Slot slot = this->slot();
    const std::string what(word_of(slot.kind));
    const std::string lookup = free_name(what + "_by_" + base_name());
    const std::string def = free_name(base_name() + "_" + what);
    const std::string cell = lookup + "[" + subject_ + "]";
    const bool inlined = keys_are_told_apart();
    const std::string from_csv = "lookup " + lookup + " from csv \"" + lookup + ".csv\" key " + base_name() + ": " +
                                 std::string(type_word(context_.program, type_)) + " { " + what + ": string }";
    const std::string value = inlined ? cell : cell + "." + what;
    diagnostic.help("let a lookup say the " + what + " of each: " +
                    ticked(inlined ? "lookup " + lookup + " = { " + rows(kMostShown) + ", … }" : from_csv));
    const std::string head = slot.kind == Slot::Kind::topic ? common_head() : "";
    const std::string written = slot.kind == Slot::Kind::topic ? "\"" + head + "{" + def + "}\"" : value;
    const std::string definition = slot.kind == Slot::Kind::topic ? "def " + def + " = " + value : "";
    const std::string rule = rule_text(inlined ? subject_ + " in " + lookup : "exists " + value, written);
    if (!definition.empty()) {
      diagnostic.help("name what it says: " + ticked(definition));
    }
    const std::string help = "write one rule: " + ticked(shorter(rule));
    if (!inlined || !is_certain(slot)) {
      diagnostic.help(help);
    } else {
      std::string items = "lookup " + lookup + " = {\n" + row_lines(head) + "}";
      items += definition.empty() ? "" : "\n" + definition;
      diagnostic.help(help, fix(rule, items));
    }
    if (is_discriminator()) {
      diagnostic.note("other fields are required by the value of " + ticked(subject_) +
                      "; a rule that relies on it keeps asking by `==` or `in (…)`");
    }
    if (inlined && entries_.size() > kManyRows) {
      diagnostic.note("a lookup of many rows is better kept in a file: " + ticked(from_csv));
    }
  }

  /// Whether the rule with a lookup compiles and does what the run does.
  bool is_certain(const Slot& slot) {
    std::set<std::string_view> others;
    for (const Entry& entry : entries_) {
      if (entry.other->raw.find_first_of("{}\\") != std::string_view::npos || entry.other->raw.empty()) {
        return false;
      }
      others.insert(entry.other->text);
    }
    const bool too_many = slot.kind == Slot::Kind::topic && others.size() > kMostEnumerated;
    return !too_many && !slot.has_else && !slot.limited && !is_discriminator() && !loses_comments() &&
           name_in_tests() == nullptr;
  }

  /// Parts that all topics begin with, the last `.` included.
  std::string common_head() const {
    std::string_view head = entries_.front().other->raw;
    for (const Entry& entry : entries_) {
      const std::string_view name = entry.other->raw;
      const auto differs = std::mismatch(head.begin(), head.end(), name.begin(), name.end()).first;
      head = head.substr(0, static_cast<std::size_t>(differs - head.begin()));
    }
    head = head.substr(0, head.rfind('.') + 1);
    const bool whole_name = std::any_of(entries_.begin(), entries_.end(),
                                        [&](const Entry& entry) { return entry.other->raw.size() == head.size(); });
    return whole_name ? std::string() : std::string(head);
  }

  std::string rows(std::size_t most) const {
    const std::size_t skipped = slot().kind == Slot::Kind::topic ? common_head().size() : 0;
    std::string text;
    for (std::size_t i = 0; i < std::min(most, entries_.size()); ++i) {
      text += (i == 0 ? "" : ", ") + row(entries_[i], skipped);
    }
    return text;
  }

  std::string row_lines(const std::string& head) const {
    std::string text;
    for (const Entry& entry : entries_) {
      text += "  " + row(entry, head.size()) + ",\n";
    }
    return text;
  }

  static std::string row(const Entry& entry, std::size_t skipped) {
    return entry.key + ": \"" + std::string(entry.other->raw.substr(skipped)) + '"';
  }

  // ---- texts

  /// The first rule with another name, another condition, and another text of the body.
  std::string rule_text(const std::string& condition, const std::string& body_text) {
    std::vector<Edit> edits = {{first_.name.span, rule_name()}, {tree_[conjunct(first_)].span, condition}};
    if (!body_text.empty()) {
      edits.push_back({slot().span, body_text});
    }
    std::string text;
    std::uint32_t at = first_.span.begin;
    for (const Edit& edit : edits) {
      text += context_.text({first_.span.file, at, edit.span.begin}) + edit.replacement;
      at = edit.span.end;
    }
    return text + context_.text({first_.span.file, at, first_.span.end});
  }

  static std::string shorter(const std::string& rule) {
    const std::string line = in_one_line(rule);
    if (line.size() <= kLongestShown) {
      return line;
    }
    std::size_t end = line.rfind(' ', kLongestShown);
    return line.substr(0, end) + " …";
  }

  Fix fix(const std::string& rule, const std::string& items) const {
    const Span all = first_.span | run_.rules.back().span;
    Fix fix{{{all, rule}}, Applicability::choice, "fix"};
    if (!items.empty()) {
      fix.edits.push_back(behind_item(items));
    }
    return fix;
  }

  /// Names are seen from everywhere, so what is new stands behind the rules, in lines of its own.
  Edit behind_item(const std::string& items) const {
    const std::string_view text = context_.sources.text(place_.item.file);
    const std::size_t line_end = std::min(text.find('\n', place_.item.end), text.size());
    const std::string_view rest = text.substr(place_.item.end, line_end - place_.item.end);
    const std::size_t word = rest.find_first_not_of(" \t\r");
    const bool alone = word == std::string_view::npos || rest[word] == '#';
    const auto at = alone ? static_cast<std::uint32_t>(line_end) : place_.item.end;
    return {{place_.item.file, at, at}, "\n\n" + items + (alone ? "" : "\n\n")};
  }

  /// The last name of what is asked about.
  std::string base_name() const {
    const auto* path = std::get_if<ast::Path>(&tree_[choice_.subject].node);
    if (path == nullptr || path->steps.back().kind == ast::Step::Kind::index) {
      return "value";
    }
    std::string name;
    for (const char c : path->steps.back().text) {
      name += is_word_char(c) ? c : '_';
    }
    return name.empty() || !is_word_begin(name.front()) ? "_" + name : name;
  }

  std::string rule_name() {
    if (rule_name_.empty()) {
      rule_name_ = free_name("by_" + base_name());
    }
    return rule_name_;
  }

  /// A name that stands nowhere in the rules.
  std::string free_name(const std::string& wanted) const {
    std::string name = wanted;
    for (int number = 2; is_written(name); ++number) {
      name = wanted + "_" + std::to_string(number);
    }
    return name;
  }

  bool is_written(const std::string& name) const {
    return std::any_of(context_.files.begin(), context_.files.end(), [&](const ast::File& file) {
      return context_.sources.text(file.id).find(name) != std::string_view::npos;
    });
  }

  Context& context_;
  const RuleList& place_;
  const Run& run_;
  const ast::File& tree_;
  const ast::Rule& first_;
  const Choice choice_;
  const std::string subject_;
  ValueType type_;
  std::vector<Entry> entries_;
  bool texts_ = true;
  bool integers_ = true;
  std::optional<std::set<std::string, std::less<>>> names_in_tests_;
  std::string rule_name_;
};

} // namespace

std::span<const ast::ExprId> conjuncts(const ast::File& tree, const ast::Rule& rule) {
  const auto* logic = std::get_if<ast::Logical>(&tree[rule.when].node);
  return logic != nullptr && logic->is_and ? std::span(logic->operands) : std::span(&rule.when, 1);
}

std::optional<Choice> choice_of(const ast::File& tree, ast::ExprId condition) {
  const auto is_literal = [&](ast::ExprId expr) {
    const auto* literal = std::get_if<ast::Literal>(&tree[expr].node);
    return literal != nullptr && (literal->kind == ast::LiteralKind::text || literal->kind == ast::LiteralKind::number);
  };
  if (const auto* test = std::get_if<ast::Compare>(&tree[condition].node)) {
    return test->op == ast::CompareOp::equal && !test->ignoring_case && is_literal(test->right)
               ? std::optional(Choice{test->left, {&test->right, 1}})
               : std::nullopt;
  }
  const auto* test = std::get_if<ast::In>(&tree[condition].node);
  if (test == nullptr || test->negated || !test->listed || test->ignoring_case ||
      !std::all_of(test->items.begin(), test->items.end(), is_literal)) {
    return std::nullopt;
  }
  return Choice{test->value, test->items};
}

std::vector<Slot> slots_of(const ast::File& tree, const ast::Rule& rule) {
  std::vector<Slot> slots;
  const auto add = [&](const ast::Clause& clause) {
    const bool may_vary = clause.kind == ast::Clause::Kind::key || clause.kind == ast::Clause::Kind::header;
    const auto* literal = may_vary ? std::get_if<ast::Literal>(&tree[clause.value].node) : nullptr;
    if (literal != nullptr && literal->kind == ast::LiteralKind::text) {
      slots.push_back({clause.kind == ast::Clause::Kind::key ? Slot::Kind::key : Slot::Kind::header, literal->text.span,
                       &literal->text, clause.otherwise.what != ast::Otherwise::none, false});
    }
  };
  for (const auto& part : rule.body.parts) {
    if (const auto* clause = std::get_if<ast::Clause>(&part)) {
      add(*clause);
      continue;
    }
    const ast::To& to = std::get<ast::To>(part);
    slots.push_back({Slot::Kind::topic, to.topic.span, &to.topic, false, !to.one_of.empty() || to.at_most});
    std::for_each(to.clauses.begin(), to.clauses.end(), add);
  }
  return slots;
}

void report_run(Context& context, const RuleList& place, const Run& run) { OneRule(context, place, run).report(); }

} // namespace millrace::dsl::check
