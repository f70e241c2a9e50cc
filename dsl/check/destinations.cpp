// Checking and lowering destinations. A new clause is a member of Clauses and of the program's Target.
#include "dsl/check/destinations.hpp"

#include "dsl/check/topic_names.hpp"

namespace millrace::dsl::check {
namespace {

constexpr std::size_t kMaxTargets = 16;

std::string what_is(const ast::Clause& clause) {
  switch (clause.kind) {
    case ast::Clause::Kind::key:
      return "the key";
    case ast::Clause::Kind::header:
      return "the header " + ticked(clause.header.text);
    case ast::Clause::Kind::partition_by:
      return "`partition by`";
    case ast::Clause::Kind::timestamp:
      return "`timestamp`";
    case ast::Clause::Kind::omit:
      return "`omit`";
  }
  return "";
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
  const auto once = [&](const ast::Clause*& place, const ast::Clause* clause) {
    place != nullptr ? twice(*clause, *place) : void(place = clause);
  };
  for (const ast::Clause* clause : clauses) {
    switch (clause->kind) {
      case ast::Clause::Kind::key:
        once(collected.key, clause);
        break;
      case ast::Clause::Kind::partition_by:
        once(collected.partition_by, clause);
        break;
      case ast::Clause::Kind::timestamp:
        once(collected.timestamp, clause);
        break;
      case ast::Clause::Kind::header: {
        const auto first =
            std::find_if(collected.headers.begin(), collected.headers.end(),
                         [&](const ast::Clause* known) { return known->header.text == clause->header.text; });
        first != collected.headers.end() ? twice(*clause, **first) : collected.headers.push_back(clause);
        break;
      }
      case ast::Clause::Kind::omit:
        refuse_else(*clause);
        collected.omitted.insert(collected.omitted.end(), clause->paths.begin(), clause->paths.end());
        break;
    }
  }
  return collected;
}

/// What a `to` says itself counts; `omit` adds up.
Destinations::Clauses Destinations::joined(Clauses own, const Clauses& around) const {
  own.key = own.key != nullptr ? own.key : around.key;
  own.partition_by = own.partition_by != nullptr ? own.partition_by : around.partition_by;
  own.timestamp = own.timestamp != nullptr ? own.timestamp : around.timestamp;
  for (const ast::Clause* outer : around.headers) {
    const bool overridden = std::any_of(own.headers.begin(), own.headers.end(), [&](const ast::Clause* inner) {
      return inner->header.text == outer->header.text;
    });
    if (!overridden) {
      own.headers.push_back(outer);
    }
  }
  own.omitted.insert(own.omitted.begin(), around.omitted.begin(), around.omitted.end());
  return own;
}

Target Destinations::target(const ast::To& to, const Clauses& around, const Facts& known) {
  Target target;
  std::vector<const ast::Clause*> own;
  for (const ast::Clause& clause : to.clauses) {
    own.push_back(&clause);
  }
  const Clauses clauses = joined(collect(own), around);
  TopicNames(context_, event_, tree_, expressions_).lower(to, known, target);
  if (clauses.key != nullptr) {
    key(*clauses.key, known, target);
  }
  if (clauses.partition_by != nullptr) {
    partition_by(*clauses.partition_by, known, target);
  }
  if (clauses.timestamp != nullptr) {
    timestamp(*clauses.timestamp, known, target);
  }
  for (const ast::Clause* clause : clauses.headers) {
    header(*clause, known, target);
  }
  omit(clauses.omitted, target);
  return target;
}

void Destinations::key(const ast::Clause& clause, const Facts& known, Target& target) {
  const TypedValue value = clause_value(clause, known, true);
  target.key = value.node;
  target.key_otherwise = otherwise(clause, value, known);
}

void Destinations::header(const ast::Clause& clause, const Facts& known, Target& target) {
  const TypedValue value = clause_value(clause, known, true);
  target.headers.push_back(
      {context_.program.add_text(clause.header.text), value.node, otherwise(clause, value, known)});
}

void Destinations::partition_by(const ast::Clause& clause, const Facts& known, Target& target) {
  const TypedValue value = clause_value(clause, known, true);
  if (require_value(clause, value, known)) {
    target.partition_by = value.node;
  }
}

void Destinations::timestamp(const ast::Clause& clause, const Facts& known, Target& target) {
  const TypedValue value = clause_value(clause, known, false);
  if (!require_value(clause, value, known)) {
    return;
  }
  if (value.type.kind != Kind::timestamp) {
    context_.diagnostics
        .add(Code::types_differ, value.span, "`timestamp` is a point in time", "this is " + noun(value.type))
        .help("name a `timestamp` field, or read one: `x as timestamp`");
    return;
  }
  target.timestamp = value.node;
}

/// `partition by` and `timestamp` are always said.
bool Destinations::require_value(const ast::Clause& clause, const TypedValue& value, const Facts& known) {
  if (value.bad || refuse_else(clause)) {
    return false;
  }
  if (!value.may_be_absent() && value.type.kind != Kind::any) {
    return true;
  }
  const bool time = clause.kind == ast::Clause::Kind::timestamp;
  const std::string written = context_.text(value.span);
  context_.diagnostics
      .add(
          Code::else_needed, value.span, what_is(clause) + " needs a value, and " + ticked(written) + " may be missing",
          value.may_be_absent() ? expressions_.why_absent(value.absent, known) : "an object or a list has no text form")
      .help(time ? "give it a default: " + ticked(written + " ?? meta.received_at")
                 : "give it a default: " + ticked(written + " ?? \"none\"") + ", or name a field that is always there");
  return false;
}

void Destinations::omit(const std::vector<ast::ExprId>& paths, Target& target) {
  std::vector<Index> slots;
  std::vector<Span> spans;
  for (const ast::ExprId path : paths) {
    const Index slot = omitted_slot(path);
    if (slot == kNone) {
      continue;
    }
    const Span span = tree_[path].span;
    const std::vector<Field>& fields = context_.program.shapes[event_.shape].fields;
    const auto covers = [&](Index outer, Index inner) {
      while (inner != outer && inner != 0) {
        inner = fields[inner].parent;
      }
      return inner == outer;
    };
    const auto first = std::find_if(slots.begin(), slots.end(),
                                    [&](Index other) { return covers(other, slot) || covers(slot, other); });
    if (first == slots.end()) {
      slots.push_back(slot);
      spans.push_back(span);
      continue;
    }
    const Span other = spans[static_cast<std::size_t>(first - slots.begin())];
    context_.diagnostics
        .add(Code::said_twice, span,
             *first == slot ? ticked(context_.text(span)) + " is left out twice"
                            : "of " + ticked(context_.text(span)) + " and " + ticked(context_.text(other)) +
                                  " one is part of the other",
             "a second time")
        .label(other, "the first time")
        .help("remove one of them; what a rule omits, each of its `to` omits");
  }
  if (slots.empty()) {
    return;
  }
  std::sort(slots.begin(), slots.end());
  std::vector<std::vector<Index>>& sets = context_.program.field_sets;
  if (sets.empty() || sets.back() != slots) { // neighbours often omit the same
    sets.push_back(std::move(slots));
  }
  target.omit = static_cast<Index>(sets.size() - 1);
}

/// The field that a path of `omit` names; reported if it is none.
Index Destinations::omitted_slot(ast::ExprId expr) {
  const auto& path = std::get<ast::Path>(tree_[expr].node);
  const Span span = tree_[expr].span;
  const auto refuse = [&](std::string headline, std::string label, std::string help) {
    context_.diagnostics.add(Code::misused_name, span, std::move(headline), std::move(label)).help(std::move(help));
    return kNone;
  };
  const auto index = std::find_if(path.steps.begin(), path.steps.end(),
                                  [](const ast::Step& step) { return step.kind == ast::Step::Kind::index; });
  if (index != path.steps.end()) {
    return refuse("an item of a list cannot be left out", "an item of a list", "omit the whole list");
  }
  const bool quoted = context_.text(span).starts_with('`');
  if (!quoted && path.steps.front().text == "payload") {
    return refuse("the whole event cannot be left out", "all of it", "name the fields that are to be left out");
  }
  if (!quoted && (path.steps.front().text == "meta" || path.steps.front().text == "unmapped")) {
    return refuse(ticked(context_.text(span)) + " is not part of the event", "comes from the source",
                  "name fields of the event");
  }
  const TypedValue value = expressions_.path(tree_, path.steps, span, {});
  if (value.bad) {
    return kNone;
  }
  const Node& node = context_.program.nodes[value.node];
  if (node.op != Op::field) {
    return refuse("only a field can be left out", ticked(context_.text(span)) + " is no field",
                  "name fields of " + ticked(event_.event->name.text));
  }
  return node.a;
}

TypedValue Destinations::clause_value(const ast::Clause& clause, const Facts& known, bool with_holes) {
  TypedValue value = expressions_.whole(tree_, clause.value, known, with_holes);
  const Kind kind = value.type.kind;
  if (!value.bad && (kind == Kind::object || kind == Kind::list)) {
    context_.diagnostics
        .add(Code::types_differ, value.span, what_is(clause) + " cannot be " + noun(value.type),
             noun(value.type) + " has no text form")
        .help(kind == Kind::object ? "name one of its fields" : "name one of its items: `first(…)`");
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
  if (what != ast::Otherwise::none && !is_key && clause.kind != ast::Clause::Kind::header) {
    const std::uint32_t before =
        clause.paths.empty() ? tree_[clause.value].span.end : tree_[clause.paths.back()].span.end;
    context_.diagnostics
        .add(Code::wrong_else, clause.otherwise.span, what_is(clause) + " takes no `else`",
             "`else " + std::string(word_of(what)) + "` cannot stand here")
        .help(clause.paths.empty() ? "remove it, and give the value a default with `??` where it may be missing"
                                   : "remove it: what is not there is left out already",
              Fix{{{{clause.span.file, before, clause.otherwise.span.end}, ""}}, Applicability::machine, "fix"});
    return true;
  }
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

} // namespace millrace::dsl::check
