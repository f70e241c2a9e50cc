// What may be written at a place of a text that is being written.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dsl/editor/workspace.hpp"

namespace millrace::dsl::editor {

enum class OfferKind : std::uint8_t {
  event,
  field,
  topic,
  constant,
  definition,
  variable,
  lookup,
  rules, // fragment, router or rule
  table,
  column,
  function,
  keyword,
  value,
  type,
};

struct Offer {
  std::string label;
  OfferKind kind = OfferKind::keyword;
  std::string detail;
  std::string about;  // documentation
  std::string insert; // what is written
};

struct Offers {
  Range replaced; // what stands of it already
  std::vector<Offer> list;
  bool is_all = true; // false: there are more that fit
};

Offers complete(Workspace& workspace, const std::string& file, Position position);

} // namespace millrace::dsl::editor
