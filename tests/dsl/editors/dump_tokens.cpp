// Prints the tokens of texts as the compiler sees them, for the test of what editors see: for each file a line with its
// name, then a line `KIND BEGIN END` for each token, in bytes.
#include <array>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "dsl/syntax/lexer.hpp"

int main(int argc, char** argv) {
  using millrace::dsl::Token;
  constexpr std::array kKinds = {"word", "quoted_name", "text", "number", "regex", "sign", "comment", "end"};
  for (int i = 1; i < argc; ++i) {
    std::ifstream in(argv[i], std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    std::cout << "file " << argv[i] << "\n";
    for (const Token& token : millrace::dsl::tokenize(text)) {
      const bool reserved =
          token.kind == millrace::dsl::TokenKind::word &&
          millrace::dsl::is_reserved(std::string_view(text).substr(token.begin, token.end - token.begin));
      std::cout << (token.flaw != millrace::dsl::TokenFlaw::none ? "flawed"
                    : reserved                                   ? "reserved"
                                                                 : kKinds[static_cast<std::size_t>(token.kind)])
                << " " << token.begin << " " << token.end << "\n";
    }
  }
}
