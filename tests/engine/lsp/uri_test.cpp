#include "engine/lsp/uri.hpp"

#include <gtest/gtest.h>

namespace millrace::lsp {
namespace {

TEST(Uri, OfAFileIsItsPathWithCodedCharacters) {
  EXPECT_EQ(path_of("file:///a%20b/c%c3%A4.rules"), "/a b/cä.rules");
  EXPECT_EQ(path_of("file://localhost/a.rules"), "/a.rules");
  EXPECT_EQ(path_of("file:///a%2"), "/a%2");
  EXPECT_EQ(uri_of("/a b/cä.rules"), "file:///a%20b/c%C3%A4.rules");
  EXPECT_EQ(path_of(uri_of("/100%/#1?.rules")), "/100%/#1?.rules");
}

TEST(Uri, OfAnotherKindStaysAsItIs) {
  EXPECT_EQ(path_of("untitled:Untitled-1"), "untitled:Untitled-1");
  EXPECT_EQ(uri_of("untitled:Untitled-1"), "untitled:Untitled-1");
}

} // namespace
} // namespace millrace::lsp
