#include "dsl/editor/functions.hpp"

#include <algorithm>

namespace millrace::dsl::editor {

const std::vector<FunctionDoc>& function_docs() {
  static const std::vector<FunctionDoc> kDocs = {
      {"abs", "abs(number)", "The number without its sign."},
      {"concat", "concat(a, b, …)", "The text forms of the values, joined."},
      {"count", "count(list)", "How many elements the list has."},
      {"date", "date(timestamp)", "The day in UTC as text, `YYYY-MM-DD`."},
      {"first", "first(list)", "The first element; absent when the list is empty."},
      {"hash", "hash(value)", "xxHash64 of the text form, 16 hexadecimal digits in lower case."},
      {"host", "host(string)", "The host of a URL in lower case; absent without one."},
      {"hour", "hour(timestamp)", "The hour in UTC, 0 to 23."},
      {"json", "json(string)", "The text read as JSON; absent when it is none."},
      {"last", "last(list)", "The last element; absent when the list is empty."},
      {"length", "length(string)", "How many characters (code points) the text has."},
      {"lower", "lower(string)", "The text in lower case, one character for one."},
      {"max", "max(a, b, …) or max(list)", "The greatest of values of one type; absent for an empty list."},
      {"min", "min(a, b, …) or min(list)", "The least of values of one type; absent for an empty list."},
      {"parse_time", "parse_time(string, \"%Y-%m-%d\")",
       "The text read as a time of that form, UTC without `%z`; absent when it does not fit. The format is written "
       "out: "
       "`%Y %m %d %H %M %S %f %z %b %j %%`."},
      {"round", "round(number, digits)", "Rounded to so many digits, or to a whole number; half away from zero."},
      {"sampled", "sampled(value, 1%)",
       "A test: true for that share of the values, always the same ones; false when the value is absent."},
      {"split", "split(string, \"separator\")", "The parts of the text between the separators, as a list."},
      {"substring", "substring(string, start, length)",
       "The part from there, counted in characters from 0; to the end without a length."},
      {"trim", "trim(string)", "The text without ASCII white space at both ends."},
      {"truncate", "truncate(timestamp, duration)", "The time, down to a multiple of the duration since the epoch."},
      {"upper", "upper(string)", "The text in upper case, one character for one."},
  };
  return kDocs;
}

const FunctionDoc* find_function_doc(std::string_view name) {
  const auto& docs = function_docs();
  const auto found = std::find_if(docs.begin(), docs.end(), [&](const FunctionDoc& doc) { return doc.name == name; });
  return found == docs.end() ? nullptr : &*found;
}

} // namespace millrace::dsl::editor
