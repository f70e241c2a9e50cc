#include "dsl/places.hpp"

#include <gtest/gtest.h>

#include <map>

namespace millrace::dsl {
namespace {

const std::map<std::string, std::string, std::less<>> kFiles = {{"r/main.rules", R"(edition 1
import "tables.rules"
event click { type: string }
topic "clicks"     { event click  partitions 4  retention 2d }
topic "clicks.*"   { event click }
topic "clicks.*.x" { event click  replicas 3 }
)"},
                                                                {"r/tables.rules", R"(edition 1
table app.odd from topic "clicks" {
  user text        = type
  at   timestamptz = meta.received_at
  primary key (user, at)
  on conflict keep first
  partition by day of at
  index (at)
  index (user)
  drop column legacy
}
table plain from nowhere { id text = type }
)"}};

Places places() {
  return places_of("r/main.rules", [](std::string_view name) {
    const auto found = kFiles.find(name);
    return found == kFiles.end() ? std::nullopt : std::optional(found->second);
  });
}

TEST(Places, ATopicStandsWhereItIsDeclaredAndItsSettingsInIt) {
  const Places all = places();
  const TopicPlaces* const topic = all.topic("clicks");
  ASSERT_NE(topic, nullptr);
  EXPECT_EQ(all.sources.place(topic->at), "r/main.rules:4:7");
  EXPECT_EQ(all.sources.text(topic->clauses.at(ast::TopicClause::Kind::partitions)), "partitions 4");
  EXPECT_EQ(all.sources.text(topic->clauses.at(ast::TopicClause::Kind::retention)), "retention 2d");
  EXPECT_FALSE(topic->clauses.contains(ast::TopicClause::Kind::replicas));
  EXPECT_EQ(all.topic("click"), nullptr);
}

TEST(Places, ANameOfAFamilyStandsAtTheLongestPattern) {
  const Places all = places();
  EXPECT_EQ(all.topic("clicks.de")->name, "clicks.*");
  EXPECT_EQ(all.topic("clicks.de.x")->name, "clicks.*.x");
}

TEST(Places, ATableStandsInTheFileThatDeclaresItWithWhatIsSaidOfIt) {
  const Places all = places();
  const TablePlaces* const table = all.table("app.odd");
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(all.sources.place(table->at), "r/tables.rules:2:7");
  EXPECT_EQ(all.sources.place(table->columns.find("at")->second), "r/tables.rules:4:3");
  EXPECT_EQ(all.sources.text(table->columns.find("legacy")->second), "drop column legacy");
  EXPECT_EQ(all.sources.text(*table->primary_key), "primary key (user, at)");
  EXPECT_EQ(all.sources.text(*table->partition), "partition by day of at");
  ASSERT_EQ(table->indexes.size(), 2U);
  EXPECT_EQ(all.sources.text(table->indexes[1]), "index (user)");
  EXPECT_FALSE(table->evolve);
}

TEST(Places, WhatIsWrongInAFileDoesNotHideTheRest) {
  const Places all = places();
  EXPECT_EQ(all.table("plain"), nullptr) << "it does not parse";
  EXPECT_TRUE(places_of("missing.rules", [](std::string_view) { return std::optional<std::string>(); }).topics.empty());
}

} // namespace
} // namespace millrace::dsl
