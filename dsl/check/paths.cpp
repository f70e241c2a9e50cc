// What a name stands for, and whether it is known to be present.
#include "dsl/check/expressions.hpp"

#include <algorithm>

namespace millrace::dsl::check {
namespace {

constexpr std::size_t kMaxSteps = 64; // of a path in a hole; elsewhere the grammar says so
constexpr std::int64_t kMaxIndex = 1'000'000'000;

bool in_backticks(const ast::Step& step) {
  return step.kind == ast::Step::Kind::name && step.span.size() != step.text.size();
}

} // namespace

const Expressions::Binding* Expressions::binding_of(std::string_view name) const {
  const auto found = std::find_if(scope_->names.rbegin(), scope_->names.rend(),
                                  [&](const Binding& binding) { return binding.name == name; });
  return found == scope_->names.rend() ? nullptr : &*found;
}

Expressions::Resolved Expressions::resolve(const std::vector<ast::Step>& steps, Span span) {
  const ast::Step& first = steps.front();
  Resolved resolved;
  if (const Binding* binding = binding_of(first.text)) {
    resolved.kind = Resolved::Kind::binding;
    resolved.binding = binding;
    context_.use(first.span, binding->declared_at);
    return resolved;
  }
  if (!in_backticks(first) && (first.text == "meta" || first.text == "payload" || first.text == "unmapped")) {
    resolved = resolve_meta(steps, span);
    resolved.used = steps.size();
    return resolved;
  }
  const auto def = context_.defs.find(first.text);
  const auto let = context_.lets.find(first.text);
  const auto lookup = context_.lookups.find(first.text);
  if (lookup != context_.lookups.end() && find_field(0, first.text) == kNone) { // else the clash was reported
    resolved.kind = Resolved::Kind::lookup;
    resolved.lookup = &lookup->second;
    context_.use(first.span, lookup->second.lookup->name.span);
    return resolved;
  }
  if (def == context_.defs.end() && let == context_.lets.end()) {
    return resolve_field(steps);
  }
  if (def != context_.defs.end()) {
    def->second.used = true;
  }
  if (steps.size() > 1) {
    diagnostics()
        .add(Code::misused_name, steps[1].span, ticked(first.text) + " has no parts", "nothing to look into")
        .help(ticked(first.text) + " is one value; only events and objects have fields");
    return {};
  }
  if (def != context_.defs.end()) {
    resolved.kind = Resolved::Kind::def;
    resolved.def = &def->second;
    context_.use(first.span, def->second.def->name.span);
  } else {
    resolved.kind = Resolved::Kind::let;
    resolved.let = &let->second;
    context_.use(first.span, let->second.let->name.span);
  }
  return resolved;
}

Expressions::Resolved Expressions::resolve_meta(const std::vector<ast::Step>& steps, Span span) {
  Resolved resolved;
  const std::string_view first = steps.front().text;
  if (first == "payload" && steps.size() == 1) {
    resolved.kind = Resolved::Kind::payload;
    return resolved;
  }
  if (first == "unmapped" && steps.size() == 1) {
    if (unmapped_set_ != kNone) {
      resolved.kind = Resolved::Kind::unmapped;
      return resolved;
    }
    diagnostics()
        .add(Code::misused_name, span, "`unmapped` is what the other columns of a table leave over", "no table here")
        .help("use it as the value of a jsonb column, or `payload` for the whole event");
    return {};
  }
  const std::string_view second = first == "meta" && steps.size() > 1 ? steps[1].text : "";
  if (second == "topic" && steps.size() == 2) {
    resolved.kind = Resolved::Kind::meta_topic;
    resolved.slot = kMetaTopic;
  } else if (second == "received_at" && steps.size() == 2) {
    resolved.kind = Resolved::Kind::received_at;
  } else if (second == "headers" && steps.size() == 3 && steps[2].kind != ast::Step::Kind::index) {
    resolved.kind = Resolved::Kind::meta_header;
    resolved.text = context_.program.add_text(steps[2].text);
    resolved.slot = kMetaHeaders + resolved.text;
  } else {
    diagnostics()
        .add(Code::unknown_field, span, "the source knows no " + ticked(context_.text(span)) + " of an event",
             "no such value")
        .help(
            "there are `meta.topic`, `meta.received_at` and `meta.headers[\"name\"]`; a field of this name is written "
            "in "
            "backticks");
  }
  return resolved;
}

/// As far as the path goes through objects; an element of a list, and what is below it, is no field.
Expressions::Resolved Expressions::resolve_field(const std::vector<ast::Step>& steps) {
  Resolved resolved;
  resolved.kind = Resolved::Kind::field;
  Index slot = 0;
  std::size_t used = 0;
  for (; used < steps.size(); ++used) {
    const ast::Step& step = steps[used];
    if (step.kind == ast::Step::Kind::index || shape().fields[slot].type.kind == Kind::list) {
      break;
    }
    Index next = find_field(slot, step.text);
    if (next == kNone && event_.free_below.size() > slot && !event_.free_below[slot]) {
      report_unknown(steps, used, slot);
      return {};
    }
    if (next == kNone || !shape().fields[next].declared) {
      warn_similar(step, slot);
      next = context_.program.undeclared_field(event_.shape, slot, step.text);
    } else {
      context_.use(step.span, event_.declared_at[next]);
    }
    slot = next;
  }
  resolved.slot = slot;
  resolved.used = used;
  return resolved;
}

Index Expressions::find_field(Index parent, std::string_view name) const {
  const std::vector<Field>& fields = shape().fields;
  for (std::size_t i = 1; i < fields.size(); ++i) {
    if (fields[i].parent == parent && fields[i].name == name) {
      return static_cast<Index>(i);
    }
  }
  return kNone;
}

std::string Expressions::written(const std::vector<ast::Step>& steps, std::size_t count) const {
  return context_.text(steps.front().span | steps[count - 1].span);
}

void Expressions::report_unknown(const std::vector<ast::Step>& steps, std::size_t step, Index parent) {
  const std::string_view name = steps[step].text;
  if (step == 0 && (context_.is_poisoned("def", name) || context_.is_poisoned("let", name))) {
    return;
  }
  if ((step == 0 && context_.is_poisoned("lookup", name)) || context_.is_poisoned("fields", shape().name)) {
    return;
  }
  std::vector<std::string> siblings;
  for (const Field& field : shape().fields) {
    if (&field != &shape().fields[0] && field.parent == parent && field.declared) {
      siblings.push_back(field.name);
    }
  }
  const Field& above = shape().fields[parent];
  if (parent != 0 && siblings.empty()) {
    auto& diagnostic = diagnostics().add(
        Code::unknown_field, steps[step].span,
        ticked(written(steps, step)) + " is " + noun(above.type) + " and has no fields", "nothing to look into");
    diagnostic.note(ticked(written(steps, step)) + " is declared at " + context_.place(event_.declared_at[parent]));
    note_use(diagnostic);
    return;
  }
  auto& diagnostic =
      diagnostics().add(Code::unknown_field, steps[step].span,
                        ticked(shape().name) + " has no field " + ticked(written(steps, step + 1)), "unknown field");
  std::vector<std::string> candidates = siblings;
  if (step == 0) {
    for (const auto& more : {names_of(context_.defs), names_of(context_.lets), names_of(context_.lookups)}) {
      candidates.insert(candidates.end(), more.begin(), more.end());
    }
    for (const Binding& binding : scope_->names) {
      candidates.emplace_back(binding.name);
    }
  }
  const std::string near = nearest(name, candidates);
  const std::string truth = step == 0 && steps.size() == 1 ? nearest(name, {"true", "false"}) : "";
  const std::string prefix = step == 0 ? "" : written(steps, step) + ".";
  const auto is_sibling = [&](std::string_view field) {
    return std::find(siblings.begin(), siblings.end(), field) != siblings.end();
  };
  if (step == 0 && steps.size() > 1 && near.empty() && is_sibling(steps[1].text)) {
    const Span owner{steps[0].span.file, steps[0].span.begin, steps[1].span.begin};
    diagnostic.help("a field of the event stands by itself: " + ticked(steps[1].text),
                    Fix{{{owner, ""}}, Applicability::machine, "fix: remove " + ticked(context_.text(owner))});
  } else if (near.empty() && !truth.empty()) {
    diagnostic.help(
        "did you mean " + ticked(truth) + "?",
        Fix{{{steps[step].span, truth}}, Applicability::machine, "fix: " + ticked(name) + " → " + ticked(truth)});
  } else if (!near.empty()) {
    diagnostic.help(
        "there is a field with a similar name: " + ticked(prefix + near),
        Fix{{{steps[step].span, near}}, Applicability::machine, "fix: " + ticked(name) + " → " + ticked(near)});
  } else {
    diagnostic.help("declare it in the event, or declare the event `open`");
  }
  std::string list;
  for (const std::string& sibling : siblings) {
    list += (list.empty() ? "" : ", ") + sibling;
  }
  const std::string owner = parent == 0 ? shape().name : written(steps, step);
  diagnostic.note(ticked(owner) + " is declared at " + context_.place(event_.declared_at[parent]) + " with fields " +
                  list);
  note_use(diagnostic);
}

void Expressions::warn_similar(const ast::Step& step, Index parent) {
  std::vector<std::string> siblings;
  for (std::size_t i = 1; i < shape().fields.size(); ++i) {
    const Field& field = shape().fields[i];
    if (field.parent == parent && field.declared) {
      siblings.push_back(field.name);
    }
  }
  const std::string near = nearest(step.text, siblings);
  if (!near.empty() && near != step.text) {
    diagnostics()
        .add(Code::similar_name, step.span, ticked(step.text) + " is not declared, but " + ticked(near) + " is",
             "read as an undeclared field")
        .help("if the declared field is meant",
              Fix{{{step.span, near}}, Applicability::choice, "fix: " + ticked(step.text) + " → " + ticked(near)});
  }
}

TypedValue Expressions::path_value(const std::vector<ast::Step>& steps, Span span, const Facts& known, bool as_whole) {
  if (steps.size() > kMaxSteps) {
    diagnostics()
        .add(Code::nested_too_deeply, span, "more than 64 parts of a path", "one too many")
        .help("use a shorter one");
    return poisoned(span);
  }
  const Resolved resolved = resolve(steps, span);
  switch (resolved.kind) {
    case Resolved::Kind::bad:
      return poisoned(span);
    case Resolved::Kind::def:
      return of_def(*resolved.def, nullptr, span, known, as_whole);
    case Resolved::Kind::let: {
      const auto* literal = std::get_if<ast::Literal>(&(*resolved.let->tree)[resolved.let->let->value].node);
      if (literal != nullptr) {
        return natural(*literal, span);
      }
      diagnostics()
          .add(Code::misused_name, span, ticked(context_.text(span)) + " is a list", "not a single value")
          .help("a list stands behind `in`: `x in " + context_.text(span) + "`");
      return poisoned(span);
    }
    case Resolved::Kind::lookup:
      return lookup_path(*resolved.lookup, steps, span, known);
    case Resolved::Kind::field:
    case Resolved::Kind::binding:
    case Resolved::Kind::meta_topic:
    case Resolved::Kind::received_at:
    case Resolved::Kind::meta_header:
    case Resolved::Kind::payload:
    case Resolved::Kind::unmapped:
      break;
  }
  const bool is_whole = resolved.used == steps.size();
  const Span first = is_whole ? span : steps.front().span | steps[std::max<std::size_t>(resolved.used, 1) - 1].span;
  TypedValue value = resolved_value(resolved, first, known);
  for (std::size_t i = resolved.used; i < steps.size() && !value.bad; ++i) {
    value = step_into(std::move(value), steps[i], known);
  }
  value.span = span;
  return value;
}

/// `base.name`, `base["key"]` and `base[3]` of what is no field of the event.
TypedValue Expressions::step_into(TypedValue base, const ast::Step& step, const Facts& known) {
  Program& program = context_.program;
  const bool by_index = step.kind == ast::Step::Kind::index;
  const bool fits = by_index ? base.type.kind == Kind::list || base.type.kind == Kind::any
                             : base.type.kind == Kind::object || base.type.kind == Kind::any;
  if (!fits) {
    report_not_inside(context_.text(base.span), base.type, step);
    return poisoned(base.span | step.span);
  }
  TypedValue value = base;
  value.span = base.span | step.span;
  if (by_index) {
    const auto number = whole_number(step.text, kMaxIndex);
    if (!number) {
      diagnostics()
          .add(Code::literal_does_not_fit, step.span, ticked(step.text) + " is no index of a list", "too large")
          .help("the first element is `[0]`");
      return poisoned(value.span);
    }
    value.span.end += context_.sources.text(value.span.file).substr(value.span.end).starts_with("]") ? 1 : 0;
    value.type = base.type.kind == Kind::list ? element_of(program, base.type) : plain(Kind::any);
    value.node = program.add_node({Op::item, value.type, base.node, static_cast<Index>(*number)});
  } else {
    value.type = plain(Kind::any);
    value.node = program.add_node({Op::member, value.type, base.node, program.add_text(step.text)});
  }
  may_fail(value, known,
           ticked(context_.text(base.span)) + (by_index ? " may have fewer elements" : " may have no such field"));
  return value;
}

void Expressions::report_not_inside(const std::string& owner, const ValueType& type, const ast::Step& step) {
  const bool by_index = step.kind == ast::Step::Kind::index;
  auto& diagnostic = diagnostics().add(
      Code::unknown_field, step.span,
      ticked(owner) + " is " + noun(type) + (by_index ? ", not a list" : " and has no fields"), "nothing to look into");
  if (type.kind == Kind::list) {
    diagnostic.help("its elements are reached by `some x in " + owner +
                    " satisfies (…)`, `every x in …`, or by number: `" + owner + "[0]`");
  } else if (type.kind == Kind::object) {
    diagnostic.help("its fields are reached by name: `" + owner + ".name`");
  }
  note_use(diagnostic);
}

/// The argument of a call once more, where its names are what they are around the call: nothing of the definitions that
/// are used since then is open there.
TypedValue Expressions::written_out(const Binding& binding, const Facts& known) {
  if (too_large(binding.tree->exprs[binding.argument->index].span)) {
    return poisoned(binding.tree->exprs[binding.argument->index].span);
  }
  const ValueType type = binding.type; // the binding may move
  const ast::ExprId argument = *binding.argument;
  const ast::File* const tree = std::exchange(tree_, binding.tree);
  Scope* const scope = std::exchange(scope_, binding.scope);
  const std::vector<DefInfo*> closed(open_defs_.begin() + static_cast<std::ptrdiff_t>(binding.open_defs),
                                     open_defs_.end());
  for (DefInfo* const def : closed) {
    def->open = false;
  }
  const ast::Literal* literal = literal_of(*tree_, argument);
  TypedValue value =
      literal != nullptr ? literal_as(*literal, at(argument).span, type, false) : value_at(argument, known);
  for (DefInfo* const def : closed) {
    def->open = true;
  }
  tree_ = tree;
  scope_ = scope;
  return value;
}

TypedValue Expressions::bound_value(const Binding& binding, Span span, const Facts& known) {
  TypedValue value;
  value.span = span;
  value.type = binding.type;
  if (binding.element != kNone) {
    value.node = context_.program.add_node({Op::element, value.type, binding.element, kNone});
    if (binding.may_be_null) {
      may_fail(value, known, "an element of the list may be null");
    }
    return value;
  }
  if (!binding.argument) { // only tried: all that counts is the type
    value.node = context_.program.add_node({Op::received_at, value.type, kNone, kNone});
    return value;
  }
  const std::string name(binding.name);
  const ValueType type = binding.type;
  if (binding.made && binding.made_with == known) {
    value = std::move(*binding.made);
    binding.made.reset();
  } else {
    value = written_out(binding, known);
  }
  value.span = span;
  if (!value.bad && type.kind != Kind::any && type.kind != Kind::integer) { // an int keeps its digits
    value.type = type;
  }
  if (value.absent != kNone) {
    const std::string why = why_absent(value.absent, known);
    value.absent = terms_.slot("parameter " + name + " " + std::to_string(value.absent), {name, why, value.absent});
  }
  return value;
}

TypedValue Expressions::resolved_value(const Resolved& resolved, Span span, const Facts& known) {
  Program& program = context_.program;
  TypedValue value;
  value.span = span;
  const ValueType text{Kind::text, Wire::natural, 0, 0, kNone};
  const ValueType time{Kind::timestamp, Wire::natural, 0, 0, kNone};
  const ValueType object{Kind::object, Wire::natural, 0, 0, kNone};
  switch (resolved.kind) {
    case Resolved::Kind::field:
      value.type = shape().fields[resolved.slot].type;
      value.node = program.add_node({Op::field, value.type, resolved.slot, kNone});
      if (reads_log_ != nullptr) {
        reads_log_->push_back({resolved.slot, span});
      }
      break;
    case Resolved::Kind::meta_topic:
      value.type = text;
      value.node = program.add_node({Op::meta_topic, text, kNone, kNone});
      break;
    case Resolved::Kind::meta_header:
      value.type = text;
      value.node = program.add_node({Op::meta_header, text, resolved.text, kNone});
      break;
    case Resolved::Kind::received_at:
      value.type = time;
      value.node = program.add_node({Op::received_at, time, kNone, kNone});
      return value;
    case Resolved::Kind::payload:
      value.type = object;
      value.node = program.add_node({Op::payload, object, kNone, kNone});
      return value;
    case Resolved::Kind::unmapped:
      value.type = object;
      value.node = program.add_node({Op::unmapped, object, unmapped_set_, kNone});
      return value;
    case Resolved::Kind::binding:
      return bound_value(*resolved.binding, span, known);
    case Resolved::Kind::bad:
    case Resolved::Kind::def:
    case Resolved::Kind::let:
    case Resolved::Kind::lookup:
      return poisoned(span);
  }
  add_present(value.reads, resolved.slot);
  if (!is_present(resolved.slot, known)) {
    value.absent = resolved.slot;
  }
  return value;
}

} // namespace millrace::dsl::check
