// The reader against simdjson's DOM, which is the judge of what is JSON: random texts, valid and broken a little. The
// reader's own limits and those of the DOM (numbers beyond 64 bits or a double) are left out.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <random>
#include <string>
#include <vector>

#include "dsl/read/json_text.hpp"
#include "dsl/read/reader.hpp"
#include "dsl/values/text_form.hpp"
#include "tests/dsl/read/shape_builder.hpp"

namespace millrace::dsl {
namespace {

class Writer {
 public:
  explicit Writer(std::uint64_t seed) : random_(seed) {}

  std::string object(int depth) {
    std::string out = "{" + space();
    const std::size_t members = below(5);
    for (std::size_t i = 0; i < members; ++i) {
      out += (i > 0 ? "," : "") + space() + key() + space() + ":" + space() + value(depth + 1) + space();
    }
    return out + "}";
  }
  std::string document() { return space() + object(0) + space(); }

  /// One to three small changes.
  std::string broken(std::string text) {
    for (std::size_t changes = 1 + below(3); changes > 0 && !text.empty(); --changes) {
      const std::size_t at = below(text.size());
      static constexpr std::string_view kPieces = "{}[]:,\"\\ \n01e-.tfnu\x01\xc3\xff";
      switch (below(4)) {
        case 0:
          text.erase(at, 1);
          break;
        case 1:
          text.insert(at, 1, kPieces[below(kPieces.size())]);
          break;
        case 2:
          text[at] = kPieces[below(kPieces.size())];
          break;
        default:
          text.insert(at, text.substr(at / 2, below(8)));
      }
    }
    return text;
  }

  std::size_t below(std::size_t limit) { return random_() % limit; }

 private:
  template <std::size_t N>
  std::string pick(const std::string_view (&choices)[N]) {
    return std::string(choices[below(N)]);
  }
  std::string space() { return pick({"", "", "", "", " ", "\n", "\t ", "\r\n"}); }
  std::string key() {
    return pick({R"("a")", R"("b")", R"("c")", R"("\u0061")", R"("x")", R"("longer than eight")", R"("")", R"("\\")"});
  }
  std::string value(int depth) {
    switch (below(depth > 5 ? 6 : 8)) {
      case 0:
        return pick({R"("")", R"("a")", R"("a\"b")", R"("\\")", R"("\\\"")", R"("é\u00e9\ud83d\ude00")", R"("{[:,]}")",
                     R"("\u0000")"});
      case 1:
        return pick({"0", "-0", "1", "-12", "123456789012345678", "1.5", "-0.25", "1e5", "1E+5", "2e-3", "12.5e1"});
      case 2:
        return pick({"true", "false", "null"});
      case 3:
        return "[]";
      case 4:
        return "{}";
      case 5:
        return "\"" + std::string(below(80), 'z') + "\"";
      case 6: {
        std::string out = "[" + space();
        const std::size_t count = below(4);
        for (std::size_t i = 0; i < count; ++i) {
          out += (i > 0 ? "," : "") + space() + value(depth + 1) + space();
        }
        return out + "]";
      }
      default:
        return object(depth + 1);
    }
  }

  std::mt19937_64 random_;
};

/// Whether there are digits enough for a number past 64 bits or past a double.
bool has_number_beyond_dom(std::string_view text) {
  std::size_t digits = 0;
  bool exponent = false;
  for (const char c : text) {
    exponent = c == 'e' || c == 'E' || (exponent && (c == '+' || (c >= '0' && c <= '9')));
    digits = c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits >= 19 || (exponent && digits >= 3)) {
      return true;
    }
  }
  return false;
}

/// The DOM's answer for a value that was read as `any`.
void expect_same(simdjson::dom::element wanted, const Value& value, const std::string& text) {
  switch (wanted.type()) {
    case simdjson::dom::element_type::NULL_VALUE:
      EXPECT_FALSE(value.present()) << text;
      break;
    case simdjson::dom::element_type::STRING:
      ASSERT_EQ(value.tag(), Tag::text) << text;
      EXPECT_EQ(value.as_text(), std::string_view(wanted)) << text;
      break;
    case simdjson::dom::element_type::BOOL:
      ASSERT_EQ(value.tag(), Tag::boolean) << text;
      EXPECT_EQ(value.as_bool(), bool(wanted)) << text;
      break;
    case simdjson::dom::element_type::OBJECT:
    case simdjson::dom::element_type::ARRAY: {
      ASSERT_EQ(value.tag(), Tag::json) << text;
      simdjson::dom::parser parser;
      const simdjson::dom::element again = parser.parse(simdjson::padded_string(value.as_text()));
      EXPECT_EQ(simdjson::minify(again), simdjson::minify(wanted)) << text;
      break;
    }
    default:
      ASSERT_EQ(value.tag(), Tag::token) << text;
      EXPECT_EQ(value_from_number(value.as_text(), {Kind::floating}).as_double(), double(wanted)) << text;
  }
}

/// The members of that name, in order.
std::vector<simdjson::dom::element> members(simdjson::dom::object object, std::string_view key) {
  std::vector<simdjson::dom::element> found;
  for (const auto field : object) {
    if (field.key == key) {
      found.push_back(field.value);
    }
  }
  return found;
}

/// A field that was read as `any`: the last of that name.
void expect_same(simdjson::dom::object object, std::string_view key, const Value& value, const std::string& text) {
  const auto found = members(object, key);
  if (found.empty()) {
    EXPECT_FALSE(value.present()) << text;
    return;
  }
  expect_same(found.back(), value, text);
}

/// A field that was read as a list of anything, if it is one.
bool expect_same_items(simdjson::dom::object object, std::string_view key, const Value& value,
                       const std::string& text) {
  const auto found = members(object, key);
  if (found.size() != 1 || !found[0].is_array()) {
    EXPECT_FALSE(value.present()) << text;
    return false;
  }
  EXPECT_EQ(value.tag(), Tag::list) << text;
  std::size_t next = 0;
  for (const simdjson::dom::element item : simdjson::dom::array(found[0])) {
    EXPECT_LT(next, value.as_list().items.size()) << text;
    expect_same(item, value.as_list().items[next++], text);
  }
  EXPECT_EQ(next, value.as_list().items.size()) << text;
  expect_same(found[0], Value::of_json(value.as_list().json), text);
  return next > 0;
}

TEST(ReaderAgainstDom, AgreesOnWhatIsJsonAndWhatIsInIt) {
  Program program;
  ShapeBuilder builder(program);
  const Index a = program.undeclared_field(0, 0, "a");
  const Index b = program.undeclared_field(0, 0, "b");
  const Index inner = program.undeclared_field(0, b, "c");
  ShapeBuilder lists(program, "lists");
  ValueType anything{Kind::list};
  anything.element = program.add_type({Kind::any});
  ValueType nested{Kind::list};
  nested.element = program.add_type(anything);
  const Index list = lists.add("a", anything, false);
  lists.add("b", nested, false);
  program.seal();
  Reader reader(program, program.shapes[0]);
  Reader list_reader(program, program.shapes[1]);
  Structure structure;
  Arena arena;
  simdjson::dom::parser parser;
  std::size_t valid = 0;
  std::size_t filled_lists = 0;
  for (std::uint64_t seed = 1; seed <= 60'000; ++seed) {
    Writer writer(seed);
    std::string text = writer.document();
    if (seed % 2 == 0) {
      text = writer.broken(std::move(text));
    }
    simdjson::dom::element document;
    const simdjson::error_code error = parser.parse(simdjson::padded_string(text)).get(document);
    const auto exact = std::make_unique<char[]>(text.size());
    std::copy(text.begin(), text.end(), exact.get());
    const Fault index_fault = structure.index({exact.get(), text.size()});
    const Fault fault = index_fault == Fault::none ? reader.read(structure, arena) : index_fault;
    ASSERT_EQ(index_fault == Fault::none ? list_reader.read(structure, arena) : index_fault, fault) << text;
    if (error == simdjson::NUMBER_ERROR && fault == Fault::none && has_number_beyond_dom(text)) {
      continue;
    }
    const bool object = error == simdjson::SUCCESS && document.is_object();
    ASSERT_EQ(fault == Fault::none, object) << "seed " << seed << ": " << text << "\n" << error;
    if (object) {
      ++valid;
      filled_lists += expect_same_items(document.get_object(), "a", list_reader.value(list), text) ? 1 : 0;
      expect_same(document.get_object(), "a", reader.value(a), text);
      expect_same(document.get_object(), "b", reader.value(b), text);
      if (reader.value(b).tag() == Tag::json && reader.value(b).as_text()[0] == '{') {
        simdjson::dom::parser again;
        expect_same(again.parse(simdjson::padded_string(reader.value(b).as_text())).get_object(), "c",
                    reader.value(inner), text);
      }
    }
    arena.reset();
  }
  EXPECT_GT(valid, 30'000U);
  EXPECT_GT(filled_lists, 500U);
}

} // namespace
} // namespace millrace::dsl
