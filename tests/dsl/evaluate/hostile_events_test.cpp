// Events of the model case, broken at random, through the example rules, routed and loaded: whatever comes, a decision
// comes out, and what it holds is what it promises. Run under AddressSanitizer this is where a read past an event would
// show.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <random>
#include <string>

#include "dsl/compile.hpp"
#include "dsl/evaluate.hpp"
#include "dsl/evaluate/expression.hpp"
#include "dsl/values/text_form.hpp"
#include "tests/dsl/evaluate/every_operation.hpp"

namespace millrace::dsl {
namespace {

std::optional<std::string> file_text(std::string_view name) {
  std::ifstream file(std::string(MILLRACE_SOURCE_DIR) + "/rules/model/" + std::string(name), std::ios::binary);
  return file ? std::optional<std::string>(std::string(std::istreambuf_iterator<char>(file), {})) : std::nullopt;
}

constexpr std::string_view kEvents[] = {
    R"({"id":"7b0c2f7e-92f1-4d0a-9d53-0d8b1c1f0a11","type":"heartbeat","ts":1718000000000,"device":{"id":"d-1","os":"ios"},"app":{"id":"shop","version":"7.12.0"},"battery":3.5})",
    R"({"id":"7b0c2f7e-92f1-4d0a-9d53-0d8b1c1f0a12","type":"purchase","ts":1718000000000,"country":"DE","device":{"id":"d-1","os":"android"},"app":{"id":"shop","version":"7.12.0"},"purchase":{"order_id":"0d6c1b0e-5a0b-4a52-8f0e-3a1c5a1f0b01","amount":9.99,"currency":"EUR","items":[]}})",
    R"({"id":"7b0c2f7e-92f1-4d0a-9d53-0d8b1c1f0a13","type":"ad_impression","ts":1718000000000,"device":{"id":"d-2","os":"ios"},"app":{"id":"news","version":"7.9.3"},"ad":{"campaign":"c1","network":"netb","slot":"home_top","bid_micros":1200}})",
    R"({"id":"7b0c2f7e-92f1-4d0a-9d53-0d8b1c1f0a19","type":"crash","ts":1718000000000,"device":{"id":"d-1","os":"android","model":"P"},"app":{"id":"photo","version":"7.12.0"},"crash":{"signature":"OutOfMemory","fatal":false,"message":"x\u0000y \ud83d\ude00"}})"};

/// Pieces that mean something to JSON or to a column are tried more often than others.
std::string broken(std::string text, std::mt19937_64& random) {
  static constexpr std::string_view kPieces[] = {"\"",
                                                 "\\",
                                                 "{",
                                                 "}",
                                                 "[",
                                                 "]",
                                                 ",",
                                                 ":",
                                                 "\\u0000",
                                                 "\\ud800",
                                                 "1e400000",
                                                 "-0.0001",
                                                 "99999999999999999999",
                                                 "null",
                                                 "true",
                                                 "\"\"",
                                                 "\xff",
                                                 "\xe2\x82",
                                                 "€€€€",
                                                 "\n",
                                                 "\x01",
                                                 "{}",
                                                 "[]",
                                                 " "};
  for (std::size_t changes = 1 + random() % 3; changes > 0; --changes) {
    const std::size_t at = random() % text.size();
    const std::string_view piece = kPieces[random() % std::size(kPieces)];
    const std::size_t length = random() % 3 == 0 ? random() % 12 : random() % 2;
    text.replace(at, std::min(length, text.size() - at), piece);
  }
  return text;
}

bool is_text(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size()) && text.find('\0') == std::string_view::npos;
}

void check_cell(const Value& cell, const Column& column) {
  if (!cell.present()) {
    EXPECT_TRUE(column.nullable) << column.name;
    return;
  }
  const SqlType& type = column.type;
  switch (type.kind) {
    case SqlKind::text:
    case SqlKind::varchar:
    case SqlKind::character:
      EXPECT_TRUE(is_text(cell.as_text())) << column.name;
      EXPECT_TRUE(type.length == 0 || code_points(cell.as_text()) <= static_cast<std::size_t>(type.length));
      break;
    case SqlKind::jsonb: {
      simdjson::dom::parser parser;
      const simdjson::error_code error = parser.parse(simdjson::padded_string(cell.as_text())).error();
      EXPECT_TRUE(error == simdjson::SUCCESS || error == simdjson::NUMBER_ERROR) << cell.as_text();
      break;
    }
    case SqlKind::numeric:
      EXPECT_TRUE(cell.tag() == Tag::decimal &&
                  (type.precision == 0 || fits(cell.as_decimal(), type.precision, type.scale)));
      break;
    case SqlKind::smallint:
    case SqlKind::integer:
    case SqlKind::bigint:
    case SqlKind::date:
      EXPECT_EQ(cell.tag(), Tag::integer);
      break;
    case SqlKind::real:
    case SqlKind::double_precision:
      EXPECT_TRUE(cell.tag() == Tag::floating && std::abs(cell.as_double()) <= std::numeric_limits<double>::max());
      break;
    case SqlKind::boolean:
      EXPECT_EQ(cell.tag(), Tag::boolean);
      break;
    case SqlKind::timestamptz:
      EXPECT_EQ(cell.tag(), Tag::timestamp);
      break;
    case SqlKind::uuid:
      EXPECT_EQ(cell.tag(), Tag::uuid);
      break;
    case SqlKind::interval:
      EXPECT_EQ(cell.tag(), Tag::duration);
      break;
    case SqlKind::inet:
      EXPECT_EQ(cell.tag(), Tag::ip);
      break;
  }
}

TEST(HostileEvents, AlwaysEndInADecisionThatKeepsItsPromises) {
  const Compilation compilation = compile("main.rules", file_text);
  ASSERT_TRUE(compilation.ruleset) << compilation.text();
  const Program& program = compilation.ruleset->program;
  ASSERT_FALSE(program.routers.empty());
  Evaluator evaluator(program, {0, true});
  std::mt19937_64 random(20'240'610);
  std::size_t outcomes[5] = {};
  for (int i = 0; i < 40'000; ++i) {
    const std::string_view original = kEvents[static_cast<std::size_t>(i) % std::size(kEvents)];
    const std::string text = i < 4 ? std::string(original) : broken(std::string(original), random);
    const auto bytes = std::make_unique<char[]>(text.size());
    std::copy(text.begin(), text.end(), bytes.get());
    const std::string_view event(bytes.get(), text.size());
    const Decision& decision = evaluator.evaluate(event, {});
    ++outcomes[static_cast<std::size_t>(decision.outcome)];
    const bool refused = decision.outcome == Outcome::invalid || decision.outcome == Outcome::rejected;
    EXPECT_EQ(refused, decision.reason.fault != Fault::none);
    if (refused) {
      EXPECT_TRUE(is_text(decision.reason.text) && !decision.reason.text.empty() && decision.reason.text.size() <= 500)
          << text;
      EXPECT_TRUE(decision.messages.empty() && decision.rows.empty());
    }
    for (const Message& message : decision.messages) {
      EXPECT_EQ(message.payload.data(), event.data());
      EXPECT_EQ(message.payload.size(), event.size());
      EXPECT_TRUE(matches_topic(program.topics[message.declared].name, message.topic));
      EXPECT_EQ(message.has_key, !message.key.empty());
    }
    for (const Row& row : decision.rows) {
      const std::vector<Column>& columns = program.tables[row.table].columns;
      ASSERT_EQ(row.cells.size(), columns.size());
      for (std::size_t c = 0; c < columns.size(); ++c) {
        check_cell(row.cells[c], columns[c]);
      }
    }
    if (i % 100 == 99) {
      evaluator.reset();
    }
  }
  EXPECT_GT(outcomes[static_cast<std::size_t>(Outcome::routed)], 1'000U);
  EXPECT_GT(outcomes[static_cast<std::size_t>(Outcome::invalid)], 1'000U);
  EXPECT_GT(outcomes[static_cast<std::size_t>(Outcome::rejected)], 10U);
}

// A field of the model case has few types and its rules few operations; here are all.
TEST(HostileEvents, AreAnsweredTheSameTwiceByEveryOperation) {
  const EveryOperation every;
  const Program& program = every.program();
  Evaluator router(program, {0, false});
  Evaluator loader(program, {kNone, true});
  Reader reader(program, program.shapes[0]);
  Structure structure;
  Arena arena;
  const Expressions expressions(program, arena);
  std::mt19937_64 random(7);
  std::size_t read = 0;
  std::size_t routed = 0;
  for (int i = 0; i < 8'000; ++i) {
    const std::string text = i == 0 ? EveryOperation::kEvent : broken(EveryOperation::kEvent, random);
    const auto bytes = std::make_unique<char[]>(text.size());
    std::copy(text.begin(), text.end(), bytes.get());
    const std::string_view event(bytes.get(), text.size());
    if (structure.index(event) == Fault::none && reader.read(structure, arena) == Fault::none) {
      ++read;
      const Scene scene{&reader, &structure, {}};
      for (const Index condition : every.conditions()) {
        ASSERT_EQ(expressions.test(condition, scene), expressions.test(condition, scene)) << condition << text;
      }
      for (const Index value : every.values()) {
        const std::string first(expressions.text(value, scene).value_or("absent"));
        ASSERT_TRUE(simdjson::validate_utf8(first)) << value << text;
        ASSERT_EQ(first, expressions.text(value, scene).value_or("absent")) << value << text;
      }
    }
    routed += router.evaluate(event, {}).outcome == Outcome::routed ? 1 : 0;
    for (const Row& row : loader.evaluate(event, {"t", 0, {}}).rows) {
      for (std::size_t c = 0; c < row.cells.size(); ++c) {
        check_cell(row.cells[c], program.tables[row.table].columns[c]);
      }
    }
    arena.reset();
    router.reset();
    loader.reset();
  }
  EXPECT_GT(read, 1'000U);
  EXPECT_GT(routed, 500U);
}

} // namespace
} // namespace millrace::dsl
