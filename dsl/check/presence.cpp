// Whether a value is known to be present, and what is said where it is not.
#include "dsl/check/expressions.hpp"
#include "dsl/values/compare.hpp"
#include "dsl/values/text_form.hpp"

namespace millrace::dsl::check {
namespace {

constexpr std::size_t kMaxKey = 2'000; // of a value that facts are kept of

std::string last_part(const std::string& path) {
  if (path.find('[') != std::string::npos) {
    return "header of that name";
  }
  const std::size_t dot = path.rfind('.');
  return dot == std::string::npos ? path : path.substr(dot + 1);
}

/// Whether the first parenthesis is closed by the last character.
bool enclosed(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
    if (depth == 0) {
      return i > 0 && i + 1 == text.size();
    }
  }
  return false;
}

bool needs_parentheses(Op op) {
  return op == Op::add || op == Op::subtract || op == Op::multiply || op == Op::divide || op == Op::negate ||
         op == Op::read_as || op == Op::coalesce;
}

std::string_view word_of(JsonType kind) {
  switch (kind) {
    case JsonType::string:
      return "string";
    case JsonType::number:
      return "number";
    case JsonType::boolean:
      return "bool";
    case JsonType::list:
      return "list";
    case JsonType::object:
      return "object";
  }
  return "";
}

} // namespace

void Expressions::may_fail(TypedValue& value, const Facts& known, std::string why, std::string written) {
  const Op op = context_.program.nodes[value.node].op;
  const std::string text = context_.text(value.span);
  if (written.empty()) {
    written = needs_parentheses(op) && !enclosed(text) ? "(" + text + ")" : text;
  }
  Term term{std::move(written), std::move(why), kNone};
  const Index slot = terms_.slot("value " + node_key(value.node), std::move(term));
  value.reads.add(slot);
  if (known.knows(slot) || assume_presence_) {
    value.absent = kNone; // it could not be there without all that it is made of
  } else {
    value.absent = slot; // which is there only if everything in it is
  }
}

void Expressions::depend(TypedValue& value, const TypedValue& operand) {
  value.bad = value.bad || operand.bad;
  value.absent = value.absent == kNone ? operand.absent : value.absent;
  value.reads.add(operand.reads);
}

/// Two nodes of one key have one value. What is not worth it is equal to nothing but itself.
std::string Expressions::node_key(Index node) const {
  std::string key;
  return write_key(node, key) ? key : "#" + std::to_string(node);
}

bool Expressions::write_key(Index index, std::string& out) const {
  if (out.size() > kMaxKey) {
    return false;
  }
  const Program& program = context_.program;
  const Node& node = program.nodes[index];
  out += "(" + std::to_string(static_cast<int>(node.op)) + " " + std::to_string(node.detail) + " ";
  switch (node.op) {
    case Op::constant: {
      Arena arena;
      const Value& value = program.constants[node.a];
      const std::string text(text_form(value, arena).value_or(""));
      out += std::to_string(static_cast<int>(value.tag())) + " " + std::to_string(text.size()) + ":" + text;
      break;
    }
    case Op::element:
      out += std::to_string(quantifiers_[node.a]); // what is known of one list's elements says nothing of another's
      break;
    case Op::field:
    case Op::meta_header:
      out += std::to_string(node.a);
      break;
    case Op::meta_topic:
    case Op::received_at:
    case Op::payload:
      break;
    case Op::concat:
    case Op::call:
      for (Index i = 0; i < node.b; ++i) {
        if (!write_key(program.operands[node.a + i], out)) {
          return false;
        }
      }
      break;
    case Op::member:
    case Op::item:
    case Op::lookup:
      if (!write_key(node.a, out)) {
        return false;
      }
      out += " " + std::to_string(node.b);
      break;
    case Op::read_as:
      out += type_word(program, node.type) + " ";
      return write_key(node.a, out) && (out += ")", true);
    case Op::negate:
      return write_key(node.a, out) && (out += ")", true);
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
    case Op::coalesce:
      return write_key(node.a, out) && write_key(node.b, out) && (out += ")", true);
    // What is kept of nothing, and conditions.
    case Op::unmapped:
    case Op::as_boolean:
    case Op::always:
    case Op::never:
    case Op::all_of:
    case Op::any_of:
    case Op::exists:
    case Op::not_exists:
    case Op::is_null:
    case Op::is_not_null:
    case Op::is_true:
    case Op::is_false:
    case Op::equal:
    case Op::unequal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
    case Op::in_set:
    case Op::not_in_set:
    case Op::starts_with:
    case Op::not_starts_with:
    case Op::ends_with:
    case Op::not_ends_with:
    case Op::contains:
    case Op::not_contains:
    case Op::in_list:
    case Op::not_in_list:
    case Op::in_lookup:
    case Op::not_in_lookup:
    case Op::matches:
    case Op::not_matches:
    case Op::is_kind:
    case Op::is_not_kind:
    case Op::some:
    case Op::every:
    case Op::sampled:
    case Op::not_sampled:
      return false;
  }
  out += ")";
  return true;
}

Index Expressions::kind_fact(Index node, JsonType kind) {
  return terms_.slot("kind " + std::to_string(static_cast<int>(kind)) + " " + node_key(node), {});
}

/// That the lookup has the key.
Index Expressions::row_fact(Index lookup, Index key) {
  return terms_.slot("row " + std::to_string(lookup) + " " + node_key(key), {});
}

bool Expressions::is_of_kind(const TypedValue& value, JsonType kind, const Facts& known) {
  return !value.bad && value.type.kind == Kind::any && known.knows(kind_fact(value.node, kind));
}

/// Of `any`: that it is no list and no object.
bool Expressions::has_text_form(const TypedValue& value, const Facts& known) {
  return value.type.kind != Kind::any || is_of_kind(value, JsonType::string, known) ||
         is_of_kind(value, JsonType::number, known) || is_of_kind(value, JsonType::boolean, known);
}

bool Expressions::require_kind(const TypedValue& value, std::optional<JsonType> kind, Span test, const Facts& known) {
  if (value.type.kind != Kind::any || (kind && is_of_kind(value, *kind, known)) || assume_presence_) {
    return true;
  }
  const std::string text = context_.text(value.span);
  auto& diagnostic = diagnostics().add(Code::kind_not_known, test,
                                       ticked(text) + " may be of any kind, and then this test has no clear answer",
                                       "what if it is not of the kind that the test is about?");
  if (kind) {
    diagnostic.help("ask for its kind first: " + ticked(text + " is " + std::string(word_of(*kind)) + " and …"));
  }
  diagnostic.help("or declare the field with its type, or ask the other way round, without `not`");
  note_use(diagnostic);
  return false;
}

void Expressions::add_required(Facts& facts, const TypedValue& value, std::span<const Value> values) const {
  const Node& node = context_.program.nodes[value.node];
  if (node.op != Op::field) {
    return;
  }
  const std::vector<Field>& fields = shape().fields;
  for (std::size_t i = 1; i < fields.size(); ++i) {
    const RequiredWhen& when = fields[i].required_when;
    if (when.field != node.a || when.set == kNone) {
      continue;
    }
    const std::vector<Value>& all = context_.program.sets[when.set].values;
    const bool implied = std::all_of(values.begin(), values.end(), [&](const Value& each) {
      return std::any_of(all.begin(), all.end(), [&](const Value& other) { return equals(each, other); });
    });
    if (implied) {
      add_present(facts, static_cast<Index>(i));
    }
  }
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
  if (slot >= kTerms) {
    return terms_[slot].written;
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
  if (slot >= kTerms) {
    return terms_[slot].why;
  }
  if (slot >= kMetaTopic) {
    return ticked(slot_name(slot)) + " comes from the source, and not every source has it";
  }
  Index cause = slot;
  for (Index at = slot; at != 0; at = shape().fields[at].parent) {
    if (!shape().fields[at].required && !known.knows(at)) {
      cause = at;
    }
  }
  if (const auto by = event_.left_out.find(cause); by != event_.left_out.end()) {
    return ticked(slot_name(cause)) + " is left out by " + by->second;
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
  const std::string noun = last_part(name);
  const std::string without = value.absent >= kTerms ? "it" : noun.ends_with('s') ? noun : with_article(noun);
  std::string whole = context_.text(at(site.whole).span);
  if (site.parent == Parent::body && enclosed(whole)) {
    whole = whole.substr(1, whole.size() - 2);
  }
  const auto wrap = [&](const std::string& text, bool in_parentheses) {
    return in_parentheses || site.parent == Parent::body ? "(" + text + ")" : text;
  };
  const std::string keep = wrap("exists " + name + " and " + whole, site.parent == Parent::disjunction);
  const std::string take = wrap("not exists " + name + " or " + whole, site.parent == Parent::conjunction);
  const Span span = at(site.whole).span;
  auto& diagnostic = diagnostics().add(
      Code::may_be_absent, test, ticked(name) + " may be missing, and then this test has no clear answer",
      "should " + question_.whose + " without " + without + " " + question_.fate + "?");
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
