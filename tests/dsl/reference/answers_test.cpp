// Every line of an `answers` block is asked, and of a `values` block is read. A line of answers is an expression and,
// behind `  # `, what it gives for the event of the examples (the block `json base`), perhaps with a word of
// explanation behind a comma:
//
//   given { "country": "FR" }                   what the lines below have on top of that event
//   let, def, lookup …                          what the lines below may use
//   country == "DE"                  # false    a condition
//   lower("Ab")                      # "ab"     the text form of a value
//   rating                           # absent
//   country != "DE"                  # E0301    the code of what the compiler says of it, used as a condition
//
// A line of values is a type, a value in JSON and its text form, or the code for which the event is refused.
#include <gtest/gtest.h>

#include <set>

#include "dsl/diagnostic/codes.hpp"
#include "dsl/evaluate.hpp"
#include "dsl/values/timestamp.hpp"
#include "tests/dsl/reference/pages.hpp"

namespace millrace::dsl {
namespace {

constexpr std::int64_t kArrival = 1'718'000'001'000'000; // 2024-06-10T06:13:21Z, as the pages say
const std::vector<Header> kHeaders = {{"trace", "t-1"}};

std::string trimmed(std::string text) {
  text.erase(0, text.find_first_not_of(' '));
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (!trimmed(line).empty()) {
      lines.push_back(line);
    }
  }
  return lines;
}

/// `"key": value` of each field of an object, as they are written.
std::vector<std::string> fields_of(const std::string& object) {
  std::vector<std::string> fields(1);
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = object.find('{') + 1; i < object.rfind('}'); ++i) {
    const char c = object[i];
    in_text = in_text != (c == '"' && object[i - 1] != '\\');
    depth += in_text ? 0 : c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
    if (c == ',' && depth == 0 && !in_text) {
      fields.emplace_back();
    } else if (c != '\n') {
      fields.back() += c;
    }
  }
  return fields;
}

/// The fields of `changes`, and those of `event` that are not among them.
std::string overlaid(const std::string& event, const std::string& changes) {
  std::set<std::string, std::less<>> seen;
  std::string out;
  for (const std::string& text : {changes, event}) {
    for (const std::string& field : fields_of(text)) {
      const std::size_t key = field.find('"');
      if (seen.insert(field.substr(key, field.find('"', key + 1) - key)).second) {
        out += (out.empty() ? "" : ",") + field;
      }
    }
  }
  return "{" + out + "}";
}

struct Answer {
  std::string expression;
  std::string wanted;
};

/// The comment begins at the first `  # `; what is wanted ends at a comma that is in no text.
std::optional<Answer> answer_of(const std::string& line) {
  const std::size_t mark = line.find("  # ");
  if (mark == std::string::npos) {
    return std::nullopt;
  }
  std::string wanted = line.substr(mark + 4);
  const std::size_t from = wanted.starts_with('"') ? wanted.rfind('"') : 0;
  wanted.resize(std::min(wanted.size(), wanted.find(", ", from)));
  return Answer{trimmed(line.substr(0, mark)), trimmed(wanted)};
}

std::string router_with(const std::string& condition, const std::string& clauses) {
  return "router asked for click {\n  match first\n  dead_letter \"dlq.clicks\"\n  route asked when " + condition +
         "\n    to topic \"clicks\"" + clauses + "\n  otherwise drop\n}\n";
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    out += c == '\n' ? std::string("\\n") : c == '"' ? std::string("\\\"") : std::string(1, c);
  }
  return out + "\"";
}

/// A text in quotes is as it stands there, with `\"` and `\n`; a number, without them, is the text of its digits.
std::string as_text(const std::string& wanted) { return wanted.starts_with('"') ? wanted : in_quotes(wanted); }

std::string first_header(const Decision& decision) {
  if (!decision.reason.code().empty()) {
    return std::string(decision.reason.code());
  }
  const bool none = decision.messages.empty() || decision.messages.front().headers.empty();
  return none ? "absent" : in_quotes(decision.messages.front().headers.front().value);
}

class Asked {
 public:
  Asked(const Block& block, const std::string& rules) : load_(loader_for(block, rules)) {}

  Compilation compiled() const { return compile("main.rules", load_); }

 private:
  Loader load_;
};

bool is_condition_answer(const std::string& wanted) { return wanted == "true" || wanted == "false"; }
bool is_code(const std::string& wanted) {
  return wanted.size() == 5 && (wanted[0] == 'E' || wanted[0] == 'W') &&
         wanted.find_first_not_of("0123456789", 1) == std::string::npos;
}

std::string code_given(const Block& block, const std::string& rules, const std::string& expression) {
  const Compilation result = Asked(block, rules + router_with(expression, "")).compiled();
  std::vector<Diagnostic> all = result.diagnostics.sorted();
  std::stable_sort(all.begin(), all.end(),
                   [](const Diagnostic& a, const Diagnostic& b) { return a.is_error() > b.is_error(); });
  return all.empty() ? "nothing" : name_of(all.front().code);
}

std::string answer_given(const Block& block, const std::string& rules, const Answer& answer, const std::string& event) {
  const bool condition = is_condition_answer(answer.wanted);
  const std::string router = condition ? router_with(answer.expression, "")
                                       : router_with("true", " { header \"v\" = " + answer.expression + " else skip }");
  const Compilation result = Asked(block, rules + router).compiled();
  if (!result.ruleset) {
    return result.text();
  }
  Evaluator evaluator(result.ruleset->program, {.router = 0, .load = false});
  const Decision& decision = evaluator.evaluate(event, {"clicks.in", kArrival, kHeaders});
  if (!condition || !decision.reason.code().empty()) {
    return first_header(decision);
  }
  return decision.messages.empty() ? "false" : "true";
}

TEST(Reference, AnswersAreWhatTheRulesGive) {
  const std::string event = blocks_of_kind("json base").at(0).text;
  std::size_t asked = 0;
  for (const Block& block : blocks_of_kind("rules answers")) {
    std::string rules = base_rules();
    std::string given = event;
    for (const std::string& line : lines_of(block.text)) {
      if (line.starts_with("given ")) {
        given = overlaid(event, line.substr(6));
        continue;
      }
      if (line.starts_with("let ") || line.starts_with("def ") || line.starts_with("lookup ")) {
        rules += line + "\n";
        continue;
      }
      const std::optional<Answer> answer = answer_of(line);
      ASSERT_TRUE(answer) << block.place() << ": no answer: " << line;
      ++asked;
      if (is_code(answer->wanted)) {
        EXPECT_EQ(code_given(block, rules, answer->expression), answer->wanted) << block.place() << ": " << line;
        continue;
      }
      const bool named = is_condition_answer(answer->wanted) || answer->wanted == "absent";
      EXPECT_EQ(answer_given(block, rules, *answer, given), named ? answer->wanted : as_text(answer->wanted))
          << block.place() << ": " << line;
    }
  }
  EXPECT_GT(asked, 20U);
}

/// Two blanks or more part the columns.
std::vector<std::string> columns_of(const std::string& line) {
  std::vector<std::string> columns;
  for (std::size_t at = line.find_first_not_of(' '); at != std::string::npos;) {
    const std::size_t end = line.find("  ", at);
    columns.push_back(line.substr(at, end == std::string::npos ? end : end - at));
    at = end == std::string::npos ? end : line.find_first_not_of(' ', end);
  }
  return columns;
}

/// A text form, or whether it is there at all where the type has none: `there`, `absent`, or the code of the refusal.
std::string value_given(const Block& block, const std::string& type, const std::string& json) {
  const bool has_text = !type.starts_with("list") && type != "object";
  const std::string clause = has_text ? "v else skip" : "exists v";
  const std::string rules = "edition 1\nevent e { v?: " + type +
                            " }\ntopic \"t\" { event e }\ntopic \"d\" { }\nrouter r for e {\n  match first\n  "
                            "dead_letter \"d\"\n  route r when true to topic \"t\" { header \"v\" = " +
                            clause + " }\n  otherwise drop\n}\n";
  const Compilation result = Asked(block, rules).compiled();
  if (!result.ruleset) {
    return result.text();
  }
  Evaluator evaluator(result.ruleset->program, {.router = 0, .load = false});
  const std::string event = "{\"v\":" + json + "}";
  const std::string given = first_header(evaluator.evaluate(event, {"", kArrival, {}}));
  return has_text || given[0] == 'R' ? given : given == "\"true\"" ? "there" : "absent";
}

TEST(Reference, ValuesAreReadAsThePagesSay) {
  std::size_t asked = 0;
  for (const Block& block : blocks_of_kind("rules values")) {
    for (const std::string& line : lines_of(block.text)) {
      const std::vector<std::string> columns = columns_of(line);
      const std::optional<Answer> answer = answer_of(line);
      ASSERT_TRUE(answer && columns.size() >= 3) << block.place() << ": " << line;
      EXPECT_EQ(value_given(block, columns[0], columns[1]), answer->wanted) << block.place() << ": " << line;
      ++asked;
    }
  }
  EXPECT_GT(asked, 20U);
}

} // namespace
} // namespace millrace::dsl
