#include "dsl/values/version.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "dsl/values/value_map.hpp"

namespace millrace::dsl {
namespace {

TEST(Version, IsNumbersAndWhatSemVerHasBehindThem) {
  for (const char* text : {"1", "007", "7.9.3", "1.2.3.4.5", "1.0-alpha", "1.0-0.3.7", "1.0-x-y.z", "1+build.5",
                           "1.0-rc.1+sha-5114f85", "1+1-2", "99999999999999999999999.1"}) {
    EXPECT_TRUE(is_version(text)) << text;
  }
  for (const char* text : {"", "v1", "1.", ".1", "1..2", "1.x", "1-", "1+", "1-a..b", "1-a.", "1+a+b", "1 ", " 1", "-1",
                           "1.-a", "1-ä", "a"}) {
    EXPECT_FALSE(is_version(text)) << text;
  }
}

TEST(Version, ComparesByWhatItMeans) {
  // Each line is older than the next; the versions of a line are the same.
  const std::vector<std::vector<std::string>> lines = {
      {"0", "0.0", "00"},
      {"0.0.1"},
      {"1.0-1", "1-01", "1.0.0-1+x"}, // numbers before words, and the release last
      {"1.0-2"},
      {"1.0-10"},
      {"1.0-99999999999999999999"},
      {"1.0--"},
      {"1.0-Alpha"}, // by bytes
      {"1.0-alpha"},
      {"1.0-alpha.0"},
      {"1.0-alpha.1"},
      {"1.0-alpha.beta"},
      {"1.0-beta"},
      {"1.0-beta.2"},
      {"1.0-beta.11"},
      {"1.0-rc.1"},
      {"1", "1.0", "1.0.0.0", "01.00", "1+build", "1.0+a.b-c"},
      {"1.0.0.1-a"},
      {"1.0.0.1"},
      {"7.9.3"},
      {"7.10", "7.10.0", "7.010"},
      {"18446744073709551616"},
      {"18446744073709551617.0-a.b"},
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    for (std::size_t j = 0; j < lines.size(); ++j) {
      for (const std::string& left : lines[i]) {
        for (const std::string& right : lines[j]) {
          EXPECT_EQ(compare_versions(left, right), i <=> j) << left << " " << right;
        }
      }
    }
  }
}

TEST(Version, EqualOnesHaveTheSameHash) {
  std::mt19937_64 random(1);
  std::vector<std::string> versions;
  for (int i = 0; i < 400; ++i) {
    static constexpr std::string_view kPieces[] = {"0", "00", "1", "01", "10", "0.0", "1.0", "2.00"};
    static constexpr std::string_view kEnds[] = {"", "-1", "-01", "-a", "-a.0", "-a.00", "-0", "+b", "-a+b"};
    std::string text(kPieces[random() % std::size(kPieces)]);
    for (std::size_t parts = random() % 3; parts > 0; --parts) {
      text.append(".").append(kPieces[random() % std::size(kPieces)]);
    }
    versions.push_back(text.append(kEnds[random() % std::size(kEnds)]));
  }
  std::size_t same = 0;
  std::size_t clashes = 0;
  for (const std::string& left : versions) {
    for (const std::string& right : versions) {
      const bool equal = equals(Value::of_version(left), Value::of_version(right));
      const bool same_hash = hash_of_value(Value::of_version(left)) == hash_of_value(Value::of_version(right));
      EXPECT_TRUE(!equal || same_hash) << left << " " << right;
      same += equal ? 1 : 0;
      clashes += !equal && same_hash ? 1 : 0;
    }
  }
  EXPECT_GT(same, 1'000U);
  EXPECT_EQ(clashes, 0U);
}

} // namespace
} // namespace millrace::dsl
