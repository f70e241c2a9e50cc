// From TOML nodes to values, as mr_field declares them. Internal to engine/config: the only header here that knows
// toml++.
#pragma once

#include <millrace/plugin.h>
#include <toml++/toml.h>

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/config/expand.hpp"
#include "engine/config/problem.hpp"
#include "engine/config/value.hpp"

namespace millrace::config {

class Reader {
 public:
  // `file` is how messages call it; relative paths start at its folder. The references must outlive the reader.
  Reader(const std::filesystem::path& file, const Variables& variables, Problems& problems);
  // The same, but what is wrong goes to `problems`.
  Reader(const Reader& other, Problems& problems);

  // Everything that `fields` declares, in their order; what is missing takes its default. `who` begins each message
  // ("sink.kafka of pipeline 'ingest'"). Keys of `besides` are the caller's own and left alone. Never nullptr: what is
  // wrong is among the problems.
  std::shared_ptr<const Values> table(const toml::table& table, std::span<const mr_field> fields,
                                      const std::string& who, std::span<const std::string> besides) const;

  // "unknown key 'x'; did you mean …? Known keys: …" with the place of the key.
  void unknown_key(const toml::key& key, const std::string& who, std::span<const std::string> known) const;
  void problem(const toml::source_region& at, std::string text) const;
  Place place(const toml::source_region& at) const;

 private:
  struct Field; // one setting that is being read

  mr_value read_table(const toml::table& table, std::span<const mr_field> fields, const std::string& who,
                      std::span<const std::string> besides, Values& values) const;
  mr_value read_field(const toml::table& table, const mr_field& field, const std::string& who, Values& values) const;
  mr_value missing(const toml::table& table, const mr_field& field, const std::string& who, Values& values) const;
  mr_value read(const toml::node& node, const Field& field, Values& values) const;
  mr_value read_list(const toml::node& node, const Field& field, Values& values) const;
  mr_value read_one(const toml::node& node, const Field& field, Values& values) const;
  mr_value read_text(const toml::node& node, const Field& field, Values& values) const;
  mr_value read_map(const toml::node& node, const Field& field, Values& values) const;
  void flatten(const toml::table& table, const std::string& prefix, const Field& field,
               std::vector<std::pair<std::string, std::string>>& out) const;
  mr_value kept_in_range(const toml::node& node, const Field& field, mr_value value) const;
  mr_value wrong(const toml::node& node, const Field& field, const std::string& found) const;

  std::string file_;
  std::filesystem::path folder_;
  const Variables& variables_;
  Problems& problems_;
};

// A default as a node of its own, so that it is read like what stands in a file. Throws toml::parse_error.
toml::table default_node(const mr_field& field);

} // namespace millrace::config
