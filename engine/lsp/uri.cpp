#include "engine/lsp/uri.hpp"

#include <cctype>

namespace millrace::lsp {
namespace {

constexpr std::string_view kFile = "file://";

int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const int lower = std::tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

} // namespace

std::string path_of(std::string_view uri) {
  if (!uri.starts_with(kFile)) {
    return std::string(uri);
  }
  std::string_view rest = uri.substr(kFile.size());
  if (!rest.starts_with('/') && rest.find('/') != std::string_view::npos) {
    rest.remove_prefix(rest.find('/')); // `file://localhost/…`
  }
  std::string path;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const bool coded =
        rest[i] == '%' && i + 2 < rest.size() && hex_value(rest[i + 1]) >= 0 && hex_value(rest[i + 2]) >= 0;
    path += coded ? static_cast<char>(hex_value(rest[i + 1]) * 16 + hex_value(rest[i + 2])) : rest[i];
    i += coded ? 2 : 0;
  }
  return path;
}

std::string uri_of(std::string_view path) {
  if (!path.starts_with('/')) {
    return std::string(path);
  }
  constexpr std::string_view kPlain = "/-._~";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string uri(kFile);
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || kPlain.find(c) != std::string_view::npos) {
      uri += c;
    } else {
      uri += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return uri;
}

} // namespace millrace::lsp
