// The secret settings of one instance, so that none of them gets into a log or an error text by way of a plugin's own
// words.
#pragma once

#include <millrace/plugin.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::host {

class Secrets {
 public:
  Secrets() = default;
  // Every value whose field, or whose table's field, is MR_SECRET; of a text of several lines each line too. Values of
  // fewer than six letters are left out: masking them would only make other words unreadable.
  static Secrets of(const mr_value& config, std::span<const mr_field> fields);

  // With "***" in place of each secret.
  std::string masked(std::string_view text) const;

 private:
  void take(const mr_value& value, const mr_field& field, bool secret);
  void take_text(std::string_view text);

  std::vector<std::string> texts_; // the longest first
};

} // namespace millrace::host
