// Checking and lowering destinations. A new clause is a member of Clauses and of the program's Target.
#include "dsl/check/destinations.hpp"

#include "dsl/check/declarations.hpp"
#include "dsl/syntax/text.hpp"

namespace millrace::dsl::check {
namespace {

constexpr std::size_t kMaxTargets = 16;
constexpr std::size_t kMaxNames = 1000;

std::string what_is(const ast::Clause& clause) {
  return clause.kind == ast::Clause::Kind::key ? "the key" : "the header " + ticked(clause.header.text);
}

std::string_view word_of(ast::Otherwise otherwise) {
  switch (otherwise) {
    case ast::Otherwise::none:
      return "";
    case ast::Otherwise::reject:
      return "reject";
    case ast::Otherwise::keep_none:
      return "none";
    case ast::Otherwise::skip:
      return "skip";
  }
  return "";
}

/// Every text that a part of a name can be; none if that is not known.
std::vector<std::string> possible_texts(const Program& program, const TypedValue& value) {
  const Node& node = program.nodes[value.node];
  if (node.op == Op::constant && program.constants[node.a].tag() == Tag::text) {
    return {std::string(program.constants[node.a].as_text())};
  }
  if (value.type.kind == Kind::boolean) {
    return {"false", "true"};
  }
  if (value.type.kind != Kind::text || value.type.names == kNone || program.enumerations[value.type.names].or_other) {
    return {};
  }
  return program.enumerations[value.type.names].names;
}

} // namespace

std::vector<Target> Destinations::targets(const ast::Body& body, const Facts& known, Span rule) {
  std::vector<const ast::Clause*> clauses;
  std::vector<const ast::To*> tos;
  for (const auto& part : body.parts) {
    if (const auto* to = std::get_if<ast::To>(&part)) {
      tos.push_back(to);
    } else {
      clauses.push_back(&std::get<ast::Clause>(part));
    }
  }
  if (tos.empty()) {
    context_.diagnostics.add(Code::no_target, rule, "this rule delivers nowhere", "no `to topic …`")
        .help("add `to topic \"…\"`, or make it a `drop`");
  } else if (tos.size() > kMaxTargets) {
    context_.diagnostics
        .add(Code::too_many_targets, tos[kMaxTargets]->span,
             "a rule delivers to at most " + std::to_string(kMaxTargets) + " topics", "one too many")
        .help("let the topic be read by more consumers instead");
  }
  const Clauses around = collect(clauses);
  std::vector<Target> targets;
  std::map<std::string_view, Span> seen;
  for (const ast::To* to : tos) {
    if (const auto [first, is_new] = seen.emplace(to->topic.raw, to->topic.span); !is_new) {
      context_.diagnostics
          .add(Code::delivered_twice, to->topic.span, "this rule delivers each event twice to " + ticked(to->topic.raw),
               "a second time")
          .label(first->second, "the first time")
          .help("remove one of them");
    }
    targets.push_back(target(*to, around, known));
  }
  return targets;
}

Destinations::Clauses Destinations::collect(const std::vector<const ast::Clause*>& clauses) {
  Clauses collected;
  const auto twice = [&](const ast::Clause& again, const ast::Clause& first) {
    context_.diagnostics.add(Code::said_twice, again.span, what_is(again) + " is said twice", "a second time")
        .label(first.span, "the first time")
        .help("remove one of them");
  };
  for (const ast::Clause* clause : clauses) {
    if (clause->kind == ast::Clause::Kind::key) {
      collected.key != nullptr ? twice(*clause, *collected.key) : void(collected.key = clause);
      continue;
    }
    const auto first = std::find_if(collected.headers.begin(), collected.headers.end(), [&](const ast::Clause* known) {
      return known->header.text == clause->header.text;
    });
    first != collected.headers.end() ? twice(*clause, **first) : collected.headers.push_back(clause);
  }
  return collected;
}

Target Destinations::target(const ast::To& to, const Clauses& around, const Facts& known) {
  Target target;
  std::vector<const ast::Clause*> own_clauses;
  for (const ast::Clause& clause : to.clauses) {
    own_clauses.push_back(&clause);
  }
  Clauses own = collect(own_clauses);
  own.key = own.key != nullptr ? own.key : around.key;
  for (const ast::Clause* outer : around.headers) {
    const bool overridden = std::any_of(own.headers.begin(), own.headers.end(), [&](const ast::Clause* inner) {
      return inner->header.text == outer->header.text;
    });
    if (!overridden) {
      own.headers.push_back(outer);
    }
  }
  topic(to.topic, known, target);
  if (own.key != nullptr) {
    key(*own.key, known, target);
  }
  for (const ast::Clause* clause : own.headers) {
    header(*clause, known, target);
  }
  return target;
}

void Destinations::key(const ast::Clause& clause, const Facts& known, Target& target) {
  const TypedValue value = clause_value(clause, known);
  target.key = value.node;
  target.key_otherwise = otherwise(clause, value, known);
}

void Destinations::header(const ast::Clause& clause, const Facts& known, Target& target) {
  const TypedValue value = clause_value(clause, known);
  target.headers.push_back(
      {context_.program.add_text(clause.header.text), value.node, otherwise(clause, value, known)});
}

TypedValue Destinations::clause_value(const ast::Clause& clause, const Facts& known) {
  TypedValue value = expressions_.whole(tree_, clause.value, known, true);
  if (!value.bad && value.type.kind == Kind::object) {
    context_.diagnostics
        .add(Code::types_differ, value.span, what_is(clause) + " cannot be an object", "an object has no text form")
        .help("name one of its fields");
    value.bad = true;
  }
  return value;
}

Otherwise Destinations::otherwise(const ast::Clause& clause, const TypedValue& value, const Facts& known) {
  if (value.bad || refuse_else(clause)) {
    return Otherwise::impossible;
  }
  // A value of any kind may be an object or a list, which have no text form.
  const bool may_be_absent = value.may_be_absent() || value.type.kind == Kind::any;
  const ast::ClauseElse& given = clause.otherwise;
  if (given.what == ast::Otherwise::none) {
    if (may_be_absent) {
      require_else(clause, value, known);
    }
    return Otherwise::impossible;
  }
  if (!may_be_absent) {
    const Span before{given.span.file, tree_[clause.value].span.end, given.span.end};
    context_.diagnostics
        .add(Code::else_not_needed, given.span, what_is(clause) + " is always there, so this `else` is never used",
             "never used")
        .help("remove it", Fix{{{before, ""}}, Applicability::machine, "fix"});
  }
  switch (given.what) {
    case ast::Otherwise::reject:
      return Otherwise::reject;
    case ast::Otherwise::keep_none:
      return Otherwise::none;
    case ast::Otherwise::skip:
      return Otherwise::skip;
    case ast::Otherwise::none:
      break;
  }
  return Otherwise::impossible;
}

void Destinations::require_else(const ast::Clause& clause, const TypedValue& value, const Facts& known) {
  const std::string name = value.may_be_absent() ? expressions_.slot_name(value.absent) : context_.text(value.span);
  const std::string headline = clause.kind == ast::Clause::Kind::key
                                   ? "the key " + ticked(context_.text(value.span)) + " may be missing"
                                   : what_is(clause) + " may be missing";
  auto& diagnostic = context_.diagnostics.add(
      Code::else_needed, value.span, headline,
      value.may_be_absent() ? expressions_.why_absent(value.absent, known) : "an object or a list has no text form");
  const std::uint32_t end = tree_[clause.value].span.end;
  const Span at{clause.span.file, end, end};
  const auto offer = [&](const std::string& text, std::string_view word, int number) {
    diagnostic.help(text + "add `else " + std::string(word) + "`",
                    Fix{{{at, " else " + std::string(word)}}, Applicability::choice, "fix " + std::to_string(number)});
  };
  if (in_tap_) {
    offer("do not deliver such events here:           ", "skip", 1);
  } else {
    offer("send such events to the dead letter topic: ", "reject", 1);
  }
  if (clause.kind == ast::Clause::Kind::key) {
    offer("send them without a key (any partition):   ", "none", 2);
  } else if (!in_tap_) {
    offer("send them without the header:              ", "skip", 2);
  }
}

bool Destinations::refuse_else(const ast::Clause& clause) {
  const ast::Otherwise what = clause.otherwise.what;
  const bool is_key = clause.kind == ast::Clause::Kind::key;
  std::string headline;
  std::string way_out;
  if (in_tap_ && what == ast::Otherwise::reject) {
    headline = "a tap cannot reject an event";
    way_out = "skip";
  } else if (!in_tap_ && is_key && what == ast::Otherwise::skip) {
    headline = "a route cannot skip an event";
    way_out = "reject";
  } else if (!is_key && what == ast::Otherwise::keep_none) {
    headline = "a header is skipped or rejects the event";
    way_out = "skip";
  } else {
    return false;
  }
  context_.diagnostics
      .add(Code::wrong_else, clause.otherwise.span, headline,
           "`else " + std::string(word_of(what)) + "` cannot stand here")
      .help("write `else " + way_out + "`", Fix{{{clause.otherwise.span, "else " + way_out}},
                                                is_key && !in_tap_ ? Applicability::choice : Applicability::machine,
                                                "fix"});
  return true;
}

void Destinations::check_event(const ast::Text& name, const TopicInfo& topic) {
  const Index carries = context_.program.topics[topic.index].shape;
  if (carries == kNone || carries == event_.shape) {
    return;
  }
  context_.diagnostics
      .add(Code::event_mismatch, name.span,
           "topic " + ticked(name.text) + " carries " + ticked(context_.program.shapes[carries].name) + ", not " +
               ticked(event_.event->name.text),
           "another event")
      .label(topic.topic->name.span, "declared here")
      .help("deliver to a topic that carries " + ticked(event_.event->name.text));
}

void Destinations::topic(const ast::Text& name, const Facts& known, Target& target) {
  if (name.raw.find_first_of("{}") != std::string_view::npos) {
    return interpolated(name, known, target);
  }
  if (const TopicInfo* found = find_topic(context_, name)) {
    if (name.text.find('*') != std::string_view::npos) {
      context_.diagnostics
          .add(Code::bad_topic_name, name.span, "an event goes to one topic, not to " + ticked(name.text), "a pattern")
          .help("fill the part in: write `{field}` where the `*` is");
      return;
    }
    target.topic = found->index;
    check_event(name, *found);
  }
}

void Destinations::interpolated(const ast::Text& name, const Facts& known, Target& target) {
  auto split = split_holes(name);
  if (const auto* error = std::get_if<TextError>(&split)) {
    const std::uint32_t begin = name.span.begin + 1 + error->offset;
    context_.diagnostics.add(Code::bad_escape, {name.span.file, begin, begin + error->length},
                             "this hole cannot be filled", error->what);
    return;
  }
  Program& program = context_.program;
  const ValueType text{Kind::text, Wire::natural, 0, 0, kNone};
  std::vector<std::string> names = {""};
  std::vector<Index> parts;
  bool bad = false;
  for (const TextPart& part : std::get<std::vector<TextPart>>(split)) {
    std::vector<std::string> choices;
    if (const auto* constant = std::get_if<std::string>(&part)) {
      choices = {*constant};
      parts.push_back(program.add_constant_node(Value::of_text(*constant), text));
    } else {
      const Hole& hole = std::get<Hole>(part);
      const TypedValue value = expressions_.path(tree_, hole.steps, hole.span, known);
      if (value.bad) {
        bad = true;
        continue;
      }
      const std::string written = context_.text(hole.span);
      if (value.may_be_absent()) {
        context_.diagnostics
            .add(Code::else_needed, hole.span, "the part " + ticked(written) + " of this topic name may be missing",
                 expressions_.why_absent(value.absent, known))
            .help("name it with a default: `def name = " + written + " ?? \"none\"`, and use `{name}`");
        bad = true;
        continue;
      }
      choices = possible_texts(program, value);
      if (choices.empty()) {
        context_.diagnostics
            .add(Code::topic_not_enumerable, hole.span, "this topic name can take any number of values",
                 value.type.kind == Kind::text && value.type.names != kNone
                     ? "`or other` lets new values through; each would create a topic"
                     : "a free " + type_word(program, value.type) + " field; every new value would create a topic")
            .help("let the field be `one of \"…\", \"…\"` without `or other`")
            .help("or write one route for each value, with the topic's name in it");
        bad = true;
        continue;
      }
      parts.push_back(value.node);
    }
    std::vector<std::string> longer;
    for (const std::string& begin : names) {
      for (const std::string& end : choices) {
        if (longer.size() <= kMaxNames) {
          longer.push_back(begin + end);
        }
      }
    }
    names = std::move(longer);
  }
  if (bad) {
    return;
  }
  if (names.size() > kMaxNames) {
    context_.diagnostics
        .add(Code::topic_not_enumerable, name.span, "this topic name can take more than 1,000 values",
             "too many topics")
        .help("fill in fewer parts");
    return;
  }
  target.name = program.add_list_node(Op::concat, parts, text);
  target.names = names;
  choose_declared(name, names, target);
}

/// One pattern that all names belong to, or else each name declared by itself.
void Destinations::choose_declared(const ast::Text& name, const std::vector<std::string>& names, Target& target) {
  for (const std::string& each : names) {
    const std::string problem = topic_name_problem(each);
    if (!problem.empty() || each.find('*') != std::string::npos) {
      context_.diagnostics.add(Code::bad_topic_name, name.span, ticked(each) + " is no name of a topic", problem)
          .help("use ASCII letters, digits, `.`, `_` and `-`, at most 249");
      return;
    }
    note_topic_name(context_, each, name.span);
  }
  for (const auto& [pattern, info] : context_.topics) {
    const bool all =
        pattern.find('*') != std::string::npos &&
        std::all_of(names.begin(), names.end(), [&](const std::string& each) { return matches_topic(pattern, each); });
    if (all) {
      target.topic = info.index;
      return check_event(name, info);
    }
  }
  for (const std::string& each : names) {
    const auto found = context_.topics.find(each);
    if (found == context_.topics.end()) {
      if (!context_.is_poisoned("topic", each)) {
        auto& diagnostic = context_.diagnostics.add(
            Code::unknown_topic, name.span, "topic " + ticked(each) + " is not declared", "can become " + ticked(each));
        std::string pattern(name.raw);
        for (std::size_t open = pattern.find('{'); open != std::string::npos; open = pattern.find('{')) {
          pattern.replace(open, pattern.find('}', open) - open + 1, "*");
        }
        diagnostic.help("declare it, or all of them at once: `topic \"" + pattern + "\" { event " +
                        std::string(event_.event->name.text) + " }`");
      }
      return;
    }
    target.topic = target.topic == kNone ? found->second.index : target.topic;
    check_event(name, found->second);
  }
}

} // namespace millrace::dsl::check
