#include "engine/config/constraint.hpp"

#include <gtest/gtest.h>

#include "engine/config/value.hpp"

namespace millrace::config {
namespace {

mr_field field(std::uint32_t type, const char* constraint) {
  return {"x", type, 0, nullptr, constraint, "About x.", nullptr, 0};
}

TEST(Constraint, HoldsAtBothEndsAndBreaksBeyond) {
  Values values;
  for (const std::int64_t good : {1, 65535}) {
    EXPECT_EQ(broken_constraint(field(MR_INT, "1..65535"), values.number(MR_INT, good)), "") << good;
  }
  for (const std::int64_t bad : {0, 65536, -1}) {
    EXPECT_EQ(broken_constraint(field(MR_INT, "1..65535"), values.number(MR_INT, bad)), "within 1..65535") << bad;
  }
}

TEST(Constraint, MayBeOpenAtOneEnd) {
  Values values;
  EXPECT_EQ(broken_constraint(field(MR_DURATION, "100ms.."), values.number(MR_DURATION, 100'000'000)), "");
  EXPECT_EQ(broken_constraint(field(MR_DURATION, "100ms.."), values.number(MR_DURATION, 99'999'999)), "within 100ms..");
  EXPECT_EQ(broken_constraint(field(MR_SIZE, "..1KiB"), values.number(MR_SIZE, 1024)), "");
  EXPECT_EQ(broken_constraint(field(MR_SIZE, "..1KiB"), values.number(MR_SIZE, 1025)), "within ..1KiB");
  EXPECT_EQ(broken_constraint(field(MR_FLOAT, "0..1"), values.number(1.0001)), "within 0..1");
}

TEST(Constraint, OfATextIsAListOfWords) {
  Values values;
  EXPECT_EQ(broken_constraint(field(MR_STRING, "a|bc|d"), values.text("bc")), "");
  EXPECT_EQ(broken_constraint(field(MR_STRING, "a|bc|d"), values.text("b")), "one of a, bc, d");
}

TEST(Constraint, ThatCannotBeReadIsFound) {
  EXPECT_EQ(constraint_error(field(MR_INT, "1..9")), "");
  EXPECT_EQ(constraint_error(field(MR_STRING, "a|b")), "");
  EXPECT_NE(constraint_error(field(MR_INT, "1-9")), "");
  EXPECT_NE(constraint_error(field(MR_INT, "..")), "");
  EXPECT_NE(constraint_error(field(MR_SIZE, "1MB..")), "");
  EXPECT_NE(constraint_error(field(MR_BOOL, "0..1")), "");
}

} // namespace
} // namespace millrace::config
