#include "tests/support/reference/json.hpp"

namespace millrace::reference {
namespace {

constexpr int kDeepest = 64;
constexpr std::size_t kLongestKey = 1024;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Parsed whole() {
    auto json = std::make_shared<Json>();
    space();
    if (!value(*json, 1)) {
      return {nullptr, fault_};
    }
    space();
    return at_ == text_.size() ? Parsed{json, dsl::Fault::none} : Parsed{nullptr, dsl::Fault::not_json};
  }

 private:
  char here() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(char c) {
    if (here() != c || at_ == text_.size()) {
      return false;
    }
    ++at_;
    return true;
  }
  void space() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
      ++at_;
    }
  }
  bool fail(dsl::Fault fault) {
    fault_ = fault;
    return false;
  }

  bool value(Json& out, int depth) {
    const std::size_t begin = at_;
    const bool good = inner(out, depth);
    out.raw = std::string(text_.substr(begin, at_ - begin));
    return good;
  }

  bool inner(Json& out, int depth) {
    switch (here()) {
      case '{':
        return depth > kDeepest ? fail(dsl::Fault::too_deep) : object(out, depth);
      case '[':
        return depth > kDeepest ? fail(dsl::Fault::too_deep) : list(out, depth);
      case '"':
        out.is = Json::Is::text;
        return string(out.text);
      case 't':
        out.is = Json::Is::boolean;
        out.truth = true;
        return word("true");
      case 'f':
        out.is = Json::Is::boolean;
        return word("false");
      case 'n':
        return word("null");
      default:
        return number(out);
    }
  }

  bool word(std::string_view wanted) {
    if (text_.substr(at_, wanted.size()) != wanted) {
      return false;
    }
    at_ += wanted.size();
    return true;
  }

  bool number(Json& out) {
    const std::size_t length = number_length(text_.substr(at_));
    out.is = Json::Is::number;
    out.text = std::string(text_.substr(at_, length));
    at_ += length;
    return length > 0;
  }

  bool object(Json& out, int depth) {
    out.is = Json::Is::object;
    take('{');
    space();
    if (take('}')) {
      return true;
    }
    do {
      Member& member = out.members.emplace_back();
      space();
      const std::size_t begin = at_;
      if (!string(member.key)) {
        return false;
      }
      member.raw_key = std::string(text_.substr(begin, at_ - begin));
      space();
      if (!take(':')) {
        return false;
      }
      if (member.raw_key.size() - 2 > kLongestKey) {
        return fail(dsl::Fault::key_too_long);
      }
      space();
      if (!value(member.value, depth + 1)) {
        return false;
      }
      space();
    } while (take(','));
    return take('}');
  }

  bool list(Json& out, int depth) {
    out.is = Json::Is::list;
    take('[');
    space();
    if (take(']')) {
      return true;
    }
    do {
      space();
      if (!value(out.items.emplace_back(), depth + 1)) {
        return false;
      }
      space();
    } while (take(','));
    return take(']');
  }

  bool string(std::string& out) {
    if (!take('"')) {
      return false;
    }
    while (!take('"')) {
      if (at_ == text_.size() || static_cast<unsigned char>(here()) < 0x20) {
        return false;
      }
      if (!take('\\')) {
        out += text_[at_++];
      } else if (!escape(out)) {
        return false;
      }
    }
    return true;
  }

  bool escape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (take('u')) {
      return character(out);
    }
    const std::size_t which = at_ < text_.size() ? kLetters.find(here()) : std::string_view::npos;
    if (which == std::string_view::npos) {
      return false;
    }
    ++at_;
    out += kMeanings[which];
    return true;
  }

  bool character(std::string& out) {
    unsigned first = 0;
    if (!unit(first)) {
      return false;
    }
    if (first >= 0xD800 && first < 0xDC00) {
      unsigned second = 0;
      if (!take('\\') || !take('u') || !unit(second) || second < 0xDC00 || second > 0xDFFF) {
        return false;
      }
      append_utf8(out, 0x10000 + (first - 0xD800) * 0x400 + (second - 0xDC00));
      return true;
    }
    if (first >= 0xDC00 && first <= 0xDFFF) {
      return false;
    }
    append_utf8(out, first);
    return true;
  }

  bool unit(unsigned& out) {
    for (int i = 0; i < 4; ++i) {
      const char c = here();
      const bool letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
      if (!is_digit(c) && !letter) {
        return false;
      }
      out = out * 16 + static_cast<unsigned>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
      ++at_;
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  dsl::Fault fault_ = dsl::Fault::not_json;
};

} // namespace

const Json* Json::member(std::string_view key) const {
  const Json* found = nullptr;
  for (const Member& member : members) {
    found = member.key == key ? &member.value : found;
  }
  return found;
}

void append_utf8(std::string& out, unsigned code) {
  const auto byte = [&](unsigned value) { out += static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | code >> 6);
    byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3F));
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  }
}

std::size_t number_length(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) {
      ++at;
    }
    return at > begin;
  };
  const auto is = [&](char c) { return at < text.size() && text[at] == c; };
  at += is('-') ? 1 : 0;
  if (is('0')) {
    ++at;
  } else if (!digits()) {
    return 0;
  }
  if (is('.')) {
    ++at;
    if (!digits()) {
      return 0;
    }
  }
  if (is('e') || is('E')) {
    ++at;
    at += is('+') || is('-') ? 1 : 0;
    if (!digits()) {
      return 0;
    }
  }
  return at;
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xC2 && lead < 0xE0 ? 2
                               : lead >= 0xE0 && lead < 0xF0 ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    if (length == 0 || at + length > text.size()) {
      return false;
    }
    for (std::size_t i = 1; i < length; ++i) {
      if ((static_cast<unsigned char>(text[at + i]) & 0xC0U) != 0x80U) {
        return false;
      }
    }
    const auto second = length > 1 ? static_cast<unsigned char>(text[at + 1]) : 0;
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
        (lead == 0xF4 && second > 0x8F)) {
      return false;
    }
    at += length;
  }
  return true;
}

Parsed parse_json(std::string_view text) { return Parser(text).whole(); }

std::string canonical(const Json& json) {
  const auto quoted = [](const std::string& text) { return "\"" + std::to_string(text.size()) + ":" + text + "\""; };
  std::string out;
  switch (json.is) {
    case Json::Is::null:
      return "null";
    case Json::Is::boolean:
      return json.truth ? "true" : "false";
    case Json::Is::number:
      return json.text;
    case Json::Is::text:
      return quoted(json.text);
    case Json::Is::list:
      for (const Json& item : json.items) {
        out += (out.empty() ? "" : ",") + canonical(item);
      }
      return "[" + out + "]";
    case Json::Is::object:
      for (const Member& member : json.members) {
        out += (out.empty() ? "" : ",") + quoted(member.key) + ":" + canonical(member.value);
      }
      return "{" + out + "}";
  }
  return out;
}

} // namespace millrace::reference
