#include "dsl/read/key_table.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <unordered_map>

namespace millrace::dsl {
namespace {

TEST(KeyTable, FindsNothingWhenEmpty) {
  EXPECT_EQ(KeyTable().find("a"), kNone);
  EXPECT_EQ(KeyTable().find(""), kNone);
}

TEST(KeyTable, TellsNamesApartThatShareTheirEndsAndLength) {
  const std::vector<std::pair<std::string, Index>> keys{
      {"prefix__a__suffix", 0},  {"prefix__b__suffix", 1}, {"prefix__c__suffix", 2}, {"", 3}, {"a", 4},
      {std::string("a\0", 2), 5}};
  const KeyTable table(keys);
  for (const auto& [name, number] : keys) {
    EXPECT_EQ(table.find(name), number) << name;
  }
  EXPECT_EQ(table.find("prefix__d__suffix"), kNone);
  EXPECT_EQ(table.find("b"), kNone);
}

TEST(KeyTable, LooksNoFurtherThanTheNameWhateverFollowsIt) {
  const std::vector<std::pair<std::string, Index>> keys{{"id", 0}, {"ident", 1}};
  const KeyTable table(keys);
  const std::string text = "id\":\"ident\":1234567890";
  EXPECT_EQ(table.find(std::string_view(text).substr(0, 2), text.size()), 0U);
  EXPECT_EQ(table.find(std::string_view(text).substr(5, 5), text.size() - 5), 1U);
  EXPECT_EQ(table.find(std::string_view(text).substr(5, 4), text.size() - 5), kNone);
}

TEST(KeyTable, AgreesWithAMapOnRandomNames) {
  std::mt19937_64 random(3);
  for (const std::size_t count : {1U, 2U, 7U, 60U, 2000U}) {
    std::unordered_map<std::string, Index> map;
    std::vector<std::pair<std::string, Index>> keys;
    const auto name = [&] {
      std::string text(random() % 24, ' ');
      for (char& c : text) {
        c = static_cast<char>('a' + random() % 3);
      }
      return text;
    };
    while (keys.size() < count) {
      if (map.emplace(name(), static_cast<Index>(keys.size())).second) {
        keys.clear();
        keys.assign(map.begin(), map.end());
      }
    }
    const KeyTable table(keys);
    for (int i = 0; i < 20'000; ++i) {
      const std::string probe = name();
      const auto found = map.find(probe);
      ASSERT_EQ(table.find(probe), found == map.end() ? kNone : found->second) << probe;
    }
  }
}

} // namespace
} // namespace millrace::dsl
