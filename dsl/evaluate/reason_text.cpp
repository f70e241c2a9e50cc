#include "dsl/evaluate/reason_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace millrace::dsl {
namespace {

constexpr std::size_t kMostOfAValue = 64; // bytes that are quoted of a value

/// A sentence put together in the arena, of at most 500 bytes: what a reason can carry across to a sink. It is text
/// that every sink takes: valid UTF-8 without control characters.
class Sentence {
 public:
  explicit Sentence(Arena& arena) : arena_(arena), begin_(arena.allocate(kMost)), out_(begin_) {}

  Sentence& say(std::string_view text) {
    const std::string_view fitting = full_ ? "" : cut(text, kMost - static_cast<std::size_t>(out_ - begin_));
    full_ = full_ || fitting.size() < text.size();
    out_ = std::copy(fitting.begin(), fitting.end(), out_);
    return *this;
  }
  Sentence& number(std::uint64_t value) {
    std::array<char, 24> digits{};
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    return say({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }
  Sentence& name(std::string_view text) { return say("`").value(text).say("`"); }
  /// The value as it was written, cut when it is long.
  Sentence& value(std::string_view text) {
    const std::string_view shown = cut(text, kMostOfAValue);
    for (std::size_t at = 0; at < shown.size(); ++at) {
      const auto byte = static_cast<unsigned char>(shown[at]);
      if (byte < 0x20 || byte == 0x7F) {
        constexpr std::string_view kHex = "0123456789abcdef";
        say("\\u00").say(kHex.substr(byte >> 4U, 1)).say(kHex.substr(byte & 15U, 1));
        continue;
      }
      const std::size_t first = at;
      while (at + 1 < shown.size() && (static_cast<unsigned char>(shown[at + 1]) & 0xC0U) == 0x80U) {
        ++at;
      }
      say(shown.substr(first, at + 1 - first));
    }
    return shown.size() < text.size() ? say("…") : *this;
  }
  std::string_view done() {
    arena_.shrink(out_);
    return {begin_, static_cast<std::size_t>(out_ - begin_)};
  }

 private:
  static constexpr std::size_t kMost = 500;
  Arena& arena_;
  char* begin_;
  char* out_;
  bool full_ = false;
};

std::string_view kind_text(Kind kind) {
  switch (kind) {
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::floating:
      return "float";
    case Kind::decimal:
      return "decimal";
    case Kind::text:
      return "string";
    case Kind::timestamp:
      return "timestamp";
    case Kind::uuid:
      return "uuid";
    case Kind::object:
      return "object";
    case Kind::any:
      return "any";
    case Kind::duration:
      return "duration";
    case Kind::ip:
      return "ip";
    case Kind::version:
      return "version";
    case Kind::list:
      return "list";
  }
  return "";
}

std::string_view wire_text(Wire wire) {
  switch (wire) {
    case Wire::natural:
      return "";
    case Wire::iso8601:
      return "iso8601";
    case Wire::unix_s:
      return "unix_s";
    case Wire::unix_ms:
      return "unix_ms";
    case Wire::unix_us:
      return "unix_us";
    case Wire::text:
      return "text";
  }
  return "";
}

ValueType without_names(ValueType type) {
  type.names = kNone;
  return type;
}

} // namespace

std::string_view cut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) {
    return text;
  }
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0U) == 0x80U) {
    --bytes;
  }
  return text.substr(0, bytes);
}

std::string_view describe_bytes(Fault fault, std::size_t offset, Arena& arena) {
  Sentence sentence(arena);
  switch (fault) {
    case Fault::bad_utf8:
      return sentence.say("the event is not valid UTF-8").done();
    case Fault::too_deep:
      return sentence.say("objects and lists lie in each other more than ").number(kMaxDepth).say(" deep").done();
    case Fault::not_an_object:
      return sentence.say("the event is no JSON object").done();
    case Fault::key_too_long:
      return sentence.say("a key is longer than ").number(kMaxKeyLength).say(" bytes, at byte ").number(offset).done();
    case Fault::too_long:
      return sentence.say("the event is too long to be read").done();
    default:
      return sentence.say("the event is not valid JSON, at byte ").number(offset).done();
  }
}

std::string_view describe_violation(const Program& program, const Shape& shape, const Violation& violation,
                                    Arena& arena) {
  const Field& field = shape.fields[violation.field];
  const bool is_item = violation.item != kNone;
  const ValueType& wanted = is_item ? program.types[violation.item] : field.type;
  const bool listed = violation.fault != Fault::wrong_type; // a number for `one of` is simply no string
  const std::string_view type = type_text(program, listed ? wanted : without_names(wanted), arena);
  Sentence sentence(arena);
  sentence.say(is_item ? "an item of " : "").name(field.path);
  switch (violation.fault) {
    case Fault::missing:
    case Fault::null:
      sentence.say(violation.fault == Fault::missing ? " is missing" : " is null and may not be absent");
      if (!is_item && field.required_when.field != kNone) {
        sentence.say(", since ").name(shape.fields[field.required_when.field].path).say(" requires it");
      }
      return sentence.done();
    case Fault::duplicate:
      return sentence.say(" comes twice").done();
    case Fault::not_listed:
      return sentence.say(" is ").value(violation.token).say(", which is not ").say(type).done();
    case Fault::does_not_fit:
      return sentence.say(" is ").value(violation.token).say(", which does not fit ").say(type).done();
    default:
      return sentence.say(" is ").value(violation.token).say(", which is no ").say(type).done();
  }
}

std::string_view describe_refusal(Fault fault, std::string_view what, std::string_view value, std::string_view wanted,
                                  Arena& arena) {
  Sentence sentence(arena);
  switch (fault) {
    case Fault::no_key:
      return sentence.say("the key for topic ").name(what).say(" is absent").done();
    case Fault::no_header:
      return sentence.say("the header ").name(what).say(" is absent").done();
    case Fault::bad_topic:
      return sentence.name(value).say(" is no name for a topic of ").name(what).done();
    case Fault::no_value:
      return sentence.say("column ").name(what).say(" has no value").done();
    case Fault::nul_in_text:
      return sentence.say("column ").name(what).say(": PostgreSQL stores no \\u0000 in ").say(wanted).done();
    case Fault::number_in_json:
      return sentence.say("column ")
          .name(what)
          .say(": a number in it is beyond what ")
          .say(wanted)
          .say(" stores")
          .done();
    case Fault::too_old:
      return sentence.say("column ")
          .name(what)
          .say(": ")
          .value(value)
          .say(" is older than the ")
          .say(wanted)
          .say(" that the table keeps")
          .done();
    case Fault::too_far_ahead:
      return sentence.say("column ")
          .name(what)
          .say(": ")
          .value(value)
          .say(" is more than a day ahead of ")
          .say(wanted)
          .say(", when the event was received")
          .done();
    default:
      return sentence.say("column ").name(what).say(": ").value(value).say(" does not fit ").say(wanted).done();
  }
}

std::string_view type_text(const Program& program, const ValueType& type, Arena& arena) {
  const std::string_view items = type.kind == Kind::list ? type_text(program, program.types[type.element], arena) : "";
  Sentence sentence(arena);
  if (type.names != kNone) {
    sentence.say("one of ");
    const Enumeration& enumeration = program.enumerations[type.names];
    for (const std::string& name : enumeration.names) {
      sentence.say(&name == enumeration.names.data() ? "\"" : ", \"").value(name).say("\"");
    }
    return sentence.done();
  }
  sentence.say(kind_text(type.kind));
  if (type.kind == Kind::list) {
    sentence.say("<").say(items).say(">");
  }
  if (type.kind == Kind::decimal && type.precision > 0) {
    sentence.say("(").number(type.precision).say(",").number(type.scale).say(")");
  }
  if (type.wire != Wire::natural) {
    sentence.say(" from ").say(wire_text(type.wire));
  }
  return sentence.done();
}

} // namespace millrace::dsl
