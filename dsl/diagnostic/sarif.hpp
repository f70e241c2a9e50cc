// Diagnostics as a SARIF 2.1.0 log, which code hosts show beside the lines of a change.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "dsl/diagnostic.hpp"

namespace millrace::dsl {

class Sarif {
 public:
  void add(const Diagnostics& diagnostics, const SourceMap& sources);
  /// One that was found elsewhere, under the name of what is wrong.
  void add(std::string_view rule, const Diagnostic& found, const SourceMap& sources);
  /// Something else that is wrong at `file:line:column`, such as a test that fails.
  void add(std::string_view rule, std::string_view place, std::string_view text, Severity severity = Severity::error);

  /// The whole log, ended by a line break.
  std::string log(std::string_view version) const;

 private:
  std::string results_;
  std::set<Code> codes_;
  std::set<std::string, std::less<>> others_;
};

} // namespace millrace::dsl
