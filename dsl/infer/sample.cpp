// An event is checked as one that arrives is, then walked by its tokens: first every value is found with its field, and
// only when the whole is good are they counted.
#include "dsl/infer/sample.hpp"

#include <algorithm>
#include <array>

#include "dsl/evaluate/reason_text.hpp"
#include "dsl/read/json_text.hpp"

namespace millrace::dsl::infer {
namespace {

constexpr std::size_t kMostRepeats = 8;          // fields that are watched for values that come twice
constexpr std::uint32_t kNoField = 0xFFFF'FFFFU; // there is no room for it
constexpr std::size_t kMostValues = 1'000'000;   // of one event

/// An event of which nothing is declared.
Program program_of_nothing() {
  Program program;
  program.shapes.emplace_back().fields.emplace_back();
  program.shapes.front().fields.front().type.kind = Kind::object;
  program.seal();
  return program;
}

/// A name that things are told apart by.
bool looks_like_id(std::string_view name) {
  const auto ends = [&](std::string_view end) { return name.ends_with(end); };
  return name == "id" || name == "key" || ends("_id") || ends("-id") || ends("Id") || ends("ID") || ends("uuid") ||
         ends("UUID") || ends("guid");
}

} // namespace

Sample::Sample() : nothing_declared_(program_of_nothing()), checker_(nothing_declared_, nothing_declared_.shapes[0]) {
  fields_.emplace_back();
}

std::optional<std::string> Sample::add(std::string_view event) {
  arena_.reset();
  if (const Fault fault = structure_.index(event); fault != Fault::none) {
    return std::string(describe_bytes(fault, event.size(), arena_));
  }
  if (const Fault fault = checker_.read(structure_, arena_); fault != Fault::none) {
    return std::string(describe_bytes(fault, checker_.stopped_at(), arena_));
  }
  ++number_;
  found_.clear();
  overfull_.clear();
  twice_ = {};
  object(structure_.begin(), 0, 1);
  if (!twice_.empty()) {
    return "the key `" + std::string(twice_) + "` stands twice in one object";
  }
  if (found_.size() > kMostValues) {
    return "more than a million values in one event";
  }
  for (const Found& found : found_) {
    count(found);
  }
  for (const std::uint32_t object : overfull_) {
    ++fields_[object].left_out;
  }
  return std::nullopt;
}

std::string_view Sample::token(Cursor at) const {
  const std::string_view text = structure_.text();
  std::string_view piece = text.substr(at[0], at[1] - at[0]);
  return piece.substr(0, piece.find_last_not_of(" \t\r\n") + 1);
}

std::string_view Sample::unescaped(std::string_view raw) {
  if (!structure_.has_escapes() || raw.find('\\') == std::string_view::npos) {
    return raw;
  }
  return unescape(raw, arena_).value_or(raw);
}

/// Behind the value at `at`.
Sample::Cursor Sample::skip(Cursor at) const {
  const std::string_view text = structure_.text();
  int open = 0;
  do {
    const char c = text[*at++];
    open += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
  } while (open > 0);
  return at;
}

Sample::Cursor Sample::object(Cursor at, std::uint32_t field, int depth) {
  const std::string_view text = structure_.text();
  found_.push_back({field, text.substr(*at, 1)});
  ++at;
  std::size_t hint = 0;
  while (text[*at] != '}') {
    const std::string_view quoted = token(at);
    const std::string_view key = unescaped(quoted.substr(1, quoted.size() - 2));
    const std::uint32_t member = depth <= kDeepest ? this->member(field, key, hint) : kNoField;
    at += 2;
    if (member == kNoField) {
      overfull_.push_back(field);
      at = skip(at);
    } else {
      if (fields_[member].last_event == number_) {
        twice_ = twice_.empty() ? key : twice_;
      }
      fields_[member].last_event = number_;
      hint = fields_[member].position + 1;
      at = value(at, member, depth);
    }
    at += text[*at] == ',' ? 1 : 0;
  }
  return at + 1;
}

Sample::Cursor Sample::list(Cursor at, std::uint32_t field, int depth) {
  const std::string_view text = structure_.text();
  found_.push_back({field, text.substr(*at, 1)});
  ++at;
  while (text[*at] != ']') {
    const std::uint32_t items = items_of(field);
    const char first = text[*at];
    if (items == kNoField) {
      at = skip(at);
    } else if (first == '{') { // its members are not told apart: the type is list<object>
      found_.push_back({items, text.substr(*at, 1)});
      at = skip(at);
    } else {
      at = value(at, items, depth);
    }
    at += text[*at] == ',' ? 1 : 0;
  }
  return at + 1;
}

Sample::Cursor Sample::value(Cursor at, std::uint32_t field, int depth) {
  const char first = structure_.text()[*at];
  if (first == '{') {
    return object(at, field, depth + 1);
  }
  if (first == '[') {
    return list(at, field, depth + 1);
  }
  found_.push_back({field, token(at)});
  return at + 1;
}

/// Members mostly come in one order, so the next one is looked at first.
std::uint32_t Sample::member(std::uint32_t object, std::string_view key, std::size_t hint) {
  if (hint < fields_[object].members.size() && fields_[fields_[object].members[hint]].name == key) {
    return fields_[object].members[hint];
  }
  const auto known = fields_[object].by_name.find(key);
  if (known != fields_[object].by_name.end()) {
    return known->second;
  }
  if (fields_.size() == kMostFields || fields_[object].members.size() == kMostMembers) {
    return kNoField;
  }
  const auto number = static_cast<std::uint32_t>(fields_.size());
  const auto watched =
      std::count_if(fields_.begin(), fields_.end(), [](const Seen& field) { return field.repeats != nullptr; });
  Seen& field = fields_.emplace_back();
  field.name = key;
  field.position = static_cast<std::uint32_t>(fields_[object].members.size());
  if (looks_like_id(key) && static_cast<std::size_t>(watched) < kMostRepeats) {
    field.repeats = std::make_unique<Repeats>();
  }
  fields_[object].members.push_back(number);
  fields_[object].by_name.emplace(key, number);
  return number;
}

std::uint32_t Sample::items_of(std::uint32_t list) {
  if (fields_[list].items == 0) {
    if (fields_.size() == kMostFields) {
      return kNoField;
    }
    fields_[list].items = static_cast<std::uint32_t>(fields_.size());
    fields_.emplace_back();
  }
  return fields_[list].items;
}

void Sample::count(const Found& found) {
  Seen& field = fields_[found.field];
  switch (found.json.front()) {
    case '{':
      ++field.objects;
      return;
    case '[':
      ++field.lists;
      return;
    case 'n':
      ++field.nulls;
      return;
    case 't':
    case 'f':
      ++field.booleans;
      return;
    case '"':
      field.texts.add(unescaped(found.json.substr(1, found.json.size() - 2)));
      break;
    default:
      field.numbers.add(found.json);
  }
  if (field.repeats) {
    field.repeats->add(found.json);
  }
}

} // namespace millrace::dsl::infer
