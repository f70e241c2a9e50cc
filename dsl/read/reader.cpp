// The walk goes from token to token by the offsets of the first stage. What lies between two offsets is one token and
// white space, so a token's end is found from the next offset backwards.
#include "dsl/read/reader.hpp"

#include <algorithm>

#include "dsl/read/json_text.hpp"
#include "dsl/read/json_value.hpp"
#include "dsl/values/compare.hpp"
#include "dsl/values/number.hpp"
#include "dsl/values/text_form.hpp"
#include "dsl/values/timestamp.hpp"

namespace millrace::dsl {

const Value Reader::kAbsent;

Reader::Takes Reader::what_it_takes(const Program& program, const ValueType& type) {
  if (type.wire == Wire::text && type.kind != Kind::text) {
    return Takes::form;
  }
  switch (type.kind) {
    case Kind::boolean:
      return Takes::boolean;
    case Kind::integer:
      return Takes::integer;
    case Kind::floating:
    case Kind::decimal:
      return Takes::number;
    case Kind::text:
      return type.names != kNone && !program.enumerations[type.names].or_other ? Takes::listed_text : Takes::text;
    case Kind::timestamp:
      return type.wire == Wire::natural || type.wire == Wire::iso8601 ? Takes::form : Takes::unix_time;
    case Kind::uuid:
      return Takes::form;
    case Kind::object:
      return Takes::object;
    case Kind::any:
      return Takes::any;
    case Kind::list:
      return Takes::list;
    case Kind::duration:
    case Kind::ip:
    case Kind::version:
      return Takes::form;
  }
  return Takes::any;
}

Reader::Plan Reader::plan_of(const Program& program, const ValueType& type) {
  Plan plan;
  plan.type = type;
  plan.takes = what_it_takes(program, type);
  if (type.names != kNone) {
    std::vector<std::pair<std::string, Index>> names;
    for (const std::string& name : program.enumerations[type.names].names) {
      names.emplace_back(name, static_cast<Index>(names.size()));
    }
    plan.names = KeyTable(names);
  }
  if (type.kind == Kind::list) {
    Plan items = plan_of(program, program.types[type.element]);
    items.required = items.takes != Takes::any;
    items.item = type.element;
    plan.items = static_cast<Index>(item_plans_.size());
    item_plans_.push_back(std::move(items));
  }
  return plan;
}

Reader::Reader(const Program& program, const Shape& shape) : slots_(shape.fields.size()) {
  for (Index i = 0; i < shape.fields.size(); ++i) {
    const Field& field = shape.fields[i];
    Plan plan = plan_of(program, field.type);
    plan.declared = field.declared;
    plan.required = field.declared && field.required;
    plan.children = field.children;
    std::vector<std::pair<std::string, Index>> keys;
    for (const Index child : field.children) {
      keys.emplace_back(shape.fields[child].name, child);
      plan.required_children += shape.fields[child].declared && shape.fields[child].required ? 1 : 0;
    }
    plan.keys = KeyTable(keys);
    plans_.push_back(std::move(plan));
    if (field.required_when.field != kNone) {
      conditions_.push_back({i, field.required_when.field, program.sets[field.required_when.set].values});
    }
  }
}

namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

std::int64_t micros_of(Wire wire) { return wire == Wire::unix_s ? 1'000'000 : wire == Wire::unix_ms ? 1'000 : 1; }

} // namespace

class Reader::Walk {
 public:
  Walk(Reader& reader, const Structure& structure, Arena& arena)
      : reader_(reader),
        arena_(arena),
        base_(structure.text().data()),
        size_(structure.text().size()),
        end_(structure.end()),
        has_escapes_(structure.has_escapes()) {}

  Fault run(Cursor at) {
    if (char_at(at) != '{') {
      fail(at, Fault::not_an_object); // it may be broken JSON as well, which makes no difference to anybody
      return fault_;
    }
    Slot& root = reader_.slots_[0];
    root.epoch = reader_.epoch_;
    root.kind = JsonKind::present;
    at = object(at, 0, 1);
    if (at != nullptr && at != end_) {
      fail(at);
    }
    return at == end_ ? Fault::none : fault_;
  }

 private:
  Cursor fail(Cursor at, Fault fault = Fault::not_json) {
    fault_ = fault;
    reader_.stopped_at_ = at < end_ ? *at : size_;
    return nullptr;
  }

  char char_at(Cursor at) const { return at < end_ ? base_[*at] : '\0'; }

  /// The scalar that begins at `at`, without the white space behind it.
  std::string_view scalar(Cursor at) const {
    const char* const begin = base_ + at[0];
    const char* end = base_ + at[1];
    while (is_space(end[-1])) {
      --end;
    }
    return {begin, static_cast<std::size_t>(end - begin)};
  }

  /// What is between the quotes of the string that begins at `at`; the first stage has made sure that it ends.
  std::string_view string(Cursor at) const {
    const char* const begin = base_ + at[0] + 1;
    const char* end = base_ + at[1] - 1;
    while (*end != '"') {
      --end;
    }
    return {begin, static_cast<std::size_t>(end - begin)};
  }

  bool holds_escapes(std::string_view raw) const { return has_escapes_ && raw.find('\\') != std::string_view::npos; }

  void violate(Index field, const Plan& plan, Fault fault, std::string_view token) {
    if (field < reader_.violation_.field) {
      reader_.violation_ = {field, fault, token, plan.item};
    }
  }

  /// A number as JSON writes it; notes what jsonb could not hold.
  bool number_is_valid(std::string_view token) {
    if (short_integer(token, token.data() - base_)) {
      return true;
    }
    if (number_token_length(token) != token.size()) {
      return false;
    }
    constexpr std::size_t kNear = 1000; // digits that numeric holds on either side of the point
    if ((token.size() >= kNear || token.find_first_of("eE") != std::string_view::npos) && !numeric_can_hold(token)) {
      reader_.has_far_number_ = true;
    }
    return true;
  }

  bool string_is_valid(std::string_view raw) {
    if (!holds_escapes(raw)) {
      return true;
    }
    reader_.has_nul_ = reader_.has_nul_ || has_escaped_nul(raw);
    return escapes_are_valid(raw);
  }

  // ---- values that no field asks for

  /// Behind the scalar at `at`, which is not behind the end.
  Cursor skip_scalar(Cursor at) {
    bool good = false;
    switch (base_[*at]) {
      case '"':
        good = !has_escapes_ || string_is_valid(string(at));
        break;
      case 't':
        good = scalar(at) == "true";
        break;
      case 'f':
        good = scalar(at) == "false";
        break;
      case 'n':
        good = scalar(at) == "null";
        break;
      default:
        good = number_is_valid(scalar(at));
    }
    return good ? at + 1 : fail(at);
  }

  /// Behind a key and its colon; there is a value behind them, or something else that is wrong for one.
  Cursor skip_key(Cursor at) {
    if (end_ - at < 3 || base_[at[0]] != '"' || base_[at[1]] != ':') {
      return fail(at);
    }
    const std::string_view raw = string(at);
    if (raw.size() > kMaxKeyLength) {
      return fail(at, Fault::key_too_long);
    }
    return string_is_valid(raw) ? at + 2 : fail(at);
  }

  Cursor skip(Cursor at, int depth) {
    const char first = base_[*at];
    return first == '{' || first == '[' ? skip_container(at, depth + 1) : skip_scalar(at);
  }

  /// At a bracket; `depth` is the container's own. The containers that are open are bits: one for an object, zero for a
  /// list.
  Cursor skip_container(Cursor at, int depth) {
    std::uint64_t objects = 0;
    const int outside = depth - 1;
    --depth;
    for (;;) {
      // A value begins here.
      const char first = char_at(at);
      if (first == '{' || first == '[') {
        if (++depth > kMaxDepth) {
          return fail(at, Fault::too_deep);
        }
        objects = objects << 1U | (first == '{' ? 1U : 0U);
        ++at;
        if (char_at(at) != (first == '{' ? '}' : ']')) {
          at = first == '{' ? skip_key(at) : at;
          if (at == nullptr) {
            return nullptr;
          }
          continue;
        }
      } else if (first == '\0') {
        return fail(at);
      } else {
        at = skip_scalar(at);
        if (at == nullptr) {
          return nullptr;
        }
      }
      // A value has ended, or an empty container is about to.
      for (;;) {
        const bool in_object = (objects & 1U) != 0;
        const char c = char_at(at);
        if (c == ',') {
          at = in_object ? skip_key(at + 1) : at + 1;
          if (at == nullptr) {
            return nullptr;
          }
          break;
        }
        if (c != (in_object ? '}' : ']')) {
          return fail(at);
        }
        ++at;
        objects >>= 1U;
        if (--depth == outside) {
          return at;
        }
      }
    }
  }

  // ---- fields

  /// At `{` of the object that is field `index`; leaves its text in the field's slot.
  Cursor object(Cursor at, Index index, int depth) {
    if (depth > kMaxDepth) {
      return fail(at, Fault::too_deep);
    }
    const Plan& plan = reader_.plans_[index];
    const char* const begin = base_ + *at;
    std::uint32_t required = 0;
    ++at;
    if (char_at(at) != '}') {
      for (;;) {
        at = member(at, plan, depth, required);
        if (at == nullptr) {
          return nullptr;
        }
        const char c = char_at(at);
        if (c == '}') {
          break;
        }
        if (c != ',') {
          return fail(at);
        }
        ++at;
      }
    }
    ++at;
    reader_.slots_[index].value = Value::of_json(text_between(begin, at));
    if (required < plan.required_children) {
      find_missing(plan);
    }
    return at;
  }

  /// From `begin` to the bracket before `behind`.
  std::string_view text_between(const char* begin, Cursor behind) const {
    return {begin, static_cast<std::size_t>(base_ + behind[-1] + 1 - begin)};
  }

  void find_missing(const Plan& plan) {
    for (const Index child : plan.children) {
      if (reader_.plans_[child].required && reader_.slots_[child].epoch != reader_.epoch_) {
        violate(child, reader_.plans_[child], Fault::missing, {});
      }
    }
  }

  Cursor member(Cursor at, const Plan& plan, int depth, std::uint32_t& required) {
    if (end_ - at < 3 || base_[at[0]] != '"' || base_[at[1]] != ':') {
      return fail(at);
    }
    const std::string_view key = string(at);
    if (key.size() > kMaxKeyLength) {
      return fail(at, Fault::key_too_long);
    }
    Index child = kNone;
    if (!holds_escapes(key)) {
      child = plan.keys.find(key, size_ - *at - 1);
    } else {
      const auto text = unescaped(key);
      if (!text) {
        return fail(at);
      }
      child = plan.keys.find(*text);
    }
    return child == kNone ? skip(at + 2, depth) : field(at + 2, child, depth, required);
  }

  std::optional<std::string_view> unescaped(std::string_view raw) {
    const auto text = unescape(raw, arena_);
    reader_.has_nul_ = reader_.has_nul_ || (text && text->find('\0') != std::string_view::npos);
    return text;
  }

  Cursor field(Cursor at, Index index, int depth, std::uint32_t& required) {
    Slot& slot = reader_.slots_[index];
    const Plan& plan = reader_.plans_[index];
    if (slot.epoch == reader_.epoch_) {
      if (plan.declared) {
        violate(index, plan, Fault::duplicate, {});
        slot.value = {};
        return skip(at, depth);
      }
      forget_children(plan);
    }
    required += plan.required ? 1 : 0;
    slot.epoch = reader_.epoch_;
    slot.kind = JsonKind::present;
    return value(at, index, plan, slot, depth);
  }

  /// The value of a field, or of an item of the list that is the field.
  [[gnu::always_inline]] Cursor value(Cursor at, Index index, const Plan& plan, Slot& slot, int depth) {
    switch (base_[*at]) {
      case '"':
        return string_value(at, index, plan, slot);
      case '{':
        return object_value(at, index, plan, slot, depth);
      case '[':
        return list_value(at, index, plan, slot, depth);
      case 't':
        return word_value(at, index, plan, slot, "true");
      case 'f':
        return word_value(at, index, plan, slot, "false");
      case 'n':
        return word_value(at, index, plan, slot, "null");
      default:
        return number_value(at, index, plan, slot);
    }
  }

  /// The last of several undeclared ones counts, so what the one before it had inside is gone.
  void forget_children(const Plan& plan) {
    for (const Index child : plan.children) {
      reader_.slots_[child].epoch = reader_.epoch_ - 1;
      forget_children(reader_.plans_[child]);
    }
  }

  Cursor word_value(Cursor at, Index index, const Plan& plan, Slot& slot, std::string_view word) {
    if (scalar(at) != word) {
      return fail(at);
    }
    slot.value = {};
    if (word == "null") {
      slot.kind = JsonKind::null;
      if (plan.required) {
        violate(index, plan, Fault::null, word);
      }
    } else if (plan.takes == Takes::boolean || plan.takes == Takes::any) {
      slot.value = Value::of_bool(word == "true");
    } else {
      violate(index, plan, Fault::wrong_type, word);
    }
    return at + 1;
  }

  Cursor string_value(Cursor at, Index index, const Plan& plan, Slot& slot) {
    std::string_view text = string(at);
    if (holds_escapes(text)) {
      const auto plain = unescaped(text);
      if (!plain) {
        return fail(at);
      }
      text = *plain;
    }
    slot.value = {};
    switch (plan.takes) {
      case Takes::text:
      case Takes::any:
        slot.value = Value::of_text(text);
        break;
      case Takes::listed_text:
        if (plan.names.find(text) != kNone) {
          slot.value = Value::of_text(text);
        } else {
          violate(index, plan, Fault::not_listed, scalar(at));
        }
        break;
      case Takes::form:
        slot.value = value_from_text(text, plan.type);
        if (!slot.value.present()) {
          violate(index, plan, Fault::does_not_fit, scalar(at));
        }
        break;
      case Takes::boolean:
      case Takes::integer:
      case Takes::number:
      case Takes::unix_time:
      case Takes::object:
      case Takes::list:
        violate(index, plan, Fault::wrong_type, scalar(at));
    }
    return at + 1;
  }

  Cursor object_value(Cursor at, Index index, const Plan& plan, Slot& slot, int depth) {
    const bool wanted = plan.takes == Takes::object || plan.takes == Takes::any;
    if (wanted && !plan.keys.empty()) {
      return object(at, index, depth + 1);
    }
    return whole_value(at, index, plan, slot, depth, wanted);
  }

  Cursor list_value(Cursor at, Index index, const Plan& plan, Slot& slot, int depth) {
    if (plan.takes == Takes::list) {
      return list(at, index, plan, slot, depth + 1);
    }
    return whole_value(at, index, plan, slot, depth, plan.takes == Takes::any);
  }

  /// At `[`; every item is checked against the type of the list.
  [[gnu::noinline]] Cursor list(Cursor at, Index index, const Plan& plan, Slot& slot, int depth) {
    if (depth > kMaxDepth) {
      return fail(at, Fault::too_deep);
    }
    const Plan& of_items = reader_.item_plans_[plan.items];
    std::vector<Value>& items = reader_.items_;
    const std::size_t first = items.size();
    const char* const begin = base_ + *at;
    ++at;
    if (char_at(at) != ']') {
      for (;;) {
        Slot item;
        at = at < end_ ? value(at, index, of_items, item, depth) : fail(at);
        if (at == nullptr) {
          return nullptr;
        }
        items.push_back(item.value);
        const char c = char_at(at);
        if (c == ']') {
          break;
        }
        if (c != ',') {
          return fail(at);
        }
        ++at;
      }
    }
    ++at;
    const std::size_t count = items.size() - first;
    Value* const stored = reader_.lists_.allocate_of<Value>(count);
    std::copy_n(items.data() + first, count, stored);
    items.resize(first);
    slot.value = list_of({stored, count}, text_between(begin, at), reader_.lists_);
    return at;
  }

  Cursor whole_value(Cursor at, Index index, const Plan& plan, Slot& slot, int depth, bool wanted) {
    const char* const begin = base_ + *at;
    at = skip_container(at, depth + 1);
    if (at == nullptr) {
      return nullptr;
    }
    slot.value = wanted ? Value::of_json(text_between(begin, at)) : Value();
    if (!wanted) {
      violate(index, plan, Fault::wrong_type, text_between(begin, at));
    }
    return at;
  }

  Cursor number_value(Cursor at, Index index, const Plan& plan, Slot& slot) {
    const std::string_view token = scalar(at);
    const auto integer = short_integer(token, token.data() - base_);
    if (!integer && !number_is_valid(token)) {
      return fail(at);
    }
    slot.value = {};
    switch (plan.takes) {
      case Takes::any:
        slot.value = Value::of_token(token);
        return at + 1;
      case Takes::integer:
        slot.value = integer ? Value::of_int(*integer) : value_from_number(token, plan.type);
        break;
      case Takes::unix_time:
        if (integer && *integer >= 0 && *integer <= kLastMoment / micros_of(plan.type.wire)) {
          slot.value = Value::of_timestamp(*integer * micros_of(plan.type.wire));
          return at + 1;
        }
        slot.value = value_from_number(token, plan.type);
        break;
      case Takes::number:
        slot.value = value_from_number(token, plan.type);
        break;
      case Takes::text:
      case Takes::listed_text:
      case Takes::form:
      case Takes::boolean:
      case Takes::object:
      case Takes::list:
        violate(index, plan, Fault::wrong_type, token);
        return at + 1;
    }
    if (!slot.value.present()) {
      violate(index, plan, Fault::does_not_fit, token);
    }
    return at + 1;
  }

  Reader& reader_;
  Arena& arena_;
  const char* base_;
  std::size_t size_;
  Cursor end_;
  bool has_escapes_;
  Fault fault_ = Fault::not_json;
};

/// A field whose condition holds is there. Where the value that the condition asks for is not there or is wrong, that
/// has its own violation, and nothing follows from it.
void Reader::find_missing_by_condition() {
  for (const Condition& condition : conditions_) {
    const JsonKind kind = this->kind(condition.field);
    const Value& on = value(condition.on);
    const auto same = [&](const Value& wanted) { return equals(on, wanted); };
    if (kind != JsonKind::present && condition.field < violation_.field &&
        std::any_of(condition.values.begin(), condition.values.end(), same)) {
      const bool null = kind == JsonKind::null;
      violation_ = {condition.field, null ? Fault::null : Fault::missing, null ? "null" : "", kNone};
    }
  }
}

Fault Reader::read(const Structure& structure, Arena& arena) {
  constexpr std::size_t kKept = std::size_t{1} << 16U;
  if (++epoch_ == 0) {
    std::fill(slots_.begin(), slots_.end(), Slot{});
    epoch_ = 1;
  }
  violation_ = {};
  has_nul_ = false;
  has_far_number_ = false;
  if (!item_plans_.empty()) {
    items_.clear();
    lists_.reset();
    if (items_.capacity() > kKept) {
      items_.shrink_to_fit();
    }
  }
  const Fault fault = Walk(*this, structure, arena).run(structure.begin());
  if (fault == Fault::none && !conditions_.empty()) {
    find_missing_by_condition();
  }
  return fault;
}

} // namespace millrace::dsl
