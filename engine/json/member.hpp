// Reading what an engine of ours wrote as JSON.
#pragma once

#include <boost/json.hpp>
#include <string>

namespace millrace::json {

// Throws where `object` is none, has no such member, or it is no text.
inline std::string text(const boost::json::value& object, const char* name) {
  const boost::json::string& found = object.at(name).as_string();
  return {found.data(), found.size()};
}

} // namespace millrace::json
