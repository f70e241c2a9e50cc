// What the parts of a program mean, as text that is equal exactly when they do the same. From this reload receipts say
// what a change of rules changes.
#pragma once

#include <map>
#include <string>

#include "dsl/program.hpp"

namespace millrace::dsl {

/// A hash of the meaning of every event, topic, router, rule and table, by kind and name.
std::map<std::string, std::string> meanings_of(const Program& program);

/// 32 hexadecimal digits of the text's xxHash (128 bit).
std::string hash_of(std::string_view text);

} // namespace millrace::dsl
