// Checking and lowering routers. A new kind of rule is a case of `rule`.
#include "dsl/check/routers.hpp"

#include "dsl/check/declarations.hpp"
#include "dsl/check/destinations.hpp"
#include "dsl/check/expressions.hpp"

namespace millrace::dsl::check {
namespace {

Question question_for(ast::RuleKind kind) {
  switch (kind) {
    case ast::RuleKind::drop:
      return {"be dropped", "no, keep it", "yes, drop it"};
    case ast::RuleKind::route:
    case ast::RuleKind::tap:
      return {"be delivered here", "no, leave it out", "yes, deliver it"};
    case ast::RuleKind::group:
      return {"belong to this group", "no, leave it out", "yes, take it in"};
    case ast::RuleKind::include:
      break;
  }
  return {};
}

class RouterChecker {
 public:
  RouterChecker(Context& context, RouterInfo& info, EventInfo& event)
      : context_(context), info_(info), event_(event), expressions_(context, event) {}

  void run() {
    const ast::Router& router = *info_.router;
    lowered_.name = router.name.text;
    lowered_.shape = event_.shape;
    lowered_.match_all = router.match_all;
    dead_letter(router);
    rules(*info_.tree, router.rules, {}, kNone);
    if (router.otherwise && !router.otherwise->drop) {
      expressions_.set_salt(std::string(info_.router->name.text) + ".otherwise");
      Destinations destinations(context_, event_, *info_.tree, expressions_, false);
      lowered_.otherwise = destinations.targets(router.otherwise->body, {}, router.otherwise->span);
    } else if (!router.otherwise) {
      context_.diagnostics
          .add(Code::no_otherwise, router.name.span, "router " + ticked(router.name.text) + " has no `otherwise`",
               "what happens to an event that no route takes?")
          .help("add `otherwise to topic \"…\"`, or `otherwise drop`, as its last rule");
    }
    info_.index = static_cast<Index>(context_.program.routers.size());
    context_.program.routers.push_back(std::move(lowered_));
  }

  /// Rules by themselves, for what is wrong with them.
  void check_rules(const std::vector<ast::Rule>& list) { rules(*info_.tree, list, {}, kNone); }

 private:
  void dead_letter(const ast::Router& router) {
    if (!router.dead_letter && context_.is_poisoned("dead_letter", router.name.text)) {
      return;
    }
    if (!router.dead_letter) {
      context_.diagnostics
          .add(Code::no_dead_letter, router.name.span, "router " + ticked(router.name.text) + " has no `dead_letter`",
               "where do broken events go?")
          .help("add `dead_letter \"dlq." + std::string(router.name.text) +
                "\"` behind `match …`, and declare the topic");
      return;
    }
    if (router.dead_letter->text.find('*') != std::string_view::npos) {
      context_.diagnostics
          .add(Code::bad_topic_name, router.dead_letter->span,
               "broken events go to one topic, not to " + ticked(router.dead_letter->text), "a pattern")
          .help("name a topic of its own for them");
      return;
    }
    if (const TopicInfo* topic = find_topic(context_, *router.dead_letter)) {
      lowered_.dead_letter = topic->index;
    }
  }

  void rules(const ast::File& tree, const std::vector<ast::Rule>& list, const Facts& known, Index group) {
    for (const ast::Rule& rule : list) {
      rule.kind == ast::RuleKind::include ? include(rule) : this->rule(tree, rule, known, group);
    }
  }

  /// The rules of a fragment stand where it is included; they keep the places of their own file.
  void include(const ast::Rule& rule) {
    const auto found = context_.fragments.find(rule.name.text);
    if (found == context_.fragments.end()) {
      if (!context_.is_poisoned("rules", rule.name.text)) {
        auto& diagnostic = context_.diagnostics.add(Code::unknown_name, rule.name.span,
                                                    "no rules are named " + ticked(rule.name.text), "not declared");
        suggest(diagnostic, rule.name.span, rule.name.text, names_of(context_.fragments));
      }
      for (const std::string_view kind : {"route", "tap", "drop"}) { // any of them may have come from there
        context_.poison(kind, ast::kAnyName);
      }
      return;
    }
    FragmentInfo& info = found->second;
    info.included = true;
    const auto [first, is_new] = included_.emplace(rule.name.text, rule.span);
    if (!is_new) {
      context_.diagnostics
          .add(Code::said_twice, rule.span, "the rules " + ticked(rule.name.text) + " are included twice",
               "a second time")
          .label(first->second, "the first time")
          .help("remove one of them");
      return;
    }
    const ast::Name& event = info.fragment->event;
    if (event.text != info_.router->event.text) {
      if (!context_.is_poisoned("event", event.text)) {
        context_.diagnostics
            .add(Code::fragment_mismatch, rule.name.span,
                 "the rules " + ticked(rule.name.text) + " are for " + ticked(event.text) + ", this router for " +
                     ticked(info_.router->event.text),
                 "for another event")
            .label(event.span, "declared here")
            .help("include them in a router for " + ticked(event.text));
      }
      return;
    }
    rules(*info.tree, info.fragment->rules, {}, kNone);
  }

  void rule(const ast::File& tree, const ast::Rule& rule, const Facts& known, Index group) {
    claim_name(rule);
    if (rule.kind == ast::RuleKind::tap && info_.router->match_all) {
      context_.diagnostics
          .add(Code::tap_in_match_all, rule.keyword, "a tap stands only under `match first`",
               "every route lets the event go on here")
          .help("make it a route", Fix{{{rule.keyword, "route"}}, Applicability::choice, "fix: `tap` → `route`"});
    }
    expressions_.set_salt(std::string(info_.router->name.text) + "." + std::string(rule.name.text));
    const Condition condition = expressions_.condition(tree, rule.when, known, question_for(rule.kind));
    Facts inside = known;
    inside.add(condition.when_true);
    const auto index = static_cast<Index>(lowered_.rules.size());
    info_.rules.push_back(&rule);
    Rule& lowered = lowered_.rules.emplace_back();
    lowered.kind = kind_of(rule.kind);
    lowered.name = rule.name.text;
    lowered.place = place(rule.keyword);
    lowered.condition = condition.node;
    lowered.group = group;
    // What a bad condition would have proven is not known, so nothing is said about it further in.
    expressions_.assume_presence(condition.bad || assumed_);
    const bool assumed_outside = assumed_;
    assumed_ = assumed_ || condition.bad;
    if (rule.kind == ast::RuleKind::group) {
      rules(tree, rule.rules, inside, index);
      lowered_.rules[index].end = static_cast<Index>(lowered_.rules.size());
    } else if (rule.kind != ast::RuleKind::drop) {
      Destinations destinations(context_, event_, tree, expressions_, rule.kind == ast::RuleKind::tap);
      lowered_.rules[index].targets = destinations.targets(rule.body, inside, rule.name.span);
    }
    assumed_ = assumed_outside;
    expressions_.assume_presence(assumed_);
  }

  void claim_name(const ast::Rule& rule) {
    const auto [first, is_new] = names_.emplace(rule.name.text, rule.name.span);
    if (!is_new) {
      context_.diagnostics
          .add(Code::defined_twice, rule.name.span, "two rules of this router are named " + ticked(rule.name.text),
               "a second one")
          .label(first->second, "the first one")
          .help("rules have names of their own: metrics, tests and dead letters speak of them");
    }
  }

  static RuleKind kind_of(ast::RuleKind kind) {
    switch (kind) {
      case ast::RuleKind::drop:
        return RuleKind::drop;
      case ast::RuleKind::tap:
        return RuleKind::tap;
      case ast::RuleKind::route:
        return RuleKind::route;
      case ast::RuleKind::group:
        return RuleKind::group;
      case ast::RuleKind::include:
        break;
    }
    return RuleKind::drop;
  }

  std::string place(Span span) const {
    return std::string(context_.sources.name(span.file)) + ":" +
           std::to_string(context_.sources.locate(span.file, span.begin).line);
  }

  Context& context_;
  RouterInfo& info_;
  EventInfo& event_;
  Expressions expressions_;
  Router lowered_;
  std::map<std::string_view, Span> names_;    // of rules
  std::map<std::string_view, Span> included_; // fragments
  bool assumed_ = false;
};

void report_unknown_event(Context& context, const ast::Name& wanted) {
  if (!context.is_poisoned("event", wanted.text)) {
    auto& diagnostic = context.diagnostics.add(Code::unknown_name, wanted.span,
                                               "no event is named " + ticked(wanted.text), "not declared");
    suggest(diagnostic, wanted.span, wanted.text, names_of(context.events));
  }
}

/// Fragments that no router includes are checked too, as if a router did; nothing of them is kept.
void check_fragments(Context& context) {
  // What would have included them may be what did not compile.
  const bool flag = !context.diagnostics.has_errors();
  for (const auto& [name, info] : context.fragments) {
    if (info.included) {
      continue;
    }
    const ast::Name& wanted = info.fragment->event;
    if (flag) {
      context.diagnostics
          .add(Code::fragment_not_included, info.fragment->name.span, "no router includes the rules " + ticked(name),
               "never used")
          .help("write `include rules " + name + "` in a router for " + ticked(wanted.text) + ", or remove them");
    }
    const auto event = context.events.find(wanted.text);
    if (event == context.events.end()) {
      report_unknown_event(context, wanted);
      continue;
    }
    ast::Router alone;
    alone.event = wanted;
    RouterInfo router{&alone, info.tree, kNone, {}};
    RouterChecker(context, router, event->second).check_rules(info.fragment->rules);
  }
}

} // namespace

void check_routers(Context& context) {
  for (auto& [name, info] : context.routers) {
    const ast::Name& wanted = info.router->event;
    const auto event = context.events.find(wanted.text);
    if (event != context.events.end()) {
      RouterChecker(context, info, event->second).run();
    } else {
      report_unknown_event(context, wanted);
    }
  }
  check_fragments(context);
}

} // namespace millrace::dsl::check
