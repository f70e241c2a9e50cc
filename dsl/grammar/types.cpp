// Grammar of types. A new one is a row of `kTypes` and, if it has arguments, an alternative of `type`.
#include "dsl/grammar/types.hpp"

#include "dsl/grammar/tokens.hpp"

namespace millrace::dsl::grammar {
namespace {

constexpr keyword word(std::string_view text) { return {text, ""}; }
constexpr keyword wanted(std::string_view text, std::string_view phrase) { return {text, phrase}; }

struct TypeWord {
  std::string_view text;
  ast::TypeName name;
};
constexpr TypeWord kTypes[] = {
    {"bool", ast::TypeName::boolean},    {"int", ast::TypeName::integer},       {"float", ast::TypeName::floating},
    {"decimal", ast::TypeName::decimal}, {"string", ast::TypeName::string},     {"timestamp", ast::TypeName::timestamp},
    {"uuid", ast::TypeName::uuid},       {"object", ast::TypeName::object},     {"any", ast::TypeName::any},
    {"one", ast::TypeName::one_of},      {"duration", ast::TypeName::duration}, {"ip", ast::TypeName::ip},
    {"version", ast::TypeName::version}, {"list", ast::TypeName::list},
};

bool read_type_word(const char*& at, const char* last, ParseState& state, ast::Type& type) {
  const ParseState::Next next = ParseState::next(at, last);
  for (const TypeWord& known : kTypes) {
    if (next.lexeme.kind == TokenKind::word && next.lexeme.text == known.text) {
      type.name = known.name;
      at = next.end();
      state.accepted(at);
      return true;
    }
  }
  state.expected(
      next.begin,
      "a type (`bool int float decimal string timestamp duration ip version uuid list object any`, `one of`)");
  return false;
}
inline constexpr leaf<ast::Type, read_type_word> type_word{};

/// What follows the word depends on the type.
template <ast::TypeName Name>
constexpr auto is_type = [](auto& ctx) { x3::_pass(ctx) = x3::_val(ctx).name == Name; };
constexpr auto take_type = [](auto& ctx) { x3::_val(ctx) = x3::_attr(ctx); };

auto const type_def =
    spanned[type_word[take_type] >>
            ((x3::eps[is_type<ast::TypeName::one_of>] >> wanted("of", "`of`") >> text[push<&ast::Type::values>] >>
              *(sign(",", "") >> text[push<&ast::Type::values>]) >>
              -(word("or") >> wanted("other", "`other`")[choose<&ast::Type::or_other, true>])) |
             (x3::eps[is_type<ast::TypeName::decimal>] >> sign("(", "`(`") >> integer[set<&ast::Type::precision>] >>
              sign(",", "`,`") >> integer[set<&ast::Type::scale>] >> sign(")", "`)`")) |
             (x3::eps[is_type<ast::TypeName::list>] >> sign("<", "`<`") >>
              bounded[type[set_type<&ast::Type::element>]] >> sign(">", "`>`")) |
             (!(x3::eps[is_type<ast::TypeName::one_of>] | x3::eps[is_type<ast::TypeName::decimal>] |
                x3::eps[is_type<ast::TypeName::list>])))];

} // namespace

BOOST_SPIRIT_DEFINE(type)
BOOST_SPIRIT_INSTANTIATE(type_type, iterator_type, context_type)

} // namespace millrace::dsl::grammar
