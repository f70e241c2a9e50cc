// What a name stands for, and whether it is known to be present.
#include "dsl/check/expressions.hpp"

namespace millrace::dsl::check {
namespace {

bool in_backticks(const ast::Step& step) {
  return step.kind == ast::Step::Kind::name && step.span.size() != step.text.size();
}

std::string last_part(const std::string& path) {
  if (path.find('[') != std::string::npos) {
    return "header of that name";
  }
  const std::size_t dot = path.rfind('.');
  return dot == std::string::npos ? path : path.substr(dot + 1);
}

} // namespace

Expressions::Resolved Expressions::resolve(const std::vector<ast::Step>& steps, Span span) {
  const ast::Step& first = steps.front();
  if (!in_backticks(first) && (first.text == "meta" || first.text == "payload" || first.text == "unmapped")) {
    return resolve_meta(steps, span);
  }
  const auto def = context_.defs.find(first.text);
  const auto let = context_.lets.find(first.text);
  if (def == context_.defs.end() && let == context_.lets.end()) {
    return resolve_field(steps, span);
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
  Resolved resolved;
  if (def != context_.defs.end()) {
    resolved.kind = Resolved::Kind::def;
    resolved.def = &def->second;
  } else {
    resolved.kind = Resolved::Kind::let;
    resolved.let = &let->second;
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

Expressions::Resolved Expressions::resolve_field(const std::vector<ast::Step>& steps, Span span) {
  Index slot = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const ast::Step& step = steps[i];
    if (step.kind == ast::Step::Kind::index) {
      diagnostics()
          .add(Code::not_available_yet, step.span, "an index into a list is not available in this version",
               "a form that comes later")
          .help("what this version reads is in docs/rules/reference.md");
      return {};
    }
    Index next = find_field(slot, step.text);
    if (next == kNone && event_.free_below.size() > slot && !event_.free_below[slot]) {
      report_unknown(steps, i, slot);
      return {};
    }
    if (next == kNone || !shape().fields[next].declared) {
      warn_similar(step, slot);
      next = context_.program.undeclared_field(event_.shape, slot, step.text);
    }
    slot = next;
  }
  (void)span;
  Resolved resolved;
  resolved.kind = Resolved::Kind::field;
  resolved.slot = slot;
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
  if (step == 0 && context_.is_poisoned("lookup", name)) {
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
    for (const std::string& other : names_of(context_.defs)) {
      candidates.push_back(other);
    }
    for (const std::string& other : names_of(context_.lets)) {
      candidates.push_back(other);
    }
  }
  const std::string near = nearest(name, candidates);
  const std::string prefix = step == 0 ? "" : written(steps, step) + ".";
  if (!near.empty()) {
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
        reads_log_->push_back(resolved.slot);
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
    case Resolved::Kind::bad:
    case Resolved::Kind::def:
    case Resolved::Kind::let:
      return poisoned(span);
  }
  add_present(value.reads, resolved.slot);
  if (!is_present(resolved.slot, known)) {
    value.absent = resolved.slot;
  }
  return value;
}

bool Expressions::is_present(Index slot, const Facts& known) const {
  if (slot == 0 || known.knows(slot) || assume_presence_) {
    return true;
  }
  if (slot >= kMetaTopic) {
    return false;
  }
  const Field& field = shape().fields[slot];
  return field.declared && field.required && is_present(field.parent, known);
}

void Expressions::add_present(Facts& facts, Index slot) const {
  facts.add(slot);
  if (slot >= kMetaTopic) {
    return;
  }
  for (Index above = shape().fields[slot].parent; above != kNone && above != 0; above = shape().fields[above].parent) {
    facts.add(above);
  }
}

std::string Expressions::slot_name(Index slot) const {
  if (slot == kMetaTopic) {
    return "meta.topic";
  }
  if (slot >= kMetaHeaders) {
    return "meta.headers[\"" + std::string(context_.program.text(slot - kMetaHeaders)) + "\"]";
  }
  const Field& field = shape().fields[slot];
  return field.parent == 0 || field.parent == kNone ? field.name : slot_name(field.parent) + "." + field.name;
}

std::optional<Span> Expressions::optional_at(Index slot, const Facts& known) const {
  std::optional<Span> place;
  for (Index at = slot; at < kMetaTopic && at != 0; at = shape().fields[at].parent) {
    const Field& field = shape().fields[at];
    if (field.declared && !field.required && !known.knows(at)) {
      place = event_.declared_at[at];
    }
  }
  return place;
}

std::string Expressions::why_absent(Index slot, const Facts& known) const {
  if (slot >= kMetaTopic) {
    return ticked(slot_name(slot)) + " comes from the source, and not every source has it";
  }
  Index cause = slot;
  for (Index at = slot; at != 0; at = shape().fields[at].parent) {
    if (!shape().fields[at].required && !known.knows(at)) {
      cause = at;
    }
  }
  if (!shape().fields[cause].declared) {
    return ticked(slot_name(cause)) + " is not declared, so it may be missing";
  }
  return ticked(slot_name(cause)) + " is optional at " + context_.place(event_.declared_at[cause]);
}

void Expressions::note_use(Diagnostic& diagnostic) const {
  if (!used_at_.empty()) {
    diagnostic.label(used_at_.front(), "used here");
  }
}

bool Expressions::require_present(const TypedValue& value, Span test, const Facts& known, Site site) {
  if (!value.may_be_absent()) {
    return true;
  }
  const std::string name = slot_name(value.absent);
  const std::string whole = context_.text(at(site.whole).span);
  const auto wrap = [&](const std::string& text, bool in_parentheses) {
    return in_parentheses ? "(" + text + ")" : text;
  };
  const std::string keep = wrap("exists " + name + " and " + whole, site.parent == Parent::disjunction);
  const std::string take = wrap("not exists " + name + " or " + whole, site.parent == Parent::conjunction);
  const Span span = at(site.whole).span;
  auto& diagnostic = diagnostics().add(
      Code::may_be_absent, test, ticked(name) + " may be missing, and then this test has no clear answer",
      "should an event without " + with_article(last_part(name)) + " " + question_.fate + "?");
  const std::size_t width = std::max(question_.no.size(), question_.yes.size()) + 2;
  const auto padded = [&](std::string text) { return (text += ":") + std::string(width - text.size(), ' '); };
  diagnostic.help(padded(question_.no) + ticked(keep), Fix{{{span, keep}}, Applicability::choice, "fix 1"});
  diagnostic.help(padded(question_.yes) + ticked(take), Fix{{{span, take}}, Applicability::choice, "fix 2"});
  diagnostic.note(why_absent(value.absent, known) +
                  "; `==`, `in`, `<`, `contains` are simply false when it is missing");
  note_use(diagnostic);
  return false;
}

} // namespace millrace::dsl::check
