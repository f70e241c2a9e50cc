// Whether the tables of a module keep the contract as far as that can be seen without calling anything but extension().
#pragma once

#include <millrace/plugin.h>

#include <string>
#include <string_view>
#include <vector>

namespace millrace::modules {

// Each entry is one breach: what, where, and what would be right. Empty: none.
std::vector<std::string> breaches(const mr_module& module);

// "source", "router" or "sink"; "?" for anything else.
std::string_view kind_word(std::uint32_t kind);

} // namespace millrace::modules
