// What is proven of rules (index/reach.hpp), said at their places.
#include "dsl/check/reach.hpp"

#include <algorithm>

#include "dsl/index/reach.hpp"

namespace millrace::dsl::check {
namespace {

std::string_view word_of(ast::RuleKind kind) {
  switch (kind) {
    case ast::RuleKind::route:
      return "route";
    case ast::RuleKind::tap:
      return "tap";
    case ast::RuleKind::drop:
      return "drop";
    case ast::RuleKind::group:
    case ast::RuleKind::include:
      break;
  }
  return "rule";
}

class Reporter {
 public:
  Reporter(Context& context, const RouterInfo& info, const Router& router)
      : context_(context), info_(info), router_(router) {}

  void report(const Unreachable& found) {
    const ast::Rule& rule = *info_.rules[found.rule];
    const std::string name = std::string(word_of(rule.kind)) + " " + ticked(rule.name.text);
    if (found.by == kNone) {
      context_.diagnostics
          .add(Code::impossible_rule, rule.name.span, name + " never matches", "no event satisfies its conditions")
          .help("two of the conditions here, or of its group, exclude each other");
      return;
    }
    auto& diagnostic = context_.diagnostics.add(Code::unreachable_rule, rule.name.span, name + " can never be reached",
                                                "every event it accepts is already taken");
    const ast::Rule& taker = *info_.rules[found.by];
    diagnostic.label(taker.name.span, "by this " + std::string(word_of(taker.kind)) + where(taker, rule));
    if (found.same) {
      diagnostic.help("the two take the same events: remove one of them");
    } else {
      offer_move(diagnostic, rule, taker, found);
    }
  }

 private:
  std::uint32_t line_of(Span span) const { return context_.sources.locate(span.file, span.begin).line; }

  std::string where(const ast::Rule& taker, const ast::Rule& rule) const {
    const std::uint32_t taker_line = line_of(taker.name.span);
    const std::uint32_t line = line_of(rule.name.span);
    if (taker.span.file != rule.span.file || line <= taker_line) {
      return "";
    }
    return ", " + std::to_string(line - taker_line) + (line - taker_line == 1 ? " line above" : " lines above");
  }

  /// Whole lines change their place, where both rules have their lines to themselves and stand in the same list.
  void offer_move(Diagnostic& diagnostic, const ast::Rule& rule, const ast::Rule& taker, const Unreachable& found) {
    const std::string help = "move " + ticked(rule.name.text) + " above " + ticked(taker.name.text);
    const auto lines = lines_of(rule.span);
    const auto before = lines_of(taker.span);
    const bool same_list =
        rule.span.file == taker.span.file && router_.rules[found.rule].group == router_.rules[found.by].group;
    if (!same_list || !lines || !before) {
      diagnostic.help(help + ", or ask for less there");
      return;
    }
    const Span target{rule.span.file, before->begin, before->begin};
    const std::uint32_t first = line_of(rule.span);
    const std::uint32_t last = context_.sources.locate(rule.span.file, rule.span.end).line;
    const std::string which =
        first == last ? "line " + std::to_string(first) : "lines " + std::to_string(first) + "-" + std::to_string(last);
    diagnostic.help(help, Fix{{{target, context_.text(*lines)}, {*lines, ""}},
                              Applicability::machine,
                              "fix: move " + which + " to line " + std::to_string(line_of(taker.span))});
  }

  /// From the first column of its first line to behind the end of its last; nothing if it shares them.
  std::optional<Span> lines_of(Span span) const {
    const std::string_view text = context_.sources.text(span.file);
    std::uint32_t begin = span.begin;
    while (begin > 0 && (text[begin - 1] == ' ' || text[begin - 1] == '\t')) {
      --begin;
    }
    std::size_t end = text.find('\n', span.end);
    end = end == std::string_view::npos ? text.size() : end + 1;
    std::string_view behind = text.substr(span.end, end - span.end);
    behind = behind.substr(std::min(behind.find_first_not_of(" \t\r"), behind.size()));
    const bool alone =
        (begin == 0 || text[begin - 1] == '\n') && (behind.empty() || behind.front() == '\n' || behind.front() == '#');
    return alone ? std::optional(Span{span.file, begin, static_cast<std::uint32_t>(end)}) : std::nullopt;
  }

  Context& context_;
  const RouterInfo& info_;
  const Router& router_;
};

} // namespace

namespace {

const ast::Text& topic_of(const ast::Rule& rule, Index target) {
  for (const auto& part : rule.body.parts) {
    if (const auto* to = std::get_if<ast::To>(&part); to != nullptr && target-- == 0) {
      return to->topic;
    }
  }
  return std::get<ast::To>(rule.body.parts.front()).topic;
}

constexpr std::size_t kMostTold = 8; // of one router

void warn_of_redelivery(Context& context, const RouterInfo& info) {
  const std::vector<Redelivered> all = redelivering_rules(context.program, context.program.routers[info.index]);
  for (std::size_t i = 0; i < std::min(all.size(), kMostTold); ++i) {
    const Redelivered& found = all[i];
    const ast::Rule& rule = *info.rules[found.rule];
    const ast::Rule& first = *info.rules[found.by];
    const ast::Text& topic = topic_of(rule, found.target);
    auto& diagnostic =
        context.diagnostics.add(Code::delivered_twice, topic.span,
                                "each event of " + std::string(word_of(rule.kind)) + " " + ticked(rule.name.text) +
                                    " is delivered twice to " + ticked(topic.text),
                                "a second time");
    diagnostic
        .label(topic_of(first, found.by_target).span,
               "the first time, by " + std::string(word_of(first.kind)) + " " + ticked(first.name.text))
        .help("leave it out here, or let " + ticked(first.name.text) + " ask for less");
    if (i + 1 == kMostTold && all.size() > kMostTold) {
      diagnostic.note("so are the events of other rules of this router: " + std::to_string(all.size() - kMostTold));
    }
  }
}

} // namespace

/// The rules of a fragment may stand in several routers. They are of use if they can be reached in one.
void check_reach(Context& context) {
  std::map<const ast::Rule*, std::size_t> reached;
  std::vector<std::pair<const RouterInfo*, Unreachable>> all;
  for (const auto& [name, info] : context.routers) {
    for (const ast::Rule* rule : info.rules) {
      ++reached[rule];
    }
    for (const Unreachable& found : unreachable_rules(context.program, context.program.routers[info.index])) {
      --reached[info.rules[found.rule]];
      all.emplace_back(&info, found);
    }
  }
  for (const auto& [name, info] : context.routers) {
    warn_of_redelivery(context, info);
  }
  for (const auto& [info, found] : all) {
    if (reached[info->rules[found.rule]] == 0) {
      Reporter(context, *info, context.program.routers[info->index]).report(found);
    }
  }
}

void warn_of_crowds(Context& context, const std::vector<RouterCost>& costs) {
  for (const RouterCost& cost : costs) {
    const RouterInfo& info = context.routers.find(cost.router)->second;
    for (const RouterCost::Crowd& crowd : cost.crowds) {
      const ast::Rule& rule = *info.rules[crowd.first_rule];
      const std::string ways = std::to_string(crowd.ways);
      context.diagnostics
          .add(Code::many_compared, rule.name.span,
               crowd.every_event ? "each event is compared with " + ways + " conditions, one after the other"
                                 : "some events are compared with " + ways + " conditions, one after the other",
               "the first of them")
          .help("ask each rule for a value of its own: `==`, `in`, a range, `starts with`, or texts to `contains`")
          .help("rules that differ in one value only are one rule and a `lookup`")
          .note("`millrace check --cost` shows what rules are looked up by");
    }
  }
}

} // namespace millrace::dsl::check
