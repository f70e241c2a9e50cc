// JSON as a tree that keeps everything as it was written. Of the reference interpreter.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/reason.hpp"

namespace millrace::reference {

struct Member;

struct Json {
  enum class Is { null, boolean, number, text, list, object } is = Is::null;
  bool truth = false;
  std::string text; // of a text, without escapes; of a number, its token
  std::string raw;  // as it was written
  std::vector<Json> items;
  std::vector<Member> members; // duplicates too

  /// The last member of that name.
  const Json* member(std::string_view key) const;
};

struct Member {
  std::string key;
  std::string raw_key; // with its quotes
  Json value;
};

/// `fault` is none where the text is JSON.
struct Parsed {
  std::shared_ptr<const Json> json;
  dsl::Fault fault = dsl::Fault::none;
};
Parsed parse_json(std::string_view text);

bool is_utf8(std::string_view text);
void append_utf8(std::string& out, unsigned code);
/// One text for all that say the same: no white space, texts without escapes; members in their order.
std::string canonical(const Json& json);
/// The length of the number at the front of the text; 0 for none.
std::size_t number_length(std::string_view text);

} // namespace millrace::reference
