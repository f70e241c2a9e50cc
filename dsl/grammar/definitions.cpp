// Grammar of the items that declare: import, let, def, lookup, event, topic. A new kind of declaration is a rule here,
// a kind of piece in the splitter and a member of ast::ItemNode.
#include "dsl/grammar/expression.hpp"
#include "dsl/grammar/items.hpp"
#include "dsl/grammar/tokens.hpp"
#include "dsl/grammar/types.hpp"

namespace millrace::dsl::grammar {
namespace {

constexpr keyword word(std::string_view text) { return {text, ""}; }
constexpr keyword wanted(std::string_view text, std::string_view phrase) { return {text, phrase}; }

// ---- import, let, def

struct import_tag;
struct let_tag;
struct parameter_tag;
struct def_tag;
struct list_tag;
x3::rule<import_tag, ast::Import> const import = "an import";
x3::rule<let_tag, ast::Let> const let = "a constant";
x3::rule<parameter_tag, ast::Parameter> const parameter = "a parameter";
x3::rule<def_tag, ast::Def> const def = "a definition";

auto const import_def = word("import") >> text[set<&ast::Import::file>];
auto const let_def = word("let") >> name[set<&ast::Let::name>] >> sign("=", "`=`") >> expression[set<&ast::Let::value>];
auto const parameter_def = name[set<&ast::Parameter::name>] >>
                           sign(":", "`:`") >> type[set_type<&ast::Parameter::type>];
auto const def_def = word("def") >> name[set<&ast::Def::name>] >>
                     -(sign("(", "`(`") >> parameter[push<&ast::Def::parameters>] >>
                       *(sign(",", "`,`") >> parameter[push<&ast::Def::parameters>]) >> sign(")", "`)`")) >>
                     sign("=", "`=`") >> expression[set<&ast::Def::body>];

// ---- lookup

struct entry_tag;
struct lookup_column_tag;
struct lookup_tag;
x3::rule<entry_tag, ast::LookupEntry> const entry = "an entry";
x3::rule<lookup_column_tag, ast::LookupColumn> const lookup_column = "a column";
x3::rule<lookup_tag, ast::Lookup> const lookup = "a lookup";

auto const entry_def = constant[set<&ast::LookupEntry::key>] >>
                       sign(":", "`:`") >> constant[set<&ast::LookupEntry::value>];
auto const lookup_column_def = name[set<&ast::LookupColumn::name>] >>
                               sign(":", "`:`") >> type[set_type<&ast::LookupColumn::type>];
auto const lookup_def = word("lookup") >> name[set<&ast::Lookup::name>] >>
                        ((sign("=", "`=`") >> sign("{", "`{`") >>
                          -(entry[push<&ast::Lookup::entries>] >>
                            *(sign(",", "`,`") >> entry[push<&ast::Lookup::entries>]) >> -sign(",", "")) >>
                          close) |
                         (wanted("from", "`from`") >> wanted("csv", "`csv`") >> text[set<&ast::Lookup::csv>] >>
                          wanted("key", "`key`") >> lookup_column[set<&ast::Lookup::key>] >> sign("{", "`{`") >>
                          *lookup_column[push<&ast::Lookup::columns>] >> close));

// ---- event

struct WireWord {
  ast::Wire wire = ast::Wire::iso8601;
  Span span;
};
bool read_wire_word(const char*& at, const char* last, ParseState& state, WireWord& wire) {
  constexpr std::pair<std::string_view, ast::Wire> kWires[] = {
      {"iso8601", ast::Wire::iso8601}, {"unix_s", ast::Wire::unix_s}, {"unix_ms", ast::Wire::unix_ms},
      {"unix_us", ast::Wire::unix_us}, {"text", ast::Wire::text},
  };
  const ParseState::Next next = ParseState::next(at, last);
  for (const auto& [text, value] : kWires) {
    if (next.lexeme.kind == TokenKind::word && next.lexeme.text == text) {
      wire = {value, state.span(next.lexeme.text)};
      at = next.end();
      state.accepted(at);
      return true;
    }
  }
  state.expected(next.begin, "a wire form (`iso8601 unix_s unix_ms unix_us text`)");
  return false;
}
inline constexpr leaf<WireWord, read_wire_word> wire_word{};

struct field_tag;
struct event_tag;
x3::rule<field_tag, ast::Field> const field = "a field";
x3::rule<event_tag, ast::Event> const event = "an event";

constexpr auto take_wire = [](auto& ctx) {
  x3::_val(ctx).wire = x3::_attr(ctx).wire;
  x3::_val(ctx).wire_span = x3::_attr(ctx).span;
};

auto const field_def =
    spanned[name[set<&ast::Field::name>] >> -(sign("?", "`?`")[choose<&ast::Field::optional, true>]) >>
            ((sign("{", "`{`") >> *field[push<&ast::Field::fields>] >> sign("}", "`}`")) |
             (sign(":", "`:`") >> type[set<&ast::Field::type>] >> -(word("from") >> wire_word[take_wire]))) >>
            -(word("required") >> wanted("when", "`when`") >> expression[set<&ast::Field::required_when>])];

auto const event_def = word("event") >> name[set<&ast::Event::name>] >>
                       -(wanted("open", "`open`")[choose<&ast::Event::open, true>]) >> sign("{", "`{`") >>
                       *field[push<&ast::Event::fields>] >> close;

// ---- topic

struct topic_clause_tag;
struct topic_tag;
x3::rule<topic_clause_tag, ast::TopicClause> const topic_clause = "a setting of a topic";
x3::rule<topic_tag, ast::Topic> const topic = "a topic";

using Setting = ast::TopicClause::Kind;
template <Setting Kind>
constexpr auto& is_setting = choose<&ast::TopicClause::kind, Kind>;

auto const topic_clause_def = spanned
    [(wanted("event", "`event`")[is_setting<Setting::event>] >> name[set<&ast::TopicClause::name>]) |
     (wanted("partitions", "`partitions`")[is_setting<Setting::partitions>] >>
      integer[set<&ast::TopicClause::number>]) |
     (wanted("replicas", "`replicas`")[is_setting<Setting::replicas>] >> integer[set<&ast::TopicClause::number>]) |
     (wanted("retention", "`retention`")[is_setting<Setting::retention>] >>
      duration[set<&ast::TopicClause::duration>]) |
     (wanted("partitioner", "`partitioner`")[is_setting<Setting::partitioner>] >> name[set<&ast::TopicClause::name>]) |
     (wanted("compact", "`compact`")[is_setting<Setting::compact>])];

auto const topic_def = word("topic") >> text[set<&ast::Topic::name>] >> sign("{", "`{`") >>
                       *topic_clause[push<&ast::Topic::clauses>] >> close;

BOOST_SPIRIT_DEFINE(import, let, parameter, def, entry, lookup_column, lookup, field, event, topic_clause, topic)

} // namespace

bool parse(ParseState& s, std::string_view piece, ast::Import& item) { return parse_whole(s, piece, import, item); }
bool parse(ParseState& s, std::string_view piece, ast::Let& item) { return parse_whole(s, piece, let, item); }
bool parse(ParseState& s, std::string_view piece, ast::Def& item) { return parse_whole(s, piece, def, item); }
bool parse(ParseState& s, std::string_view piece, ast::Lookup& item) { return parse_whole(s, piece, lookup, item); }
bool parse(ParseState& s, std::string_view piece, ast::Event& item) { return parse_whole(s, piece, event, item); }
bool parse(ParseState& s, std::string_view piece, ast::Topic& item) { return parse_whole(s, piece, topic, item); }

} // namespace millrace::dsl::grammar
