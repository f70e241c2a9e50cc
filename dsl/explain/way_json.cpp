#include "dsl/explain/way_json.hpp"

#include "dsl/read/json_text.hpp"
#include "dsl/ruleset.hpp"
#include "dsl/testing/row_match.hpp"

namespace millrace::dsl {
namespace {

/// `"name":` with a comma before all but the first.
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  ~Object() { out_ += '}'; }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  std::string& member(std::string_view name) {
    out_ += first_ ? "" : ",";
    first_ = false;
    write_json_text(name, out_);
    out_ += ':';
    return out_;
  }
  void text(std::string_view name, std::string_view value) { write_json_text(value, member(name)); }

 private:
  std::string& out_;
  bool first_ = true;
};

template <typename Items, typename Write>
void write_list(const Items& items, std::string& out, Write write) {
  out += '[';
  bool first = true;
  for (const auto& item : items) {
    out += first ? "" : ",";
    first = false;
    write(item);
  }
  out += ']';
}

void write_sent(const Program& program, const Way& way, const Way::Sent& sent, std::string& out) {
  const Message& message = *sent.message;
  Object object(out);
  object.text("topic", sent.topic);
  if (message.has_key) {
    object.text("key", message.key);
  } else {
    object.member("key") += "null";
  }
  {
    Object headers(object.member("headers"));
    for (const Header& header : message.headers) {
      headers.text(header.name, header.value);
    }
  }
  const std::vector<Index> none;
  const auto& omitted = message.target->omit == kNone ? none : program.field_sets[message.target->omit];
  write_list(omitted, object.member("omit"),
             [&](Index field) { write_json_text(program.shapes[way.router->shape].fields[field].path, out); });
}

void write_row(const Program& program, const Way::Stored& row, std::string& out) {
  const Table& table = program.tables[row.table];
  Object object(out);
  object.text("table", qualified_name(table));
  Object columns(object.member("columns"));
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    write_json_cell(row.cells[i], table.columns[i].type, columns.member(table.columns[i].name));
  }
}

void write_refused(const Program& program, const Way::Refused& refused, std::string& out) {
  Object object(out);
  if (refused.table == kNone) { // none of the topic's tables can read it
    object.text("topic", refused.topic);
  } else {
    object.text("table", qualified_name(program.tables[refused.table]));
  }
  object.text("reject", refused.path);
  object.text("code", refused.code);
}

} // namespace

std::string_view word_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::routed:
      return "routed";
    case Outcome::dropped:
      return "dropped";
    case Outcome::invalid:
      return "invalid";
    case Outcome::rejected:
      return "rejected";
  }
  return "";
}

void write_json_text(std::string_view text, std::string& out) {
  thread_local Arena arena;
  arena.reset();
  out += quote(text, arena);
}

void write_json_cell(const Value& cell, const SqlType& type, std::string& out) {
  if (!cell.present()) {
    out += "null";
  } else if (type.array) {
    SqlType element = type;
    element.array = false;
    write_list(cell.as_list().items, out, [&](const Value& item) { write_json_cell(item, element, out); });
  } else if (type.kind == SqlKind::jsonb) {
    out += cell.as_text();
  } else if (cell.tag() == Tag::boolean || (cell.is_number() && type.kind != SqlKind::date)) {
    out += cell_text(cell, type);
  } else {
    write_json_text(cell.tag() == Tag::text ? std::string(cell.as_text()) : cell_text(cell, type), out);
  }
}

void write_json(const Program& program, const Way& way, std::string& out) {
  Object object(out);
  object.text("outcome", word_of(way.outcome));
  write_list(way.rules, object.member("rules"),
             [&](Index rule) { write_json_text(way.router->rules[rule].name, out); });
  write_list(way.sent, object.member("to"), [&](const Way::Sent& sent) { write_sent(program, way, sent, out); });
  out += ",\"rows\":[";
  bool first = true;
  for (const Way::Stored& row : way.rows) {
    out += first ? "" : ",";
    first = false;
    write_row(program, row, out);
  }
  for (const Way::Refused& refused : way.refused) {
    out += first ? "" : ",";
    first = false;
    write_refused(program, refused, out);
  }
  out += ']';
  if (way.reason.fault == Fault::none) {
    object.member("reason") += "null";
    return;
  }
  Object reason(object.member("reason"));
  reason.text("code", way.reason.code());
  reason.text("path", way.reason.path);
}

} // namespace millrace::dsl
