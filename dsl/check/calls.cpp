// Calls of functions: what they take, and what they give.
#include <algorithm>

#include "dsl/check/expressions.hpp"
#include "dsl/diagnostic/habit_words.hpp"

namespace millrace::dsl::check {
namespace {

constexpr int kCountDigits = 10; // of the length of a text or list

std::string needed(Wants wants) {
  switch (wants) {
    case Wants::text:
      return "a text";
    case Wants::integer:
      return "an int";
    case Wants::number:
      return "a number";
    case Wants::timestamp:
      return "a timestamp";
    case Wants::duration:
      return "a duration";
    case Wants::list:
      return "a list";
    case Wants::scalar:
      return "a value that has a text form";
    case Wants::separator:
      return "a text that is not empty";
    case Wants::format:
      return "a format";
    case Wants::digits:
      return "a number of digits";
  }
  return "";
}

bool takes(Wants wants, Kind kind) {
  switch (wants) {
    case Wants::text:
      return kind == Kind::text || kind == Kind::any;
    case Wants::integer:
      return kind == Kind::integer;
    case Wants::number:
      return is_number(kind);
    case Wants::timestamp:
      return kind == Kind::timestamp;
    case Wants::duration:
      return kind == Kind::duration;
    case Wants::list:
      return kind == Kind::list;
    case Wants::scalar:
      return is_scalar(kind) || kind == Kind::any;
    case Wants::separator:
    case Wants::format:
      return kind == Kind::text;
    case Wants::digits:
      return kind == Kind::integer;
  }
  return false;
}

/// What a literal is read as; none: what it is by itself.
std::optional<ValueType> type_for(Wants wants) {
  switch (wants) {
    case Wants::timestamp:
      return plain(Kind::timestamp);
    case Wants::duration:
      return plain(Kind::duration);
    case Wants::text:
    case Wants::integer:
    case Wants::number:
    case Wants::list:
    case Wants::scalar:
    case Wants::separator:
    case Wants::format:
    case Wants::digits:
      return std::nullopt;
  }
  return std::nullopt;
}

bool is_literal_only(Wants wants) {
  return wants == Wants::separator || wants == Wants::format || wants == Wants::digits;
}

std::string help_with(const FunctionInfo& info) { return "it is written " + ticked(info.signature); }

} // namespace

DefInfo* Expressions::called_def(const ast::Call& form) const {
  const auto def = context_.defs.find(form.function.text);
  if (def == context_.defs.end() || is_function(form.function.text)) {
    return nullptr;
  }
  context_.use(form.function.span, def->second.def->name.span);
  return &def->second;
}

bool Expressions::check_count(std::string_view what, std::string_view signature, Span span, std::size_t count,
                              std::size_t least, std::size_t most) {
  if (count >= least && count <= most) {
    return true;
  }
  const std::string range = least == most        ? std::to_string(least)
                            : most == kAnyNumber ? "at least " + std::to_string(least)
                                                 : std::to_string(least) + " or " + std::to_string(most);
  auto& diagnostic = diagnostics().add(
      Code::wrong_arguments, span,
      ticked(what) + " takes " + range + (range == "1" || range == "at least 1" ? " argument" : " arguments"),
      "given " + (count == 0 ? std::string("none") : std::to_string(count)));
  diagnostic.help("it is written " + ticked(signature));
  note_use(diagnostic);
  return false;
}

void Expressions::report_unknown_function(const ast::Name& name) {
  if (context_.is_poisoned("def", name.text)) {
    return;
  }
  auto& diagnostic = diagnostics().add(Code::unknown_name, name.span,
                                       "no function or definition is named " + ticked(name.text), "not known");
  std::vector<std::string> candidates = function_names();
  for (const auto& [def, info] : context_.defs) {
    candidates.push_back(def);
  }
  const std::string_view here = function_here(name.text);
  if (!here.empty()) {
    diagnostic.help(std::string(here));
  } else if (context_.lookups.contains(name.text)) {
    diagnostic.help(ticked(name.text) + " is a lookup, whose values are written `" + std::string(name.text) +
                    "[key]`; that it has a key is `key in " + std::string(name.text) + "`");
  } else if (!nearest(name.text, candidates).empty()) {
    suggest(diagnostic, name.span, name.text, candidates);
  } else {
    diagnostic.help("the functions are " + enumerate(function_names()));
  }
  note_use(diagnostic);
}

TypedValue Expressions::call(const ast::Call& form, Span span, const Facts& known) {
  if (DefInfo* def = called_def(form)) {
    return of_def(*def, &form, span, known, false);
  }
  if (form.function.text == "sampled") {
    auto& diagnostic = diagnostics().add(Code::condition_as_value, span, "a condition cannot be used as a value here",
                                         "`sampled` is a test");
    diagnostic.help(
        "join conditions with `and`, `or` and `not`; only a whole key, header, column or `def` may be a condition");
    note_use(diagnostic);
    return poisoned(span);
  }
  const FunctionInfo* info = find_function(form.function.text);
  if (info == nullptr) {
    report_unknown_function(form.function);
    return poisoned(span);
  }
  if (!check_count(info->name, info->signature, span, form.arguments.size(), info->least, info->most)) {
    return poisoned(span);
  }
  return function(*info, form, span, known);
}

TypedValue Expressions::argument(const FunctionInfo& info, Wants wants, ast::ExprId expr, const Facts& known) {
  const ast::Literal* literal = literal_of(*tree_, expr);
  const Span span = at(expr).span;
  if (is_literal_only(wants) && literal == nullptr) {
    auto& diagnostic = diagnostics().add(Code::literal_needed, span,
                                         "this argument of " + ticked(info.name) + " is written out", "not a literal");
    diagnostic.help(help_with(info));
    note_use(diagnostic);
    return poisoned(span);
  }
  const auto wanted = type_for(wants);
  TypedValue value = literal != nullptr && wanted ? literal_as(*literal, span, *wanted, false) : value_at(expr, known);
  if (wants == Wants::list && !value.bad && value.type.kind == Kind::any) {
    value = as_list(std::move(value), known);
  }
  value.bad = value.bad || !check_argument(info, wants, value, expr);
  return value;
}

bool Expressions::check_argument(const FunctionInfo& info, Wants wants, const TypedValue& value, ast::ExprId expr) {
  if (!takes(wants, value.type.kind)) {
    auto& diagnostic = report_type(value, ticked(info.name) + " takes " + needed(wants) + ", not " + noun(value.type));
    if (value.type.kind == Kind::any) {
      const std::string type = wants == Wants::number ? "float" : needed(wants).substr(needed(wants).find(' ') + 1);
      diagnostic.help("say what it is: " + ticked(context_.text(value.span) + " as " + type));
    }
    diagnostic.help(help_with(info));
    return false;
  }
  const Node& node = context_.program.nodes[value.node];
  if (node.op != Op::constant) {
    return true;
  }
  const Value constant = context_.program.constants[node.a];
  const auto refuse = [&](Code code, const std::string& headline, const std::string& label) {
    auto& diagnostic = diagnostics().add(code, at(expr).span, headline, label);
    diagnostic.help(help_with(info));
    note_use(diagnostic);
    return false;
  };
  if (wants == Wants::integer && info.function == Function::substring && constant.as_int() < 0) {
    return refuse(Code::negative_start, "a part of a text begins at 0 or later, and is not shorter than nothing",
                  "negative");
  }
  if (wants == Wants::separator && constant.as_text().empty()) {
    return refuse(Code::literal_does_not_fit, "a separator is not empty", "an empty text");
  }
  if (wants == Wants::digits && (constant.as_int() < 0 || constant.as_int() > kMaxDigits)) {
    return refuse(Code::literal_does_not_fit, "a number is rounded to 0 to 38 digits behind the point", "out of range");
  }
  if (wants == Wants::duration && constant.as_duration() <= 0) {
    return refuse(Code::literal_does_not_fit, "a time is cut to a duration that is longer than nothing", "too short");
  }
  if (wants == Wants::format) {
    if (const std::string problem = format_problem(constant.as_text()); !problem.empty()) {
      return refuse(Code::literal_does_not_fit, "this is no format of a time", problem);
    }
  }
  return true;
}

TypedValue Expressions::function(const FunctionInfo& info, const ast::Call& form, Span span, const Facts& known) {
  if (info.wants.empty()) {
    return extreme(info, form, span, known);
  }
  TypedValue value;
  value.span = span;
  std::vector<TypedValue> arguments;
  std::vector<Index> nodes;
  for (std::size_t i = 0; i < form.arguments.size(); ++i) {
    const Wants wants = info.wants[std::min(i, info.wants.size() - 1)];
    arguments.push_back(argument(info, wants, form.arguments[i], known));
    depend(value, arguments.back());
    nodes.push_back(arguments.back().node);
  }
  if (value.bad) {
    return value;
  }
  value.node = context_.program.add_list_node(Op::call, nodes);
  context_.program.nodes[value.node].detail = static_cast<std::uint8_t>(info.function);
  result_of(info, arguments, value, known);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Wants wants = info.wants[std::min(i, info.wants.size() - 1)];
    const bool of_kind =
        wants == Wants::text ? is_of_kind(arguments[i], JsonType::string, known) : has_text_form(arguments[i], known);
    if (arguments[i].type.kind == Kind::any && !of_kind) {
      may_fail(value, known, ticked(context_.text(arguments[i].span)) + " may not be " + needed(wants));
    }
  }
  context_.program.nodes[value.node].type = value.type;
  return value;
}

void Expressions::result_of(const FunctionInfo& info, const std::vector<TypedValue>& arguments, TypedValue& value,
                            const Facts& known) {
  const TypedValue& first = arguments.front();
  const std::string written = ticked(context_.text(first.span));
  switch (info.function) {
    case Function::lower:
    case Function::upper:
    case Function::trim:
    case Function::substring:
    case Function::concat:
    case Function::hash:
    case Function::date:
      value.type = plain(Kind::text);
      return;
    case Function::length:
    case Function::count:
      value.type = exact_type({kCountDigits, 0, true}, true);
      return;
    case Function::hour:
      value.type = exact_type({2, 0, true}, true);
      return;
    case Function::split:
      value.type = list_of(context_.program, plain(Kind::text));
      return;
    case Function::first:
    case Function::last:
      value.type = element_of(context_.program, first.type);
      return may_fail(value, known, written + " may be empty");
    case Function::host:
      value.type = plain(Kind::text);
      return may_fail(value, known, written + " may be no URL with a host");
    case Function::json:
      value.type = plain(Kind::any);
      return may_fail(value, known, written + " may be no JSON");
    case Function::parse_time:
      value.type = plain(Kind::timestamp);
      return may_fail(value, known, written + " may not be of this form");
    case Function::truncate: {
      value.type = plain(Kind::timestamp);
      if (context_.program.nodes[arguments[1].node].op != Op::constant) {
        may_fail(value, known, ticked(context_.text(arguments[1].span)) + " may be no longer than nothing");
      }
      return;
    }
    case Function::abs:
      value.type = first.type.kind == Kind::integer ? exact_type(digits_of(first), true) : first.type;
      value.type.wire = Wire::natural;
      return;
    case Function::round: {
      value.type = first.type;
      value.type.wire = Wire::natural;
      if (Digits digits = digits_of(first); first.type.kind == Kind::decimal && digits.exact) {
        digits.integer += 1; // 9.5 becomes 10
        digits.integer = std::min(digits.integer, kMaxDigits - digits.fraction);
        value.type = exact_type(digits, false);
      }
      return;
    }
    case Function::min:
    case Function::max:
      return; // extreme()
  }
}

/// `min` and `max`: of several values of one type, or of a list.
TypedValue Expressions::extreme(const FunctionInfo& info, const ast::Call& form, Span span, const Facts& known) {
  Program& program = context_.program;
  TypedValue value;
  value.span = span;
  // The first one that is no literal says what the literals are.
  std::vector<TypedValue> arguments(form.arguments.size());
  const TypedValue* model = nullptr;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (literal_of(*tree_, form.arguments[i]) == nullptr) {
      arguments[i] = value_at(form.arguments[i], known);
      model = model == nullptr && !arguments[i].bad ? &arguments[i] : model;
    }
  }
  std::vector<Index> nodes;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (const ast::Literal* literal = literal_of(*tree_, form.arguments[i])) {
      const bool number = literal->kind == ast::LiteralKind::number && model != nullptr && is_number(model->type.kind);
      const Span place = at(form.arguments[i]).span;
      arguments[i] = model == nullptr || (number && model->type.kind != Kind::floating)
                         ? natural(*literal, place)
                         : literal_as(*literal, place, model->type, false);
    }
    depend(value, arguments[i]);
    nodes.push_back(arguments[i].node);
  }
  if (value.bad) {
    return value;
  }
  const bool of_list = arguments.size() == 1 && arguments.front().type.kind == Kind::list;
  value.type = of_list ? element_of(program, arguments.front().type) : arguments.front().type;
  value.type.wire = Wire::natural;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Kind kind = of_list ? value.type.kind : arguments[i].type.kind;
    const bool numbers = is_number(kind) && is_number(value.type.kind);
    const bool one_float = (kind == Kind::floating) != (value.type.kind == Kind::floating);
    if (!is_ordered(kind) || (kind != value.type.kind && (!numbers || one_float))) {
      report_type(arguments[i], is_ordered(kind)
                                    ? ticked(info.name) + " takes values of one type, not " + noun(value.type) +
                                          " and " + noun(arguments[i].type)
                                    : ticked(info.name) + " takes numbers, texts, times, addresses or versions")
          .help(help_with(info));
      value.bad = true;
      return value;
    }
    if (i > 0) {
      TypedValue so_far = value; // a literal has its own digits, until it is joined with others
      const auto computed = std::find_if(nodes.begin(), nodes.begin() + static_cast<std::ptrdiff_t>(i),
                                         [&](Index node) { return program.nodes[node].op != Op::constant; });
      so_far.node = i > 1 && *computed != nodes[i] ? *computed : nodes.front();
      value.type = joined_type(so_far, arguments[i], literal_of(*tree_, form.arguments[i]));
    }
  }
  value.node = program.add_list_node(Op::call, nodes, value.type);
  program.nodes[value.node].detail = static_cast<std::uint8_t>(info.function);
  if (of_list) {
    may_fail(value, known, ticked(context_.text(arguments.front().span)) + " may be empty");
  }
  return value;
}

} // namespace millrace::dsl::check
