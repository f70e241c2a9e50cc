// The walk goes from token to token by the offsets of the first stage. What lies between two offsets is one token and
// white space, so a token's end is found from the next offset backwards.
#include "dsl/read/reader.hpp"

#include <algorithm>

#include "dsl/read/json_text.hpp"
#include "dsl/values/number.hpp"
#include "dsl/values/text_form.hpp"
#include "dsl/values/timestamp.hpp"

namespace millrace::dsl {

const Value Reader::kAbsent;

Reader::Reader(const Program& program, const Shape& shape) : plans_(shape.fields.size()), slots_(shape.fields.size()) {
  for (Index i = 0; i < shape.fields.size(); ++i) {
    const Field& field = shape.fields[i];
    Plan& plan = plans_[i];
    plan.type = field.type;
    plan.declared = field.declared;
    plan.required = field.declared && field.required;
    plan.children = field.children;
    std::vector<std::pair<std::string, Index>> keys;
    for (const Index child : field.children) {
      keys.emplace_back(shape.fields[child].name, child);
      plan.required_children += shape.fields[child].declared && shape.fields[child].required ? 1 : 0;
    }
    plan.keys = KeyTable(keys);
    if (field.type.names != kNone) {
      const Enumeration& enumeration = program.enumerations[field.type.names];
      std::vector<std::pair<std::string, Index>> names;
      for (const std::string& name : enumeration.names) {
        names.emplace_back(name, static_cast<Index>(names.size()));
      }
      plan.names = KeyTable(names);
      plan.listed_only = !enumeration.or_other;
    }
  }
}

class Reader::Walk {
 public:
  Walk(Reader& reader, const Structure& structure, Arena& arena)
      : reader_(reader),
        arena_(arena),
        base_(structure.text().data()),
        size_(structure.text().size()),
        next_(structure.begin()),
        end_(structure.end()),
        has_escapes_(structure.has_escapes()) {}

  Fault run() {
    if (peek() != '{') {
      fail(Fault::not_an_object); // it may be broken JSON as well, which makes no difference to anybody
      return fault_;
    }
    Slot& root = reader_.slots_[0];
    root.epoch = reader_.epoch_;
    root.kind = JsonKind::present;
    if (!object(0, 1)) {
      return fault_;
    }
    return next_ == end_ || fail() ? Fault::none : fault_;
  }

 private:
  bool fail(Fault fault = Fault::not_json) {
    fault_ = fault;
    reader_.stopped_at_ = next_ < end_ ? *next_ : size_;
    return false;
  }

  static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

  char peek() const { return next_ < end_ ? base_[*next_] : '\0'; }

  /// The token that begins at the current offset, without the white space behind it.
  std::string_view token() const {
    const char* const begin = base_ + next_[0];
    const char* end = base_ + next_[1];
    while (end > begin && is_space(end[-1])) {
      --end;
    }
    return {begin, static_cast<std::size_t>(end - begin)};
  }

  /// The same for a string, between its quotes; the first stage has made sure that it ends.
  std::string_view string_token() const {
    const std::string_view whole = token();
    return whole.substr(1, whole.size() - 2);
  }

  bool holds_escapes(std::string_view raw) const {
    return has_escapes_ && !raw.empty() && std::memchr(raw.data(), '\\', raw.size()) != nullptr;
  }

  void note_nul(std::string_view text) { reader_.has_nul_ |= text.find('\0') != std::string_view::npos; }

  void violate(Index field, Fault fault, std::string_view token) {
    if (field < reader_.violation_.field) {
      reader_.violation_ = {field, fault, token};
    }
  }

  /// A number as JSON writes it; notes what jsonb could not hold.
  bool number_is_valid(std::string_view token) {
    if (token.empty()) {
      return false;
    }
    const char* at = token.data();
    const char* const end = at + token.size();
    const bool leading_zero = *at == '0' && token.size() > 1;
    while (at < end && *at >= '0' && *at <= '9') {
      ++at;
    }
    constexpr std::size_t kNear = 1000; // digits that numeric holds on either side of the point
    if (at == end && !leading_zero && token.size() < kNear) {
      return true;
    }
    if (number_token_length(token) != token.size()) {
      return false;
    }
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

  bool skip_scalar(char first) {
    switch (first) {
      case '"':
        return string_is_valid(string_token()) || fail();
      case 't':
        return token() == "true" || fail();
      case 'f':
        return token() == "false" || fail();
      case 'n':
        return token() == "null" || fail();
      default:
        return number_is_valid(token()) || fail();
    }
  }

  bool skip_key() {
    if (peek() != '"') {
      return fail();
    }
    const std::string_view raw = string_token();
    if (raw.size() > kMaxKeyLength) {
      return fail(Fault::key_too_long);
    }
    if (!string_is_valid(raw)) {
      return fail();
    }
    ++next_;
    if (peek() != ':') {
      return fail();
    }
    ++next_;
    return true;
  }

  bool skip(int depth) {
    const char first = peek();
    if (first == '{' || first == '[') {
      return skip_container(depth + 1);
    }
    if (!skip_scalar(first)) {
      return false;
    }
    ++next_;
    return true;
  }

  /// At a bracket; `depth` is the container's own. The containers that are open are bits: one for an object, zero for a
  /// list.
  bool skip_container(int depth) {
    std::uint64_t objects = 0;
    const int outside = depth - 1;
    --depth;
    for (;;) {
      // A value begins here.
      const char first = peek();
      if (first == '{' || first == '[') {
        if (++depth > kMaxDepth) {
          return fail(Fault::too_deep);
        }
        objects = objects << 1U | (first == '{' ? 1U : 0U);
        ++next_;
        if (peek() != (first == '{' ? '}' : ']')) {
          if (first == '{' && !skip_key()) {
            return false;
          }
          continue;
        }
      } else if (!skip_scalar(first)) {
        return false;
      } else {
        ++next_;
        if (depth == outside) {
          return true;
        }
      }
      // A value has ended, or an empty container is about to.
      for (;;) {
        const bool in_object = (objects & 1U) != 0;
        const char c = peek();
        ++next_;
        if (c == ',') {
          if (in_object && !skip_key()) {
            return false;
          }
          break;
        }
        if (c != (in_object ? '}' : ']')) {
          return fail();
        }
        objects >>= 1U;
        if (--depth == outside) {
          return true;
        }
      }
    }
  }

  // ---- fields

  /// At `{` of the object that is field `index`; leaves its text in the field's slot.
  bool object(Index index, int depth) {
    if (depth > kMaxDepth) {
      return fail(Fault::too_deep);
    }
    const Plan& plan = reader_.plans_[index];
    const char* const begin = base_ + *next_;
    std::uint32_t required = 0;
    ++next_;
    if (peek() == '}') {
      ++next_;
    } else {
      for (;;) {
        if (!member(plan, depth, required)) {
          return false;
        }
        const char c = peek();
        ++next_;
        if (c == '}') {
          break;
        }
        if (c != ',') {
          return fail();
        }
      }
    }
    reader_.slots_[index].value = Value::of_json(text_from(begin));
    if (required < plan.required_children) {
      find_missing(plan);
    }
    return true;
  }

  /// From `begin` to the end of the container that was just closed.
  std::string_view text_from(const char* begin) const {
    return {begin, static_cast<std::size_t>(base_ + next_[-1] + 1 - begin)};
  }

  void find_missing(const Plan& plan) {
    for (const Index child : plan.children) {
      if (reader_.plans_[child].required && reader_.slots_[child].epoch != reader_.epoch_) {
        violate(child, Fault::missing, {});
      }
    }
  }

  bool member(const Plan& plan, int depth, std::uint32_t& required) {
    if (peek() != '"') {
      return fail();
    }
    std::string_view key = string_token();
    if (key.size() > kMaxKeyLength) {
      return fail(Fault::key_too_long);
    }
    if (holds_escapes(key)) {
      const auto text = unescape(key, arena_);
      if (!text) {
        return fail();
      }
      key = *text;
      note_nul(key);
    }
    const bool in_event = key.data() >= base_ && key.data() <= base_ + size_;
    const std::size_t readable = in_event ? size_ - static_cast<std::size_t>(key.data() - base_) : key.size();
    ++next_;
    if (peek() != ':') {
      return fail();
    }
    ++next_;
    const Index child = plan.keys.find(key, readable);
    if (child == kNone) {
      return skip(depth);
    }
    return field(child, depth, required);
  }

  bool field(Index index, int depth, std::uint32_t& required) {
    Slot& slot = reader_.slots_[index];
    const Plan& plan = reader_.plans_[index];
    if (slot.epoch == reader_.epoch_) {
      if (plan.declared) {
        violate(index, Fault::duplicate, {});
        return skip(depth);
      }
      forget_children(plan);
    } else {
      required += plan.required ? 1 : 0;
    }
    slot.epoch = reader_.epoch_;
    slot.value = {};
    slot.kind = JsonKind::present;
    const char first = peek();
    switch (first) {
      case '"':
        return text_value(index, plan, slot);
      case '{':
        return object_value(index, plan, slot, depth);
      case '[':
        return list_value(index, plan, slot, depth);
      case 'n':
        if (token() != "null") {
          return fail();
        }
        slot.kind = JsonKind::null;
        if (plan.required) {
          violate(index, Fault::null, token());
        }
        ++next_;
        return true;
      case 't':
      case 'f':
        if (token() != (first == 't' ? "true" : "false")) {
          return fail();
        }
        if ((plan.type.kind == Kind::boolean && plan.type.wire != Wire::text) || plan.type.kind == Kind::any) {
          slot.value = Value::of_bool(first == 't');
        } else {
          violate(index, Fault::wrong_type, token());
        }
        ++next_;
        return true;
      default:
        return number_value(index, plan, slot);
    }
  }

  /// The last of several undeclared ones counts, so what the one before it had inside is gone.
  void forget_children(const Plan& plan) {
    for (const Index child : plan.children) {
      reader_.slots_[child].epoch = reader_.epoch_ - 1;
      forget_children(reader_.plans_[child]);
    }
  }

  bool text_value(Index index, const Plan& plan, Slot& slot) {
    const std::string_view raw = string_token();
    std::string_view text = raw;
    if (holds_escapes(raw)) {
      const auto unescaped = unescape(raw, arena_);
      if (!unescaped) {
        return fail();
      }
      text = *unescaped;
      note_nul(text);
    }
    const auto [value, fault] = value_of_string(plan, text);
    slot.value = value;
    if (fault != Fault::none) {
      violate(index, fault, token());
    }
    ++next_;
    return true;
  }

  struct Read {
    Value value;
    Fault fault = Fault::none;
  };

  static Read value_of_string(const Plan& plan, std::string_view text) {
    if (plan.type.kind == Kind::text) {
      if (plan.listed_only && plan.names.find(text) == kNone) {
        return {{}, Fault::not_listed};
      }
      return {Value::of_text(text), Fault::none};
    }
    if (plan.type.kind == Kind::any) {
      return {Value::of_text(text), Fault::none};
    }
    const bool iso = plan.type.wire == Wire::natural || plan.type.wire == Wire::iso8601;
    const bool comes_as_text =
        plan.type.wire == Wire::text || plan.type.kind == Kind::uuid || (plan.type.kind == Kind::timestamp && iso);
    if (!comes_as_text || plan.type.kind == Kind::object) {
      return {{}, Fault::wrong_type};
    }
    const Value value = value_from_text(text, plan.type);
    return {value, value.present() ? Fault::none : Fault::does_not_fit};
  }

  bool object_value(Index index, const Plan& plan, Slot& slot, int depth) {
    if (plan.type.kind != Kind::object && plan.type.kind != Kind::any) {
      const char* const begin = base_ + *next_;
      if (!skip_container(depth + 1)) {
        return false;
      }
      violate(index, Fault::wrong_type, text_from(begin));
      return true;
    }
    if (!plan.keys.empty()) {
      return object(index, depth + 1);
    }
    const char* const begin = base_ + *next_;
    if (!skip_container(depth + 1)) {
      return false;
    }
    slot.value = Value::of_json(text_from(begin));
    return true;
  }

  bool list_value(Index index, const Plan& plan, Slot& slot, int depth) {
    const char* const begin = base_ + *next_;
    if (!skip_container(depth + 1)) {
      return false;
    }
    if (plan.type.kind == Kind::any) {
      slot.value = Value::of_json(text_from(begin));
    } else {
      violate(index, Fault::wrong_type, text_from(begin));
    }
    return true;
  }

  bool number_value(Index index, const Plan& plan, Slot& slot) {
    const std::string_view written = token();
    if (!number_is_valid(written)) {
      return fail();
    }
    ++next_;
    if (plan.type.wire != Wire::text) {
      slot.value = value_from_number(written, plan.type);
    }
    if (!slot.value.present()) {
      violate(index, takes_numbers(plan.type) ? Fault::does_not_fit : Fault::wrong_type, written);
    }
    return true;
  }

  static bool takes_numbers(const ValueType& type) {
    const bool natural = type.kind == Kind::integer || type.kind == Kind::floating || type.kind == Kind::decimal;
    const bool unix_time = type.wire == Wire::unix_s || type.wire == Wire::unix_ms || type.wire == Wire::unix_us;
    return type.wire != Wire::text && (natural || unix_time);
  }

  Reader& reader_;
  Arena& arena_;
  const char* base_;
  std::size_t size_;
  const std::uint32_t* next_;
  const std::uint32_t* end_;
  bool has_escapes_;
  Fault fault_ = Fault::not_json;
};

Fault Reader::read(const Structure& structure, Arena& arena) {
  if (++epoch_ == 0) {
    std::fill(slots_.begin(), slots_.end(), Slot{});
    epoch_ = 1;
  }
  violation_ = {};
  has_nul_ = false;
  has_far_number_ = false;
  return Walk(*this, structure, arena).run();
}

} // namespace millrace::dsl
