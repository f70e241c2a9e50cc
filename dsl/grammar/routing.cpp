// Grammar of routers and of fragments of them: heads, rules, and what they deliver to. A new clause of a destination is
// an alternative of `clause`; a new kind of rule is one of `rule`.
#include "dsl/grammar/expression.hpp"
#include "dsl/grammar/items.hpp"
#include "dsl/grammar/tokens.hpp"

namespace millrace::dsl::grammar {
namespace {

constexpr keyword word(std::string_view text) { return {text, ""}; }
constexpr keyword wanted(std::string_view text, std::string_view phrase) { return {text, phrase}; }

// ---- destinations

struct clause_else_tag;
struct clause_tag;
struct to_tag;
struct body_tag;
x3::rule<clause_else_tag, ast::ClauseElse> const clause_else = "an else";
x3::rule<clause_tag, ast::Clause> const clause = "a clause";
x3::rule<to_tag, ast::To> const to = "a destination";
x3::rule<body_tag, ast::Body> const body = "destinations";

template <ast::Otherwise What>
constexpr auto& otherwise_is = choose<&ast::ClauseElse::what, What>;
using ClauseKind = ast::Clause::Kind;

auto const clause_else_def =
    spanned[word("else") >> (wanted("reject", "`reject`")[otherwise_is<ast::Otherwise::reject>] |
                             wanted("none", "`none`")[otherwise_is<ast::Otherwise::keep_none>] |
                             wanted("skip", "`skip`")[otherwise_is<ast::Otherwise::skip>])];

template <ClauseKind Kind>
constexpr auto& clause_is = choose<&ast::Clause::kind, Kind>;

auto const clause_def =
    spanned[((wanted("key", "`key`")[clause_is<ClauseKind::key>] >> expression[set<&ast::Clause::value>]) |
             (wanted("header", "`header`")[clause_is<ClauseKind::header>] >> text[set<&ast::Clause::header>] >>
              sign("=", "`=`") >> expression[set<&ast::Clause::value>]) |
             (wanted("partition", "`partition`")[clause_is<ClauseKind::partition_by>] >> wanted("by", "`by`") >>
              expression[set<&ast::Clause::value>]) |
             (wanted("timestamp", "`timestamp`")[clause_is<ClauseKind::timestamp>] >>
              expression[set<&ast::Clause::value>]) |
             (wanted("omit", "`omit`")[clause_is<ClauseKind::omit>] >> path[push<&ast::Clause::paths>] >>
              *(sign(",", "`,`") >> path[push<&ast::Clause::paths>]))) >>
            -(clause_else[set<&ast::Clause::otherwise>])];

auto const one_of = word("one") >> wanted("of", "`of`") >> sign("(", "`(`") >> text[push<&ast::To::one_of>] >>
                    *(sign(",", "`,`") >> text[push<&ast::To::one_of>]) >> sign(")", "`)`");
auto const at_most = word("at") >> wanted("most", "`most`") >> integer[set<&ast::To::at_most>] >>
                     wanted("topics", "`topics`") >> wanted("else", "`else`") >> text[set<&ast::To::overflow>];

auto const to_def =
    spanned[wanted("to", "`to`") >> wanted("topic", "`topic`") >> text[set<&ast::To::topic>] >> -(one_of | at_most) >>
            -(sign("{", "")[choose<&ast::To::braces, true>] >> *clause[push<&ast::To::clauses>] >> close)];

auto const body_def =
    spanned[to[push<&ast::Body::parts>] | (sign("{", "`{`")[choose<&ast::Body::braces, true>] >>
                                           *(to[push<&ast::Body::parts>] | clause[push<&ast::Body::parts>]) >> close)];

// ---- rules

struct rule_tag;
x3::rule<rule_tag, ast::Rule> const rule = "a rule";

template <ast::RuleKind Kind>
constexpr auto begin_rule = [](auto& ctx) {
  x3::_val(ctx).kind = Kind;
  x3::_val(ctx).keyword = x3::_attr(ctx);
};
template <ast::RuleKind Kind>
auto rule_word(std::string_view text) {
  return keyword_at(text, "")[begin_rule<Kind>];
}
auto const name_and_condition = name[set<&ast::Rule::name>] >>
                                wanted("when", "`when`") >> expression[set<&ast::Rule::when>];

auto const rule_def = spanned[((rule_word<ast::RuleKind::route>("route") | rule_word<ast::RuleKind::tap>("tap")) >>
                               name_and_condition >> body[set<&ast::Rule::body>]) |
                              ((rule_word<ast::RuleKind::drop>("drop") | rule_word<ast::RuleKind::group>("group")) >>
                               name_and_condition) |
                              (rule_word<ast::RuleKind::include>("include") >> wanted("rules", "`rules`") >>
                               name[set<&ast::Rule::name>])];

struct otherwise_tag;
x3::rule<otherwise_tag, ast::RouterOtherwise> const otherwise = "otherwise";

auto const otherwise_def =
    spanned[word("otherwise") >> (wanted("drop", "`drop`")[choose<&ast::RouterOtherwise::drop, true>] |
                                  body[set<&ast::RouterOtherwise::body>])];

// ---- the heads of a router and a fragment

struct head_tag;
x3::rule<head_tag, ast::Router> const head = "the head of a router";

auto const head_def = word("router") >> name[set<&ast::Router::name>] >>
                      wanted("for", "`for`") >> name[set<&ast::Router::event>] >> sign("{", "`{`") >>
                      wanted("match", "`match`") >>
                      (wanted("first", "`first`") | wanted("all", "`all`")[choose<&ast::Router::match_all, true>]) >>
                      -(wanted("dead_letter", "`dead_letter`") >> text[set<&ast::Router::dead_letter>]) >>
                      -sign("}", "a rule");

struct fragment_head_tag;
x3::rule<fragment_head_tag, ast::Fragment> const fragment_head = "the head of rules";

auto const fragment_head_def = word("rules") >> name[set<&ast::Fragment::name>] >>
                               wanted("for", "`for`") >> name[set<&ast::Fragment::event>] >> sign("{", "`{`") >>
                               -sign("}", "a rule");

BOOST_SPIRIT_DEFINE(clause_else, clause, to, body, rule, otherwise, head, fragment_head)

} // namespace

bool parse_head(ParseState& s, std::string_view piece, ast::Router& router) {
  return parse_whole(s, piece, head, router);
}
bool parse_head(ParseState& s, std::string_view piece, ast::Fragment& fragment) {
  return parse_whole(s, piece, fragment_head, fragment);
}
bool parse(ParseState& s, std::string_view piece, ast::Rule& item) { return parse_whole(s, piece, rule, item); }
bool parse(ParseState& s, std::string_view piece, ast::RouterOtherwise& item) {
  return parse_whole(s, piece, otherwise, item);
}

} // namespace millrace::dsl::grammar
