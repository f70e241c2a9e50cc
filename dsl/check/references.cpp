// What is reached by `[…]` and `.` behind a name of a lookup, a call or another value.
#include "dsl/check/expressions.hpp"
#include "dsl/syntax/text.hpp"

namespace millrace::dsl::check {

const LookupInfo* Expressions::lookup_named(ast::ExprId expr) const {
  const auto* path = std::get_if<ast::Path>(&at(expr).node);
  return path != nullptr && path->steps.size() == 1 ? lookup_of(*path) : nullptr;
}

const LookupInfo* Expressions::lookup_of(const ast::Path& path) const {
  if (binding_of(path.steps.front().text) != nullptr) {
    return nullptr;
  }
  const auto found = context_.lookups.find(path.steps.front().text);
  if (found == context_.lookups.end()) {
    return nullptr;
  }
  context_.use(path.steps.front().span, found->second.lookup->name.span);
  return &found->second;
}

bool Expressions::key_fits(const LookupInfo& lookup, const TypedValue& key) {
  const ValueType& wanted = context_.program.lookups[lookup.index].key;
  const bool exact_numbers = is_number(key.type.kind) && is_number(wanted.kind);
  if (key.bad || key.type.kind == wanted.kind || exact_numbers || key.type.kind == Kind::any) {
    return !key.bad;
  }
  auto& diagnostic = report_type(key, "the keys of " + ticked(lookup.lookup->name.text) + " are of type " +
                                          ticked(type_word(context_.program, wanted)));
  diagnostic.label(lookup.lookup->name.span, "the lookup");
  diagnostic.help("give it a key of that type; `x as " + type_word(context_.program, wanted) + "` reads one");
  return false;
}

TypedValue Expressions::lookup_key(const LookupInfo& lookup, ast::ExprId expr, const Facts& known) {
  const ast::Literal* literal = literal_of(*tree_, expr);
  TypedValue key = literal != nullptr
                       ? literal_as(*literal, at(expr).span, context_.program.lookups[lookup.index].key, false)
                       : value_at(expr, known);
  key.bad = key.bad || !key_fits(lookup, key);
  return key;
}

namespace {

/// The values of a file stand row by row; that a key is there does not say that its row is filled.
bool has_empty_cell(const Lookup& lookup, std::size_t column) {
  const std::size_t width = lookup.types.size();
  for (std::size_t at = column; at < lookup.values.size(); at += width) {
    if (!lookup.values[at].present()) {
      return true;
    }
  }
  return false;
}

} // namespace

/// The value of a row, or of one of its columns. Only whether the row is there is asked where `row_only`.
TypedValue Expressions::lookup_value(const LookupInfo& info, const TypedValue& key, Span span, const ast::Step* column,
                                     const Facts& known, bool row_only) {
  Program& program = context_.program;
  const Lookup& lookup = program.lookups[info.index];
  TypedValue value;
  value.span = span;
  depend(value, key);
  if (value.bad) {
    return value;
  }
  const std::string name = ticked(info.lookup->name.text);
  std::size_t number = 0;
  if (column != nullptr && !lookup.is_record) {
    diagnostics()
        .add(Code::unknown_field, column->span, "the rows of " + name + " are single values", "nothing to look into")
        .label(info.lookup->name.span, "the lookup")
        .help("leave it out");
    return poisoned(span);
  }
  if (column != nullptr) {
    const auto found = std::find(lookup.columns.begin(), lookup.columns.end(), column->text);
    if (found == lookup.columns.end()) {
      auto& diagnostic =
          diagnostics().add(Code::unknown_field, column->span,
                            "the rows of " + name + " have no column " + ticked(column->text), "unknown column");
      diagnostic.label(info.lookup->name.span, "the lookup");
      suggest(diagnostic, column->span, column->text, lookup.columns);
      diagnostic.note("it has " + enumerate(lookup.columns));
      note_use(diagnostic);
      return poisoned(span);
    }
    number = static_cast<std::size_t>(found - lookup.columns.begin());
    const std::vector<ast::LookupColumn>& declared = info.lookup->columns;
    const auto own = std::find_if(declared.begin(), declared.end(),
                                  [&](const ast::LookupColumn& each) { return each.name.text == column->text; });
    context_.use(column->span, own->name.span);
  } else if (lookup.is_record && !row_only) {
    auto& diagnostic = diagnostics().add(Code::misused_name, span, "a row of " + name + " is not a single value",
                                         "which of its columns?");
    diagnostic.help("name one of " + enumerate(lookup.columns) + ": " +
                    ticked(context_.text(span) + "." + (lookup.columns.empty() ? "" : lookup.columns.front())));
    note_use(diagnostic);
    return poisoned(span);
  }
  value.type = lookup.types.empty() ? plain(Kind::any) : lookup.types[number];
  value.type.wire = Wire::natural;
  value.node = program.add_node({Op::lookup, value.type, key.node, info.index, static_cast<std::uint8_t>(number)});
  const Index row = row_fact(info.index, key.node);
  value.reads.add(row);
  const bool may_be_empty = !row_only && has_empty_cell(lookup, number);
  if (!known.knows(row)) {
    may_fail(value, known, "not every key is in " + name);
  } else if (may_be_empty) {
    may_fail(value, known, "a cell of this column of " + name + " is empty");
  } else {
    value.absent = kNone;
  }
  return value;
}

TypedValue Expressions::lookup_path(const LookupInfo& lookup, const std::vector<ast::Step>& steps, Span span,
                                    const Facts& known, bool row_only) {
  const std::string name(lookup.lookup->name.text);
  if (lookup.index == kNone) {
    return poisoned(span); // reported
  }
  if (steps.size() == 1 || steps[1].kind == ast::Step::Kind::name) {
    auto& diagnostic = diagnostics().add(Code::misused_name, span, ticked(name) + " is a lookup", "not a single value");
    diagnostic.help("write `" + name + "[key]` for the value of a key, `key in " + name +
                    "` to ask whether it is there");
    note_use(diagnostic);
    return poisoned(span);
  }
  const ast::Step& step = steps[1];
  ast::Literal literal;
  literal.token = context_.sources.text(step.span);
  literal.kind = step.kind == ast::Step::Kind::key ? ast::LiteralKind::text : ast::LiteralKind::number;
  if (literal.kind == ast::LiteralKind::text) {
    literal.text = {literal.token.substr(1, literal.token.size() - 2), step.text, step.span};
  }
  const TypedValue key = literal_as(literal, step.span, context_.program.lookups[lookup.index].key, false);
  if (steps.size() > 3) {
    report_not_inside(written(steps, 3), plain(Kind::text), steps[3]);
    return poisoned(span);
  }
  return lookup_value(lookup, key, span, steps.size() > 2 ? &steps[2] : nullptr, known, row_only);
}

/// `base[index]`; only a lookup has an index that is no literal.
TypedValue Expressions::subscript(const ast::Subscript& form, Span span, const ast::Step* column, const Facts& known,
                                  bool row_only) {
  if (const LookupInfo* lookup = lookup_named(form.base)) {
    return lookup->index == kNone
               ? poisoned(span)
               : lookup_value(*lookup, lookup_key(*lookup, form.index, known), span, column, known, row_only);
  }
  const TypedValue base = value_at(form.base, known);
  if (!base.bad) {
    auto& diagnostic = diagnostics().add(Code::misused_name, at(form.index).span, "only a lookup is asked by a value",
                                         "not a literal");
    diagnostic.help(base.type.kind == Kind::list
                        ? "an element of a list has a number: `" + context_.text(base.span) + "[0]`"
                        : "a field of an object has a name: `" + context_.text(base.span) + "[\"name\"]`");
    note_use(diagnostic);
  }
  return poisoned(span);
}

TypedValue Expressions::member(const ast::Member& form, Span span, const Facts& known) {
  if (const auto* base = std::get_if<ast::Subscript>(&at(form.base).node);
      base != nullptr && lookup_named(base->base) != nullptr) {
    return subscript(*base, span, &form.step, known);
  }
  TypedValue base = value_at(form.base, known);
  if (base.bad) {
    return poisoned(span);
  }
  TypedValue value = step_into(std::move(base), form.step, known);
  value.span = span;
  return value;
}

} // namespace millrace::dsl::check
