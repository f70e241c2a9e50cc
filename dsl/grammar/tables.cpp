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
struct table_index_tag;
struct partition_tag;
struct evolve_tag;
struct drop_column_tag;
struct table_dead_letter_tag;
struct table_tag;
x3::rule<qualified_name_tag, ast::QualifiedName> const qualified_name = "a name";
x3::rule<sql_type_tag, ast::SqlType> const sql_type = "a column type";
x3::rule<column_else_tag, ast::ColumnElse> const column_else = "an else";
x3::rule<column_tag, ast::Column> const column = "a column";
x3::rule<primary_key_tag, ast::PrimaryKey> const primary_key = "a primary key";
x3::rule<on_conflict_tag, ast::OnConflict> const on_conflict = "a conflict policy";
x3::rule<table_index_tag, ast::TableIndex> const table_index = "an index";
x3::rule<partition_tag, ast::Partition> const partition = "partitions";
x3::rule<evolve_tag, ast::Evolve> const evolve = "an evolve clause";
x3::rule<drop_column_tag, ast::DropColumn> const drop_column = "a dropped column";
x3::rule<table_dead_letter_tag, ast::TableDeadLetter> const table_dead_letter = "a dead letter topic";
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
              *(sign(",", "`,`") >> integer[push<&ast::SqlType::arguments>]) >> sign(")", "`)`")) >>
            -(sign("[", "") >> sign("]", "`]`")[choose<&ast::SqlType::array, true>])];

auto const column_else_def =
    spanned[word("else") >> (wanted("reject", "`reject`")[choose<&ast::ColumnElse::reject, true>] |
                             constant[set<&ast::ColumnElse::value>])];

auto const column_def =
    spanned[name[set<&ast::Column::name>] >> sql_type[set<&ast::Column::type>] >> sign("=", "`=`") >>
            expression[set<&ast::Column::value>] >> -(column_else[set<&ast::Column::otherwise>]) >>
            -(word("renamed") >> word("from") >> name[set<&ast::Column::renamed_from>])];

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

auto const table_index_def = spanned[word("index") >> sign("(", "") >> name[push<&ast::TableIndex::columns>] >>
                                     *(sign(",", "`,`") >> name[push<&ast::TableIndex::columns>]) >> sign(")", "`)`")];

// Which words are units is for the check to say.
auto const partition_def =
    spanned[word("partition") >> word("by") >> name[set<&ast::Partition::unit>] >> wanted("of", "`of`") >>
            name[set<&ast::Partition::column>] >>
            -(word("keep") >> integer[set<&ast::Partition::keep>] >> name[set<&ast::Partition::keep_unit>])];

auto const evolve_def = spanned[word("evolve") >> (word("additive")[choose<&ast::Evolve::frozen, false>] |
                                                   word("frozen")[choose<&ast::Evolve::frozen, true>])];

auto const drop_column_def = spanned[word("drop") >> word("column") >> name[set<&ast::DropColumn::column>]];

auto const table_dead_letter_def = spanned[word("dead_letter") >> text[set<&ast::TableDeadLetter::topic>]];

// Their first words are no reserved ones: a column may be called like that, so each is tried before a column is.
auto const clause = primary_key[push<&ast::Table::parts>] | on_conflict[push<&ast::Table::parts>] |
                    table_index[push<&ast::Table::parts>] | partition[push<&ast::Table::parts>] |
                    evolve[push<&ast::Table::parts>] | drop_column[push<&ast::Table::parts>] |
                    table_dead_letter[push<&ast::Table::parts>];

auto const table_def = word("table") >> qualified_name[set<&ast::Table::name>] >> wanted("from", "`from`") >>
                       wanted("topic", "`topic`") >> text[set<&ast::Table::topic>] >>
                       -(wanted("where", "`where`") >> expression[set<&ast::Table::where>]) >> sign("{", "`{`") >>
                       *(clause | column[push<&ast::Table::parts>]) >> close;

BOOST_SPIRIT_DEFINE(qualified_name, sql_type, column_else, column, primary_key, on_conflict, table_index, partition,
                    evolve, drop_column, table_dead_letter, table)

} // namespace

bool parse(ParseState& s, std::string_view piece, ast::Table& item) { return parse_whole(s, piece, table, item); }

} // namespace millrace::dsl::grammar
