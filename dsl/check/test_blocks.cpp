// Checking and lowering tests.
#include "dsl/check/test_blocks.hpp"

#include <simdjson.h>

#include <algorithm>

#include "dsl/check/declarations.hpp"
#include "dsl/read/json_value.hpp"

namespace millrace::dsl::check {
namespace {

class TestChecker {
 public:
  TestChecker(Context& context, const ast::File& tree) : context_(context), tree_(tree) {}

  std::optional<TestCase> run(const ast::Test& test) {
    TestCase lowered;
    lowered.name = test.name.text;
    lowered.place = context_.place(test.name.span);
    lowered.router = router(test);
    for (const ast::Given& given : test.givens) {
      lowered.givens.push_back(this->given(given, test, lowered.router));
    }
    return bad_ ? std::nullopt : std::optional(std::move(lowered));
  }

 private:
  Diagnostic& refuse(Span span, std::string headline, std::string label) {
    bad_ = true;
    return context_.diagnostics.add(Code::bad_test, span, std::move(headline), std::move(label));
  }

  Index router(const ast::Test& test) {
    if (test.router) {
      const auto found = context_.routers.find(test.router->text);
      if (found != context_.routers.end()) {
        return found->second.index;
      }
      bad_ = true;
      if (!context_.is_poisoned("router", test.router->text)) {
        auto& diagnostic = refuse(test.router->span, "no router is named " + ticked(test.router->text), "not declared");
        suggest(diagnostic, test.router->span, test.router->text, names_of(context_.routers));
      }
      return kNone;
    }
    const bool clear = context_.routers.size() == 1 && !context_.is_any_poisoned("router");
    return clear ? context_.routers.begin()->second.index : kNone;
  }

  TestGiven given(const ast::Given& given, const ast::Test& test, Index router) {
    TestGiven lowered;
    lowered.place = context_.place(given.span);
    if (given.file) {
      const std::string_view own = context_.sources.name(given.span.file);
      const std::size_t slash = own.rfind('/');
      lowered.file = (slash == std::string_view::npos ? "" : std::string(own.substr(0, slash + 1))) +
                     std::string(given.file->text);
    } else {
      lowered.event = given.event.text;
      json(given);
    }
    if (given.topic) {
      topic(*given.topic);
      lowered.topic = std::string(given.topic->text);
    } else if (router == kNone && !test.router) {
      bad_ = true;
      if (context_.routers.size() != 1 && !context_.is_any_poisoned("router")) {
        refuse(test.name.span,
               context_.routers.empty() ? "there is no router that this event could go through"
                                        : "which router does this event go through?",
               context_.routers.empty() ? "no router" : "not said")
            .help(context_.routers.empty() ? "name the topic that it comes from: `given { … } topic \"…\"`"
                                           : "write `test \"…\" on " + context_.routers.begin()->first + " { … }`");
      }
    }
    for (const ast::Expectation& expectation : given.expectations) {
      lowered.expectations.push_back(this->expectation(expectation, given.topic ? kNone : router));
    }
    return lowered;
  }

  /// An event that is no JSON on purpose is expected to be invalid.
  void json(const ast::Given& given) {
    const bool on_purpose =
        std::any_of(given.expectations.begin(), given.expectations.end(), [](const ast::Expectation& expectation) {
          return expectation.kind == ast::Expectation::Kind::invalid && !expectation.negated;
        });
    const auto bad = on_purpose ? std::nullopt : first_no_json(given.event.text);
    if (bad) {
      refuse(byte(given.event.span, *bad), "what is given is no JSON", "not expected here")
          .help("keys and texts stand in double quotes, with `:` between them and `,` between members");
    }
  }

  static Span byte(Span text, std::size_t offset) {
    const auto at = std::min(text.begin + static_cast<std::uint32_t>(offset), text.end - 1);
    return {text.file, at, at + 1};
  }

  /// The topic, or a name that belongs to a pattern.
  void topic(const ast::Text& name) {
    for (const auto& [pattern, info] : context_.topics) {
      if (matches_topic(pattern, name.text)) {
        context_.use(name.span, info.topic->name.span, pattern == name.text);
        return;
      }
    }
    bad_ = find_topic(context_, name) == nullptr || bad_;
  }

  std::string constant(ast::ExprId id) {
    const auto& literal = std::get<ast::Literal>(tree_[id].node);
    return std::string(literal.kind == ast::LiteralKind::text ? literal.text.text : literal.token);
  }

  TestExpectation expectation(const ast::Expectation& expectation, Index router) {
    TestExpectation lowered;
    lowered.kind = kind_of(expectation.kind);
    lowered.negated = expectation.negated;
    lowered.place = context_.place(expectation.span);
    lowered.text = context_.text(expectation.span);
    switch (expectation.kind) {
      case ast::Expectation::Kind::topic:
        topic(expectation.topic);
        lowered.topic = expectation.topic.text;
        if (expectation.key) {
          lowered.key = constant(*expectation.key);
        }
        for (const ast::HeaderExpectation& header : expectation.headers) {
          lowered.headers.emplace_back(std::string(header.name.text), constant(header.value));
        }
        break;
      case ast::Expectation::Kind::rule:
        rule(expectation, router, lowered);
        break;
      case ast::Expectation::Kind::otherwise:
        break;
      case ast::Expectation::Kind::invalid:
        lowered.path = written(expectation.path);
        break;
      case ast::Expectation::Kind::row:
        lowered.table = table(expectation.table);
        row(expectation, lowered);
        break;
      case ast::Expectation::Kind::reject:
        lowered.table = table(expectation.table);
        if (expectation.column) {
          lowered.column = expectation.column->text;
          column(lowered.table, lowered.column, expectation.column->span);
        }
        break;
    }
    return lowered;
  }

  static TestExpectation::Kind kind_of(ast::Expectation::Kind kind) {
    switch (kind) {
      case ast::Expectation::Kind::topic:
        return TestExpectation::Kind::topic;
      case ast::Expectation::Kind::rule:
        return TestExpectation::Kind::rule;
      case ast::Expectation::Kind::otherwise:
        return TestExpectation::Kind::otherwise;
      case ast::Expectation::Kind::invalid:
        return TestExpectation::Kind::invalid;
      case ast::Expectation::Kind::row:
        return TestExpectation::Kind::row;
      case ast::Expectation::Kind::reject:
        return TestExpectation::Kind::reject;
    }
    return TestExpectation::Kind::topic;
  }

  std::string written(const std::vector<ast::Step>& steps) const {
    return steps.empty() ? "" : context_.text(steps.front().span | steps.back().span);
  }

  void rule(const ast::Expectation& expectation, Index router, TestExpectation& lowered) {
    lowered.rule = expectation.rule.text;
    constexpr std::pair<RuleKind, std::string_view> kKinds[] = {
        {RuleKind::route, "route"}, {RuleKind::tap, "tap"}, {RuleKind::drop, "drop"}};
    const auto& [kind, word] = kKinds[static_cast<std::size_t>(expectation.rule_kind)];
    lowered.rule_kind = kind;
    if (router == kNone || context_.is_poisoned(word, lowered.rule)) {
      return;
    }
    std::vector<std::string> known;
    for (const Rule& rule : context_.program.routers[router].rules) {
      if (rule.name == lowered.rule && rule.kind == lowered.rule_kind) {
        return;
      }
      if (rule.kind == lowered.rule_kind) {
        known.push_back(rule.name);
      }
    }
    auto& diagnostic = refuse(expectation.rule.span,
                              "the router has no " + std::string(word) + " " + ticked(lowered.rule), "no such rule");
    suggest(diagnostic, expectation.rule.span, lowered.rule, known);
  }

  Index table(const ast::QualifiedName& name) {
    const std::string wanted = (name.schema ? std::string(name.schema->text) + "." : "") + std::string(name.name.text);
    const auto found = context_.tables.find(wanted);
    if (found != context_.tables.end()) {
      return found->second.index;
    }
    bad_ = true;
    if (!context_.is_poisoned("table", name.schema ? name.schema->text : name.name.text)) {
      auto& diagnostic = refuse(name.span, "no table is named " + ticked(wanted), "not declared");
      const std::string in_schema = table_of_some_schema(wanted);
      if (in_schema.empty()) {
        suggest(diagnostic, name.span, wanted, names_of(context_.tables));
      } else {
        diagnostic.help("a table is named with its schema: " + ticked(in_schema),
                        Fix{{{name.span, in_schema}},
                            Applicability::machine,
                            "fix: " + ticked(wanted) + " → " + ticked(in_schema)});
      }
    }
    return kNone;
  }

  /// The one table `schema.name`.
  std::string table_of_some_schema(const std::string& name) const {
    std::string found;
    for (const auto& [table, info] : context_.tables) {
      if (std::string_view(table).ends_with("." + name)) {
        found = found.empty() ? table : "";
      }
    }
    return found;
  }

  void column(Index table, std::string_view name, Span span) {
    if (table == kNone) {
      return;
    }
    std::vector<std::string> known;
    for (const Column& column : context_.program.tables[table].columns) {
      known.push_back(column.name);
    }
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      auto& diagnostic = refuse(span, "the table has no column " + ticked(name), "no such column");
      const std::string near = nearest(name, known);
      if (!near.empty()) {
        diagnostic.help("there is one with a similar name: " + ticked(near));
      }
    }
  }

  void row(const ast::Expectation& expectation, TestExpectation& lowered) {
    if (!expectation.row) {
      return;
    }
    lowered.row = expectation.row->text;
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (const auto error = parser.parse(lowered.row).get(object); error != simdjson::SUCCESS) {
      const auto bad = first_no_json(lowered.row);
      refuse(bad ? byte(expectation.row->span, *bad) : expectation.row->span, "these columns are no JSON object",
             bad ? "not expected here" : simdjson::error_message(error))
          .help("write `{ \"column\": value, … }`");
      return;
    }
    for (const auto& field : object) {
      column(lowered.table, field.key, expectation.row->span);
    }
  }

  Context& context_;
  const ast::File& tree_;
  bool bad_ = false;
};

} // namespace

std::vector<TestCase> check_tests(Context& context) {
  std::vector<TestCase> tests;
  for (const ast::File& file : context.files) {
    for (const ast::Item& item : file.items) {
      const auto* test = std::get_if<ast::Test>(&item.node);
      if (test == nullptr) {
        continue;
      }
      if (auto lowered = TestChecker(context, file).run(*test)) {
        tests.push_back(std::move(*lowered));
      }
    }
  }
  return tests;
}

} // namespace millrace::dsl::check
