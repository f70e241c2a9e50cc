// The tables of habit_words.hpp.
#include "dsl/diagnostic/habit_words.hpp"

#include <algorithm>
#include <string>

namespace millrace::dsl {
namespace {

struct Row {
  std::string_view word; // in small letters
  std::string_view here;
};

constexpr Row kTypes[] = {
    {"text", "string"},
    {"str", "string"},
    {"varchar", "string"},
    {"char", "string"},
    {"nvarchar", "string"},
    {"integer", "int"},
    {"bigint", "int"},
    {"smallint", "int"},
    {"long", "int"},
    {"short", "int"},
    {"int32", "int"},
    {"int64", "int"},
    {"int4", "int"},
    {"int8", "int"},
    {"i32", "int"},
    {"i64", "int"},
    {"uint64", "int"},
    {"u64", "int"},
    {"boolean", "bool"},
    {"datetime", "timestamp"},
    {"timestamptz", "timestamp"},
    {"double", "float"},
    {"real", "float"},
    {"float64", "float"},
    {"float32", "float"},
    {"f64", "float"},
    {"json", "object"},
    {"jsonb", "object"},
    {"map", "object"},
    {"dict", "object"},
    {"struct", "object"},
    {"record", "object"},
    {"inet", "ip"},
    {"ipaddress", "ip"},
    {"guid", "uuid"},
    {"interval", "duration"},
    {"timedelta", "duration"},
    {"semver", "version"},
    {"numeric", "decimal(12,2)"},
    {"money", "decimal(12,2)"},
    {"number", "`int`, `float` or, exact, `decimal(12,2)`"},
    {"array", "`list<…>`, as `list<string>` or `list<object>`"},
    {"date", "`timestamp` if it has a time and an offset; else `string`, and `parse_time` where it is read"},
    {"time", "`timestamp`; one that comes as a number is `timestamp from unix_s` or `unix_ms`"},
    {"enum", "`one of \"a\", \"b\"`, or `one of \"a\", \"b\" or other`"},
};

constexpr Row kColumnTypes[] = {
    {"string", "text"},
    {"str", "text"},
    {"nvarchar", "varchar"},
    {"datetime", "timestamptz"},
    {"timestamp", "timestamptz"},
    {"time", "timestamptz"},
    {"float", "double precision"},
    {"double", "double precision"},
    {"float8", "double precision"},
    {"float4", "real"},
    {"int2", "smallint"},
    {"int4", "int"},
    {"int8", "bigint"},
    {"long", "bigint"},
    {"serial", "bigint"},
    {"bigserial", "bigint"},
    {"tinyint", "smallint"},
    {"json", "jsonb"},
    {"object", "jsonb"},
    {"any", "jsonb"},
    {"money", "numeric(12,2)"},
    {"number", "numeric"},
    {"duration", "interval"},
    {"ip", "inet"},
    {"version", "text"},
    {"guid", "uuid"},
    {"character", "char"},
    {"clob", "text"},
};

constexpr std::string_view kLength =
    "characters of a text are counted by `length(text)`, elements of a list by "
    "`count(list)`";
constexpr std::string_view kClock = "there is no clock in the rules; when an event was received is `meta.received_at`";
constexpr std::string_view kElements =
    "elements of a list are asked by `some x in list satisfies (…)` or `every x in "
    "list satisfies (…)`";
constexpr std::string_view kThere =
    "that a value is there is written `exists value`, that it is not `not exists value`";

constexpr Row kFunctions[] = {
    {"startswith", "it is written `value starts with \"…\"`"},
    {"starts_with", "it is written `value starts with \"…\"`"},
    {"hasprefix", "it is written `value starts with \"…\"`"},
    {"endswith", "it is written `value ends with \"…\"`"},
    {"ends_with", "it is written `value ends with \"…\"`"},
    {"contains", "it is written `value contains \"…\"`"},
    {"includes", "it is written `value contains \"…\"`, of a list `\"…\" in list`"},
    {"like", "it is written `value contains \"…\"` or `value matches /…/`"},
    {"match", "it is written `value matches /…/`"},
    {"matches", "it is written `value matches /…/`"},
    {"regex", "it is written `value matches /…/`"},
    {"regexp", "it is written `value matches /…/`"},
    {"regexp_like", "it is written `value matches /…/`"},
    {"regexp_matches", "it is written `value matches /…/`"},
    {"re_match", "it is written `value matches /…/`"},
    {"len", kLength},
    {"size", kLength},
    {"strlen", kLength},
    {"char_length", kLength},
    {"array_length", kLength},
    {"cardinality", kLength},
    {"coalesce", "it is written `a ?? b`"},
    {"ifnull", "it is written `a ?? b`"},
    {"nvl", "it is written `a ?? b`"},
    {"default", "it is written `a ?? b`"},
    {"isnull", kThere},
    {"is_null", kThere},
    {"has", kThere},
    {"defined", kThere},
    {"now", kClock},
    {"today", kClock},
    {"current_timestamp", kClock},
    {"current_date", kClock},
    {"any", kElements},
    {"all", kElements},
    {"filter", kElements},
    {"map", kElements},
    {"sum",
     "elements of a list are not added up; what is asked of each is `some x in list satisfies (…)`, how many "
     "there are `count(list)`"},
    {"avg", "elements of a list are not added up; how many there are is `count(list)`"},
    {"if", "there is no choice between values: write a rule for each case, or `a ?? b` for what is missing"},
    {"iif", "there is no choice between values: write a rule for each case, or `a ?? b` for what is missing"},
    {"case", "there is no choice between values: write a rule for each case, or `a ?? b` for what is missing"},
    {"int", "a value is read as another type by `value as int`"},
    {"to_int", "a value is read as another type by `value as int`"},
    {"toint", "a value is read as another type by `value as int`"},
    {"str", "a value is read as another type by `value as string`"},
    {"tostring", "a value is read as another type by `value as string`"},
    {"to_string", "a value is read as another type by `value as string`"},
    {"string", "a value is read as another type by `value as string`"},
    {"float", "a value is read as another type by `value as float`"},
    {"cast", "a value is read as another type by `value as int`"},
    {"to_date", "a text is read as a time by `parse_time(text, \"%Y-%m-%d\")`"},
    {"to_timestamp", "a text is read as a time by `parse_time(text, \"%Y-%m-%d\")`"},
    {"strptime", "a text is read as a time by `parse_time(text, \"%Y-%m-%d\")`"},
    {"date_trunc", "a time is cut by `truncate(time, 1h)`; its day is `date(time)`"},
    {"tolower", "it is written `lower(text)`"},
    {"lowercase", "it is written `lower(text)`"},
    {"downcase", "it is written `lower(text)`"},
    {"toupper", "it is written `upper(text)`"},
    {"uppercase", "it is written `upper(text)`"},
    {"strip", "it is written `trim(text)`"},
    {"substr", "it is written `substring(text, start, length)`"},
    {"join", "texts are joined by `concat(a, b)`"},
    {"format", "texts are joined by `concat(a, b)`; a key or header may have holes: `\"{a}/{b}\"`"},
    {"random", "there is no chance in the rules: `sampled(value, 1%)` takes the same ones always"},
    {"rand", "there is no chance in the rules: `sampled(value, 1%)` takes the same ones always"},
    {"md5", "it is written `hash(value)`, which is xxHash64"},
    {"sha256", "it is written `hash(value)`, which is xxHash64"},
};

constexpr std::string_view kConstant = "a constant is written `let name = 5`";
constexpr std::string_view kDefinition = "an expression gets a name by `def name = …`";
constexpr std::string_view kRule = "a rule is written `route name when condition to topic \"topic\"`";

constexpr Row kItems[] = {
    {"const", kConstant},
    {"var", kConstant},
    {"set", kConstant},
    {"define", kDefinition},
    {"function", kDefinition},
    {"func", kDefinition},
    {"fn", kDefinition},
    {"macro", kDefinition},
    {"rule", kRule},
    {"when", kRule},
    {"if", kRule},
    {"case", kRule},
    {"match", "`match first` or `match all` is said once, at the beginning of a router"},
    {"create", "a table is declared, without `create`: `table schema.name from topic \"topic\" { … }`"},
    {"map", "a map is written `lookup name = { \"key\": \"value\" }`"},
    {"schema", "the fields of events are declared by `event name { field: type }`"},
    {"type", "the fields of events are declared by `event name { field: type }`"},
    {"struct", "the fields of events are declared by `event name { field: type }`"},
    {"stream", "a topic is declared by `topic \"name\" { event name }`"},
    {"queue", "a topic is declared by `topic \"name\" { event name }`"},
};

constexpr Row kWires[] = {
    {"unix", "unix_s"},
    {"epoch", "unix_s"},
    {"seconds", "unix_s"},
    {"unix_sec", "unix_s"},
    {"epoch_s", "unix_s"},
    {"epoch_millis", "unix_ms"},
    {"millis", "unix_ms"},
    {"milliseconds", "unix_ms"},
    {"epoch_ms", "unix_ms"},
    {"unix_millis", "unix_ms"},
    {"micros", "unix_us"},
    {"epoch_micros", "unix_us"},
    {"microseconds", "unix_us"},
    {"rfc3339", "iso8601"},
    {"iso", "iso8601"},
    {"string", "text"},
    {"str", "text"},
};

constexpr Row kUnits[] = {
    {"milliseconds", "ms"},
    {"millis", "ms"},
    {"sec", "s"},
    {"secs", "s"},
    {"second", "s"},
    {"seconds", "s"},
    {"min", "m"},
    {"mins", "m"},
    {"minute", "m"},
    {"minutes", "m"},
    {"hour", "h"},
    {"hours", "h"},
    {"hrs", "h"},
    {"day", "d"},
    {"days", "d"},
    {"week", "w"},
    {"weeks", "w"},
    {"ms", "ms"},
    {"s", "s"},
    {"m", "m"},
    {"h", "h"},
    {"d", "d"},
    {"w", "w"},
};

template <std::size_t N>
std::string_view look_up(const Row (&rows)[N], std::string_view word) {
  std::string small(word);
  std::transform(small.begin(), small.end(), small.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const auto* const row = std::find_if(std::begin(rows), std::end(rows), [&](const Row& r) { return r.word == small; });
  return row == std::end(rows) ? std::string_view() : row->here;
}

} // namespace

std::string_view type_here(std::string_view word) { return look_up(kTypes, word); }
std::string_view column_type_here(std::string_view word) { return look_up(kColumnTypes, word); }
std::string_view function_here(std::string_view word) { return look_up(kFunctions, word); }
std::string_view item_here(std::string_view word) { return look_up(kItems, word); }
std::string_view wire_here(std::string_view word) { return look_up(kWires, word); }
std::string_view unit_here(std::string_view word) { return look_up(kUnits, word); }

} // namespace millrace::dsl
