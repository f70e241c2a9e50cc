// Grammar of test blocks. A new kind of outcome is an alternative of `outcome` and a kind of ast::Expectation.
#include "dsl/grammar/expression.hpp"
#include "dsl/grammar/items.hpp"
#include "dsl/grammar/tokens.hpp"

namespace millrace::dsl::grammar {
namespace {

constexpr keyword word(std::string_view text) { return {text, ""}; }
constexpr keyword wanted(std::string_view text, std::string_view phrase) { return {text, phrase}; }

struct table_name_tag;
struct header_tag;
struct expectation_tag;
struct given_tag;
struct test_tag;
x3::rule<table_name_tag, ast::QualifiedName> const table_name = "a table";
x3::rule<header_tag, ast::HeaderExpectation> const header = "a header";
x3::rule<expectation_tag, ast::Expectation> const expectation = "an expectation";
x3::rule<given_tag, ast::Given> const given = "an event";
x3::rule<test_tag, ast::Test> const test = "a test";

constexpr auto name_alone = [](auto& ctx) { x3::_val(ctx).name = x3::_attr(ctx); };
constexpr auto name_behind_schema = [](auto& ctx) {
  x3::_val(ctx).schema = x3::_val(ctx).name;
  x3::_val(ctx).name = x3::_attr(ctx);
};
auto const table_name_def = spanned[name[name_alone] >> -(sign(".", "") >> name[name_behind_schema])];

auto const header_def = word("header") >> text[set<&ast::HeaderExpectation::name>] >>
                        sign("=", "`=`") >> constant[set<&ast::HeaderExpectation::value>];

using Kind = ast::Expectation::Kind;
template <Kind Which>
constexpr auto& outcome = choose<&ast::Expectation::kind, Which>;
template <ast::RuleKind Which>
constexpr auto rule_outcome = [](auto& ctx) {
  x3::_val(ctx).kind = Kind::rule;
  x3::_val(ctx).rule_kind = Which;
};

/// The path as it is written, kept as steps.
constexpr auto take_path = [](auto& ctx) {
  x3::_val(ctx).path = std::get<ast::Path>(state(ctx).expr(x3::_attr(ctx)).node).steps;
};

auto const expectation_def =
    spanned[word("expect") >> -(word("not")[choose<&ast::Expectation::negated, true>]) >>
            ((wanted("topic", "`topic`")[outcome<Kind::topic>] >> text[set<&ast::Expectation::topic>] >>
              -(word("key") >> constant[set<&ast::Expectation::key>]) >> *header[push<&ast::Expectation::headers>]) |
             ((wanted("route", "`route`")[rule_outcome<ast::RuleKind::route>] |
               wanted("tap", "`tap`")[rule_outcome<ast::RuleKind::tap>] |
               wanted("drop", "`drop`")[rule_outcome<ast::RuleKind::drop>]) >>
              name[set<&ast::Expectation::rule>]) |
             wanted("otherwise", "`otherwise`")[outcome<Kind::otherwise>] |
             (wanted("invalid", "`invalid`")[outcome<Kind::invalid>] >> -(word("at") >> path[take_path])) |
             (wanted("row", "`row`")[outcome<Kind::row>] >> table_name[set<&ast::Expectation::table>] >>
              -(json_object[set<&ast::Expectation::row>])) |
             (wanted("reject", "`reject`")[outcome<Kind::reject>] >> table_name[set<&ast::Expectation::table>] >>
              -(word("at") >> name[set<&ast::Expectation::column>])))];

auto const given_def =
    spanned[wanted("given", "`given`") >>
            ((wanted("file", "`file`") >> text[set<&ast::Given::file>]) | json_object[set<&ast::Given::event>]) >>
            -(word("topic") >> text[set<&ast::Given::topic>]) >> *expectation[push<&ast::Given::expectations>]];

auto const test_def = word("test") >> text[set<&ast::Test::name>] >>
                      -(wanted("on", "`on`") >> name[set<&ast::Test::router>]) >> sign("{", "`{`") >>
                      +given[push<&ast::Test::givens>] >> close;

BOOST_SPIRIT_DEFINE(table_name, header, expectation, given, test)

} // namespace

bool parse(ParseState& s, std::string_view piece, ast::Test& item) { return parse_whole(s, piece, test, item); }

} // namespace millrace::dsl::grammar
