#include "plugins/source_kafka/subscription.hpp"

#include <algorithm>

namespace millrace::source_kafka {

std::string subscription_of(std::string_view topic) {
  if (topic.find('*') == std::string_view::npos) {
    return std::string(topic);
  }
  std::string out = "^";
  for (const char c : topic) {
    if (c == '*') {
      out += "[^.]+";
    } else if (c == '.') { // the only other character of a topic's name that means something
      out += "\\.";
    } else {
      out += c;
    }
  }
  return out + "$";
}

std::vector<std::string> subscription_of(const std::vector<std::string>& topics) {
  std::vector<std::string> out;
  for (const std::string& topic : topics) {
    out.push_back(subscription_of(topic));
  }
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

} // namespace millrace::source_kafka
