// The table of codes.
#include "dsl/diagnostic/codes.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace millrace::dsl {
namespace {

constexpr auto kError = Severity::error;
constexpr auto kWarning = Severity::warning;

constexpr std::array kCodes = {
    CodeInfo{Code::unexpected, kError, "something else is expected here"},
    CodeInfo{Code::not_closed, kError, "a brace is still open where it should have been closed"},
    CodeInfo{Code::closes_nothing, kError, "a closing brace without an opening one"},
    CodeInfo{Code::unfinished_token, kError, "a text, name or number that does not end properly"},
    CodeInfo{Code::nested_too_deeply, kError, "more nesting than a reader can follow"},
    CodeInfo{Code::not_utf8, kError, "a file that is not UTF-8"},
    CodeInfo{Code::single_equals, kError, "`=` where a condition compares"},
    CodeInfo{Code::wrong_order, kError, "a part of a file or router that stands in another place"},
    CodeInfo{Code::mixed_and_or, kError, "`and` and `or` mixed without parentheses"},
    CodeInfo{Code::comparison_chain, kError, "tests do not chain"},
    CodeInfo{Code::said_twice, kError, "a clause that may stand once stands twice"},
    CodeInfo{Code::braces_are_plain_text, kWarning, "looks like a hole, but braces are plain text here"},
    CodeInfo{Code::bad_edition, kError, "an edition that this compiler does not know"},
    CodeInfo{Code::bad_escape, kError, "an escape or hole that a text cannot have"},
    CodeInfo{Code::unknown_field, kError, "the event has no such field"},
    CodeInfo{Code::unknown_name, kError, "nothing has this name"},
    CodeInfo{Code::defined_twice, kError, "a second definition of a name"},
    CodeInfo{Code::misused_name, kError, "a name of another kind of thing"},
    CodeInfo{Code::similar_name, kWarning, "an undeclared field with nearly the name of a declared one"},
    CodeInfo{Code::literal_does_not_fit, kError, "a literal that its type cannot hold"},
    CodeInfo{Code::types_differ, kError, "values of types that have nothing to do with each other"},
    CodeInfo{Code::not_in_enum, kError, "a text that is not one of the listed ones"},
    CodeInfo{Code::too_many_digits, kError, "arithmetic that may need more digits than are exact"},
    CodeInfo{Code::condition_as_value, kError, "a condition where a value is needed"},
    CodeInfo{Code::negative_start, kError, "a part of a text that begins before it"},
    CodeInfo{Code::not_a_condition, kError, "a value where a condition is needed"},
    CodeInfo{Code::compared_with_null, kError, "a comparison with null"},
    CodeInfo{Code::bad_type, kError, "a type that cannot be as written"},
    CodeInfo{Code::wrong_arguments, kError, "more or fewer arguments than a function or definition takes"},
    CodeInfo{Code::literal_needed, kError, "an argument that has to be a literal"},
    CodeInfo{Code::bad_regex, kError, "a regular expression that cannot be"},
    CodeInfo{Code::empty_range, kError, "a range that holds nothing"},
    CodeInfo{Code::kind_declared, kError, "asking for the kind of a value whose type is declared"},
    CodeInfo{Code::lookup_key_twice, kError, "a key that stands twice in a lookup"},
    CodeInfo{Code::bad_lookup_entry, kError, "an entry that cannot be among the others of its lookup"},
    CodeInfo{Code::bad_required_when, kError, "a condition that cannot say when a field is required"},
    CodeInfo{Code::name_clash, kError, "a name that something else in reach has too"},
    CodeInfo{Code::def_cycle, kError, "a definition that uses itself"},
    CodeInfo{Code::unused_def, kWarning, "a definition that nothing uses"},
    CodeInfo{Code::may_be_absent, kError, "a negative test on a value that may be missing"},
    CodeInfo{Code::kind_not_known, kError, "a negative test on a value of unknown kind"},
    CodeInfo{Code::else_needed, kError, "a value that may be missing, and no word on what then"},
    CodeInfo{Code::else_not_needed, kWarning, "an `else` for a value that is always there"},
    CodeInfo{Code::wrong_else, kError, "an `else` that cannot stand in this kind of rule"},
    CodeInfo{Code::unknown_topic, kError, "a topic that is not declared"},
    CodeInfo{Code::bad_topic_name, kError, "a name that Kafka does not take"},
    CodeInfo{Code::topic_names_collide, kError, "two topic names that differ only in `.` and `_`"},
    CodeInfo{Code::bad_topic_setting, kError, "a setting of a topic that is out of range"},
    CodeInfo{Code::event_mismatch, kError, "a topic that carries another event"},
    CodeInfo{Code::too_many_targets, kError, "more destinations than a rule may have"},
    CodeInfo{Code::topic_not_enumerable, kError, "a topic name that can take any number of values"},
    CodeInfo{Code::not_such_a_name, kError, "a name in `one of` that the topic's name never becomes"},
    CodeInfo{Code::limit_not_needed, kError, "a limit on the names of what is one topic"},
    CodeInfo{Code::unreachable_rule, kError, "a rule that no event can reach"},
    CodeInfo{Code::impossible_rule, kWarning, "a rule whose conditions no event satisfies"},
    CodeInfo{Code::no_otherwise, kError, "a router without `otherwise`"},
    CodeInfo{Code::no_dead_letter, kError, "a router without `dead_letter`"},
    CodeInfo{Code::tap_in_match_all, kError, "a tap under `match all`"},
    CodeInfo{Code::no_target, kError, "a route without a `to`"},
    CodeInfo{Code::fragment_mismatch, kError, "rules for another event than the router's"},
    CodeInfo{Code::fragment_not_included, kWarning, "rules that no router includes"},
    CodeInfo{Code::delivered_twice, kWarning, "an event that is delivered twice to one topic"},
    CodeInfo{Code::unknown_sql_type, kError, "a column type that is not known"},
    CodeInfo{Code::type_pair, kError, "a value that a column of this type does not take"},
    CodeInfo{Code::bad_conflict_policy, kError, "a primary key without `on conflict`, or the reverse"},
    CodeInfo{Code::bad_key, kError, "a column that cannot be part of the key or decide a conflict"},
    CodeInfo{Code::partition_not_in_key, kError, "a primary key without the column that the table is partitioned by"},
    CodeInfo{Code::bad_partition, kError, "partitions that cannot be as written"},
    CodeInfo{Code::bad_index, kError, "an index that cannot be as written"},
    CodeInfo{Code::bad_evolution, kError, "a column that is renamed or dropped and cannot be"},
    CodeInfo{Code::reads_omitted, kError, "a field that every route to the topic leaves out"},
    CodeInfo{Code::may_not_fit, kError, "a value that may be missing or may not fit its column"},
    CodeInfo{Code::bad_default, kError, "a default that its column cannot hold"},
    CodeInfo{Code::nothing_loaded, kError, "a table of a topic that carries no event"},
    CodeInfo{Code::many_compared, kWarning, "many conditions that are asked one after the other"},
    CodeInfo{Code::differ_in_one_value, kWarning, "rules in a row that differ in one value"},
    CodeInfo{Code::bad_test, kError, "a test that cannot be run as written"},
    CodeInfo{Code::import_not_found, kError, "an import that cannot be read"},
    CodeInfo{Code::csv_not_found, kError, "a CSV file that cannot be read"},
    CodeInfo{Code::bad_csv, kError, "a CSV file that is not as its lookup says"},
};

// E0108 was a form that a later version reads, E0622 is W0306.
constexpr std::array<std::string_view, 2> kRetired = {"E0108", "E0622"};

} // namespace

std::span<const CodeInfo> all_codes() { return kCodes; }

std::span<const std::string_view> retired_codes() { return kRetired; }

Severity severity_of(Code code) {
  if (code == Code::noticed_elsewhere) {
    return Severity::warning;
  }
  const auto row = std::find_if(kCodes.begin(), kCodes.end(), [&](const CodeInfo& info) { return info.code == code; });
  return row == kCodes.end() ? Severity::error : row->severity;
}

std::string name_of(Code code) {
  if (code == Code::found_elsewhere || code == Code::noticed_elsewhere) {
    return {};
  }
  char text[8];
  std::snprintf(text, sizeof text, "%c%04u", severity_of(code) == Severity::error ? 'E' : 'W',
                static_cast<unsigned>(code) % kWarningBase);
  return text;
}

} // namespace millrace::dsl
