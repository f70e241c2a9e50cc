#include "engine/host/secrets.hpp"

#include <gtest/gtest.h>

#include "fakes.hpp"

namespace millrace::host {
namespace {

constexpr mr_field kInner[] = {{"password", MR_STRING, MR_SECRET, nullptr, nullptr, "P.", nullptr, 0},
                               {"user", MR_STRING, 0, nullptr, nullptr, "U.", nullptr, 0}};
constexpr mr_field kFields[] = {{"url", MR_STRING, MR_SECRET, nullptr, nullptr, "U.", nullptr, 0},
                                {"login", MR_TABLE, MR_LIST, nullptr, nullptr, "L.", kInner, 2},
                                {"settings", MR_MAP, MR_SECRET, nullptr, nullptr, "S.", nullptr, 0}};

mr_value text(std::string_view text) {
  mr_value value{};
  value.type = MR_STRING;
  value.text = str(text);
  return value;
}

mr_value items(std::uint32_t flags, const mr_value* items, std::size_t count) {
  mr_value value{};
  value.type = MR_TABLE;
  value.flags = flags;
  value.items = items;
  value.item_count = count;
  return value;
}

Secrets some(std::string_view url) {
  const mr_value login[] = {text("hunter2"), text("alice")};
  const mr_value logins[] = {items(0, login, 2)};
  const mr_pair pairs[] = {{str("sasl.password"), str("opensesame")}};
  mr_value settings{};
  settings.type = MR_MAP;
  settings.pairs = pairs;
  settings.pair_count = 1;
  const mr_value all[] = {text(url), items(MR_LIST, logins, 1), settings};
  return Secrets::of(items(0, all, 3), kFields);
}

TEST(Secrets, AreMaskedWhereverTheyStand) {
  EXPECT_EQ(some("pg://alice:x@db").masked("cannot reach pg://alice:x@db as alice, hunter2hunter2, opensesame!"),
            "cannot reach *** as alice, ******, ***!");
}

TEST(Secrets, TheLongerOneGoesFirst) {
  EXPECT_EQ(some("hunter2-and-more").masked("hunter2-and-more hunter2"), "*** ***");
}

TEST(Secrets, OfSeveralLinesEachIsOne) { EXPECT_EQ(some("token-1\ntoken-2\n").masked("bad token-2"), "bad ***"); }

TEST(Secrets, ShortTextsAreLeftAlone) { EXPECT_EQ(some("abc").masked("abc"), "abc"); }

} // namespace
} // namespace millrace::host
