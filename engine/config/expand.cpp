#include "engine/config/expand.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

namespace millrace::config {
namespace {

constexpr std::string_view kEnv = "env:";
constexpr std::string_view kFile = "file:";
constexpr std::size_t kFileLimit = 1U << 20U;

Expanded failed(std::string why) { return {{}, false, std::move(why)}; }

Expanded from_variable(const std::string& name, const Variables& variables) {
  if (name.empty()) {
    return failed("${env:} names no variable; write ${env:NAME}");
  }
  const auto value = variables(name);
  if (!value) {
    return failed(fmt::format("the environment variable {} is not set; set it before the engine starts", name));
  }
  return {*value, true, {}};
}

Expanded from_file(const std::string& name, const std::filesystem::path& folder) {
  const std::filesystem::path path = (folder / name).lexically_normal();
  std::error_code ignored;
  errno = std::filesystem::is_directory(path, ignored) ? EISDIR : 0;
  std::ifstream in;
  if (errno == 0) {
    in.open(path, std::ios::binary);
  }
  if (!in.is_open()) {
    return failed(fmt::format("the file {} cannot be read: {}", path.string(), std::strerror(errno)));
  }
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (text.size() > kFileLimit) {
    return failed(fmt::format("the file {} has {} bytes, more than a setting can be ({})", path.string(), text.size(),
                              kFileLimit));
  }
  if (text.ends_with('\n')) {
    text.pop_back();
  }
  if (text.ends_with('\r')) {
    text.pop_back();
  }
  return {std::move(text), true, {}};
}

Expanded look_up(const std::string& inner, const std::filesystem::path& folder, const Variables& variables) {
  if (inner.starts_with(kEnv)) {
    return from_variable(inner.substr(kEnv.size()), variables);
  }
  if (inner.starts_with(kFile)) {
    return from_file(inner.substr(kFile.size()), folder);
  }
  return failed("a ${…} is neither ${env:NAME} nor ${file:PATH}; for the characters themselves write $${");
}

} // namespace

std::optional<std::string> process_variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Expanded expand(std::string_view text, const std::filesystem::path& folder, const Variables& variables) {
  Expanded out;
  while (true) {
    const std::size_t at = text.find("${");
    if (at == std::string_view::npos) {
      out.text += text;
      return out;
    }
    if (at > 0 && text[at - 1] == '$') {
      out.text += text.substr(0, at - 1);
      out.text += "${";
      text.remove_prefix(at + 2);
      continue;
    }
    const std::size_t end = text.find('}', at);
    if (end == std::string_view::npos) {
      return failed("a ${ has no closing }; for the characters themselves write $${");
    }
    const Expanded found = look_up(std::string(text.substr(at + 2, end - at - 2)), folder, variables);
    if (!found.error.empty()) {
      return found;
    }
    out.text += text.substr(0, at);
    out.text += found.text;
    out.replaced = true;
    text.remove_prefix(end + 1);
  }
}

} // namespace millrace::config
