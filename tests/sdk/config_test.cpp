// A plugin reads its validated configuration by name; its own mistakes are told.
#include <gtest/gtest.h>

#include <millrace/config.hpp>

namespace millrace {
namespace {

constexpr mr_field kInner[] = {{"name", MR_STRING, 0, nullptr, nullptr, "", nullptr, 0}};
constexpr mr_field kFields[] = {
    {"path", MR_STRING, MR_REQUIRED, nullptr, nullptr, "", nullptr, 0},
    {"wait", MR_DURATION, 0, "5s", nullptr, "", nullptr, 0},
    {"limit", MR_INT, 0, nullptr, nullptr, "", nullptr, 0},
    {"names", MR_STRING, MR_LIST, nullptr, nullptr, "", nullptr, 0},
    {"rest", MR_MAP, 0, nullptr, nullptr, "", nullptr, 0},
    {"inner", MR_TABLE, 0, nullptr, nullptr, "", kInner, 1},
};

TEST(Config, ReadsEachTypeByName) {
  mr_value names[2]{};
  names[0].text = str("a");
  names[1].text = str("b");
  const mr_pair rest[] = {{str("k"), str("v")}};
  mr_value inner_name{};
  inner_name.type = MR_STRING;
  inner_name.text = str("in");
  mr_value items[6]{};
  items[0] = {MR_STRING, 0, 0, 0, str("/x"), nullptr, 0, nullptr, 0};
  items[1] = {MR_DURATION, 0, 5'000'000'000, 0, kAbsent, nullptr, 0, nullptr, 0};
  items[3] = {MR_STRING, MR_LIST, 0, 0, kAbsent, names, 2, nullptr, 0};
  items[4] = {MR_MAP, 0, 0, 0, kAbsent, nullptr, 0, rest, 1};
  items[5] = {MR_TABLE, 0, 0, 0, kAbsent, &inner_name, 1, nullptr, 0};
  const mr_value top{MR_TABLE, 0, 0, 0, kAbsent, items, 6, nullptr, 0};
  const Config config(&top, kFields);
  EXPECT_EQ(config.text("path"), "/x");
  EXPECT_EQ(config.duration("wait"), std::chrono::seconds(5));
  EXPECT_TRUE(config.has("path"));
  EXPECT_FALSE(config.has("limit"));
  EXPECT_EQ(config.texts("names"), (std::vector<std::string_view>{"a", "b"}));
  EXPECT_EQ(config.pairs("rest").at(0).second, "v");
  EXPECT_EQ(config.table("inner").text("name"), "in");
}

TEST(Config, AnUndeclaredNameOrAnotherTypeIsThePluginsMistake) {
  const mr_value top{};
  const Config config(&top, kFields);
  EXPECT_THROW(config.text("pth"), Failure);
  EXPECT_THROW(config.text("wait"), Failure);
  EXPECT_THROW(config.text("names"), Failure);
}

} // namespace
} // namespace millrace
