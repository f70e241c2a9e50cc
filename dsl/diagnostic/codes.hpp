// Every code that the compiler can print. Numbered by phase: 01 syntax, 02 names and types, 03 absent values,
// 04 topics, 05 routers, 06 tables, 07 tests and files. A code keeps its meaning for ever; a number is never used
// twice. A new code also needs a row in codes.cpp, a page in docs/rules/codes and a fixture in
// tests/dsl/fixtures/diagnostics; tests ask for all three. One that is given up goes to the retired ones.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace millrace::dsl {

enum class Severity { error, warning };

/// Errors and warnings are numbered apart: E0231 and W0231 are two codes.
inline constexpr std::uint16_t kWarningBase = 10'000;

enum class Code : std::uint16_t {
  // 00: none. What somebody else has found at a place of the rules, the sink of a table say; not among all_codes().
  found_elsewhere = 0,
  noticed_elsewhere = kWarningBase,
  // 01: syntax
  unexpected = 101,
  not_closed = 103,
  closes_nothing = 104,
  unfinished_token = 105,
  nested_too_deeply = 106,
  not_utf8 = 107,
  single_equals = 110,
  wrong_order = 111,
  mixed_and_or = 112,
  comparison_chain = 113,
  said_twice = 114,
  bad_edition = 116,
  bad_escape = 117,
  braces_are_plain_text = kWarningBase + 115,
  // 02: names and types
  unknown_field = 201,
  unknown_name = 202,
  defined_twice = 203,
  misused_name = 204,
  literal_does_not_fit = 211,
  types_differ = 212,
  not_in_enum = 213,
  too_many_digits = 214,
  condition_as_value = 215,
  negative_start = 216,
  not_a_condition = 217,
  compared_with_null = 218,
  bad_type = 219,
  wrong_arguments = 220,
  literal_needed = 221,
  bad_regex = 222,
  empty_range = 223,
  kind_declared = 224,
  lookup_key_twice = 225,
  bad_lookup_entry = 226,
  bad_required_when = 227,
  name_clash = 230,
  def_cycle = 231,
  similar_name = kWarningBase + 205,
  unused_def = kWarningBase + 231,
  // 03: absent values
  may_be_absent = 301,
  kind_not_known = 302,
  else_needed = 305,
  wrong_else = 307,
  else_not_needed = kWarningBase + 306,
  // 04: topics
  unknown_topic = 401,
  bad_topic_name = 402,
  topic_names_collide = 403,
  bad_topic_setting = 404,
  event_mismatch = 405,
  too_many_targets = 406,
  topic_not_enumerable = 412,
  not_such_a_name = 413,
  limit_not_needed = 414,
  // 05: routers
  unreachable_rule = 501,
  impossible_rule = kWarningBase + 501,
  no_otherwise = 503,
  no_dead_letter = 504,
  tap_in_match_all = 505,
  no_target = 506,
  fragment_mismatch = 507,
  fragment_not_included = kWarningBase + 508,
  delivered_twice = kWarningBase + 502,
  // 06: tables
  unknown_sql_type = 601,
  type_pair = 602,
  bad_conflict_policy = 610,
  bad_key = 611,
  partition_not_in_key = 612,
  bad_partition = 613,
  bad_index = 614,
  bad_evolution = 615,
  reads_omitted = 620,
  may_not_fit = 621,
  bad_default = 623,
  nothing_loaded = 624,
  // 07: tests and files
  bad_test = 701,
  many_compared = kWarningBase + 701,
  differ_in_one_value = kWarningBase + 702,
  import_not_found = 710,
  csv_not_found = 711,
  bad_csv = 712,
};

struct CodeInfo {
  Code code;
  Severity severity;
  std::string_view title;
};

std::span<const CodeInfo> all_codes();
/// Names of codes that were printed once and are not any more; none of them comes back with another meaning.
std::span<const std::string_view> retired_codes();
Severity severity_of(Code code);
/// "E0110", "W0306"; empty for what was found elsewhere.
std::string name_of(Code code);

} // namespace millrace::dsl
