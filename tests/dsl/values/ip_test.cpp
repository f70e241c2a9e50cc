#include "dsl/values/ip.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace millrace::dsl {
namespace {

std::string written(std::string_view text) {
  const auto ip = parse_ip(text);
  if (!ip) {
    return "none";
  }
  std::array<char, kIpSize> out{};
  return {out.data(), static_cast<std::size_t>(write_ip(out.data(), *ip) - out.data())};
}

TEST(Ip, IsWrittenAsRfc5952HasIt) {
  EXPECT_EQ(written("10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(written("255.255.255.255"), "255.255.255.255");
  EXPECT_EQ(written("2001:DB8:0:0:0:0:2:1"), "2001:db8::2:1");
  EXPECT_EQ(written("2001:0db8:0000:0001:0001:0001:0001:0001"), "2001:db8:0:1:1:1:1:1"); // one group is no run
  EXPECT_EQ(written("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");                       // the first of equal runs
  EXPECT_EQ(written("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");                             // the longest
  EXPECT_EQ(written("::"), "::");
  EXPECT_EQ(written("::1"), "::1");
  EXPECT_EQ(written("1::"), "1::");
  EXPECT_EQ(written("0:1:2:3:4:5:6:0"), "0:1:2:3:4:5:6:0");
  EXPECT_EQ(written("::1.2.3.4"), "::102:304");
  EXPECT_EQ(written("64:ff9b::192.0.2.33"), "64:ff9b::c000:221");
  EXPECT_EQ(written("1:2:3:4:5:6:1.2.3.4"), "1:2:3:4:5:6:102:304");
  EXPECT_EQ(written("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

TEST(Ip, MappedVersion4IsVersion4) {
  EXPECT_EQ(written("::ffff:10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(written("0:0:0:0:0:FFFF:0a00:1"), "10.0.0.1");
  EXPECT_EQ(parse_ip("::ffff:10.0.0.1"), parse_ip("10.0.0.1"));
  EXPECT_NE(parse_ip("::10.0.0.1"), parse_ip("10.0.0.1"));
}

TEST(Ip, RefusesWhatIsNoAddress) {
  for (const char* text : {"",
                           "1",
                           "1.2.3",
                           "1.2.3.4.5",
                           "1.2.3.256",
                           "01.2.3.4",
                           "1.2.3.04",
                           "1.2.3.4 ",
                           " 1.2.3.4",
                           "1.2.3.4/32",
                           "1..3.4",
                           "1.2.3.",
                           ":",
                           ":::",
                           "1:2",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4::5:6:7:8",
                           "1::2::3",
                           "::12345",
                           "::g",
                           "fe80::1%eth0",
                           "::1/128",
                           ":1:2:3:4:5:6:7:8",
                           "1:2:3:",
                           "1.2.3.4::",
                           "::1.2.3",
                           "::1.2.3.4.5",
                           "::01.2.3.4",
                           "1:2:3:4:5:6:7:1.2.3.4",
                           "[::1]",
                           "::-1",
                           "1.2.3.4:5::1",
                           "0x1.0x2.0x3.0x4",
                           "1:2:3:4:5:6:7:8:"}) {
    EXPECT_EQ(written(text), "none") << text;
  }
}

std::string block(std::string_view text) {
  const auto cidr = parse_cidr(text);
  if (!cidr) {
    return "none";
  }
  std::array<char, kIpSize> out{};
  const std::string address(out.data(),
                            static_cast<std::size_t>(write_ip(out.data(), cidr->block.address) - out.data()));
  return address + "/" + std::to_string(cidr->block.bits) + (cidr->host_bits ? " host bits" : "");
}

TEST(Cidr, TellsHostBitsFromWhatIsNoBlock) {
  EXPECT_EQ(block("10.0.0.0/8"), "10.0.0.0/104");
  EXPECT_EQ(block("0.0.0.0/0"), "0.0.0.0/96");
  EXPECT_EQ(block("10.1.2.3/32"), "10.1.2.3/128");
  EXPECT_EQ(block("10.0.0.1/8"), "10.0.0.0/104 host bits");
  EXPECT_EQ(block("10.128.0.0/8"), "10.0.0.0/104 host bits");
  EXPECT_EQ(block("192.168.3.0/23"), "192.168.2.0/119 host bits");
  EXPECT_EQ(block("2001:db8::/32"), "2001:db8::/32");
  EXPECT_EQ(block("2001:db8::1/32"), "2001:db8::/32 host bits");
  EXPECT_EQ(block("::/0"), "::/0");
  EXPECT_EQ(block("::1/128"), "::1/128");
  EXPECT_EQ(block("::ffff:10.0.0.0/104"), "10.0.0.0/104");
  for (const char* text : {"10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "10.0.0.0/8 ",
                           "10.0.0/8", "::/129", "/8", "::/0/0", "x/8"}) {
    EXPECT_EQ(block(text), "none") << text;
  }
}

bool is_in(std::string_view ip, std::string_view cidr) { return contains(parse_cidr(cidr)->block, *parse_ip(ip)); }

TEST(Cidr, HoldsTheAddressesThatBeginAsItDoes) {
  EXPECT_TRUE(is_in("10.255.0.1", "10.0.0.0/8"));
  EXPECT_FALSE(is_in("11.0.0.0", "10.0.0.0/8"));
  EXPECT_TRUE(is_in("172.31.255.255", "172.16.0.0/12"));
  EXPECT_FALSE(is_in("172.32.0.0", "172.16.0.0/12"));
  EXPECT_TRUE(is_in("1.2.3.4", "0.0.0.0/0"));
  EXPECT_TRUE(is_in("1.2.3.4", "1.2.3.4/32"));
  EXPECT_FALSE(is_in("1.2.3.5", "1.2.3.4/32"));
  EXPECT_TRUE(is_in("2001:db8:ffff::", "2001:db8::/32"));
  EXPECT_FALSE(is_in("2001:db9::", "2001:db8::/32"));
  EXPECT_TRUE(is_in("2001:db8:8000::", "2001:db8:8000::/33"));
  EXPECT_FALSE(is_in("2001:db8:7fff::", "2001:db8:8000::/33"));
}

TEST(Cidr, OneOfVersion6HoldsNoVersion4) {
  EXPECT_FALSE(is_in("1.2.3.4", "::/0"));
  EXPECT_FALSE(is_in("::ffff:1.2.3.4", "::/0"));
  EXPECT_FALSE(is_in("1.2.3.4", "::/64"));
  EXPECT_TRUE(is_in("::1.2.3.4", "::/64"));
  EXPECT_TRUE(is_in("::ffff:1.2.3.4", "1.0.0.0/8"));
  EXPECT_FALSE(is_in("::1.2.3.4", "1.0.0.0/8"));
  EXPECT_FALSE(is_in("::1", "0.0.0.0/0"));
}

} // namespace
} // namespace millrace::dsl
