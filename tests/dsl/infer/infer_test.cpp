// Declarations made from samples: whatever the events are, they compile and take them; memory is bounded; it is fast.
#include "dsl/infer/write.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <random>

#include "tests/dsl/infer/taken.hpp"

namespace millrace::dsl::infer {
namespace {

const Names kNames = {"a test", "event", "event", "event"};

class RandomEvents {
 public:
  explicit RandomEvents(unsigned seed) : random_(seed) {
    const std::size_t names = 1 + pick(12);
    for (std::size_t i = 0; i < names; ++i) {
      names_.push_back(one_of(kFieldNames));
      kinds_.push_back(pick(kValueKinds));
    }
  }

  std::string event() { return object(0); }

 private:
  static constexpr std::size_t kValueKinds = 22;
  static inline const std::vector<std::string> kFieldNames = {
      "id",         "user_id",     "userId",   "type",    "price", "created_at", "ts",        "time",
      "version",    "ip",          "in",       "exists",  "meta",  "payload",    "odd key",   "a.b",
      "caf\\u00e9", "x\\ty",       "ctid",     "primary", "on",    "drop",       "index",     "\\u0060",
      "rest",       "dead_letter", "unmapped", "zip",     "Id",    "ID",         "partition", "amount",
      "count",      "USER",        "user",     "when",    "1st",   "key",        "evolve",    ""};

  std::size_t pick(std::size_t below) { return random_() % below; }
  const std::string& one_of(const std::vector<std::string>& list) { return list[pick(list.size())]; }
  std::string number(int digits) {
    std::string text(1, static_cast<char>('1' + pick(9)));
    for (int i = 1; i < digits; ++i) {
      text += static_cast<char>('0' + pick(10));
    }
    return text;
  }

  std::string object(int depth) {
    std::string text;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const bool again = text.find("\"" + names_[i] + "\":") != std::string::npos;
      if (!again && pick(8) != 0) {
        text += (text.empty() ? "" : ",") + ("\"" + names_[i] + "\":") +
                value(pick(40) == 0 ? pick(kValueKinds) : kinds_[i], depth);
      }
    }
    return "{" + text + "}";
  }

  std::string value(std::size_t kind, int depth) {
    static const std::vector<std::string> kWords = {"\"a\"",   "\"b\"",         "\"c d\"",
                                                    "\"{x}\"", "\"q\\\"uote\"", "\"caf\\u00e9\""};
    static const std::vector<std::string> kOdd = {"null", "null",    "1e400", "-0", "0.0",  "1e5",
                                                  "\"\"", "\"\\n\"", "[]",    "{}", "[[]]", "[null]"};
    switch (kind) {
      case 0:
        return pick(2) == 0 ? "true" : "false";
      case 1:
        return number(1 + static_cast<int>(pick(18)));
      case 2:
        return number(3) + "." + number(2);
      case 3:
        return number(2) + "." + number(1 + static_cast<int>(pick(9)));
      case 4:
        return number(19 + static_cast<int>(pick(22)));
      case 5:
        return "\"2024-06-1" + std::to_string(pick(10)) + "T08:00:0" + std::to_string(pick(10)) + ".5+02:00\"";
      case 6:
        return "17" + number(8);
      case 7:
        return "17" + number(11);
      case 8:
        return "\"7b0c2f7e-92f1-4d0a-9d53-0d8b1c1f" + number(4) + "\"";
      case 9:
        return "\"10.0." + std::to_string(pick(256)) + ".1\"";
      case 10:
        return "\"" + number(1) + "." + number(2) + "." + number(1) + "\"";
      case 11:
        return "\"" + number(2) + "m\"";
      case 12:
        return one_of(kWords);
      case 13:
        return "\"" + number(9) + " words\"";
      case 14:
        return "\"" + number(5) + "\"";
      case 15:
        return "\"" + number(2) + ".50\"";
      case 16:
        return pick(2) == 0 ? "\"true\"" : "\"false\"";
      case 17:
        return one_of(kOdd);
      case 18:
        return depth < 3 ? object(depth + 1) : "{}";
      case 19:
        return list(pick(17), depth);
      case 20:
        return "null";
      default:
        return "\"0" + number(4) + "\"";
    }
  }

  std::string list(std::size_t kind, int depth) {
    std::string text;
    for (std::size_t items = pick(4); items > 0; --items) {
      text += (text.empty() ? "" : ",") + value(pick(30) == 0 ? 17 : kind, depth);
    }
    return "[" + text + "]";
  }

  std::mt19937 random_;
  std::vector<std::string> names_;
  std::vector<std::size_t> kinds_;
};

TEST(Infer, TakesEveryEventOfRandomSamples) {
  for (unsigned seed = 0; seed < 400; ++seed) {
    RandomEvents random(seed);
    Sample sample;
    std::vector<std::string> events;
    for (int i = 0; i < 60; ++i) {
      events.push_back(random.event());
      const auto wrong = sample.add(events.back());
      ASSERT_FALSE(wrong) << *wrong << events.back();
    }
    expect_taken(write_rules(sample, kNames), events);
    ASSERT_FALSE(HasFatalFailure()) << "seed " << seed;
  }
}

TEST(Infer, SaysWhyALineIsNoEventAndCountsNothingOfIt) {
  Sample sample;
  EXPECT_EQ(sample.add(R"({"a":1,"b":{"c":2}})"), std::nullopt);
  EXPECT_EQ(sample.add(R"([1])"), "the event is no JSON object");
  EXPECT_EQ(sample.add(R"({"a":1)"), "the event is not valid JSON, at byte 6");
  EXPECT_EQ(sample.add("{\"a\":\"\xFF\"}"), "the event is not valid UTF-8");
  EXPECT_EQ(sample.add(R"({"a":1,"b":{"c":2,"c":"x"}})"), "the key `c` stands twice in one object");
  EXPECT_EQ(sample.add(R"({"a":1,"\u0061":2})"), "the key `a` stands twice in one object");
  EXPECT_EQ(sample.events(), 1U);
  const std::string rules = write_rules(sample, kNames);
  EXPECT_NE(rules.find("c: int"), std::string::npos) << rules;
}

TEST(Infer, KeepsNoMoreOfManyFieldsThanThereIsRoomFor) {
  Sample sample;
  std::vector<std::string> events;
  for (int i = 0; i < 3'000; ++i) {
    const std::string n = std::to_string(i);
    events.push_back("{\"id\":" + n + ",\"f" + n + "\":1,\"map\":{\"k" + n + "\":{\"a\":1,\"b\":\"" + n + "\"}}}");
    ASSERT_FALSE(sample.add(events.back()));
  }
  const std::string rules = write_rules(sample, kNames);
  expect_taken(rules, events);
  EXPECT_NE(rules.find(" object  # its keys come and go, 256 and more different ones"), std::string::npos) << rules;
  EXPECT_NE(rules.find("= unmapped"), std::string::npos) << rules;
  EXPECT_LT(rules.size(), 40'000U);
}

TEST(Infer, TakesEventsOfAnyDepth) {
  Sample sample;
  std::string event = "1";
  for (int i = 0; i < 60; ++i) {
    event = i % 2 == 0 || i < 20 ? "{\"a\":" + event + "}" : "{\"a\":[" + event + "]}";
    if (i == 40) {
      break;
    }
  }
  ASSERT_FALSE(sample.add(event));
  expect_taken(write_rules(sample, kNames), {event});
}

TEST(Infer, TakesListsOfAnyDepth) {
  for (const std::size_t depth : {1U, 3U, 4U, 5U, 12U, 60U}) {
    const std::string event = "{\"a\":" + std::string(depth, '[') + "1" + std::string(depth, ']') + "}";
    Sample sample;
    ASSERT_FALSE(sample.add(event));
    expect_taken(write_rules(sample, kNames), {event});
  }
}

TEST(Infer, NamesAKeyOnlyWhereNoValueCameTwice) {
  const auto rules_of = [](int different) {
    Sample sample;
    for (int i = 0; i < 50; ++i) {
      sample.add("{\"user_id\":" + std::to_string(i % 7) + ",\"id\":\"n" + std::to_string(i % different) + "\"}");
    }
    return write_rules(sample, kNames);
  };
  EXPECT_NE(rules_of(50).find("primary key (id)  # a guess: never twice in 50 events"), std::string::npos)
      << rules_of(50);
  EXPECT_EQ(rules_of(49).find("primary key"), std::string::npos);
}

TEST(Infer, MakesPlainNamesOfFilesAndTopics) {
  EXPECT_EQ(plain_name("click-events.2024"), "click_events_2024");
  EXPECT_EQ(plain_name("2024"), "_2024");
  EXPECT_EQ(plain_name(""), "event");
  EXPECT_EQ(plain_name("in"), "inevent");
}

/// Lines of the edits of Wikipedia; none where they are not at hand.
std::vector<std::string> edits() {
  const char* const folder = std::getenv("MILLRACE_DATA");
  const std::string where = folder != nullptr ? folder : MILLRACE_SOURCE_DIR "/../shared/data";
  const std::string command = "zcat '" + where + "/wikipedia-edits-2015-09-12.json.gz' 2>/dev/null";
  std::vector<std::string> lines;
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  std::string text;
  char buffer[65536];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    text.append(buffer, got);
  }
  ::pclose(pipe);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

TEST(Infer, TakesTheEditsOfWikipedia) {
  const std::vector<std::string> events = edits();
  if (events.empty()) {
    GTEST_SKIP() << "the edits of Wikipedia are not at hand; MILLRACE_DATA names their folder";
  }
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  Sample sample;
  for (const std::string& event : events) {
    ASSERT_FALSE(sample.add(event));
  }
  const std::string rules = write_rules(sample, kNames);
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  std::printf("%zu events, %.0f a second\n", events.size(), static_cast<double>(events.size()) / seconds);
  expect_taken(rules, events);
}

} // namespace
} // namespace millrace::dsl::infer
