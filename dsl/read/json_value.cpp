// Two walks over bytes: one that checks a text which nobody has seen yet, and one over JSON that is known to be good.
#include "dsl/read/json_value.hpp"

#include <algorithm>

#include "dsl/read/json_text.hpp"
#include "dsl/read/reader.hpp"
#include "dsl/values/number.hpp"

namespace millrace::dsl {
namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

std::string_view without_space(std::string_view text) {
  while (!text.empty() && is_space(text.front())) {
    text.remove_prefix(1);
  }
  return text;
}

/// What is between the quotes of the string at the front of `json`; absent if it does not end.
std::optional<std::string_view> string_at(std::string_view json) {
  std::size_t at = 1;
  while (at < json.size() && json[at] != '"') {
    at += json[at] == '\\' ? 2 : 1;
  }
  return at < json.size() ? std::optional(json.substr(1, at - 1)) : std::nullopt;
}

// ---- JSON that is to be checked

/// Takes one value off the front of a text; containers that are open are bits, one for an object.
class Check {
 public:
  explicit Check(std::string_view text) : rest_(without_space(text)) {}

  bool whole() {
    do {
      if (!begin_value()) {
        return false;
      }
    } while (depth_ > 0);
    return rest_.empty();
  }
  /// Bytes that were not read.
  std::size_t left() const { return rest_.size(); }

 private:
  /// A scalar with the ends of containers behind it, or the beginning of a container.
  bool begin_value() {
    const char first = rest_.empty() ? '\0' : rest_[0];
    if (first != '{' && first != '[') {
      return scalar() && behind_value();
    }
    if (depth_ == kMaxDepth) {
      return false;
    }
    ++depth_;
    objects_ = objects_ << 1U | (first == '{' ? 1U : 0U);
    skip(1);
    if (rest_.starts_with(first == '{' ? '}' : ']')) {
      return behind_value();
    }
    return first == '[' || key();
  }

  /// Closes what is to be closed, up to where the next value begins.
  bool behind_value() {
    while (depth_ > 0) {
      const bool in_object = (objects_ & 1U) != 0;
      if (rest_.starts_with(',')) {
        skip(1);
        return !in_object || key();
      }
      if (!rest_.starts_with(in_object ? '}' : ']')) {
        return false;
      }
      skip(1);
      objects_ >>= 1U;
      --depth_;
    }
    return true;
  }

  bool key() {
    if (!string() || !rest_.starts_with(':')) {
      return false;
    }
    skip(1);
    return true;
  }

  bool string() {
    const auto raw = rest_.starts_with('"') ? string_at(rest_) : std::nullopt;
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
    if (!raw || std::any_of(raw->begin(), raw->end(), is_control) || !escapes_are_valid(*raw)) {
      return false;
    }
    skip(raw->size() + 2);
    return true;
  }

  bool scalar() {
    if (rest_.starts_with('"')) {
      return string();
    }
    for (const std::string_view word : {"true", "false", "null"}) {
      if (rest_.starts_with(word)) {
        skip(word.size());
        return true;
      }
    }
    const std::size_t length = number_token_length(rest_);
    skip(length);
    return length > 0;
  }

  void skip(std::size_t bytes) { rest_ = without_space(rest_.substr(bytes)); }

  std::string_view rest_;
  std::uint64_t objects_ = 0;
  int depth_ = 0;
};
static_assert(kMaxDepth <= 64);

// ---- JSON that is known to be good

/// The length of the value at the front of `json`.
std::size_t value_length(std::string_view json) {
  std::size_t at = 0;
  int depth = 0;
  do {
    switch (json[at]) {
      case '"':
        at += string_at(json.substr(at))->size() + 2;
        break;
      case '{':
      case '[':
        ++depth;
        ++at;
        break;
      case '}':
      case ']':
        --depth;
        ++at;
        break;
      case ',':
      case ':':
      case ' ':
      case '\n':
      case '\t':
      case '\r':
        ++at;
        break;
      default: // a word or a number
        at = std::min(json.find_first_of(",:]} \n\t\r", at), json.size());
    }
  } while (depth > 0);
  return at;
}

/// Calls `item` with the JSON of each item until it says false.
template <typename Item>
void for_each_item(std::string_view list, Item item) {
  std::string_view rest = without_space(list.substr(1));
  while (rest[0] != ']') {
    const std::size_t length = value_length(rest);
    if (!item(rest.substr(0, length))) {
      return;
    }
    rest = without_space(rest.substr(length));
    rest = rest[0] == ',' ? without_space(rest.substr(1)) : rest;
  }
}

bool same_key(std::string_view raw, std::string_view key, Arena& arena) {
  if (raw.find('\\') == std::string_view::npos) {
    return raw == key;
  }
  return unescape(raw, arena) == key;
}

} // namespace

bool is_json(std::string_view text) { return Check(text).whole(); }

std::optional<std::size_t> first_no_json(std::string_view text) {
  Check check(text);
  return check.whole() ? std::nullopt : std::optional(text.size() - check.left());
}

Value json_value(std::string_view json, Arena& arena) {
  json = without_space(json);
  switch (json[0]) {
    case '"': {
      const std::string_view raw = *string_at(json);
      const bool plain = raw.find('\\') == std::string_view::npos;
      return Value::of_text(plain ? raw : unescape(raw, arena).value_or(""));
    }
    case '{':
    case '[':
      return Value::of_json(json.substr(0, value_length(json)));
    case 't':
      return Value::of_bool(true);
    case 'f':
      return Value::of_bool(false);
    case 'n':
      return {};
    default:
      return Value::of_token(json.substr(0, value_length(json)));
  }
}

std::optional<std::string_view> json_member(std::string_view json, std::string_view key, Arena& arena) {
  if (!json.starts_with('{')) {
    return std::nullopt;
  }
  std::optional<std::string_view> found;
  std::string_view rest = without_space(json.substr(1));
  while (rest[0] != '}') {
    const std::string_view name = *string_at(rest);
    rest = without_space(rest.substr(name.size() + 2));
    rest = without_space(rest.substr(1)); // the colon
    const std::size_t length = value_length(rest);
    if (same_key(name, key, arena)) {
      found = rest.substr(0, length);
    }
    rest = without_space(rest.substr(length));
    rest = rest[0] == ',' ? without_space(rest.substr(1)) : rest;
  }
  return found;
}

std::optional<std::string_view> json_item(std::string_view json, std::uint64_t which) {
  std::optional<std::string_view> found;
  if (json.starts_with('[')) {
    for_each_item(json, [&](std::string_view item) {
      found = which == 0 ? std::optional(item) : std::nullopt;
      return which-- > 0;
    });
  }
  return found;
}

std::optional<std::string_view> json_last_item(std::string_view json) {
  std::optional<std::string_view> found;
  if (json.starts_with('[')) {
    for_each_item(json, [&](std::string_view item) {
      found = item;
      return true;
    });
  }
  return found;
}

std::optional<std::size_t> count_of(const Value& list) {
  if (list.tag() == Tag::list) {
    return list.as_list().items.size();
  }
  if (list.tag() != Tag::json || !list.as_text().starts_with('[')) {
    return std::nullopt;
  }
  std::size_t count = 0;
  for_each_item(list.as_text(), [&](std::string_view) { return ++count > 0; });
  return count;
}

std::optional<std::span<const Value>> items_of(const Value& list, Arena& arena) {
  const auto count = count_of(list);
  if (!count || list.tag() == Tag::list) {
    return count ? std::optional(list.as_list().items) : std::nullopt;
  }
  Value* const items = arena.allocate_of<Value>(*count);
  Value* out = items;
  for_each_item(list.as_text(), [&](std::string_view item) {
    *out++ = json_value(item, arena);
    return true;
  });
  return std::span<const Value>(items, *count);
}

Value list_of(std::span<const Value> items, std::string_view json, Arena& arena) {
  return Value::of_list(*new (arena.allocate_of<List>(1)) List{items, json});
}

} // namespace millrace::dsl
