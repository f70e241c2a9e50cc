#include "dsl/check/required_when.hpp"

#include <algorithm>

#include "dsl/check/literals.hpp"

namespace millrace::dsl::check {
namespace {

constexpr std::string_view kForm = "`required when type == \"a\"` or `required when type in (\"a\", \"b\")`";

class Condition {
 public:
  Condition(Context& context, EventInfo& event, const ast::Field& field)
      : context_(context), event_(event), field_(field), tree_(*event.tree) {}

  std::optional<RequiredWhen> lower() {
    if (!field_.optional) {
      context_.diagnostics
          .add(Code::misused_name, tree_[*field_.required_when].span, ticked(field_.name.text) + " is always required",
               "says nothing more")
          .label(field_.name.span, "declared without `?`")
          .help("declare it as " + ticked(std::string(field_.name.text) + "?") + ", or remove `required when`");
      return std::nullopt;
    }
    const ast::Expr& condition = tree_[*field_.required_when];
    if (const auto* compare = std::get_if<ast::Compare>(&condition.node)) {
      if (compare->op == ast::CompareOp::equal && !compare->ignoring_case) {
        return values(compare->left, {compare->right});
      }
    } else if (const auto* in = std::get_if<ast::In>(&condition.node)) {
      if (!in->negated && !in->ignoring_case) {
        return values(in->value, in->items);
      }
    }
    refuse(condition.span, "not this kind of condition");
    return std::nullopt;
  }

 private:
  const Shape& shape() const { return context_.program.shapes[event_.shape]; }

  void refuse(Span span, std::string label) {
    context_.diagnostics
        .add(Code::bad_required_when, span, "`required when` asks for the value of one required field",
             std::move(label))
        .help("write " + std::string(kForm));
  }

  std::optional<RequiredWhen> values(ast::ExprId path, const std::vector<ast::ExprId>& items) {
    const Index slot = discriminator(path);
    if (slot == kNone) {
      return std::nullopt;
    }
    ValueSet set;
    bool good = true;
    for (const ast::ExprId item : items) {
      good = add(item, shape().fields[slot].type, set) && good;
    }
    return good ? std::optional(RequiredWhen{slot, context_.program.add_set(std::move(set))}) : std::nullopt;
  }

  /// The slot of a required text, enumeration or bool field.
  Index discriminator(ast::ExprId expr) {
    const auto* path = std::get_if<ast::Path>(&tree_[expr].node);
    Index slot = 0;
    for (std::size_t i = 0; path != nullptr && i < path->steps.size(); ++i) {
      slot = path->steps[i].kind == ast::Step::Kind::index ? kNone : child(slot, path->steps[i].text);
      if (slot == kNone) {
        unknown(*path, i);
        return kNone;
      }
    }
    const Field& field = shape().fields[slot];
    if (path == nullptr || (field.type.kind != Kind::text && field.type.kind != Kind::boolean)) {
      refuse(tree_[expr].span, "not the name of a text, `one of` or bool field");
      return kNone;
    }
    for (Index at = slot; at != 0; at = shape().fields[at].parent) {
      if (!shape().fields[at].required) {
        context_.diagnostics
            .add(Code::bad_required_when, tree_[expr].span, "`required when` asks for the value of one required field",
                 ticked(context_.text(tree_[expr].span)) + " may be missing")
            .label(event_.declared_at[at], "declared as optional here")
            .help("ask for a field that every event has");
        return kNone;
      }
    }
    return slot;
  }

  Index child(Index parent, std::string_view name) const {
    const std::vector<Field>& fields = shape().fields;
    for (std::size_t i = 1; i < fields.size(); ++i) {
      if (fields[i].parent == parent && fields[i].name == name) {
        return static_cast<Index>(i);
      }
    }
    return kNone;
  }

  void unknown(const ast::Path& path, std::size_t step) {
    const Span so_far = path.steps.front().span | path.steps[step].span;
    auto& diagnostic = context_.diagnostics.add(Code::unknown_field, path.steps[step].span,
                                                ticked(shape().name) + " has no field " + ticked(context_.text(so_far)),
                                                "unknown field");
    std::vector<std::string> names;
    for (std::size_t i = 1; i < shape().fields.size(); ++i) {
      if (shape().fields[i].parent == 0 && step == 0) {
        names.push_back(shape().fields[i].name);
      }
    }
    suggest(diagnostic, path.steps[step].span, path.steps[step].text, names);
  }

  bool add(ast::ExprId expr, const ValueType& type, ValueSet& set) {
    const ast::File* tree = &tree_;
    const ast::Expr* item = &tree_[expr];
    if (const auto* path = std::get_if<ast::Path>(&item->node); path != nullptr && path->steps.size() == 1) {
      const auto let = context_.lets.find(path->steps.front().text);
      if (let == context_.lets.end()) {
        if (!context_.is_poisoned("let", path->steps.front().text)) {
          refuse(item->span, "not a constant");
        }
        return false;
      }
      tree = let->second.tree;
      item = &(*tree)[let->second.let->value];
    }
    if (const auto* list = std::get_if<ast::List>(&item->node)) {
      return std::all_of(list->items.begin(), list->items.end(), [&](ast::ExprId each) {
        const auto* literal = std::get_if<ast::Literal>(&(*tree)[each].node);
        return literal != nullptr && add(*literal, (*tree)[each].span, type, set);
      });
    }
    const auto* literal = std::get_if<ast::Literal>(&item->node);
    if (literal == nullptr) {
      refuse(item->span, "not a constant");
      return false;
    }
    return add(*literal, item->span, type, set);
  }

  bool add(const ast::Literal& literal, Span span, const ValueType& type, ValueSet& set) {
    const auto value = value_of(literal, type);
    if (const auto* error = std::get_if<LiteralError>(&value)) {
      auto& diagnostic = context_.diagnostics.add(error->other_kind ? Code::types_differ : Code::literal_does_not_fit,
                                                  span, noun(type) + " is never " + noun(literal), error->label);
      if (!error->help.empty()) {
        diagnostic.help(error->help);
      }
      return false;
    }
    const Value& good = std::get<Value>(value);
    if (type.names != kNone) {
      const Enumeration& listed = context_.program.enumerations[type.names];
      if (std::find(listed.names.begin(), listed.names.end(), good.as_text()) == listed.names.end()) {
        auto& diagnostic = context_.diagnostics.add(
            Code::not_in_enum, span, ticked(literal.token) + " is not one of the listed values", "not listed");
        const std::string near = nearest(good.as_text(), listed.names);
        if (!near.empty()) {
          diagnostic.help("did you mean \"" + near + "\"?",
                          Fix{{{span, "\"" + near + "\""}}, Applicability::machine, "fix"});
        } else {
          diagnostic.help("there are " + enumerate(listed.names));
        }
        return false;
      }
    }
    set.values.push_back(good);
    return true;
  }

  Context& context_;
  EventInfo& event_;
  const ast::Field& field_;
  const ast::File& tree_;
};

} // namespace

void check_required_when(Context& context, EventInfo& event) {
  for (const auto& [slot, field] : event.required_when) {
    if (const auto when = Condition(context, event, *field).lower()) {
      context.program.shapes[event.shape].fields[slot].required_when = *when;
    }
  }
}

} // namespace millrace::dsl::check
