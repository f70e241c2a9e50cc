#include "plugins/source_http/tokens.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <millrace/failure.hpp>

#include <algorithm>
#include <string>

namespace millrace::source_http {
namespace {

// b64token of RFC 6750.
bool is_token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~+/=").find(c) != std::string_view::npos;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

} // namespace

Tokens::Tokens(std::string_view lines) {
  std::size_t number = 0;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view token = trim(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
    ++number;
    if (token.empty() || token.front() == '#') {
      continue;
    }
    if (!std::all_of(token.begin(), token.end(), is_token_character)) {
      throw invalid("tokens: line " + std::to_string(number) +
                    " holds a character that a bearer token cannot have; letters, digits and -._~+/= may be used");
    }
    digests_.push_back(digest(token));
  }
}

std::optional<std::size_t> Tokens::find(std::string_view token) const noexcept {
  const Digest wanted = digest(token);
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < digests_.size(); ++i) { // never left early: the time tells nothing
    if (CRYPTO_memcmp(digests_[i].data(), wanted.data(), wanted.size()) == 0) {
      found = i;
    }
  }
  return found;
}

Tokens::Digest Tokens::digest(std::string_view token) noexcept {
  Digest out;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), out.data());
  return out;
}

} // namespace millrace::source_http
