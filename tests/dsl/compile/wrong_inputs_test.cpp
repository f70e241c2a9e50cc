// The examples in rules/devices with one mistake each: what is said of it, and what its fixes lead to.
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "dsl/compile.hpp"
#include "dsl/diagnostic/fixes.hpp"
#include "dsl/diagnostic/render.hpp"
#include "tests/dsl/compile/fixture.hpp"

namespace millrace::dsl {
namespace {

using Files = std::map<std::string, std::string, std::less<>>;

struct Mistake {
  const char* code;
  const char* file;
  const char* right;
  const char* wrong;
  std::vector<const char*> said; // in this order
  bool machine = false;          // whether there is a fix that may be applied unasked
};

const Mistake kMistakes[] = {
    {"E0110",
     "billing.rules",
     "group money when type in (\"purchase\", \"refund\") {",
     "group money when type = \"purchase\" {",
     {"error[E0110]: a condition compares with `==`; a single `=` defines something", "billing.rules:8:25",
      "= help: write `==`", "[fix: `=` → `==`]"},
     true},
    {"E0103",
     "billing.rules",
     "      omit device.imei, ip\n    }\n    route charge",
     "      omit device.imei, ip\n    route charge",
     {"error[E0103]: route `refund` is not closed before the next route", "billing.rules:14:5",
      "a route cannot be inside a route", "route refund when type == \"refund\" {", "this `{` is still open",
      "add `}` after line 13; the lines below were checked as if it were there"},
     true},
    {"E0112",
     "ads.rules",
     "device.os == \"android\" or modern {",
     "device.os == \"android\" or modern and exists country {",
     {"error[E0112]: `and` and `or` are mixed without parentheses", "ads.rules:18:27",
      "`device.os == \"android\" or (modern and exists country)`",
      "`(device.os == \"android\" or modern) and exists country`"}},
    {"E0201",
     "crash.rules",
     "device.model",
     "device.modle",
     {"error[E0201]: `device_event` has no field `device.modle`", "unknown field",
      "there is a field with a similar name: `device.model`", "[fix: `modle` → `model`]", "`device` is declared at",
      "with fields id, os, model, imei"},
     true},
    {"E0212",
     "main.rules",
     "app.version >= \"7.10.0\"",
     "app.version >= 7.10",
     {"error[E0212]: a version cannot be compared with the number `7.10`", "[fix: `7.10` → `\"7.10\"`]"},
     true},
    {"E0301",
     "ads.rules",
     "drop blocked_campaign when ad.campaign in blocked",
     "drop not_home when country != \"DE\"",
     {"error[E0301]: `country` may be missing, and then this test has no clear answer",
      "should an event without a country be dropped?", "no, keep it:", "`exists country and country != \"DE\"`",
      "yes, drop it:", "`not exists country or country != \"DE\"`", "`country` is optional at"}},
    {"E0305",
     "billing.rules",
     "      key purchase.order_id else reject\n      omit",
     "      key purchase.order_id\n      omit",
     {"error[E0305]: the key `purchase.order_id` may be missing", "`purchase` is optional at",
      "send such events to the dead letter topic: add `else reject`", "[fix 1]",
      "send them without a key (any partition):   add `else none`", "[fix 2]"}},
    {"E0401",
     "billing.rules",
     "to topic \"billing.charges\"\n",
     "to topic \"billing.charge\"\n",
     {"error[E0401]: topic `billing.charge` is not declared", "billing.rules:16:16", "no such topic",
      "`billing.charges` is declared at", "billing.rules:1:", "[fix: "},
     true},
    {"E0412",
     "ads.rules",
     " at most 40 topics else \"ads.other\"",
     "",
     {"error[E0412]: this topic name can take any number of values", "ads.rules:19:33",
      "^^^^^^^^^^^^ a free text field; every new value would create a topic",
      "cap it:         `at most 40 topics else \"ads.other\"`", "[fix, edit the number]",
      "or list them:   `one of (\"ads.impressions.", "or map the field through a `lookup`"}},
    {"E0612",
     "billing.rules",
     "primary key (order_id, occurred_at)",
     "primary key (order_id)",
     {"error[E0612]: the primary key must contain the partition column `occurred_at`",
      "PostgreSQL can only keep this unique inside one partition", "the table is partitioned by this column",
      "`primary key (order_id, occurred_at)`", "the same order_id in two months will then be two rows"},
     true},
    {"E0501",
     "billing.rules",
     "    route charge when true {",
     "    route chargeback when type == \"refund\" and purchase.amount < 1.00 {\n"
     "      to topic \"billing.refunds\"\n"
     "      key purchase.order_id else reject\n"
     "    }\n"
     "    route charge when true {",
     {"error[E0501]: route `chargeback` can never be reached", "billing.rules:15:11",
      "route chargeback when type == \"refund\" and purchase.amount < 1.00 {",
      "every event it accepts is already taken", "route refund when type == \"refund\" {",
      "by this route, 5 lines above", "move `chargeback` above `refund`", "[fix: move lines 15-18 to line 10]"},
     true},
    {"E0621",
     "billing.rules",
     "upper(purchase.currency) else \"USD\"",
     "upper(purchase.currency)",
     {"error[E0621]: the text in `purchase.currency` may not fit `char(3)`",
      "missing, or longer than 3 characters: then what?", "`else null`", "`else reject`"}},
};

Files devices() {
  Files files;
  const auto root = std::filesystem::path(MILLRACE_SOURCE_DIR) / "rules/devices";
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    if (entry.is_regular_file()) {
      files[entry.path().filename().string()] = read_whole(entry.path());
    }
  }
  return files;
}

Compilation compiled(const Files& files) {
  return compile("main.rules", [&](std::string_view name) -> std::optional<std::string> {
    const auto found = files.find(name);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  });
}

bool has(const Compilation& compilation, std::string_view code) {
  return std::any_of(compilation.diagnostics.all().begin(), compilation.diagnostics.all().end(),
                     [&](const Diagnostic& diagnostic) { return name_of(diagnostic.code) == code; });
}

class WrongInput : public testing::TestWithParam<Mistake> {
 protected:
  WrongInput() {
    std::string& text = files_[GetParam().file];
    const std::size_t at = text.find(GetParam().right);
    EXPECT_NE(at, std::string::npos) << GetParam().right;
    text.replace(at, std::string_view(GetParam().right).size(), GetParam().wrong);
  }

  Files files_ = devices();
};

TEST_P(WrongInput, IsSaidWithItsReasonAndTheWayOut) {
  const Compilation compilation = compiled(files_);
  EXPECT_FALSE(compilation.ruleset);
  std::string text;
  for (const Diagnostic& diagnostic : compilation.diagnostics.all()) {
    if (name_of(diagnostic.code) == GetParam().code) {
      text += render_text(diagnostic, compilation.sources);
    }
  }
  std::size_t from = 0;
  for (const char* said : GetParam().said) {
    const std::size_t at = text.find(said, from);
    ASSERT_NE(at, std::string::npos) << said << "\n" << compilation.text();
    from = at;
  }
}

TEST_P(WrongInput, IsMendedByItsMachineFixes) {
  bool mended = false;
  for (int round = 0; round < 10; ++round) {
    const Compilation compilation = compiled(files_);
    const FixedTexts fixed = apply_fixes(compilation.diagnostics, compilation.sources);
    for (const auto& [file, text] : fixed.texts) {
      files_[std::string(compilation.sources.name(file))] = text;
      mended = true;
    }
  }
  const Compilation after = compiled(files_);
  EXPECT_EQ(mended, GetParam().machine) << after.text();
  EXPECT_EQ(has(after, GetParam().code), !GetParam().machine) << after.text();
  EXPECT_EQ(after.diagnostics.has_errors(), !GetParam().machine) << after.text();
}

INSTANTIATE_TEST_SUITE_P(Devices, WrongInput, testing::ValuesIn(kMistakes),
                         [](const auto& info) { return std::string(info.param.code); });

TEST(ApplyFixes, LeavesWhatWouldTouchForTheNextTime) {
  SourceMap sources;
  const FileId file = sources.add("x.rules", "abc def");
  Diagnostics diagnostics;
  diagnostics.add(Code::unexpected, {file, 0, 3}, "one")
      .help("h", {{{{file, 0, 3}, "ABC"}}, Applicability::machine, ""});
  diagnostics.add(Code::unexpected, {file, 3, 3}, "two").help("h", {{{{file, 3, 3}, "!"}}, Applicability::machine, ""});
  diagnostics.add(Code::unexpected, {file, 4, 7}, "three")
      .help("h", {{{{file, 4, 7}, "DEF"}}, Applicability::machine, ""});
  diagnostics.add(Code::unexpected, {file, 4, 5}, "four").help("h", {{{{file, 4, 5}, "x"}}, Applicability::choice, ""});
  const FixedTexts fixed = apply_fixes(diagnostics, sources);
  EXPECT_EQ(fixed.texts.at(file), "ABC DEF");
  EXPECT_EQ(fixed.applied.size(), 2U);
}

} // namespace
} // namespace millrace::dsl
