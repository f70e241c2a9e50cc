// From what was seen to a type. Each type that is chosen takes all values that were seen; names of fields only decide
// between types that do.
#include "dsl/infer/guess.hpp"

#include <algorithm>
#include <cmath>

#include "dsl/syntax/text.hpp"
#include "dsl/values/decimal.hpp"
#include "dsl/values/timestamp.hpp"

namespace millrace::dsl::infer {
namespace {

// Few-valued: so many values that each has come again and again.
constexpr std::uint64_t kFewestEvents = 20;
constexpr std::uint64_t kTimesEach = 5;
// A fixed number of digits behind the point, seen so often.
constexpr std::uint64_t kFewestFixed = 10;
constexpr int kMoneyDigits = 12; // before the point and behind it, as long as they are enough
constexpr int kRoom = 3;         // digits before the point beyond those that were seen
// An object whose keys come and go is a map.
constexpr std::size_t kManyMembers = 40;

/// The words of a name: `createdAt`, `created_at` and `created-at` have the same.
std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool upper = c >= 'A' && c <= 'Z';
    const bool after_lower = i > 0 && name[i - 1] >= 'a' && name[i - 1] <= 'z';
    if (c == '_' || c == '-' || c == '.' || c == ' ' || (upper && after_lower)) {
      words.emplace_back();
    }
    if (c != '_' && c != '-' && c != '.' && c != ' ') {
      words.back() += upper ? static_cast<char>(c + 32) : c;
    }
  }
  return words;
}

bool speaks_of(std::string_view name, std::initializer_list<std::string_view> wanted) {
  const std::vector<std::string> words = words_of(name);
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return std::find(wanted.begin(), wanted.end(), word) != wanted.end();
  });
}

bool speaks_of_time(std::string_view name) {
  return speaks_of(name, {"time",    "timestamp", "ts",     "date",     "datetime", "at",    "when",    "created",
                          "updated", "modified",  "seen",   "since",    "until",    "start", "started", "end",
                          "ended",   "expires",   "expiry", "received", "sent",     "epoch", "utc",     "stamp"});
}

bool speaks_of_money(std::string_view name) {
  return speaks_of(
      name, {"price",    "amount", "cost", "total",  "subtotal", "fee",    "tax",     "balance", "revenue", "money",
             "discount", "sum",    "paid", "charge", "refund",   "salary", "payment", "net",     "gross",   "vat"});
}

/// Codes have digits, but nobody adds them.
bool speaks_of_code(std::string_view name) {
  return speaks_of(name,
                   {"id",   "ids",     "zip",  "zipcode", "plz",       "postal", "postcode", "phone", "tel",  "mobile",
                    "code", "number",  "no",   "nr",      "key",       "sku",    "ean",      "isbn",  "imei", "imsi",
                    "iban", "account", "card", "ref",     "reference", "hash",   "serial",   "year"});
}

std::string day_text(double micros) {
  char text[kDateSize];
  const double bound = std::clamp(micros, static_cast<double>(kFirstMoment), 2e17);
  return {text, static_cast<std::size_t>(write_date(text, static_cast<std::int64_t>(bound)) - text)};
}

struct Unit {
  std::string_view wire;
  std::string_view word;
  double micros;
};
constexpr Unit kUnits[] = {
    {"unix_s", "seconds", 1e6}, {"unix_ms", "milliseconds", 1e3}, {"unix_us", "microseconds", 1}};

/// Numbers that are moments between 2000 and 2100, if the name says so; without its word between 2010 and 2040, and not
/// seconds, of which too much else has the size.
std::optional<Guess> as_unix_time(const NumbersSeen& numbers, std::string_view name) {
  const bool named = speaks_of_time(name);
  if (numbers.far + numbers.exponents + numbers.beyond_double > 0 || (!named && speaks_of_code(name))) {
    return std::nullopt;
  }
  for (const Unit& unit : kUnits) {
    const double first = (named ? 946'684'800e6 : 1'262'304'000e6) / unit.micros;
    const double last = (named ? 4'102'444'800e6 : 2'208'988'800e6) / unit.micros;
    if (numbers.low >= first && numbers.high < last && (named || unit.wire != "unix_s")) {
      return Guess{"timestamp from " + std::string(unit.wire),
                   "timestamptz",
                   {"a guess: as " + std::string(unit.word) + " since 1970 it is " +
                    day_text(numbers.low * unit.micros) + " to " + day_text(numbers.high * unit.micros)}};
    }
  }
  return std::nullopt;
}

Guess as_decimal(int integer_digits, int scale, std::string note) {
  const int precision = std::min(std::max(integer_digits + kRoom + scale, kMoneyDigits), kMaxDigits);
  const std::string arguments = "(" + std::to_string(precision) + "," + std::to_string(scale) + ")";
  return {"decimal" + arguments, "numeric" + arguments, {std::move(note)}};
}

/// Numbers with a point that are exact by intent: always as many digits behind it, or a name that speaks of money.
std::optional<Guess> as_money(const NumbersSeen& numbers, std::string_view name) {
  const bool fixed = numbers.integers == 0 && numbers.least_scale == numbers.most_scale && numbers.most_scale >= 2 &&
                     numbers.most_scale <= 4 && numbers.fractions >= kFewestFixed;
  const bool named = speaks_of_money(name) && numbers.most_scale <= 4;
  if (numbers.fractions == 0 || numbers.far + numbers.exponents + numbers.beyond_double > 0 || !(fixed || named) ||
      numbers.integer_digits > kMaxDigits - 4) {
    return std::nullopt;
  }
  const int scale = std::max(numbers.most_scale, 2);
  return as_decimal(numbers.integer_digits, scale,
                    fixed ? "a guess: always " + std::to_string(scale) + " digits behind the point, as money has"
                          : "a guess by its name; at most " + std::to_string(numbers.most_scale) +
                                (numbers.most_scale == 1 ? " digit" : " digits") + " behind the point");
}

Guess guess_number(const NumbersSeen& numbers, std::string_view name, bool plain) {
  if (numbers.beyond_double > 0) {
    return {"any", "jsonb", {"a number is beyond what a float holds"}};
  }
  if (!plain) {
    if (const auto time = as_unix_time(numbers, name)) {
      return *time;
    }
  }
  if (const auto money = as_money(numbers, name)) {
    return plain ? Guess{money->type, money->column, {}} : *money;
  }
  if (numbers.fractions + numbers.exponents > 0) {
    return {"float", "double precision", {}};
  }
  if (numbers.far == 0) {
    return {"int", "bigint", {}};
  }
  if (numbers.integer_digits > kMaxDigits) {
    return {"any", "jsonb", {"a whole number of " + std::to_string(numbers.integer_digits) + " digits"}};
  }
  return {"decimal(38,0)",
          "numeric(38,0)",
          {"up to " + std::to_string(numbers.integer_digits) + " digits, more than the 64 bits of an int"}};
}

bool is_listable(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(),
                                       [](char c) { return static_cast<unsigned char>(c) >= 0x20U && c != 0x7F; });
}

std::optional<Guess> as_enumeration(const TextsSeen& texts, std::string_view name) {
  if (speaks_of(name, {"id", "ids", "uuid", "guid", "user", "email", "token"})) {
    return std::nullopt; // there will be more
  }
  const bool few = !texts.many && texts.count >= kFewestEvents && texts.values.size() * kTimesEach <= texts.count;
  if (!few || !std::all_of(texts.values.begin(), texts.values.end(),
                           [](const auto& value) { return is_listable(value.first); })) {
    return std::nullopt;
  }
  auto values = texts.values;
  std::sort(values.begin(), values.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  std::string type = "one of ";
  for (const auto& value : values) {
    type += (&value == values.data() ? "" : ", ") + quote_text(value.first);
  }
  return Guess{type + " or other", "text", {}};
}

/// A number or truth value in quotes.
std::optional<Guess> as_quoted(const TextsSeen& texts, std::string_view name) {
  if (texts.is_always(Form::boolean)) {
    return Guess{"bool from text", "boolean", {"always true or false, in quotes"}};
  }
  if (speaks_of_code(name)) {
    return std::nullopt;
  }
  if (texts.is_always(Form::integer)) {
    return Guess{"int from text", "bigint", {"a guess: always a whole number, in quotes"}};
  }
  if (texts.is_always(Form::number)) {
    if (auto money = as_money(texts.numbers, name)) {
      return Guess{
          money->type + " from text", money->column, {"a guess: always a number with fixed digits, in quotes"}};
    }
  }
  return std::nullopt;
}

Guess guess_text(const TextsSeen& texts, std::string_view name, bool plain) {
  const bool version = texts.is_always(Form::version) && texts.least_parts >= 2 &&
                       (texts.least_parts >= 3 || speaks_of(name, {"version", "ver", "release", "build", "firmware"}));
  if (texts.is_always(Form::timestamp)) {
    return {"timestamp", "timestamptz", {}};
  }
  if (texts.is_always(Form::uuid)) {
    return {"uuid", "uuid", {}};
  }
  if (texts.is_always(Form::ip)) {
    return {"ip", "inet", {}};
  }
  if (version) {
    return {"version", "text", {}};
  }
  if (texts.is_always(Form::duration)) {
    return {"duration", "interval", {}};
  }
  if (!plain) {
    if (const auto quoted = as_quoted(texts, name)) {
      return *quoted;
    }
    if (const auto listed = as_enumeration(texts, name)) {
      return *listed;
    }
  }
  return {"string", "text", {}};
}

std::string kinds_of(const Seen& field) {
  const std::pair<std::uint64_t, std::string_view> kinds[] = {{field.texts.count, "text"},
                                                              {field.numbers.count(), "number"},
                                                              {field.booleans, "bool"},
                                                              {field.objects, "object"},
                                                              {field.lists, "list"}};
  std::string text;
  for (const auto& [count, word] : kinds) {
    if (count > 0) {
      text += (text.empty() ? "" : ", ") + std::string(word) + " " + grouped(count) + (count == 1 ? " time" : " times");
    }
  }
  return text;
}

Guess guess_kind(const Sample& sample, const Seen& field, bool plain);

Guess guess_list(const Sample& sample, const Seen& field) {
  if (field.items == 0 || sample[field.items].present() == 0) {
    return {"list<any>", "jsonb", {field.items == 0 ? "always empty" : "nothing but null in it"}};
  }
  const Seen& items = sample[field.items];
  if (items.nulls > 0) {
    return {"list<any>", "jsonb", {"with null among its items; without: " + kinds_of(items)}};
  }
  const Guess item = guess_kind(sample, items, true);
  const bool deep = item.type.starts_with("list<list<list<");
  const std::string type = item.type.empty() ? "object" : deep ? "any" : item.type;
  const bool as_array = type != "object" && type != "any" && !type.starts_with("list<");
  Guess list{"list<" + type + ">", as_array ? item.column + "[]" : "jsonb", item.notes};
  return list;
}

Guess guess_kind(const Sample& sample, const Seen& field, bool plain) {
  const int kinds = (field.texts.count > 0) + (field.numbers.count() > 0) + (field.booleans > 0) + (field.objects > 0) +
                    (field.lists > 0);
  if (kinds == 0) {
    return {"any", "jsonb", {"nothing but null was seen"}};
  }
  if (kinds > 1) {
    return {"any", "jsonb", {"of several kinds: " + kinds_of(field)}};
  }
  if (field.texts.count > 0) {
    return guess_text(field.texts, field.name, plain);
  }
  if (field.numbers.count() > 0) {
    return guess_number(field.numbers, field.name, plain);
  }
  if (field.booleans > 0) {
    return {"bool", "boolean", {}};
  }
  if (field.lists > 0) {
    return guess_list(sample, field);
  }
  if (plain || !has_members(sample, field)) {
    std::string note;
    if (!plain && !field.members.empty()) {
      note = "its keys come and go, " + grouped(field.members.size()) + (field.left_out > 0 ? " and more" : "") +
             " different ones";
    }
    return {"object", "jsonb", note.empty() ? std::vector<std::string>{} : std::vector<std::string>{note}};
  }
  return {"", "", {}};
}

} // namespace

Guess guess(const Sample& sample, const Seen& field) { return guess_kind(sample, field, false); }

bool has_members(const Sample& sample, const Seen& field) {
  if (field.members.empty() || field.left_out > 0) {
    return false;
  }
  if (field.members.size() <= kManyMembers) {
    return true;
  }
  std::uint64_t together = 0;
  for (const std::uint32_t member : field.members) {
    together += sample[member].present() + sample[member].nulls;
  }
  return together * 4 >= field.objects * field.members.size(); // each is there in a quarter of them
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) {
    text.insert(at - 3, ",");
  }
  return text;
}

} // namespace millrace::dsl::infer
