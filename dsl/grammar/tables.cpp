// Grammar of tables. A new clause of a table is an alternative of `part` and a member of ast::TablePart.
#include "dsl/grammar/expression.hpp"
#include "dsl/grammar/items.hpp"
#include "dsl/grammar/tokens.hpp"

namespace millrace::dsl::grammar {
namespace {

constexpr keyword word(std::string_view text) { return {text, ""}; }
constexpr keyword wanted(std::string_view text, std::string_view phrase) { return {text, phrase}; }

struct qualified_name_tag;
struct sql_type_tag;
struct column_else_tag;
struct column_tag;
struct primary_key_tag;
struct on_conflict_tag;
struct table_tag;
x3::rule<qualified_name_tag, ast::QualifiedName> const qualified_name = "a name";
x3::rule<sql_type_tag, ast::SqlType> const sql_type = "a column type";
x3::rule<column_else_tag, ast::ColumnElse> const column_else = "an else";
x3::rule<column_tag, ast::Column> const column = "a column";
x3::rule<primary_key_tag, ast::PrimaryKey> const primary_key = "a primary key";
x3::rule<on_conflict_tag, ast::OnConflict> const on_conflict = "a conflict policy";
x3::rule<table_tag, ast::Table> const table = "a table";

constexpr auto name_alone = [](auto& ctx) { x3::_val(ctx).name = x3::_attr(ctx); };
constexpr auto name_behind_schema = [](auto& ctx) {
  x3::_val(ctx).schema = x3::_val(ctx).name;
  x3::_val(ctx).name = x3::_attr(ctx);
};
auto const qualified_name_def = spanned[name[name_alone] >> -(sign(".", "") >> name[name_behind_schema])];

/// `double precision` is one name of two words.
constexpr auto join_precision = [](auto& ctx) {
  ast::Name& name = x3::_val(ctx).name;
  const Span precision = x3::_attr(ctx);
  name.span = name.span | precision;
  name.text = "double precision";
};
constexpr auto is_double = [](auto& ctx) { x3::_pass(ctx) = x3::_val(ctx).name.text == "double"; };
auto const sql_type_def =
    spanned[name[set<&ast::SqlType::name>] >>
            -(x3::eps[is_double] >> keyword_at("precision", "`precision`")[join_precision]) >>
            -(sign("(", "") >> integer[push<&ast::SqlType::arguments>] >>
              *(sign(",", "`,`") >> integer[push<&ast::SqlType::arguments>]) >> sign(")", "`)`"))];

auto const column_else_def =
    spanned[word("else") >> (wanted("reject", "`reject`")[choose<&ast::ColumnElse::reject, true>] |
                             constant[set<&ast::ColumnElse::value>])];

auto const column_def = spanned[name[set<&ast::Column::name>] >> sql_type[set<&ast::Column::type>] >>
                                sign("=", "`=`") >> expression[set<&ast::Column::value>] >>
                                -(column_else[set<&ast::Column::otherwise>]) >> -later_form("renamed", "from")];

auto const primary_key_def =
    spanned[word("primary") >> word("key") >> sign("(", "`(`") >> name[push<&ast::PrimaryKey::columns>] >>
            *(sign(",", "`,`") >> name[push<&ast::PrimaryKey::columns>]) >> sign(")", "`)`")];

using Policy = ast::OnConflict::Policy;
template <Policy Which>
constexpr auto& policy = choose<&ast::OnConflict::policy, Which>;
auto const on_conflict_def =
    spanned[word("on") >> word("conflict") >>
            (wanted("reject", "`reject`")[policy<Policy::reject>] |
             (wanted("keep", "`keep`") >> (wanted("first", "`first`")[policy<Policy::keep_first>] |
                                           wanted("last", "`last`")[policy<Policy::keep_last>] |
                                           (wanted("newest", "`newest`")[policy<Policy::keep_newest>] >>
                                            wanted("by", "`by`") >> name[set<&ast::OnConflict::newest_by>]))))];

auto const later_part = later_form("index", "(") | later_form("partition", "by") | later_form("evolve", "additive") |
                        later_form("evolve", "frozen") | later_form("drop", "column") | later_form("dead_letter", "\"");

auto const table_def = word("table") >> qualified_name[set<&ast::Table::name>] >> wanted("from", "`from`") >>
                       wanted("topic", "`topic`") >> text[set<&ast::Table::topic>] >>
                       -(wanted("where", "`where`") >> expression[set<&ast::Table::where>]) >> sign("{", "`{`") >>
                       *(later_part | primary_key[push<&ast::Table::parts>] | on_conflict[push<&ast::Table::parts>] |
                         column[push<&ast::Table::parts>]) >>
                       close;

BOOST_SPIRIT_DEFINE(qualified_name, sql_type, column_else, column, primary_key, on_conflict, table)

} // namespace

bool parse(ParseState& s, std::string_view piece, ast::Table& item) { return parse_whole(s, piece, table, item); }

} // namespace millrace::dsl::grammar
