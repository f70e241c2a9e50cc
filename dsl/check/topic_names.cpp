#include "dsl/check/topic_names.hpp"

#include <algorithm>
#include <set>

#include "dsl/check/declarations.hpp"
#include "dsl/values/text_form.hpp"

namespace millrace::dsl::check {
namespace {

constexpr std::size_t kMaxNames = 1000;
constexpr std::int64_t kMostTopics = 10'000;

const ValueType kText{Kind::text, Wire::natural, 0, 0, kNone, kNone};

using Texts = std::optional<std::vector<std::string>>;

void append(std::vector<std::string>& texts, std::string text) {
  if (std::find(texts.begin(), texts.end(), text) == texts.end()) {
    texts.push_back(std::move(text));
  }
}

Texts texts_of_lookup(const Lookup& lookup, std::size_t column) {
  std::set<std::string> texts; // a lookup may have very many rows
  Arena arena;
  for (std::size_t at = column; at < lookup.values.size() && texts.size() <= kMaxNames; at += lookup.columns.size()) {
    if (const auto text = text_form(lookup.values[at], arena)) {
      texts.emplace(*text);
    }
  }
  return std::vector<std::string>(texts.begin(), texts.end());
}

/// Every text that a value can be, where it is not absent; none if that is not known.
Texts possible_texts(const Program& program, Index number) {
  const Node& node = program.nodes[number];
  switch (node.op) {
    case Op::constant: {
      Arena arena;
      const auto text = text_form(program.constants[node.a], arena);
      return text ? Texts({std::string(*text)}) : std::nullopt;
    }
    case Op::coalesce: {
      Texts left = possible_texts(program, node.a);
      const Texts right = possible_texts(program, node.b);
      if (!left || !right) {
        return std::nullopt;
      }
      for (const std::string& text : *right) {
        append(*left, text);
      }
      return left;
    }
    case Op::lookup:
      return texts_of_lookup(program.lookups[node.b], node.detail);
    case Op::as_boolean:
      return Texts({"false", "true"});
    default:
      break;
  }
  if (node.type.kind == Kind::boolean) {
    return Texts({"false", "true"});
  }
  if (node.op != Op::field || node.type.kind != Kind::text || node.type.names == kNone ||
      program.enumerations[node.type.names].or_other) {
    return std::nullopt;
  }
  return program.enumerations[node.type.names].names;
}

} // namespace

void TopicNames::lower(const ast::To& to, const Facts& known, Target& target) {
  to.topic.raw.find_first_of("{}") == std::string_view::npos ? fixed(to, target) : interpolated(to, known, target);
}

void TopicNames::fixed(const ast::To& to, Target& target) {
  const ast::Text& name = to.topic;
  if (!to.one_of.empty() || to.at_most) {
    const std::string_view text = context_.sources.text(name.span.file);
    const std::size_t end = to.one_of.empty() ? to.overflow->span.end : text.find(')', to.one_of.back().span.end) + 1;
    const Span limit{name.span.file, name.span.end, static_cast<std::uint32_t>(end)};
    context_.diagnostics
        .add(Code::limit_not_needed, name.span, ticked(name.text) + " is one topic, so there is nothing to limit",
             "no `{field}` in it")
        .help("remove " + ticked(to.one_of.empty() ? "at most …" : "one of (…)"),
              Fix{{{limit, ""}}, Applicability::machine, "fix"});
  }
  if (const TopicInfo* found = find_topic(context_, name, event_.event->name.text)) {
    if (name.text.find('*') != std::string_view::npos) {
      context_.diagnostics
          .add(Code::bad_topic_name, name.span, "an event goes to one topic, not to " + ticked(name.text), "a pattern")
          .help("fill the part in: write `{field}` where the `*` is");
      return;
    }
    target.topic = found->index;
    check_event(name.text, name.span, *found);
  }
}

void TopicNames::interpolated(const ast::To& to, const Facts& known, Target& target) {
  auto split = split_holes(to.topic);
  if (const auto* error = std::get_if<TextError>(&split)) {
    const std::uint32_t begin = to.topic.span.begin + 1 + error->offset;
    context_.diagnostics.add(Code::bad_escape, {to.topic.span.file, begin, begin + error->length},
                             "this hole cannot be filled", error->what);
    return;
  }
  const Filled filled = fill(to.topic, std::get<std::vector<TextPart>>(split), known);
  if (filled.bad) {
    return;
  }
  target.name = context_.program.add_list_node(Op::concat, filled.nodes, kText);
  if (!to.one_of.empty()) {
    listed(to, filled, target);
  } else if (to.at_most) {
    capped(to, filled, target);
  } else if (filled.enumerable) {
    enumerated(to, filled, target);
  } else {
    refuse_open(filled);
  }
}

TopicNames::Filled TopicNames::fill(const ast::Text& name, const std::vector<TextPart>& parts, const Facts& known) {
  Filled filled;
  filled.text = &name;
  for (const TextPart& part : parts) {
    std::vector<std::string> choices;
    if (const auto* constant = std::get_if<std::string>(&part)) {
      choices = {*constant};
      filled.family += *constant;
      filled.nodes.push_back(context_.program.add_constant_node(Value::of_text(*constant), kText));
    } else {
      choices = hole(filled, std::get<Hole>(part), known);
      filled.family += '*';
    }
    std::vector<std::string> longer;
    for (const std::string& begin : filled.names) {
      for (const std::string& end : choices) {
        if (longer.size() <= kMaxNames) {
          longer.push_back(begin + end);
        }
      }
    }
    filled.names = std::move(longer);
  }
  return filled;
}

std::vector<std::string> TopicNames::hole(Filled& filled, const Hole& hole, const Facts& known) {
  const TypedValue value = expressions_.path(tree_, hole.steps, hole.span, known);
  if (value.bad) {
    filled.bad = true;
    return {};
  }
  const Span with_braces{hole.span.file, hole.span.begin - 1, hole.span.end + 1};
  const std::string written = context_.text(hole.span);
  const Kind kind = value.type.kind;
  if (kind == Kind::object || kind == Kind::list) {
    context_.diagnostics
        .add(Code::types_differ, with_braces, ticked(written) + " cannot be part of a topic's name",
             noun(value.type) + " has no text form")
        .help(kind == Kind::object ? "name one of its fields" : "name one of its items: `first(…)`");
    filled.bad = true;
    return {};
  }
  if (value.may_be_absent()) {
    context_.diagnostics
        .add(Code::else_needed, with_braces, "the part " + ticked(written) + " of this topic name may be missing",
             expressions_.why_absent(value.absent, known))
        .help("name it with a default: `def name = " + written + " ?? \"none\"`, and use `{name}`");
    filled.bad = true;
    return {};
  }
  filled.nodes.push_back(value.node);
  if (Texts texts = possible_texts(context_.program, value.node)) {
    return std::move(*texts);
  }
  if (filled.enumerable) {
    filled.enumerable = false;
    filled.open = with_braces;
    const bool named = kind == Kind::text && value.type.names != kNone;
    filled.open_label = named ? "`or other` lets new values through; each would create a topic"
                              : "a free " +
                                    std::string(kind == Kind::text ? "text" : type_word(context_.program, value.type)) +
                                    (context_.program.nodes[value.node].op == Op::field ? " field" : "") +
                                    "; every new value would create a topic";
  }
  return {};
}

void TopicNames::refuse_open(const Filled& filled) {
  const std::string head = filled.family.substr(0, filled.family.find('*'));
  std::string overflow = head.substr(0, head.find('.')) + ".other";
  for (const auto& [name, info] : context_.topics) {
    const bool shares = name.starts_with(head.substr(0, head.find('.') + 1)) && name.find("other") != std::string::npos;
    if (shares && name.find('*') == std::string::npos) {
      overflow = name;
      break;
    }
  }
  const std::string cap = "at most 40 topics else \"" + overflow + "\"";
  const std::uint32_t end = filled.text->span.end;
  std::string example = filled.family;
  for (std::size_t star = example.find('*'); star != std::string::npos; star = example.find('*')) {
    example.replace(star, 1, "x");
  }
  context_.diagnostics
      .add(Code::topic_not_enumerable, filled.open, "this topic name can take any number of values", filled.open_label)
      .help("cap it:         " + ticked(cap),
            Fix{{{{filled.text->span.file, end, end}, " " + cap}}, Applicability::edit, "fix, edit the number"})
      .help("or list them:   " + ticked("one of (\"" + example + "\", …)") + ", or map the field through a `lookup`");
}

// ---- `one of (…)`

void TopicNames::listed(const ast::To& to, const Filled& filled, Target& target) {
  std::map<std::string_view, Span> seen;
  target.listed = true;
  for (const ast::Text& name : to.one_of) {
    if (const auto [first, is_new] = seen.emplace(name.text, name.span); !is_new) {
      context_.diagnostics.add(Code::said_twice, name.span, ticked(name.text) + " is listed twice", "a second time")
          .label(first->second, "the first time")
          .help("remove one of them");
      continue;
    }
    const std::string text(name.text);
    if (!is_topic_name(text, name.span)) {
      continue;
    }
    const bool possible = filled.enumerable && filled.names.size() <= kMaxNames
                              ? std::find(filled.names.begin(), filled.names.end(), text) != filled.names.end()
                              : matches_topic(filled.family, text);
    if (!possible) {
      context_.diagnostics
          .add(Code::not_such_a_name, name.span, ticked(to.topic.raw) + " never becomes " + ticked(text),
               "no value of its parts gives this")
          .label(to.topic.span, "the name that is filled in")
          .help("whole names of topics are listed: " + ticked(filled.family) + " with something for each `*`");
      continue;
    }
    target.names.push_back(text);
    choose_declared(filled, {text}, name.span, target);
  }
}

// ---- `at most N topics else "overflow"`

void TopicNames::capped(const ast::To& to, const Filled& filled, Target& target) {
  const auto most = whole_number(to.at_most->token, kMostTopics);
  if (!most || *most < 1) {
    context_.diagnostics
        .add(Code::bad_topic_setting, to.at_most->span, ticked(to.at_most->token) + " is out of range", "out of range")
        .help("between 1 and 10,000 topics");
    return;
  }
  target.at_most = static_cast<std::int32_t>(*most);
  if (to.overflow->text.find('*') != std::string_view::npos) {
    context_.diagnostics
        .add(Code::bad_topic_name, to.overflow->span,
             "what is too much goes to one topic, not to " + ticked(to.overflow->text), "a pattern")
        .help("name a topic of its own for them");
  } else if (const TopicInfo* overflow = find_topic(context_, *to.overflow, event_.event->name.text)) {
    target.overflow = overflow->index;
    check_event(to.overflow->text, to.overflow->span, *overflow);
  }
  if (const TopicInfo* family = family_of({filled.family})) {
    target.topic = family->index;
    context_.use(to.topic.span, family->topic->name.span, false);
    return check_event(family->topic->name.text, to.topic.span, *family);
  }
  context_.diagnostics
      .add(Code::unknown_topic, to.topic.span, "topic " + ticked(filled.family) + " is not declared",
           "no declared topic takes these names")
      .help("declare them all at once: `topic \"" + filled.family + "\" { event " +
            std::string(event_.event->name.text) + " }`");
}

// ---- names that can be told beforehand

void TopicNames::enumerated(const ast::To& to, const Filled& filled, Target& target) {
  if (filled.names.size() > kMaxNames) {
    context_.diagnostics
        .add(Code::topic_not_enumerable, to.topic.span, "this topic name can take more than 1,000 values",
             "too many topics")
        .help("fill in fewer parts");
    return;
  }
  target.names = filled.names;
  for (const std::string& name : filled.names) {
    if (!is_topic_name(name, to.topic.span)) {
      return;
    }
  }
  choose_declared(filled, filled.names, to.topic.span, target);
}

bool TopicNames::is_topic_name(const std::string& name, Span span) {
  const std::string problem =
      name.find('*') == std::string::npos ? topic_name_problem(name) : "`*` stands only in names that are declared";
  if (problem.empty()) {
    note_topic_name(context_, name, span);
    return true;
  }
  context_.diagnostics.add(Code::bad_topic_name, span, ticked(name) + " is no name of a topic", problem)
      .help("use ASCII letters, digits, `.`, `_` and `-`, at most 249");
  return false;
}

/// The declared pattern that all of the names belong to; of several the longest.
const TopicInfo* TopicNames::family_of(const std::vector<std::string>& names) const {
  const TopicInfo* best = nullptr;
  std::size_t length = 0;
  for (const auto& [pattern, info] : context_.topics) {
    const bool all = pattern.size() > length && pattern.find('*') != std::string::npos &&
                     std::all_of(names.begin(), names.end(), [&pattern = pattern](const std::string& each) {
                       return matches_topic(pattern, each);
                     });
    if (all) {
      best = &info;
      length = pattern.size();
    }
  }
  return best;
}

/// One pattern that all names belong to, or else each name declared by itself.
void TopicNames::choose_declared(const Filled& filled, const std::vector<std::string>& names, Span span,
                                 Target& target) {
  if (const TopicInfo* family = family_of(names)) {
    target.topic = target.topic == kNone ? family->index : target.topic;
    context_.use(span, family->topic->name.span, false);
    return check_event(family->topic->name.text, span, *family);
  }
  for (const std::string& each : names) {
    const auto found = context_.topics.find(each);
    if (found == context_.topics.end()) {
      if (!context_.is_poisoned("topic", each)) {
        context_.diagnostics
            .add(Code::unknown_topic, span, "topic " + ticked(each) + " is not declared", "can become " + ticked(each))
            .help("declare it, or all of them at once: `topic \"" + filled.family + "\" { event " +
                  std::string(event_.event->name.text) + " }`");
      }
      return;
    }
    target.topic = target.topic == kNone ? found->second.index : target.topic;
    context_.use(span, found->second.topic->name.span, span != filled.text->span);
    check_event(each, span, found->second);
  }
}

void TopicNames::check_event(std::string_view name, Span span, const TopicInfo& topic) {
  const Index carries = context_.program.topics[topic.index].shape;
  if (carries == kNone || carries == event_.shape) {
    return;
  }
  context_.diagnostics
      .add(Code::event_mismatch, span,
           "topic " + ticked(name) + " carries " + ticked(context_.program.shapes[carries].name) + ", not " +
               ticked(event_.event->name.text),
           "another event")
      .label(topic.topic->name.span, "declared here")
      .help("deliver to a topic that carries " + ticked(event_.event->name.text));
}

} // namespace millrace::dsl::check
