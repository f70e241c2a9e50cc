// What PostgreSQL takes as text, judged without asking it.
#include "plugins/sink_postgres/utf8.hpp"

#include <gtest/gtest.h>

namespace millrace::sink_postgres {
namespace {

TEST(Utf8, TakesEveryValidCharacterAtEveryPlaceOfAWord) {
  for (const std::string_view character : {"a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                                           "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    for (std::size_t before = 0; before < 70; ++before) {
      EXPECT_TRUE(is_storable_text(std::string(before, 'x') + std::string(character) + std::string(70, 'y')));
    }
  }
  EXPECT_TRUE(is_storable_text(""));
}

TEST(Utf8, RefusesWhatIsNoneAtEveryPlaceOfAWord) {
  using namespace std::string_view_literals;
  for (const std::string_view wrong :
       {"\0"sv, "\x80"sv, "\xC0\x80"sv, "\xC1\xBF"sv, "\xC2"sv, "\xC2x"sv, "\xE0\x9F\xBF"sv, "\xE4\xB8"sv,
        "\xED\xA0\x80"sv, "\xED\xBF\xBF"sv, "\xF0\x8F\xBF\xBF"sv, "\xF4\x90\x80\x80"sv, "\xF5\x80\x80\x80"sv,
        "\xF0\x9F\x98"sv, "\xFF"sv}) {
    for (std::size_t before = 0; before < 70; ++before) {
      EXPECT_FALSE(is_storable_text(std::string(before, 'x') + std::string(wrong)));
      EXPECT_FALSE(is_storable_text(std::string(before, 'x') + std::string(wrong) + std::string(70, 'y')));
    }
  }
}

TEST(Utf8, CountsCharactersAndForgivesSpacesPastTheLimit) {
  EXPECT_TRUE(fits_characters("äöü", 3));
  EXPECT_FALSE(fits_characters("äöüß", 3));
  EXPECT_TRUE(fits_characters("äöü   ", 3));
  EXPECT_FALSE(fits_characters("äöü  x", 3));
  EXPECT_TRUE(fits_characters("😀😀", 2));
}

TEST(Utf8, FindsEscapesThatJsonbCannotHold) {
  EXPECT_EQ(check_escapes(R"({"a":"plain"})"), JsonEscapes::fine);
  EXPECT_EQ(check_escapes(R"("\u0000")"), JsonEscapes::zero);
  EXPECT_EQ(check_escapes(R"("\\u0000")"), JsonEscapes::fine);
  EXPECT_EQ(check_escapes(R"("\\\u0000")"), JsonEscapes::zero);
  EXPECT_EQ(check_escapes(R"("\n\u0000")"), JsonEscapes::zero);
  EXPECT_EQ(check_escapes(R"("\u00e9\u0001")"), JsonEscapes::fine);
  EXPECT_EQ(check_escapes(R"("\ud83d\ude00")"), JsonEscapes::fine);
  EXPECT_EQ(check_escapes(R"("\uD83D\uDE00 \ud83d\ude00")"), JsonEscapes::fine);
  EXPECT_EQ(check_escapes(R"("\ud83d")"), JsonEscapes::lone_surrogate);
  EXPECT_EQ(check_escapes(R"("\ude00\ud83d")"), JsonEscapes::lone_surrogate);
  EXPECT_EQ(check_escapes(R"("\ud83dx\ude00")"), JsonEscapes::lone_surrogate);
  EXPECT_EQ(check_escapes("\\"), JsonEscapes::fine) << "whether it is JSON at all, others judge";
}

TEST(Utf8, MakesAnythingStorable) {
  EXPECT_EQ(make_storable(std::string("a\0b\xFFü", 6), 100),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBDü");
  EXPECT_EQ(make_storable("üü", 3), "ü") << "never half a character";
  EXPECT_EQ(make_storable("\xF0\x9F", 100), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

} // namespace
} // namespace millrace::sink_postgres
