// Bodies are taken apart as split.txt says.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "plugins/source_http/split.hpp"

namespace millrace::source_http {
namespace {

struct Case {
  int line = 0;
  BodyKind kind = BodyKind::kSniff;
  std::string body;
  std::vector<std::string> events;
  std::string wrong;
};

std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
    const char plain = next == 'n' ? '\n' : next == 't' ? '\t' : next == 'r' ? '\r' : next == '\\' ? '\\' : '\0';
    out += plain == '\0' ? text[i] : plain;
    i += plain == '\0' ? 0 : 1;
  }
  return out;
}

std::vector<Case> cases() {
  std::ifstream file(MILLRACE_SOURCE_DIR "/tests/plugins/source_http/split.txt");
  std::vector<Case> out;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line[0] == '#') {
      continue;
    }
    if (line[0] == '=') {
      out.back().events.push_back(unescaped(line.size() > 1 ? line.substr(2) : ""));
    } else if (line[0] == '!') {
      out.back().wrong = line.substr(2);
    } else {
      const std::size_t space = line.find(' ');
      const std::string kind = line.substr(0, space);
      out.push_back({number,
                     kind == "json"    ? BodyKind::kJson
                     : kind == "lines" ? BodyKind::kLines
                                       : BodyKind::kSniff,
                     unescaped(line.substr(space + 1)),
                     {},
                     {}});
    }
  }
  return out;
}

TEST(Split, FindsTheEventsOfEachBodyInTheFixture) {
  const std::vector<Case> all = cases();
  ASSERT_GT(all.size(), 20U);
  for (const Case& one : all) {
    SCOPED_TRACE("split.txt:" + std::to_string(one.line));
    Split split;
    split_body(one.kind, one.body, 100, split);
    if (!one.wrong.empty()) {
      EXPECT_NE(split.wrong.find(one.wrong), std::string::npos) << split.wrong;
      continue;
    }
    EXPECT_EQ(split.wrong, "");
    EXPECT_EQ(std::vector<std::string>(split.events.begin(), split.events.end()), one.events);
  }
}

TEST(Split, StopsOnePastTheMostEventsSoThatTheCallerSeesTheRest) {
  for (const BodyKind kind : {BodyKind::kJson, BodyKind::kLines}) {
    std::string body = kind == BodyKind::kJson ? "[" : "";
    for (int i = 0; i < 1000; ++i) {
      body += kind == BodyKind::kJson ? "1," : "1\n";
    }
    body += kind == BodyKind::kJson ? "1]" : "";
    Split split;
    split_body(kind, body, 10, split);
    EXPECT_GT(split.events.size(), 10U);
    EXPECT_LE(split.events.size(), 12U);
  }
}

TEST(Split, RefusesAnArrayThatIsNestedWithoutEnd) {
  Split split;
  split_body(BodyKind::kJson, std::string(100'000, '['), 10, split);
  EXPECT_NE(split.wrong.find("deeper than 1024 levels"), std::string::npos) << split.wrong;
}

} // namespace
} // namespace millrace::source_http
