// Where in the rules a target of this router is declared, in the contract's words.
#pragma once

#include <millrace/ext/draft/places.h>

#include <optional>
#include <string_view>

#include "dsl/places.hpp"
#include "plugins/router_rules/rules_file.hpp"

namespace millrace::router_rules {

class Places {
 public:
  // In the texts that a ruleset was made of.
  explicit Places(const Files& files);

  // Of a column or a property where the rules say it, else of the topic or table itself; an empty item is the whole.
  // Views into these places.
  std::optional<mr_place> of_target(const mr_target& target, std::string_view item) const;
  // Of the topic that a table reads.
  std::optional<mr_place> of_stream(std::string_view stream) const;

 private:
  std::optional<mr_place> of_topic(std::string_view name, std::string_view property) const;
  std::optional<mr_place> of_table(std::string_view name, std::string_view item) const;
  mr_place at(dsl::Span span) const;

  dsl::Places places_;
};

} // namespace millrace::router_rules
