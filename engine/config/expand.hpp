// ${env:NAME} and ${file:PATH} inside a text of the configuration.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::config {

// What a configuration may look at outside of its own file. The default is the process's environment.
using Variables = std::function<std::optional<std::string>(const std::string& name)>;
std::optional<std::string> process_variable(const std::string& name);

struct Expanded {
  std::string text;
  bool replaced = false; // something came from outside: the text may be secret, whatever its field says
  std::string error;     // set: it cannot be done, and why. Never holds what a variable or file contained
};

// $${ stands for ${ itself. A file's last line end is cut off; a relative path starts at `folder`.
Expanded expand(std::string_view text, const std::filesystem::path& folder, const Variables& variables);

} // namespace millrace::config
