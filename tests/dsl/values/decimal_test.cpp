#include "dsl/values/decimal.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

namespace millrace::dsl {
namespace {

Decimal read(std::string_view token) {
  const auto value = decimal_from_token(token);
  EXPECT_TRUE(value) << token;
  return value.value_or(Decimal{});
}

std::string write(Decimal value) {
  std::string digits;
  Uint128 rest =
      value.coefficient < 0 ? -static_cast<Uint128>(value.coefficient) : static_cast<Uint128>(value.coefficient);
  for (; rest != 0 || digits.size() <= value.scale; rest /= 10) {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
  }
  if (value.scale > 0) {
    digits.insert(digits.size() - value.scale, ".");
  }
  return (value.coefficient < 0 ? "-" : "") + digits;
}

const std::string kNines(38, '9');

TEST(Decimal, ReadsATokenExactly) {
  EXPECT_EQ(write(read("0")), "0");
  EXPECT_EQ(write(read("-0.000")), "0");
  EXPECT_EQ(write(read("9.90")), "9.9");
  EXPECT_EQ(write(read("100")), "100");
  EXPECT_EQ(write(read("1.5e3")), "1500");
  EXPECT_EQ(write(read("15E-4")), "0.0015");
  EXPECT_EQ(write(read("-" + kNines)), "-" + kNines);
  EXPECT_EQ(write(read("0." + std::string(37, '0') + "1")), "0." + std::string(37, '0') + "1");
  EXPECT_EQ(write(read("0." + std::string(5000, '0') + "12e5000")), "0.12");
  EXPECT_EQ(write(read("1" + std::string(100, '0') + "e-100")), "1");
  EXPECT_EQ(write(read("0e999999999999999999")), "0");
}

TEST(Decimal, RefusesWhatNeedsMoreThan38Digits) {
  for (const std::string& token : {"1" + std::string(38, '0'), std::string("1e38"), std::string("1e-39"), kNines + ".5",
                                   std::string("1e99999999999999999999"), std::string("1e-99999999999999999999")}) {
    EXPECT_FALSE(decimal_from_token(token)) << token;
  }
}

TEST(Decimal, RefusesWhatIsNoJsonNumber) {
  for (const std::string_view token :
       {"", "-", "+1", "01", "1.", ".5", "1e", "1e+", "0x1", "1 ", " 1", "1.2.3", "NaN", "1_000"}) {
    EXPECT_FALSE(decimal_from_token(token)) << token;
  }
}

TEST(Decimal, RoundsHalfAwayFromZero) {
  EXPECT_EQ(write(*round_half_away(read("0.125"), 2)), "0.13");
  EXPECT_EQ(write(*round_half_away(read("-0.125"), 2)), "-0.13");
  EXPECT_EQ(write(*round_half_away(read("0.1249"), 2)), "0.12");
  EXPECT_EQ(write(*round_half_away(read("99.995"), 2)), "100.00");
  EXPECT_EQ(write(*round_half_away(read("2.5"), 0)), "3");
  EXPECT_EQ(write(*round_half_away(read("-0.5"), 0)), "-1");
  EXPECT_EQ(write(*round_half_away(read("5e-38"), 37)), "0." + std::string(36, '0') + "1");
  EXPECT_EQ(write(*round_half_away(read("1.5"), 3)), "1.500");
  EXPECT_FALSE(round_half_away(read(kNines), 1));
}

TEST(Decimal, RescalesOnlyWithoutLoss) {
  EXPECT_EQ(write(*rescale_exact(read("9.9"), 2)), "9.90");
  EXPECT_EQ(write(*rescale_exact({990, 2}, 1)), "9.9");
  EXPECT_FALSE(rescale_exact(read("9.99"), 1));
}

TEST(Decimal, FitsCountsIntegerAndFractionDigits) {
  EXPECT_TRUE(fits(read("99.99"), 4, 2));
  EXPECT_FALSE(fits(read("100"), 4, 2));
  EXPECT_FALSE(fits(read("0.001"), 4, 2));
  EXPECT_TRUE(fits(read("0.001"), 2, 3));
  EXPECT_FALSE(fits(read("0.1"), 2, 3));
  EXPECT_TRUE(fits(read("0"), 0, 0));
}

TEST(Decimal, ComparesAcrossScalesWithoutOverflow) {
  EXPECT_TRUE(compare(read("1.10"), read("1.1")) == 0);
  EXPECT_TRUE(compare(read(kNines), read("1e-38")) > 0);
  EXPECT_TRUE(compare(read("-" + kNines), read("1e-38")) < 0);
  EXPECT_TRUE(compare(read("-0.5"), read("0.5")) < 0);
  EXPECT_TRUE(compare(read("-0.25"), read("-0.3")) > 0);
  EXPECT_TRUE(compare(read("1.00000000000000000000000000000000001"), read("1")) > 0);
}

TEST(Decimal, ComparesWithADoubleAsIfBothWereWrittenOut) {
  EXPECT_TRUE(compare(read("0.1"), 0.1) < 0); // the double is 0.1000000000000000055…
  EXPECT_TRUE(compare(read("0.3"), 0.3) > 0); // the double is 0.2999999999999999888…
  EXPECT_TRUE(compare(read("-0.1"), -0.1) > 0);
  EXPECT_TRUE(compare(read("0.5"), 0.5) == 0);
  EXPECT_TRUE(compare(read("-2.75"), -2.75) == 0);
  EXPECT_TRUE(compare(read("9007199254740993"), 9007199254740992.0) > 0);
  EXPECT_TRUE(compare(read("0"), 5e-324) < 0);
  EXPECT_TRUE(compare(read("0"), -5e-324) > 0);
  EXPECT_TRUE(compare(read("0"), -0.0) == 0);
  EXPECT_TRUE(compare(read("-1e-38"), 5e-324) < 0);
  EXPECT_TRUE(compare(read(kNines), 1e38) > 0); // 10^38 as a double is 99999999999999997748809823456034029568
  EXPECT_TRUE(compare(read("99999999999999997748809823456034029568"), 1e38) == 0);
  EXPECT_TRUE(compare(read(kNines), std::nextafter(1e38, INFINITY)) < 0);
  EXPECT_TRUE(compare(read("-" + kNines), -1e300) > 0);
}

TEST(Decimal, DividesTo38DigitsHalfToEven) {
  EXPECT_EQ(write(*divide(read("1"), read("3"))), "0." + std::string(38, '3'));
  EXPECT_EQ(write(*divide(read("2"), read("3"))), "0." + std::string(37, '6') + "7");
  EXPECT_EQ(write(*divide(read("200"), read("3"))), "66." + std::string(35, '6') + "7");
  EXPECT_EQ(write(*divide(read("1"), read("8"))), "0.125");
  EXPECT_EQ(write(*divide(read("-7"), read("2"))), "-3.5");
  EXPECT_EQ(write(*divide(read("1e-38"), read("2"))), "0");                               // 0.5 units, even is 0
  EXPECT_EQ(write(*divide(read("3e-38"), read("2"))), "0." + std::string(37, '0') + "2"); // 1.5 units, even is 2
  EXPECT_EQ(write(*divide(read("5e-38"), read("2"))), "0." + std::string(37, '0') + "2"); // 2.5 units, even is 2
  EXPECT_EQ(write(*divide(read("6"), read("0.02"))), "300");
  EXPECT_EQ(write(*divide(read("0"), read("7"))), "0");
  EXPECT_EQ(write(*divide(read(kNines), read(kNines))), "1");
  EXPECT_FALSE(divide(read("1"), read("0.00")));
  EXPECT_FALSE(divide(read(kNines), read("1e-38")));
}

TEST(Decimal, CalculatesExactlyOrNotAtAll) {
  EXPECT_EQ(write(*add(read("0.1"), read("0.2"))), "0.3");
  EXPECT_EQ(write(*subtract(read("1"), read("0.001"))), "0.999");
  EXPECT_EQ(write(*multiply(read("1.5"), read("-1.5"))), "-2.25");
  EXPECT_FALSE(add(read(kNines), read("1")));
  EXPECT_FALSE(multiply(read(kNines), read("10")));
  EXPECT_FALSE(multiply(read("1e-20"), read("1e-20")));
}

TEST(Decimal, GivesTheNearestDouble) {
  EXPECT_EQ(to_double(read("0.1")), 0.1);
  EXPECT_EQ(to_double(read("-12345678901234567890.123")), -12345678901234567890.123);
  EXPECT_EQ(to_double(read(kNines)), 1e38);
  EXPECT_EQ(to_double(read("1e-38")), 1e-38);
}

TEST(Decimal, AgreesWith64BitArithmeticOnRandomNumbers) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const auto number = [&] { return static_cast<std::int64_t>(random() % 2'000'001) - 1'000'000; };
    const std::int64_t a = number();
    const std::int64_t b = number();
    const Decimal x{a, 3};
    const Decimal y{b, 5};
    EXPECT_EQ(compare(x, y), a * 100 <=> b);
    EXPECT_TRUE(compare(*add(x, y), Decimal{a * 100 + b, 5}) == 0);
    EXPECT_TRUE(compare(*multiply(x, y), Decimal{Int128{a} * b, 8}) == 0);
    // A quotient times its divisor is the dividend, up to half a unit in the last of the digits.
    if (b != 0) {
      const double quotient = to_double(*divide(x, y));
      EXPECT_NEAR(quotient, static_cast<double>(a) * 100 / static_cast<double>(b), std::abs(quotient) * 1e-14 + 1e-300);
    }
    // Sixteenths are exact in binary and in decimal.
    EXPECT_EQ(compare(Decimal{Int128{a} * 625, 4}, static_cast<double>(b) / 16), a <=> b);
  }
}

} // namespace
} // namespace millrace::dsl
