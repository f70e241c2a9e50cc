// Walking the tree and laying it out. The next kind of item is one more `item`.
#include "dsl/format/format.hpp"

#include "dsl/format/layout.hpp"
#include "dsl/format/words.hpp"
#include "dsl/syntax/parser.hpp"

namespace millrace::dsl {
namespace {

constexpr std::size_t kWidth = 110;

class Formatter {
 public:
  Formatter(const SourceMap& sources, const ast::File& file)
      : file_(file), words_(sources, file), layout_(sources.text(file.id), file.comments) {}

  std::string run() {
    if (file_.edition) {
      layout_.begin(edition_begin());
      layout_.line("edition " + words_.text(file_.edition->span));
      layout_.trailing(file_.edition->span.end);
    }
    topics_ = layout_.new_table();
    bool was_long = false;
    for (const ast::Item& item : file_.items) {
      if (was_long) {
        layout_.blank();
      }
      const std::size_t before = layout_.line_count();
      layout_.begin(item.span.begin);
      const std::size_t first = layout_.line_count();
      std::visit([&](const auto& node) { this->item(node, item.span); }, item.node);
      layout_.trailing(item.span.end);
      was_long = layout_.line_count() > first + 1;
      if (was_long) {
        layout_.part(before);
      }
    }
    return layout_.finish();
  }

 private:
  /// Only the number has a place of its own.
  std::uint32_t edition_begin() const {
    return file_.edition->span.begin - static_cast<std::uint32_t>(std::string_view("edition ").size());
  }

  bool fits(const std::string& text) const {
    return text_width(text) + static_cast<std::size_t>(layout_.indent()) <= kWidth;
  }

  void item(const ast::Import& import, Span) { layout_.line("import " + words_.text(import.file.span)); }

  void item(const ast::Let& let, Span span) {
    hoist(span);
    layout_.line("let " + words_.name(let.name) + " = " + words_.expr(let.value));
  }

  void item(const ast::Def& def, Span span) {
    hoist(span);
    layout_.line(words_.def_head(def) + " = " + words_.expr(def.body));
  }

  void item(const ast::Lookup& lookup, Span span) {
    std::string head = "lookup " + words_.name(lookup.name);
    std::vector<std::string> parts;
    if (lookup.csv) {
      for (const ast::LookupColumn& column : lookup.columns) {
        parts.push_back(words_.column_of(column));
      }
      head += " from csv " + words_.text(lookup.csv->span) + " key " + words_.column_of(lookup.key);
      hoist(span);
      return layout_.line(head + " " + in_braces(parts));
    }
    std::string entries;
    for (const ast::LookupEntry& entry : lookup.entries) {
      entries += (entries.empty() ? "" : ", ") + words_.entry(entry);
    }
    const std::string one_line = head + " = {" + (entries.empty() ? " " : " " + entries + " ") + "}";
    if (lookup.entries.empty() ||
        (fits(one_line) && !is_broken(span, lookup.name.span.end, file_[lookup.entries.front().key].span.begin))) {
      hoist(span);
      return layout_.line(one_line);
    }
    layout_.open(head + " = {");
    layout_.trailing(brace_after(lookup.name.span.end));
    const int table = layout_.new_table();
    for (const ast::LookupEntry& entry : lookup.entries) {
      layout_.begin(file_[entry.key].span.begin);
      layout_.row({words_.expr(entry.key) + ":", words_.expr(entry.value) + ","}, table);
      layout_.trailing(file_[entry.value].span.end);
    }
    layout_.rest(span.end);
    layout_.close("}");
  }

  /// Comments inside something that becomes one line go above it.
  void hoist(Span span) { layout_.rest(span.end); }

  // ---- event, topic

  void item(const ast::Event& event, Span span) {
    const std::string head = "event " + words_.name(event.name) + (event.open ? " open" : "");
    std::vector<std::string> parts;
    for (const ast::Field& field : event.fields) {
      parts.push_back(words_.field_name(field) + " " + words_.field_type(field));
    }
    const std::string one_line = head + " " + in_braces(parts);
    if (fits(one_line) && !is_broken(span, event.name.span.end, first_of(event.fields, span))) {
      hoist(span);
      return layout_.line(one_line);
    }
    layout_.open(head + " {");
    layout_.trailing(brace_after(event.name.span.end));
    fields(event.fields);
    layout_.rest(span.end);
    layout_.close("}");
  }

  static std::uint32_t first_of(const std::vector<ast::Field>& fields, Span span) {
    return fields.empty() ? span.end : fields.front().span.begin;
  }

  /// The author began a new line behind the brace, or there are comments to place.
  bool is_broken(Span span, std::uint32_t head_end, std::uint32_t first) const {
    return layout_.breaks_line(head_end, first) || layout_.has_comment(span.begin, span.end);
  }

  void fields(const std::vector<ast::Field>& fields) {
    const int table = layout_.new_table();
    for (const ast::Field& field : fields) {
      layout_.begin(field.span.begin);
      const std::string name = words_.field_name(field);
      const std::string type = words_.field_type(field);
      const bool nested = !field.type.has_value();
      if (nested && (!fits(name + " " + type) ||
                     is_broken(field.span, field.name.span.end, first_of(field.fields, field.span)))) {
        layout_.open(name + " {");
        layout_.trailing(brace_after(field.name.span.end));
        this->fields(field.fields);
        layout_.rest(field.span.end);
        layout_.close("}" + words_.required_when(field));
      } else {
        layout_.row({name, type}, table);
      }
      layout_.trailing(field.span.end);
    }
  }

  void item(const ast::Topic& topic, Span span) {
    const std::string head = "topic " + words_.text(topic.name.span);
    std::vector<std::string> parts;
    for (const ast::TopicClause& clause : topic.clauses) {
      parts.push_back(words_.topic_clause(clause));
    }
    const bool broken =
        layout_.has_comment(span.begin, span.end) ||
        (!topic.clauses.empty() && layout_.breaks_line(topic.name.span.end, topic.clauses.front().span.begin));
    if (!broken) {
      return layout_.row({head, in_braces(parts)}, topics_);
    }
    layout_.open(head + " {");
    layout_.trailing(brace_after(topic.name.span.end));
    for (std::size_t i = 0; i < parts.size(); ++i) {
      layout_.begin(topic.clauses[i].span.begin);
      layout_.line(parts[i]);
      layout_.trailing(topic.clauses[i].span.end);
    }
    layout_.rest(span.end);
    layout_.close("}");
  }

  // ---- router

  void item(const ast::Router& router, Span span) {
    layout_.open("router " + words_.name(router.name) + " for " + words_.name(router.event) + " {");
    layout_.trailing(brace_after(router.event.span.end));
    layout_.line(router.match_all ? "match all" : "match first");
    if (router.dead_letter) {
      layout_.rest(router.dead_letter->span.begin);
      layout_.line("dead_letter " + words_.text(router.dead_letter->span));
      layout_.trailing(router.dead_letter->span.end);
    }
    rules(router.rules);
    if (router.otherwise) {
      const ast::RouterOtherwise& otherwise = *router.otherwise;
      layout_.begin(otherwise.span.begin);
      if (otherwise.drop) {
        hoist(otherwise.span);
        layout_.line("otherwise drop");
      } else {
        body("otherwise", otherwise.body);
      }
      layout_.trailing(otherwise.span.end);
    }
    layout_.rest(span.end);
    layout_.close("}");
  }

  void rules(const std::vector<ast::Rule>& rules) {
    for (const ast::Rule& rule : rules) {
      layout_.begin(rule.span.begin);
      this->rule(rule);
      layout_.trailing(rule.span.end);
    }
  }

  void item(const ast::Fragment& fragment, Span span) {
    layout_.open("rules " + words_.name(fragment.name) + " for " + words_.name(fragment.event) + " {");
    layout_.trailing(brace_after(fragment.event.span.end));
    rules(fragment.rules);
    layout_.rest(span.end);
    layout_.close("}");
  }

  void rule(const ast::Rule& rule) {
    if (rule.kind == ast::RuleKind::include) {
      return layout_.line("include rules " + words_.name(rule.name));
    }
    const std::string head =
        words_.text(rule.keyword) + " " + words_.name(rule.name) + " when " + words_.expr(rule.when);
    layout_.rest(file_[rule.when].span.end);
    switch (rule.kind) {
      case ast::RuleKind::drop:
        return layout_.line(head);
      case ast::RuleKind::route:
      case ast::RuleKind::tap:
        return body(head, rule.body);
      case ast::RuleKind::group:
      case ast::RuleKind::include:
        break;
    }
    layout_.open(head + " {");
    const std::uint32_t brace = brace_after(file_[rule.when].span.end);
    layout_.trailing(brace);
    rules(rule.rules);
    layout_.rest(rule.span.end);
    layout_.close("}");
  }

  /// Behind the `{` that follows `offset`.
  std::uint32_t brace_after(std::uint32_t offset) const {
    const std::string_view source = words_.source();
    const std::size_t brace = source.find('{', offset);
    return static_cast<std::uint32_t>(brace == std::string_view::npos ? offset : brace + 1);
  }

  void body(const std::string& head, const ast::Body& body) {
    if (!body.braces) {
      return single(head, std::get<ast::To>(body.parts.front()));
    }
    layout_.open(head + " {");
    layout_.trailing(body.span.begin + 1);
    for (const auto& part : body.parts) {
      const Span span = std::visit([](const auto& which) { return which.span; }, part);
      layout_.begin(span.begin);
      if (const auto* to = std::get_if<ast::To>(&part)) {
        this->to("", *to);
      } else {
        hoist(span);
        layout_.line(words_.clause(std::get<ast::Clause>(part)));
      }
      layout_.trailing(span.end);
    }
    layout_.rest(body.span.end);
    layout_.close("}");
  }

  std::string one_line(const ast::To& to) const {
    std::vector<std::string> clauses;
    for (const ast::Clause& clause : to.clauses) {
      clauses.push_back(words_.clause(clause));
    }
    return words_.to(to) + (to.braces ? " " + (clauses.empty() ? "{ }" : in_braces(clauses)) : "");
  }

  /// A destination without braces around it: behind its rule if there is room, else below it.
  void single(const std::string& head, const ast::To& to) {
    if (fits(head + " " + one_line(to)) || is_open(to)) {
      return this->to(head + " ", to);
    }
    layout_.line(head);
    layout_.indent_more();
    this->to("", to);
    layout_.indent_less();
  }

  bool is_open(const ast::To& to) const {
    return !to.clauses.empty() && is_broken(to.span, to.topic.span.end, to.clauses.front().span.begin);
  }

  void to(const std::string& before, const ast::To& to) {
    if (!is_open(to)) {
      hoist(to.span);
      return layout_.line(before + one_line(to));
    }
    layout_.open(before + words_.to(to) + " {");
    layout_.trailing(brace_after(to.topic.span.end));
    for (const ast::Clause& clause : to.clauses) {
      layout_.begin(clause.span.begin);
      hoist(clause.span);
      layout_.line(words_.clause(clause));
      layout_.trailing(clause.span.end);
    }
    layout_.rest(to.span.end);
    layout_.close("}");
  }

  // ---- table

  void item(const ast::Table& table, Span span) {
    std::string head = "table " + words_.qualified(table.name) + " from topic " + words_.text(table.topic.span);
    std::uint32_t head_end = table.topic.span.end;
    if (table.where) {
      head += " where " + words_.expr(*table.where);
      head_end = file_[*table.where].span.end;
    }
    layout_.rest(head_end);
    layout_.open(head + " {");
    layout_.trailing(brace_after(head_end));
    const int columns = layout_.new_table();
    for (const ast::TablePart& part : table.parts) {
      const Span place = std::visit([](const auto& which) { return which.span; }, part);
      layout_.begin(place.begin);
      hoist(place);
      this->part(part, columns);
      layout_.trailing(place.end);
    }
    layout_.rest(span.end);
    layout_.close("}");
  }

  void part(const ast::TablePart& part, int columns) {
    if (const auto* column = std::get_if<ast::Column>(&part)) {
      std::vector<std::string> cells = {words_.name(column->name), words_.sql_type(column->type),
                                        "= " + words_.expr(column->value)};
      if (const std::string end = words_.column_end(*column); !end.empty()) {
        cells.push_back(end);
      }
      return layout_.row(std::move(cells), columns);
    }
    if (const auto* key = std::get_if<ast::PrimaryKey>(&part)) {
      return layout_.line("primary key " + words_.names(key->columns));
    }
    if (const auto* index = std::get_if<ast::TableIndex>(&part)) {
      return layout_.line("index " + words_.names(index->columns));
    }
    if (const auto* partition = std::get_if<ast::Partition>(&part)) {
      const std::string keep =
          partition->keep ? " keep " + words_.text(partition->keep->span) + " " + words_.name(partition->keep_unit)
                          : "";
      return layout_.line("partition by " + words_.name(partition->unit) + " of " + words_.name(partition->column) +
                          keep);
    }
    if (const auto* evolve = std::get_if<ast::Evolve>(&part)) {
      return layout_.line(evolve->frozen ? "evolve frozen" : "evolve additive");
    }
    if (const auto* drop = std::get_if<ast::DropColumn>(&part)) {
      return layout_.line("drop column " + words_.name(drop->column));
    }
    if (const auto* letter = std::get_if<ast::TableDeadLetter>(&part)) {
      return layout_.line("dead_letter " + words_.text(letter->topic.span));
    }
    const auto& conflict = std::get<ast::OnConflict>(part);
    switch (conflict.policy) {
      case ast::OnConflict::Policy::keep_first:
        return layout_.line("on conflict keep first");
      case ast::OnConflict::Policy::keep_last:
        return layout_.line("on conflict keep last");
      case ast::OnConflict::Policy::keep_newest:
        return layout_.line("on conflict keep newest by " + words_.name(conflict.newest_by));
      case ast::OnConflict::Policy::reject:
        return layout_.line("on conflict reject");
    }
  }

  // ---- test

  void item(const ast::Test& test, Span span) {
    layout_.open("test " + words_.text(test.name.span) + (test.router ? " on " + words_.name(*test.router) : "") +
                 " {");
    layout_.trailing(brace_after(test.name.span.end));
    for (const ast::Given& given : test.givens) {
      layout_.begin(given.span.begin);
      this->given(given);
      for (const ast::Expectation& expectation : given.expectations) {
        layout_.begin(expectation.span.begin);
        if (expectation.row) {
          layout_.skip(expectation.row->span.begin, expectation.row->span.end);
        }
        layout_.line(words_.expectation(expectation));
        layout_.trailing(expectation.span.end);
      }
    }
    layout_.rest(span.end);
    layout_.close("}");
  }

  /// JSON stays as it is written, its line breaks included.
  void given(const ast::Given& given) {
    std::string line =
        "given " + (given.file ? "file " + words_.text(given.file->span) : std::string(given.event.text));
    std::uint32_t end = given.file ? given.file->span.end : given.event.span.end;
    if (!given.file) {
      layout_.skip(given.event.span.begin, given.event.span.end);
    }
    if (given.topic) {
      line += " topic " + words_.text(given.topic->span);
      end = given.topic->span.end;
    }
    layout_.line(line);
    layout_.trailing(end);
  }

  const ast::File& file_;
  Words words_;
  Layout layout_;
  int topics_ = 0;
};

} // namespace

std::string format(const SourceMap& sources, const ast::File& file) {
  std::string text = Formatter(sources, file).run();
  for (std::size_t at = text.find("\r\n"); at != std::string::npos; at = text.find("\r\n", at)) {
    text.erase(at, 1); // of JSON, which stays as it is written but for how its lines end
  }
  return text;
}

std::optional<std::string> format_text(SourceMap& sources, std::string name, std::string text,
                                       Diagnostics& diagnostics) {
  const FileId id = sources.add(std::move(name), std::move(text));
  const ast::File file = parse_file(sources, id, diagnostics);
  return diagnostics.has_errors() ? std::nullopt : std::optional(format(sources, file));
}

} // namespace millrace::dsl
