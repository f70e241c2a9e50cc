// Files that a command line names: why one cannot be read, and which one was probably meant.
#pragma once

#include <string>

namespace millrace::cli {

// Empty if it can be read; else the reason: "it is a folder", "there is no such file; did you mean 'shop.rules'?".
std::string why_unreadable(const std::string& name);

// The same of a file of rules. A pipe cannot be read: rules are read more than once.
std::string why_no_rules(const std::string& name);
// The same as a sentence that names it.
std::string why_no_rules_file(const std::string& name);
// Throws it as UsageError.
void expect_rules_file(const std::string& name);

} // namespace millrace::cli
