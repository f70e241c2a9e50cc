// What the encoder writes is what the server reads: every type with its edge values and many random ones, against the
// same values given to the server as SQL text.
#include "tests/plugins/sink_postgres/server.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <random>

namespace millrace::sink_postgres {
namespace {

using testing::Delivery;

// The one column of a row, with the calls that a list has for its items.
struct InColumn {
  RowBuilder& rows;

  void boolean(bool value) { rows.boolean(0, value); }
  void int16(std::int16_t value) { rows.int16(0, value); }
  void int32(std::int32_t value) { rows.int32(0, value); }
  void int64(std::int64_t value) { rows.int64(0, value); }
  void float32(float value) { rows.float32(0, value); }
  void float64(double value) { rows.float64(0, value); }
  void decimal(Decimal128 value) { rows.decimal(0, value); }
  void text(std::string_view value) { rows.text(0, value); }
  void uuid(const std::array<std::uint8_t, 16>& value) { rows.uuid(0, value); }
  void timestamp(std::int64_t value) { rows.timestamp(0, value); }
  void date(std::int32_t value) { rows.date(0, value); }
  void duration(std::int64_t value) { rows.duration(0, value); }
  void ip(const std::array<std::uint8_t, 16>& value) { rows.ip(0, value); }
};

struct Value {
  std::function<void(RowBuilder&)> set;
  std::function<void(RowBuilder::Items&)> add; // the same as an item of a list
  std::string literal;                         // as PostgreSQL reads it
};

template <class Put>
Value made(Put put, std::string literal) {
  return {[put](RowBuilder& rows) { put(InColumn{rows}); }, [put](RowBuilder::Items& items) { put(items); },
          std::move(literal)};
}

struct Type {
  std::string name;
  Column column;
  std::function<std::vector<Value>(std::mt19937_64&)> values;
};

constexpr int kRandom = 300;

std::string digits_of(unsigned __int128 value) {
  std::string out;
  do {
    out.insert(out.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  return out;
}

Value decimal_value(__int128 unscaled, int scale) {
  const bool negative = unscaled < 0;
  std::string digits =
      digits_of(negative ? -static_cast<unsigned __int128>(unscaled) : static_cast<unsigned __int128>(unscaled));
  while (digits.size() <= static_cast<std::size_t>(scale)) {
    digits.insert(digits.begin(), '0');
  }
  if (scale > 0) {
    digits.insert(digits.size() - static_cast<std::size_t>(scale), ".");
  }
  const Decimal128 value{static_cast<std::uint64_t>(unscaled), static_cast<std::int64_t>(unscaled >> 64)};
  return made([value](auto&& to) { to.decimal(value); }, (negative ? "-" : "") + digits);
}

// Every count of digits up to `most`, with zeros in all places.
std::vector<Value> decimal_values(std::mt19937_64& random, int most, int scale) {
  std::vector<Value> out = {decimal_value(0, scale)};
  __int128 limit = 1;
  for (int digits = 1; digits <= most; ++digits) {
    const __int128 smallest = limit;
    limit *= 10;
    for (const __int128 value : {smallest, smallest + 1, limit - 1, limit / 2, limit / 10 * 7}) {
      out.push_back(decimal_value(value, scale));
      out.push_back(decimal_value(-value, scale));
    }
    for (int i = 0; i < kRandom / most; ++i) {
      const auto wide = static_cast<unsigned __int128>(random()) << 64U | random();
      const auto value = static_cast<__int128>(wide % static_cast<unsigned __int128>(limit));
      out.push_back(decimal_value(i % 2 == 0 ? value : -value, scale));
    }
  }
  return out;
}

void put(auto&& to, std::int16_t value) { to.int16(value); }
void put(auto&& to, std::int32_t value) { to.int32(value); }
void put(auto&& to, std::int64_t value) { to.int64(value); }
void put(auto&& to, float value) { to.float32(value); }
void put(auto&& to, double value) { to.float64(value); }

template <class Integer>
std::vector<Value> integers(std::mt19937_64& random) {
  std::vector<Value> out;
  const auto add = [&](Integer value) {
    out.push_back(made([=](auto&& to) { put(to, value); }, std::to_string(value)));
  };
  for (const Integer value : {std::numeric_limits<Integer>::min(), std::numeric_limits<Integer>::max(), Integer{0},
                              Integer{1}, Integer{-1}, Integer{255}, Integer{256}, Integer{-256}}) {
    add(value);
  }
  for (int i = 0; i < kRandom; ++i) {
    add(static_cast<Integer>(random()));
  }
  return out;
}

template <class Float>
std::vector<Value> floats(std::mt19937_64& random) {
  using Limits = std::numeric_limits<Float>;
  std::vector<Value> out;
  const auto add = [&](Float value) {
    std::string literal = "NaN";
    if (std::isinf(value)) {
      literal = value > 0 ? "Infinity" : "-Infinity";
    } else if (!std::isnan(value)) {
      std::array<char, 64> text{};
      std::snprintf(text.data(), text.size(), "%.17g", static_cast<double>(value));
      literal = text.data();
    }
    out.push_back(made([=](auto&& to) { put(to, value); }, literal));
  };
  for (const Float value :
       {Float{0}, -Float{0}, Float{1}, Limits::min(), Limits::max(), Limits::lowest(), Limits::denorm_min(),
        Limits::epsilon(), Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN()}) {
    add(value);
  }
  std::normal_distribution<Float> distribution(0, static_cast<Float>(1e6));
  for (int i = 0; i < kRandom; ++i) {
    add(distribution(random));
  }
  return out;
}

std::vector<Value> texts(std::mt19937_64& random, std::size_t longest) {
  std::vector<Value> out;
  const auto add = [&](std::string text) { out.push_back(made([=](auto&& to) { to.text(text); }, text)); };
  for (const char* text : {"", " ", "a", "'", "\"", "\\", "\\N", "\t\n\r", "\x01\x7f", "ä", "€", "😀", "\xEF\xBB\xBF",
                           "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF", "\xEE\x80\x80", "a\u0301", "مرحبا"}) {
    add(text);
  }
  const std::string alphabet[] = {"a", "Z", "0", " ", "é", "ß", "中", "🜁", "\\", "'", "\n"};
  for (int i = 0; i < kRandom; ++i) {
    std::string text;
    const std::size_t count = random() % longest;
    for (std::size_t j = 0; j < count; ++j) {
      text += alphabet[random() % std::size(alphabet)];
    }
    add(std::move(text));
  }
  return out;
}

std::string iso(std::int64_t days) { // of the civil calendar, years below 1 as PostgreSQL says them
  const std::int64_t z = days + 719'468;
  const std::int64_t era = (z >= 0 ? z : z - 146'096) / 146'097;
  const std::int64_t doe = z - era * 146'097;
  const std::int64_t yoe = (doe - doe / 1'460 + doe / 36'524 - doe / 146'096) / 365;
  const std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const std::int64_t mp = (5 * doy + 2) / 153;
  const std::int64_t day = doy - (153 * mp + 2) / 5 + 1;
  const std::int64_t month = mp < 10 ? mp + 3 : mp - 9;
  const std::int64_t year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04ld-%02ld-%02ld", year > 0 ? year : 1 - year, month, day);
  return text.data() + std::string(year > 0 ? "" : " BC");
}

std::vector<Value> dates(std::mt19937_64& random) {
  std::vector<Value> out;
  const auto add = [&](std::int64_t days) {
    out.push_back(made([=](auto&& to) { to.date(static_cast<std::int32_t>(days)); }, iso(days)));
  };
  for (const std::int64_t days :
       {0L, 10'957L, 10'956L, 11'016L, 11'017L, -719'162L, -719'163L, -2'440'588L, 2'145'042'905L, 2'932'896L}) {
    add(days);
  }
  for (int i = 0; i < kRandom; ++i) {
    add(static_cast<std::int64_t>(random() % 100'000) - 50'000);
  }
  return out;
}

std::vector<Value> timestamps(std::mt19937_64& random) {
  constexpr std::int64_t kDay = 86'400'000'000;
  std::vector<Value> out;
  const auto add = [&](std::int64_t us) {
    std::int64_t days = us / kDay;
    std::int64_t rest = us % kDay;
    if (rest < 0) {
      --days;
      rest += kDay;
    }
    const std::string date = iso(days);
    std::array<char, 64> time{};
    std::snprintf(time.data(), time.size(), " %02ld:%02ld:%02ld.%06ld+00", rest / 3'600'000'000, rest / 60'000'000 % 60,
                  rest / 1'000'000 % 60, rest % 1'000'000);
    const bool before = date.ends_with(" BC");
    out.push_back(made([=](auto&& to) { to.timestamp(us); },
                       (before ? date.substr(0, date.size() - 3) : date) + time.data() + (before ? " BC" : "")));
  };
  for (const std::int64_t us :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{946'684'800'000'000}, std::int64_t{946'684'799'999'999},
        std::int64_t{253'402'300'799'999'999}, std::int64_t{-62'135'596'800'000'000},
        std::int64_t{-210'866'803'200'000'000}, std::numeric_limits<std::int64_t>::max()}) {
    add(us);
  }
  for (int i = 0; i < kRandom; ++i) {
    add(static_cast<std::int64_t>(random() % 4'000'000'000'000'000));
  }
  return out;
}

std::vector<Value> uuids(std::mt19937_64& random) {
  std::vector<Value> out;
  for (int i = 0; i < kRandom; ++i) {
    std::array<std::uint8_t, 16> bytes{};
    std::string literal;
    for (std::uint8_t& byte : bytes) {
      byte = static_cast<std::uint8_t>(i == 0 ? 0 : i == 1 ? 0xFF : random());
      std::array<char, 4> hex{};
      std::snprintf(hex.data(), hex.size(), "%02x", byte);
      literal += hex.data();
    }
    out.push_back(made([=](auto&& to) { to.uuid(bytes); }, literal));
  }
  return out;
}

std::vector<Value> bytes(std::mt19937_64& random) {
  std::vector<Value> out;
  for (int i = 0; i < kRandom; ++i) {
    std::string value;
    std::string literal = "\\x";
    for (int j = 0; j < i; ++j) {
      value += static_cast<char>(random());
      std::array<char, 4> hex{};
      std::snprintf(hex.data(), hex.size(), "%02x", static_cast<unsigned char>(value.back()));
      literal += hex.data();
    }
    out.push_back(made([=](auto&& to) { to.text(value); }, literal));
  }
  return out;
}

// Digits of any length as text, as a numeric without limits gets them.
std::vector<Value> numeric_texts(std::mt19937_64& random) {
  std::vector<Value> out;
  const auto add = [&](const std::string& text) { out.push_back(made([=](auto&& to) { to.text(text); }, text)); };
  for (const char* text : {"0",      "-0",      "0.000",   "1",        "-1",          "10000",    "9999",
                           "0.1",    "0.0001",  "0.00001", "-0.00010", "12345.67800", "1e3",      "1E+3",
                           "1.5e-7", "-2.50e2", "0e5",     "00012",    "1e-16383",    "9e131071", "123e-2"}) {
    add(text);
  }
  add(std::string(131'072, '9'));
  add("0." + std::string(16'382, '0') + "1");
  for (int i = 0; i < kRandom; ++i) {
    std::string text(random() % 60 + 1, '0');
    for (char& digit : text) {
      digit = static_cast<char>('0' + random() % 10);
    }
    if (i % 3 != 0) {
      text.insert(random() % text.size() + 1, ".");
      text += "5";
    }
    if (i % 5 == 0) {
      text += "e" + std::to_string(static_cast<int>(random() % 80) - 40);
    }
    add((i % 2 == 0 ? "-" : "") + text);
  }
  return out;
}

std::vector<Value> jsons(std::mt19937_64&) {
  std::vector<Value> out;
  for (const char* json : {"null", "true", "0", "-0", "1.50", "1e2", "123456789012345678901234567890.12345", "\"\"",
                           "\"a\\u00e9\\n\"", R"("\ud83d\ude00")", R"("\\u0000")", R"("\\\\u0000")", "{}", "[]",
                           R"({"b":1,"a":[1,{"c":null}],"b":2})", " [ 1 , 2 ] "}) {
    out.push_back(made([json](auto&& to) { to.text(json); }, json));
  }
  return out;
}

std::vector<Value> durations(std::mt19937_64& random) {
  std::vector<Value> out;
  const auto add = [&](std::int64_t us) {
    out.push_back(made([=](auto&& to) { to.duration(us); }, std::to_string(us) + " microseconds"));
  };
  for (const std::int64_t us : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1}, std::int64_t{1'000'000},
                                std::int64_t{86'400'000'000}, std::int64_t{-604'800'000'001},
                                std::numeric_limits<std::int64_t>::max(), -std::numeric_limits<std::int64_t>::max()}) {
    add(us);
  }
  for (int i = 0; i < kRandom; ++i) {
    add(static_cast<std::int64_t>(random()) >> (random() % 63));
  }
  return out;
}

std::vector<Value> ips(std::mt19937_64& random) {
  std::vector<Value> out;
  const auto add = [&](std::array<std::uint8_t, 16> bytes) {
    const bool v4 = std::all_of(bytes.begin(), bytes.begin() + 10, [](std::uint8_t b) { return b == 0; }) &&
                    bytes[10] == 0xFF && bytes[11] == 0xFF;
    std::string literal;
    for (std::size_t i = v4 ? 12 : 0; i < bytes.size(); i += v4 ? 1 : 2) {
      std::array<char, 8> part{};
      if (v4) {
        std::snprintf(part.data(), part.size(), "%s%d", i == 12 ? "" : ".", bytes[i]);
      } else {
        std::snprintf(part.data(), part.size(), "%s%02x%02x", i == 0 ? "" : ":", bytes[i], bytes[i + 1]);
      }
      literal += part.data();
    }
    out.push_back(made([=](auto&& to) { to.ip(bytes); }, literal));
  };
  std::array<std::uint8_t, 16> bytes{};
  add(bytes);
  bytes[15] = 1;
  add(bytes); // ::1
  bytes.fill(0xFF);
  add(bytes);
  for (int i = 0; i < kRandom; ++i) {
    for (std::size_t b = 0; b < bytes.size(); ++b) {
      bytes[b] = static_cast<std::uint8_t>(i == 0 ? 0 : i == 1 ? 0xFF : random());
      if (i % 2 == 0 && b < 12) {
        bytes[b] = b < 10 ? 0 : 0xFF; // version 4
      } else if (i % 5 == 1 && b % 3 != 0) {
        bytes[b] = 0;
      }
    }
    add(bytes);
  }
  return out;
}

// Lists of none, one and several of the values, with nulls among them; as PostgreSQL reads arrays.
std::vector<Value> lists(const std::vector<Value>& values, std::mt19937_64& random) {
  std::vector<Value> out;
  const auto owned = std::make_shared<std::vector<Value>>(values);
  const auto quoted = [](const std::string& literal) {
    std::string text = "\"";
    for (const char c : literal) {
      text += c == '"' || c == '\\' ? "\\" : "";
      text += c;
    }
    return text + "\"";
  };
  const auto add = [&](const std::vector<const Value*>& items) {
    std::string literal = "{";
    for (const Value* const item : items) {
      literal += (literal.size() > 1 ? "," : "") + (item == nullptr ? "NULL" : quoted(item->literal));
    }
    out.push_back({[items, owned](RowBuilder& rows) {
                     RowBuilder::Items list = rows.list(0);
                     for (const Value* const item : items) {
                       if (item == nullptr) {
                         list.null();
                       } else {
                         item->add(list);
                       }
                     }
                   },
                   nullptr, literal + "}"});
  };
  add({});
  add({nullptr});
  for (const Value& value : *owned) {
    add({&value});
  }
  for (int i = 0; i < kRandom; ++i) {
    std::vector<const Value*> items(random() % 20);
    for (const Value*& item : items) {
      item = random() % 10 == 0 ? nullptr : &(*owned)[random() % owned->size()];
    }
    add(items);
  }
  return out;
}

std::vector<Type> types() {
  const auto column = [](ColumnType type, const char* sql_type, std::uint8_t precision = 0, std::uint8_t scale = 0) {
    return Column{"v", type, true, precision, scale, sql_type};
  };
  const auto decimals = [](int digits, int scale) {
    return [=](std::mt19937_64& random) { return decimal_values(random, digits, scale); };
  };
  std::vector<Type> out = {
      {"Boolean", column(ColumnType::boolean, "boolean"),
       [](auto&) {
         return std::vector<Value>{made([](auto&& to) { to.boolean(true); }, "true"),
                                   made([](auto&& to) { to.boolean(false); }, "false")};
       }},
      {"Smallint", column(ColumnType::int16, "smallint"), [](auto& r) { return integers<std::int16_t>(r); }},
      {"Int", column(ColumnType::int32, "int"), [](auto& r) { return integers<std::int32_t>(r); }},
      {"Bigint", column(ColumnType::int64, "bigint"), [](auto& r) { return integers<std::int64_t>(r); }},
      {"BigintOfInt", column(ColumnType::int32, "bigint"), [](auto& r) { return integers<std::int32_t>(r); }},
      {"NumericOfBigint", column(ColumnType::int64, "numeric"), [](auto& r) { return integers<std::int64_t>(r); }},
      {"Real", column(ColumnType::float32, "real"), [](auto& r) { return floats<float>(r); }},
      {"Double", column(ColumnType::float64, "double precision"), [](auto& r) { return floats<double>(r); }},
      {"Text", column(ColumnType::text, "text"), [](auto& r) { return texts(r, 200); }},
      {"Varchar", column(ColumnType::text, "varchar(50)"), [](auto& r) { return texts(r, 50); }},
      {"Char", column(ColumnType::text, "char(50)"), [](auto& r) { return texts(r, 50); }},
      {"Timestamp", column(ColumnType::timestamp, "timestamptz"), [](auto& r) { return timestamps(r); }},
      {"Date", column(ColumnType::date, "date"), [](auto& r) { return dates(r); }},
      {"Uuid", column(ColumnType::uuid, "uuid"), [](auto& r) { return uuids(r); }},
      {"Bytea", column(ColumnType::bytes, "bytea"), [](auto& r) { return bytes(r); }},
      {"NumericOfText", column(ColumnType::text, "numeric"), [](auto& r) { return numeric_texts(r); }},
      {"NumericSizedOfText", column(ColumnType::text, "numeric(12,3)"),
       [](auto&) {
         return std::vector<Value>{made([](auto&& to) { to.text("12.34"); }, "12.34"),
                                   made([](auto&& to) { to.text("-0.0005"); }, "-0.0005")};
       }},
      {"Interval", column(ColumnType::duration, "interval"), [](auto& r) { return durations(r); }},
      {"Inet", column(ColumnType::ip, "inet"), [](auto& r) { return ips(r); }},
      {"Jsonb", column(ColumnType::json, "jsonb"), [](auto& r) { return jsons(r); }},
      {"Json", column(ColumnType::json, "json"), [](auto& r) { return jsons(r); }},
  };
  static const char* const names[] = {"Numeric38",      "Numeric38Scale38", "Numeric38Scale19", "Numeric12Scale2",
                                      "Numeric5Scale3", "Numeric9Scale4",   "Numeric1"};
  static const char* const sql[] = {"numeric(38,0)", "numeric(38,38)", "numeric(38,19)", "numeric(12,2)",
                                    "numeric(5,3)",  "numeric(9,4)",   "numeric(1,0)"};
  constexpr std::pair<int, int> shapes[] = {{38, 0}, {38, 38}, {38, 19}, {12, 2}, {5, 3}, {9, 4}, {1, 0}};
  for (std::size_t i = 0; i < std::size(shapes); ++i) {
    const auto [digits, scale] = shapes[i];
    out.push_back(
        {names[i],
         column(ColumnType::decimal, sql[i], static_cast<std::uint8_t>(digits), static_cast<std::uint8_t>(scale)),
         decimals(digits, scale)});
  }
  const std::size_t scalars = out.size();
  for (std::size_t i = 0; i < scalars; ++i) {
    Type lists_of = out[i];
    lists_of.name += "Array";
    lists_of.column.list = true;
    lists_of.column.sql_type += "[]";
    lists_of.values = [values = out[i].values](std::mt19937_64& random) { return lists(values(random), random); };
    out.push_back(std::move(lists_of));
  }
  return out;
}

class EncodedType : public DatabaseTest, public ::testing::WithParamInterface<std::size_t> {};

TEST_P(EncodedType, ReachesTheServerAsItIs) {
  const Type type = types()[GetParam()];
  std::mt19937_64 random(20'240'601);
  const std::vector<Value> values = type.values(random);
  const std::string sql_type = type.column.sql_type;
  sql("create table t (v " + sql_type + ", i int generated always as identity)");
  sql("create table wanted (i int, literal text)");
  TableTarget target = table_target("t", {type.column});
  auto sink = started_sink();
  sink->bind(1, target.get());
  Delivery delivery;
  RowBuilder rows(target.schema);
  std::vector<const mr_event*> events;
  pqxx::connection connection(url());
  pqxx::work transaction(connection);
  auto stream = pqxx::stream_to::table(transaction, {"wanted"}, {"i", "literal"});
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i].set(rows);
    rows.end_row();
    rows.end_row(); // a null between any two
    events.insert(events.end(), 2, delivery.event("{}"));
    stream.write_values(static_cast<int>(i * 2 + 1), values[i].literal);
  }
  stream.complete();
  transaction.commit();
  delivery.rows(1, rows, events);
  const auto done = sink->write(delivery.get(1));
  EXPECT_TRUE(done.exceptions.empty()) << done.exceptions.front().text << " at " << done.exceptions.front().record;
  EXPECT_EQ(value("select count(*) from t"), std::to_string(values.size() * 2));
  EXPECT_EQ(value("select count(*) from t where v is null"), std::to_string(values.size()));
  const pqxx::result differ =
      sql("select i, literal, v::text from wanted left join t using (i) where v is null or v::text <> literal::" +
          sql_type + "::text order by i limit 5");
  for (const pqxx::row& row : differ) {
    ADD_FAILURE() << row[0].c_str() << ": wanted " << row[1].c_str() << ", is " << row[2].c_str();
  }
}

INSTANTIATE_TEST_SUITE_P(Types, EncodedType, ::testing::Range(std::size_t{0}, types().size()),
                         [](const auto& tested) { return types()[tested.param].name; });

} // namespace
} // namespace millrace::sink_postgres
