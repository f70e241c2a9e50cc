#include "dsl/editor/completion.hpp"

#include <algorithm>
#include <set>

#include "dsl/editor/cursor.hpp"
#include "dsl/editor/functions.hpp"
#include "dsl/editor/words.hpp"
#include "dsl/syntax/text.hpp"

namespace millrace::dsl::editor {
namespace {

using check::Definition;
using check::NameKind;

constexpr std::size_t kMostOffers = 200;

constexpr const char* kTypes[] = {"string", "int",     "float", "decimal", "bool",   "timestamp", "duration",
                                  "ip",     "version", "uuid",  "list",    "object", "any",       "one of"};
constexpr const char* kSqlTypes[] = {
    "text", "varchar",          "char", "boolean",     "smallint", "int",  "bigint", "numeric",
    "real", "double precision", "date", "timestamptz", "interval", "inet", "uuid",   "jsonb"};
constexpr const char* kUnits[] = {"hour", "day", "week", "month", "year"};
constexpr const char* kWires[] = {"iso8601", "unix_s", "unix_ms", "unix_us", "text"};
constexpr const char* kPartitioners[] = {"murmur2_random", "murmur2", "consistent_random", "consistent",
                                         "random",         "fnv1a",   "fnv1a_random"};
constexpr const char* kItemWords[] = {"edition", "import", "let",    "def",   "lookup", "event",
                                      "topic",   "rules",  "router", "table", "test"};
constexpr const char* kOperators[] = {"and",      "or",      "not",           "in", "is", "starts with", "ends with",
                                      "contains", "matches", "ignoring case", "as"};

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
  };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

OfferKind offer_kind(NameKind kind) {
  switch (kind) {
    case NameKind::event:
      return OfferKind::event;
    case NameKind::field:
      return OfferKind::field;
    case NameKind::topic:
      return OfferKind::topic;
    case NameKind::let:
      return OfferKind::constant;
    case NameKind::def:
      return OfferKind::definition;
    case NameKind::parameter:
    case NameKind::variable:
      return OfferKind::variable;
    case NameKind::lookup:
      return OfferKind::lookup;
    case NameKind::lookup_column:
    case NameKind::column:
      return OfferKind::column;
    case NameKind::fragment:
    case NameKind::router:
    case NameKind::rule:
      return OfferKind::rules;
    case NameKind::table:
      return OfferKind::table;
  }
  return OfferKind::keyword;
}

class Completer {
 public:
  Completer(const Cursor& cursor, const Workspace::Known& known) : cursor_(cursor) {
    take(known.now.get());
    take(known.before.get()); // of what cannot be read just now
  }

  Offers run() && {
    if (cursor_.writing() == Writing::text) {
      in_text();
    } else if (cursor_.writing() == Writing::word) {
      in_words();
    }
    return std::move(offers_);
  }

 private:
  struct Declared {
    const Names* names;
    Definition definition;
  };

  void take(const Names* names) {
    for (const Definition& definition : names == nullptr ? std::vector<Definition>() : names->uses.definitions()) {
      if (seen_.emplace(definition.kind, definition.of, definition.name).second) {
        declared_.push_back({names, definition});
      }
    }
  }

  // ---- offers

  void offer(std::string label, OfferKind kind, std::string insert, std::string detail = {}, std::string about = {}) {
    if (!contains_ignoring_case(label, filter_ ? *filter_ : std::string(cursor_.prefix()))) {
      return;
    }
    if (offers_.list.size() == kMostOffers) {
      offers_.is_all = false;
      return;
    }
    offers_.list.push_back({std::move(label), kind, std::move(detail), std::move(about), std::move(insert)});
  }

  template <typename Words>
  void words(const Words& list, OfferKind kind = OfferKind::keyword) {
    for (const char* word : list) {
      offer(word, kind, word);
    }
  }
  void keywords(std::initializer_list<const char*> list) { words(list); }

  template <typename Wanted>
  void names(NameKind kind, Wanted wanted) {
    for (const auto& [names, definition] : declared_) {
      if (definition.kind == kind && wanted(definition)) {
        const std::string about = comment_above(names->sources.text(definition.whole.file), definition.whole.begin);
        const std::string shown = kind == NameKind::field || kind == NameKind::lookup_column || kind == NameKind::column
                                      ? definition.type + (definition.optional ? ", may be missing" : "")
                                      : definition.of;
        offer(definition.name, offer_kind(kind), written(definition), shown, about);
      }
    }
  }
  void names(NameKind kind) {
    names(kind, [](const Definition&) { return true; });
  }

  std::string written(const Definition& definition) const {
    if (cursor_.writing() == Writing::text) {
      const std::string quoted = quote_text(definition.name);
      return quoted.substr(1, quoted.size() - 2);
    }
    if (definition.kind == NameKind::topic) {
      return quote_text(definition.name);
    }
    if (definition.kind == NameKind::table) {
      return as_path(definition.name);
    }
    return as_name(definition.name);
  }

  // ---- where fields come from

  /// The event of the rules, table or test around the place; empty where any may be meant.
  std::string event() const {
    if (cursor_.item() == "event") {
      return cursor_.item_name();
    }
    if (cursor_.item() == "router" || cursor_.item() == "rules") {
      return cursor_.behind("for");
    }
    if (cursor_.item() == "table") {
      return event_of_topic(cursor_.behind("topic"));
    }
    if (cursor_.item() == "test") {
      const std::string router = cursor_.behind("on");
      for (const auto& [names, definition] : declared_) {
        if (definition.kind == NameKind::router && (router.empty() || definition.name == router)) {
          return definition.of;
        }
      }
    }
    return "";
  }

  std::string event_of_topic(const std::string& topic) const {
    for (const auto& [names, definition] : declared_) {
      if (definition.kind == NameKind::topic && definition.name == topic) {
        return definition.of;
      }
    }
    return "";
  }

  /// The fields directly below `path`, which is empty for those of the event itself.
  void fields(const std::string& path) {
    const std::string of = event();
    const std::string above = path.empty() ? "" : path + ".";
    std::set<std::string> offered;
    for (const auto& [names, definition] : declared_) {
      const bool wanted = definition.kind == NameKind::field && (of.empty() || definition.of == of) &&
                          definition.name.starts_with(above) &&
                          definition.name.find('.', above.size()) == std::string::npos;
      if (wanted && offered.insert(definition.name).second) {
        const std::string own = definition.name.substr(above.size());
        const bool hidden = path.empty() && (own == "meta" || own == "payload" || own == "unmapped");
        const std::string insert = cursor_.writing() == Writing::text ? own : hidden ? "`" + own + "`" : as_name(own);
        offer(own, OfferKind::field, insert, definition.type + (definition.optional ? ", may be missing" : ""),
              comment_above(names->sources.text(definition.whole.file), definition.whole.begin));
      }
    }
  }

  const Definition* field(const std::string& path) const {
    const std::string of = event();
    for (const auto& [names, definition] : declared_) {
      if (definition.kind == NameKind::field && definition.name == path && (of.empty() || definition.of == of)) {
        return &definition;
      }
    }
    return nullptr;
  }

  void columns_of_table() {
    const std::string name = qualified(cursor_.size() < 2 ? 0 : cursor_.size() - 2);
    names(NameKind::column, [&](const Definition& each) { return each.of == name; });
  }

  /// `schema.name` that begins at the token.
  std::string qualified(std::size_t at) const {
    std::string name = bare(cursor_.back(at));
    return at >= 2 && cursor_.is(at - 1, ".") ? name + "." + bare(cursor_.back(at - 2)) : name;
  }

  // ---- texts

  void in_text() {
    const std::size_t hole = cursor_.prefix().rfind('{');
    const bool open_hole = hole != std::string_view::npos && cursor_.prefix().find('}', hole) == std::string_view::npos;
    if (open_hole && (cursor_.in(Block::body) || cursor_.in(Block::to) || cursor_.is(0, "topic"))) {
      const std::string_view path = cursor_.prefix().substr(hole + 1);
      const std::size_t dot = path.rfind('.');
      filter_ = std::string(dot == std::string_view::npos ? path : path.substr(dot + 1));
      fields(dot == std::string_view::npos ? "" : std::string(path.substr(0, dot)));
      if (dot == std::string_view::npos) {
        names(NameKind::def);
      }
      return;
    }
    if (cursor_.in(Block::json)) {
      return json_key();
    }
    const bool topic = cursor_.is(0, "topic") && cursor_.size() > 1;
    const bool overflow = cursor_.is(0, "else") && cursor_.is(1, "topics");
    if (topic || overflow || cursor_.is(0, "dead_letter")) {
      return names(NameKind::topic, [&](const Definition& each) {
        return cursor_.is(1, "from") || each.name.find('*') == std::string::npos;
      });
    }
    values();
  }

  void json_key() {
    if (!cursor_.is(0, "{") && !cursor_.is(0, ",")) {
      return;
    }
    for (std::size_t i = 0; i < cursor_.size(); ++i) {
      if (cursor_.is(i, "given")) {
        return fields(cursor_.inside());
      }
      if (cursor_.is(i, "row")) {
        const std::string table = qualified(i - 1);
        return names(NameKind::column, [&](const Definition& each) { return each.of == table; });
      }
    }
  }

  /// Of the enumeration that the text is compared with, or is in a list behind.
  void values() {
    std::size_t at = 0;
    const std::size_t list = cursor_.before_parenthesis();
    if (cursor_.is(0, "==") || cursor_.is(0, "!=") || cursor_.is(0, "??") || cursor_.is(0, "in")) {
      at = cursor_.is(0, "in") && cursor_.is(1, "not") ? 2 : 1;
    } else if (list != SIZE_MAX && cursor_.is(list, "in")) {
      at = cursor_.is(list + 1, "not") ? list + 2 : list + 1;
    } else {
      return;
    }
    const Definition* const compared = field(cursor_.path(at).text);
    for (const std::string& value : compared == nullptr ? std::vector<std::string>() : compared->values) {
      const std::string quoted = quote_text(value);
      const bool in_quotes = cursor_.writing() == Writing::text;
      offer(value, OfferKind::value, in_quotes ? quoted.substr(1, quoted.size() - 2) : quoted, compared->name);
    }
  }

  // ---- words

  void in_words() {
    if (cursor_.is(0, ".")) {
      return behind_dot();
    }
    if (cursor_.item().empty() || (cursor_.first_on_line() && !cursor_.in_braces() && !continues())) {
      return words(kItemWords);
    }
    if (by_last_words()) {
      return;
    }
    if (cursor_.in(Block::event)) {
      return at_start() ? void() : keywords({"required when", "from"});
    }
    if (cursor_.in(Block::topic)) {
      return keywords({"event", "partitions", "replicas", "retention", "partitioner", "compact"});
    }
    if (cursor_.in(Block::test) || cursor_.in(Block::lookup) || cursor_.in(Block::json)) {
      return cursor_.in(Block::test) ? keywords({"given", "expect"}) : void();
    }
    if (wants_value()) {
      return expression();
    }
    if (cursor_.in(Block::table) && (cursor_.is(1, "{") || begins_column())) {
      return words(kSqlTypes, OfferKind::type);
    }
    if (!at_start() && after_value()) {
      words(kOperators);
      if (!cursor_.in(Block::topic)) {
        keywords({"else"});
      }
    }
    clauses();
  }

  void behind_dot() {
    if (cursor_.is(1, "]")) { // `lookup[key].`
      std::size_t depth = 0;
      for (std::size_t i = 1; i < cursor_.size(); ++i) {
        depth += cursor_.is(i, "]") ? 1 : 0;
        depth -= cursor_.is(i, "[") ? 1 : 0;
        if (depth == 0) {
          const std::string lookup = bare(cursor_.back(i + 1));
          return names(NameKind::lookup_column, [&](const Definition& each) { return each.of == lookup; });
        }
      }
      return;
    }
    const std::string path = cursor_.path(1).text;
    if (path == "meta") {
      return keywords({"topic", "received_at", "headers"});
    }
    if (cursor_.item() == "table" && cursor_.size() == 3) {
      return; // the table's own name
    }
    if (cursor_.is(2, "row") || cursor_.is(2, "reject")) {
      return names(NameKind::table, [&](const Definition& each) { return each.name.starts_with(path + "."); });
    }
    fields(path);
  }

  /// Where the words before the place say what follows. True: they did.
  bool by_last_words() {
    if (cursor_.is(0, "for") && (cursor_.item() == "router" || cursor_.item() == "rules") && cursor_.size() == 3) {
      return names(NameKind::event), true;
    }
    if (cursor_.in(Block::topic) && (cursor_.is(0, "event") || cursor_.is(0, "partitioner"))) {
      cursor_.is(0, "event") ? names(NameKind::event) : words(kPartitioners);
      return true;
    }
    if (cursor_.is(0, "topic") && cursor_.size() > 1) {
      return names(NameKind::topic), true;
    }
    if (cursor_.is(0, "include") || (cursor_.is(0, "rules") && cursor_.is(1, "include"))) {
      cursor_.is(0, "include") ? keywords({"rules"}) : names(NameKind::fragment);
      return true;
    }
    if (cursor_.item() == "test" && expectation()) {
      return true;
    }
    if (cursor_.in(Block::table) && table_words()) {
      return true;
    }
    if (cursor_.is(0, "as") || is_type_place()) {
      return words(kTypes, OfferKind::type), true;
    }
    if (cursor_.in(Block::event) && cursor_.is(0, "from")) {
      return words(kWires), true;
    }
    if (cursor_.is(0, "match") && cursor_.in(Block::router)) {
      return keywords({"first", "all"}), true;
    }
    if (cursor_.is(0, "is")) {
      return keywords({"null", "string", "number", "bool", "list", "object"}), true;
    }
    if ((cursor_.is(0, "starts") || cursor_.is(0, "ends")) && cursor_.size() > 1) {
      return keywords({"with"}), true;
    }
    if (cursor_.is(0, "else") && (cursor_.in(Block::body) || cursor_.in(Block::to))) {
      return keywords({"reject", "none", "skip"}), true;
    }
    if (cursor_.is(0, "to")) {
      return keywords({"topic"}), true;
    }
    if (cursor_.is(0, "otherwise") && cursor_.in(Block::router)) {
      return keywords({"drop", "to topic"}), true;
    }
    return false;
  }

  bool is_type_place() const {
    const bool list = cursor_.is(0, "<") && cursor_.is(1, "list");
    const bool typed = cursor_.is(0, ":") && (cursor_.item() == "event" || cursor_.item() == "def" ||
                                              (cursor_.item() == "lookup" && !cursor_.is_text(1)));
    return list || typed;
  }

  bool expectation() {
    const std::size_t expected = cursor_.is(1, "not") ? 2 : 1;
    if (cursor_.is(0, "expect") || (cursor_.is(0, "not") && cursor_.is(1, "expect"))) {
      return keywords({"topic", "route", "tap", "drop", "otherwise", "invalid", "row", "reject", "not"}), true;
    }
    if (cursor_.is(0, "on") && !cursor_.in_braces()) {
      return names(NameKind::router), true;
    }
    if (!cursor_.is(expected, "expect")) {
      return false;
    }
    if (cursor_.is(0, "route") || cursor_.is(0, "tap") || cursor_.is(0, "drop")) {
      const std::string kind(cursor_.back(0));
      return names(NameKind::rule, [&](const Definition& each) { return each.type == kind; }), true;
    }
    if (cursor_.is(0, "row") || cursor_.is(0, "reject")) {
      return names(NameKind::table), true;
    }
    return false;
  }

  bool table_words() {
    const std::size_t list = cursor_.before_parenthesis();
    if (list != SIZE_MAX &&
        (cursor_.is(list, "index") || (cursor_.is(list, "key") && cursor_.is(list + 1, "primary")))) {
      return columns_of_table(), true;
    }
    if ((cursor_.is(0, "of") && cursor_.is(2, "by")) || (cursor_.is(0, "by") && cursor_.is(1, "newest"))) {
      return columns_of_table(), true;
    }
    if (cursor_.is(0, "by") && cursor_.is(1, "partition")) {
      return words(kUnits), true;
    }
    if (cursor_.is(0, "conflict")) {
      return keywords({"keep first", "keep last", "keep newest by", "reject"}), true;
    }
    if (cursor_.is(0, "keep") && cursor_.is(1, "conflict")) {
      return keywords({"first", "last", "newest by"}), true;
    }
    if (cursor_.is(0, "evolve")) {
      return keywords({"additive", "frozen"}), true;
    }
    if (cursor_.is(0, "else")) {
      return keywords({"null", "reject"}), true;
    }
    if ((cursor_.is(0, "on") || cursor_.is(0, "drop") || cursor_.is(0, "primary")) && cursor_.size() > 1) {
      return keywords({cursor_.is(0, "on") ? "conflict" : cursor_.is(0, "drop") ? "column" : "key"}), true;
    }
    return false;
  }

  /// A name on a line of its own: the column's, so that its type follows.
  bool begins_column() const {
    return cursor_.is_name(0) && !cursor_.first_on_line() &&
           (cursor_.is(1, "null") || cursor_.is(1, "reject") || cursor_.is(1, ")") || cursor_.is_name(1) ||
            cursor_.is_text(1)) &&
           !cursor_.is(1, "=") && !wants_value(1);
  }

  bool wants_value() const { return wants_value(0); }
  bool wants_value(std::size_t i) const {
    static const std::set<std::string_view> kBefore = {
        "when", "where", "and",  "or",       "not",       "(",         ",",    "==",  "!=", "<",
        "<=",   ">",     ">=",   "??",       "+",         "-",         "*",    "/",   "in", "exists",
        "=",    "[",     "with", "contains", "satisfies", "timestamp", "omit", "key", "..", "..<"};
    if (cursor_.is(i, "by")) {
      return cursor_.is(i + 1, "partition") && !cursor_.in(Block::table);
    }
    if (cursor_.is(i, "key") || cursor_.is(i, "timestamp") || cursor_.is(i, "omit")) {
      return cursor_.in(Block::body) || cursor_.in(Block::to);
    }
    return kBefore.contains(cursor_.back(i)) && !cursor_.is_text(i);
  }

  bool after_value() const {
    return cursor_.is_name(0) || cursor_.is_text(0) || cursor_.is(0, ")") || cursor_.is(0, "]");
  }
  bool at_start() const { return cursor_.is(0, "{") || cursor_.is(0, "}") || cursor_.first_on_line(); }
  bool continues() const { return wants_value() || cursor_.is(0, "for") || cursor_.is(0, "from"); }

  void expression() {
    values();
    for (const std::string& name : cursor_.variables()) {
      offer(name, OfferKind::variable, as_name(name));
    }
    fields("");
    if (cursor_.is(0, "omit")) {
      return;
    }
    names(NameKind::def);
    names(NameKind::let);
    names(NameKind::lookup);
    for (const FunctionDoc& doc : function_docs()) {
      offer(std::string(doc.name), OfferKind::function, std::string(doc.name), std::string(doc.signature),
            std::string(doc.about));
    }
    keywords({"exists", "not", "some", "every", "true", "false", "meta", "payload"});
    if (cursor_.in(Block::table)) {
      keywords({"unmapped"});
    }
  }

  void clauses() {
    if (cursor_.in(Block::router)) {
      return keywords(
          {"route", "tap", "drop", "group", "include rules", "otherwise", "match", "dead_letter", "when", "to topic"});
    }
    if (cursor_.in(Block::group)) {
      return keywords({"route", "tap", "drop", "group", "when", "to topic"});
    }
    if (cursor_.in(Block::body)) {
      return keywords({"to topic", "key", "header", "partition by", "timestamp", "omit", "at most", "one of"});
    }
    if (cursor_.in(Block::to)) {
      return keywords({"key", "header", "partition by", "timestamp", "omit"});
    }
    if (cursor_.in(Block::table)) {
      return keywords({"primary key", "on conflict", "partition by", "index", "evolve", "dead_letter", "drop column",
                       "keep", "renamed from"});
    }
    if (cursor_.item() == "router" || cursor_.item() == "rules") {
      return keywords({"for"});
    }
    if (cursor_.item() == "table") {
      return keywords({"from topic", "where"});
    }
    if (cursor_.item() == "lookup") {
      return keywords({"from csv", "key"});
    }
  }

  const Cursor& cursor_;
  Offers offers_;
  std::optional<std::string> filter_; // in the place of the prefix
  std::vector<Declared> declared_;
  std::set<std::tuple<NameKind, std::string, std::string>> seen_;
};

} // namespace

Offers complete(Workspace& workspace, const std::string& file, Position position) {
  const std::optional<std::string> text = workspace.loader()(file);
  if (!text) {
    return {};
  }
  const Lines lines(*text);
  const std::uint32_t offset = lines.offset(position);
  const Cursor cursor(*text, offset);
  Offers offers = Completer(cursor, workspace.names(file)).run();
  std::uint32_t begin = cursor.begin();
  if (cursor.writing() == Writing::text) { // in a hole only its last part is replaced
    const std::size_t part = cursor.prefix().find_last_of("{.");
    const std::size_t hole = cursor.prefix().rfind('{');
    const bool in_hole = hole != std::string_view::npos && cursor.prefix().find('}', hole) == std::string_view::npos;
    begin += in_hole ? static_cast<std::uint32_t>(part + 1) : 0;
  }
  offers.replaced = lines.range(begin, offset);
  return offers;
}

} // namespace millrace::dsl::editor
