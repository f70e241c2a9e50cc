// Uses of definitions. A definition is written out where it is used, and its parameters become what the call gives.
#include "dsl/check/expressions.hpp"

namespace millrace::dsl::check {
namespace {

// What one expression, and all of them, may become when its definitions are written out.
constexpr std::size_t kMaxDefDepth = 64;
constexpr std::size_t kMaxNodes = 50'000;
constexpr std::size_t kMaxNodesInAll = 4'000'000;

std::string signature_of(const Context& context, const ast::Def& def) {
  std::string text;
  for (const ast::Parameter& parameter : def.parameters) {
    text += (text.empty() ? "" : ", ") + std::string(parameter.name.text) + ": " + context.text(parameter.type->span);
  }
  return std::string(def.name.text) + (text.empty() ? "" : "(" + text + ")");
}

} // namespace

/// Whether too much has become of the expression already, which is reported once.
bool Expressions::too_large(Span use) {
  const std::size_t nodes = context_.program.nodes.size();
  const bool too_many = used_at_.size() >= kMaxDefDepth;
  if (too_large_ || (!too_many && nodes - first_node_ <= kMaxNodes && nodes <= kMaxNodesInAll)) {
    return too_large_;
  }
  too_large_ = true;
  diagnostics()
      .add(Code::nested_too_deeply, used_at_.empty() ? use : used_at_.front(),
           too_many ? "definitions within definitions, more than 64 deep" : "written out, this expression is too large",
           "definitions are written out where they are used")
      .help("use fewer definitions within definitions");
  return true;
}

bool Expressions::enter(DefInfo& def, Span use) {
  if (used_at_.empty()) {
    first_node_ = context_.program.nodes.size();
  }
  if (bad_defs_.contains(def.def) || too_large(use)) {
    return false;
  }
  def.open = true;
  open_defs_.push_back(&def);
  used_at_.push_back(use);
  return true;
}

void Expressions::leave(DefInfo& def, bool bad) {
  if (bad) {
    bad_defs_.insert(def.def);
  }
  used_at_.pop_back();
  open_defs_.pop_back();
  def.open = false;
  too_large_ = too_large_ && !used_at_.empty();
}

void Expressions::report_cycle(const DefInfo& def, Span use) {
  auto& diagnostic =
      diagnostics().add(Code::def_cycle, def.def->name.span,
                        "the definition of " + ticked(def.def->name.text) + " uses itself", "defined by itself");
  diagnostic.label(use, "used here again");
  diagnostic.help("a definition may use others, but not in a circle");
}

/// The argument as the body sees it; what is wrong with it is reported.
TypedValue Expressions::as_parameter(TypedValue value, const ast::Literal* literal, const ValueType& type,
                                     std::string_view name) {
  const Program& program = context_.program;
  if (value.bad || literal != nullptr) {
    return value; // a literal was made of the type
  }
  const ValueType& own = value.type;
  bool fits = own.kind == type.kind || type.kind == Kind::any;
  if (type.kind == Kind::list && fits) {
    fits = type.element == kNone || element_of(program, type).kind == Kind::any ||
           element_of(program, type).kind == element_of(program, own).kind;
  } else if (type.kind == Kind::decimal && is_number(own.kind) && own.kind != Kind::floating) {
    const Digits digits = digits_of(value);
    fits = digits.exact && digits.integer <= type.precision - type.scale && digits.fraction <= type.scale;
  } else if (type.kind == Kind::text && type.names != kNone && fits) {
    fits = own.names != kNone && same_type(program, own, type);
  }
  if (!fits) {
    auto& diagnostic =
        report_type(value, "the parameter " + ticked(name) + " takes " + ticked(type_word(program, type)) + ", not " +
                               ticked(type_word(program, own)));
    diagnostic.help(own.kind == Kind::any || (is_number(own.kind) && is_number(type.kind))
                        ? "say what it is: " + ticked(context_.text(value.span) + " as " + type_word(program, type))
                        : "give it one of that type");
    value.bad = true;
  }
  return value;
}

std::optional<Expressions::Scope> Expressions::bind(DefInfo& def, const ast::Call* call, Span span,
                                                    const Facts& known) {
  const std::vector<ast::Parameter>& parameters = def.def->parameters;
  const std::size_t count = call == nullptr ? 0 : call->arguments.size();
  if (count != parameters.size() || (call != nullptr && parameters.empty())) {
    const std::string takes =
        parameters.empty() ? "no arguments"
                           : std::to_string(parameters.size()) + (parameters.size() == 1 ? " argument" : " arguments");
    diagnostics()
        .add(Code::wrong_arguments, span, ticked(def.def->name.text) + " takes " + takes,
             call == nullptr || parameters.empty() ? "not written like this" : "given " + std::to_string(count))
        .label(def.def->name.span, "defined here")
        .help("write it as " + ticked(signature_of(context_, *def.def)));
    return std::nullopt;
  }
  Scope scope;
  for (std::size_t i = 0; i < count; ++i) {
    const ast::ExprId argument = call->arguments[i];
    Binding binding;
    binding.name = parameters[i].name.text;
    binding.declared_at = parameters[i].name.span;
    binding.type = type_of(context_, *parameters[i].type);
    binding.argument = argument;
    binding.tree = tree_;
    binding.scope = scope_;
    binding.open_defs = open_defs_.size();
    binding.made_with = known;
    const ast::Literal* literal = literal_of(*tree_, argument);
    const TypedValue value = as_parameter(
        literal != nullptr ? literal_as(*literal, at(argument).span, binding.type, true) : value_at(argument, known),
        literal, binding.type, binding.name);
    if (value.bad) {
      return std::nullopt;
    }
    if (binding.type.kind == Kind::any) {
      binding.type = value.type;
    }
    binding.made = value;
    scope.names.push_back(std::move(binding));
  }
  return scope;
}

/// Calls `body` where the names are those of the definition; nothing if it cannot be used here, which is reported.
template <typename Body>
auto Expressions::inside(DefInfo& def, const ast::Call* call, Span span, const Facts& known, Body body)
    -> decltype(body()) {
  auto bad = decltype(body())();
  bad.bad = true;
  def.used = true;
  if (def.open) {
    report_cycle(def, span);
    return bad;
  }
  std::optional<Scope> own = bind(def, call, span, known);
  if (!own || !enter(def, span)) {
    return bad;
  }
  const ast::File* const tree = tree_;
  Scope* const scope = scope_;
  std::string salt = std::exchange(salt_, std::string(def.def->name.text));
  tree_ = def.tree;
  scope_ = &*own;
  auto result = body();
  tree_ = tree;
  scope_ = scope;
  salt_ = std::move(salt);
  leave(def, result.bad);
  return result;
}

TypedValue Expressions::of_def(DefInfo& def, const ast::Call* call, Span span, const Facts& known, bool as_whole) {
  if (!as_whole && is_condition(*def.tree, def.def->body)) {
    def.used = true;
    diagnostics()
        .add(Code::condition_as_value, span, "a condition cannot be used as a value here",
             ticked(def.def->name.text) + " is a condition")
        .label(def.def->name.span, "defined here")
        .help(
            "join conditions with `and`, `or` and `not`; only a whole key, header, column or `def` may be a condition");
    return poisoned(span);
  }
  TypedValue value = inside(def, call, span, known, [&] {
    return as_whole ? whole(*def.tree, def.def->body, known, false) : value_at(def.def->body, known);
  });
  value.span = span;
  if (value.absent != kNone && value.absent >= kTerms && terms_[value.absent].alias_of != kNone) {
    value.absent = terms_[value.absent].alias_of; // the name of the parameter means nothing outside
  }
  if (value.absent != kNone && value.absent >= kTerms && value.reads.knows(value.absent)) {
    // What is worked out in the definition has its name here.
    const std::string key = "definition " + context_.text(span) + " " + std::to_string(value.absent);
    value.absent = terms_.slot(key, {context_.text(span), terms_[value.absent].why, kNone});
  }
  return value;
}

Condition Expressions::def_condition(DefInfo& def, const ast::Call* call, Span span, bool positive,
                                     const Facts& known) {
  // A fix for a test in the definition is made there, where nothing stands around it.
  return inside(def, call, span, known, [&] {
    return check(def.def->body, positive, known, {def.def->body, Parent::none});
  });
}

void Expressions::trial(const DefInfo& def) {
  Scope scope;
  for (const ast::Parameter& parameter : def.def->parameters) {
    Binding binding;
    binding.name = parameter.name.text;
    binding.declared_at = parameter.name.span;
    binding.type = type_of(context_, *parameter.type);
    scope.names.push_back(std::move(binding));
  }
  scope_ = &scope;
  salt_ = def.def->name.text;
  whole(*def.tree, def.def->body, {}, false);
  scope_ = &outermost_;
}

} // namespace millrace::dsl::check
