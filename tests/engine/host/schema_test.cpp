#include "engine/host/schema.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <stdexcept>

#include "schemas.hpp"

namespace millrace::host {
namespace {

std::string print(std::initializer_list<Column> columns) { return fingerprint(Columns(columns).schema()); }

TEST(Schema, ACopyHoldsEverythingAndOutlivesItsModel) {
  OwnSchema copied;
  {
    Columns columns{{"l", "id"}, {"d:12,2", "total"}};
    columns.child(1).metadata = kMetadata;
    columns.child(1).flags = ARROW_FLAG_NULLABLE;
    copied = copy(columns.schema());
  }
  EXPECT_STREQ(copied->format, "+s");
  ASSERT_EQ(copied->n_children, 2);
  EXPECT_STREQ(copied->children[0]->format, "l");
  EXPECT_STREQ(copied->children[1]->name, "total");
  EXPECT_EQ(copied->children[1]->flags, ARROW_FLAG_NULLABLE);
  EXPECT_EQ(std::memcmp(copied->children[1]->metadata, kMetadata, sizeof kMetadata), 0);
  EXPECT_NE(copied->release, nullptr);
}

TEST(Schema, ACopyOfACopyIsTheSameSchema) {
  Columns columns{{"l", "id"}};
  ArrowSchema dictionary = leaf("u", nullptr);
  columns.child(0).dictionary = &dictionary;
  const OwnSchema once = copy(columns.schema());
  const OwnSchema twice = copy(*once);
  EXPECT_EQ(fingerprint(*twice), fingerprint(columns.schema()));
  EXPECT_STREQ(twice->children[0]->dictionary->format, "u");
  EXPECT_EQ(twice->children[0]->dictionary->name, nullptr);
}

TEST(Schema, AnythingThatDiffersMakesAnotherFingerprint) {
  const std::string base = print({{"l", "id"}, {"u", "name"}});
  EXPECT_EQ(base, (print({{"l", "id"}, {"u", "name"}})));
  EXPECT_NE(base, (print({{"i", "id"}, {"u", "name"}})));
  EXPECT_NE(base, (print({{"l", "ix"}, {"u", "name"}})));
  EXPECT_NE(base, (print({{"u", "name"}, {"l", "id"}})));
  EXPECT_NE(base, (print({{"l", "id"}})));
  Columns nullable{{"l", "id"}, {"u", "name"}};
  nullable.child(0).flags = ARROW_FLAG_NULLABLE;
  EXPECT_NE(base, fingerprint(nullable.schema()));
  Columns described{{"l", "id"}, {"u", "name"}};
  described.child(1).metadata = kMetadata;
  EXPECT_NE(base, fingerprint(described.schema()));
}

TEST(Schema, OneThatWasReleasedIsRefused) {
  Columns columns{{"l", "id"}};
  columns.child(0).release = nullptr;
  EXPECT_THROW(copy(columns.schema()), std::invalid_argument);
}

} // namespace
} // namespace millrace::host
