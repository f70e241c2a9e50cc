#include "dsl/values/fold.hpp"

#include <gtest/gtest.h>

#include <string>

namespace millrace::dsl {
namespace {

TEST(Fold, MapsOneCharacterToOne) {
  EXPECT_EQ(folded("Straße ÄÖÜ É"), "straße äöü é");
  EXPECT_EQ(folded("ẞ"), "ß"); // and not "ss"
  EXPECT_EQ(folded("ΣΑΣ"), folded("σας"));
  EXPECT_EQ(folded("\u212A"), "k"); // the sign of kelvin: three bytes become one
  EXPECT_EQ(folded("\u017F"), "s");
  EXPECT_EQ(folded("Ⱥ"), "ⱥ"); // two bytes become three
  EXPECT_EQ(folded("İ"), "İ"); // has only a mapping to two characters
  EXPECT_EQ(folded("𐐀"), "𐐨");
  EXPECT_EQ(folded(""), "");
}

TEST(Fold, LowerAndUpperAreMappingsOfTheirOwn) {
  Arena arena;
  EXPECT_EQ(lower("ÄB ΑΣ", arena), "äb ασ");
  EXPECT_EQ(upper("straße ÿ ɐ", arena), "STRAßE Ÿ Ɐ");
  EXPECT_EQ(lower("İ", arena), "i");
  EXPECT_EQ(upper("ı", arena), "I");
  EXPECT_EQ(upper("@`{[az", arena), "@`{[AZ");
  EXPECT_EQ(lower("@`{[AZ", arena), "@`{[az");
}

TEST(Fold, LeavesWhatNeedsNoChangeWhereItIs) {
  Arena arena;
  const std::string_view text = "already lower 123";
  EXPECT_EQ(fold(text, arena).data(), text.data());
  std::string two_to_three;
  for (int i = 0; i < 1'000; ++i) {
    two_to_three += "Ⱥ";
  }
  EXPECT_EQ(fold(two_to_three, arena).size(), 3'000U);
}

} // namespace
} // namespace millrace::dsl
