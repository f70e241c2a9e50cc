#include "dsl/explain/comparison.hpp"

#include <algorithm>

#include "dsl/testing/row_match.hpp"
#include "dsl/values/compare.hpp"

namespace millrace::dsl {
namespace {

template <typename Found>
Found& counted(Found& found, std::string_view event, std::size_t line) {
  if (found.count++ == 0) {
    found.line = line;
    found.event = event;
  }
  return found;
}

bool same_type(const SqlType& a, const SqlType& b) {
  return a.kind == b.kind && a.length == b.length && a.precision == b.precision && a.scale == b.scale &&
         a.array == b.array;
}

bool same_cell(const Value& a, const Value& b, const SqlType& type) {
  if (a.present() != b.present()) {
    return false;
  }
  if (!a.present()) {
    return true;
  }
  return type.array || type.kind == SqlKind::jsonb ? cell_text(a, type) == cell_text(b, type) : equals(a, b);
}

bool same_headers(std::span<const Header> a, std::span<const Header> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Header& x, const Header& y) { return x.name == y.name && x.value == y.value; });
}

bool same_message(const Way::Sent& a, const Way::Sent& b) {
  return a.topic == b.topic && a.message->key == b.message->key && a.message->time == b.message->time &&
         a.message->partition_by == b.message->partition_by && a.message->payload == b.message->payload &&
         same_headers(a.message->headers, b.message->headers);
}

/// "crash.fatal", "dropped", "invalid R0204 at `id`". Topics of a family by the name that is declared.
std::string where_to(const Program& program, const Way& way) {
  switch (way.outcome) {
    case Outcome::dropped:
      return "dropped";
    case Outcome::invalid:
    case Outcome::rejected:
      return std::string(way.outcome == Outcome::invalid ? "invalid " : "rejected ") + std::string(way.reason.code()) +
             (way.reason.path.empty() ? "" : " at `" + std::string(way.reason.path) + "`");
    case Outcome::routed:
      break;
  }
  std::vector<std::string_view> topics;
  for (const Way::Sent& sent : way.sent) {
    topics.push_back(
        program.topics[sent.topic == sent.message->topic ? sent.message->declared : sent.message->overflow].name);
  }
  std::sort(topics.begin(), topics.end());
  topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
  std::string text;
  for (const std::string_view topic : topics) {
    text += (text.empty() ? "" : ", ") + std::string(topic);
  }
  return text;
}

std::string decided_by(const Way& way) {
  if (way.router == nullptr) {
    return "";
  }
  std::string text;
  for (const Index number : way.rules) {
    const Rule& rule = way.router->rules[number];
    text += (text.empty() ? "" : ", ") + std::string(word_of(rule.kind)) + " " + rule.name;
  }
  return text + (way.by_otherwise ? (text.empty() ? "otherwise" : ", otherwise") : "");
}

/// Of messages that go to the same topics: what differs.
std::string parts_that_differ(const Way& before, const Way& after) {
  bool key = false;
  bool headers = false;
  bool payload = false;
  bool time = false;
  bool partition = false;
  const std::size_t count = std::min(before.sent.size(), after.sent.size());
  for (std::size_t i = 0; i < count; ++i) {
    const Message& a = *before.sent[i].message;
    const Message& b = *after.sent[i].message;
    key = key || a.key != b.key;
    headers = headers || !same_headers(a.headers, b.headers);
    payload = payload || a.payload != b.payload;
    time = time || a.time != b.time;
    partition = partition || a.partition_by != b.partition_by;
  }
  std::string text;
  const auto add = [&](bool differs, const char* what) {
    text += differs ? (text.empty() ? "" : ", ") + std::string(what) : "";
  };
  add(key, "another key");
  add(partition, "another partition");
  add(headers, "other headers");
  add(time, "another time");
  add(payload, "another payload");
  add(before.sent.size() != after.sent.size(), "another number of messages");
  return text.empty() ? "another name of the topic" : text;
}

} // namespace

Comparison::Comparison(const Ruleset& before, Index router_before, const Ruleset& after, Index router_after)
    : before_{before, router_before, WayFinder(before.program, router_before)},
      after_{after, router_after, WayFinder(after.program, router_after)} {
  for (const Table& table : before.program.tables) {
    const auto& tables = after.program.tables;
    const auto found = std::find_if(tables.begin(), tables.end(), [&](const Table& other) {
      const auto same = [](const Column& a, const Column& b) { return a.name == b.name && same_type(a.type, b.type); };
      return qualified_name(other) == qualified_name(table) &&
             std::equal(table.columns.begin(), table.columns.end(), other.columns.begin(), other.columns.end(), same);
    });
    same_table_.push_back(found == tables.end() ? kNone : static_cast<Index>(found - tables.begin()));
  }
}

const Way& Comparison::way_of(Side& side, std::string_view event, const Meta& meta) const {
  side.finder.reset();
  return side.router == kNone ? side.finder.find_from(event, meta) : side.finder.find(event, meta);
}

void Comparison::add(std::string_view event, const Meta& meta, std::size_t line) {
  ++events_;
  const Way& before = way_of(before_, event, meta);
  const Way& after = way_of(after_, event, meta);
  const auto no_event = [](const Way& way) {
    return way.outcome == Outcome::invalid && way.reason.fault < Fault::missing;
  };
  if (no_event(before) && no_event(after)) {
    ++broken_;
    return;
  }
  const bool same_way = same_messages(before, after);
  const bool same_rows = this->same_rows(before, after);
  if (!same_way) {
    compare_ways(before, after, event, line);
  }
  if (!same_rows) {
    compare_rows(before, after, event, line);
  }
  changed_ += same_way && same_rows ? 0 : 1;
}

bool Comparison::same_messages(const Way& before, const Way& after) const {
  return before.outcome == after.outcome && before.reason.fault == after.reason.fault &&
         before.reason.path == after.reason.path &&
         std::equal(before.sent.begin(), before.sent.end(), after.sent.begin(), after.sent.end(), same_message);
}

void Comparison::compare_ways(const Way& before, const Way& after, std::string_view event, std::size_t line) {
  WayKey key{where_to(before_.ruleset.program, before), where_to(after_.ruleset.program, after), decided_by(after)};
  if (key.before == key.after) {
    if (before.outcome != Outcome::routed) {
      return; // the same refusal of the same thing
    }
    key.after += ", " + parts_that_differ(before, after);
  }
  counted(ways_[key], event, line);
}

bool Comparison::same_rows(const Way& before, const Way& after) const {
  const auto same_row = [this](const Way::Stored& a, const Way::Stored& b) {
    if (same_table_[a.table] != b.table) {
      return false;
    }
    const Table& table = before_.ruleset.program.tables[a.table];
    for (std::size_t i = 0; i < a.cells.size(); ++i) {
      if (!same_cell(a.cells[i], b.cells[i], table.columns[i].type)) {
        return false;
      }
    }
    return true;
  };
  const auto same_refusal = [this](const Way::Refused& a, const Way::Refused& b) {
    return (a.table == kNone ? kNone : same_table_[a.table]) == b.table && a.path == b.path && a.code == b.code;
  };
  return std::equal(before.rows.begin(), before.rows.end(), after.rows.begin(), after.rows.end(), same_row) &&
         std::equal(before.refused.begin(), before.refused.end(), after.refused.begin(), after.refused.end(),
                    same_refusal);
}

void Comparison::compare_rows(const Way& before, const Way& after, std::string_view event, std::size_t line) {
  const auto made = [](const Program& program, const Way& way) { // by table
    std::map<std::string, std::pair<std::string, const Way::Stored*>> out;
    for (const Way::Stored& row : way.rows) {
      out[qualified_name(program.tables[row.table])] = {"a row", &row};
    }
    for (const Way::Refused& refused : way.refused) {
      const bool by_table = refused.table != kNone;
      out[by_table ? qualified_name(program.tables[refused.table]) : "topic " + refused.topic] = {
          "refused at `" + refused.path + "`", nullptr};
    }
    return out;
  };
  auto rows_before = made(before_.ruleset.program, before);
  auto rows_after = made(after_.ruleset.program, after);
  for (const auto& entry : rows_after) {
    rows_before.try_emplace(entry.first, "no row", nullptr);
  }
  for (const auto& [table, was] : rows_before) {
    const auto& is = rows_after.try_emplace(table, "no row", nullptr).first->second;
    if (was.first != is.first) {
      counted(rows_[{table, was.first, is.first}], event, line);
    } else if (was.second != nullptr && is.second != nullptr) {
      compare_columns(*was.second, *is.second, event, line);
    }
  }
}

void Comparison::compare_columns(const Way::Stored& before, const Way::Stored& after, std::string_view event,
                                 std::size_t line) {
  const Table& was = before_.ruleset.program.tables[before.table];
  const Table& is = after_.ruleset.program.tables[after.table];
  const auto note = [&](const std::string& column, std::string old_text, std::string new_text) {
    ColumnExample& example = counted(columns_[{qualified_name(is), column}], event, line);
    if (example.count == 1) {
      example.before = std::move(old_text);
      example.after = std::move(new_text);
    }
  };
  const auto named = [](const Table& table, const std::string& name) {
    const auto found = std::find_if(table.columns.begin(), table.columns.end(),
                                    [&](const Column& column) { return column.name == name; });
    return static_cast<std::size_t>(found - table.columns.begin());
  };
  for (std::size_t i = 0; i < was.columns.size(); ++i) {
    const Column& column = was.columns[i];
    const std::size_t now = named(is, column.name);
    const std::string text = cell_text(before.cells[i], column.type);
    if (now == is.columns.size()) {
      note(column.name, text, "no column");
    } else if (!same_type(column.type, is.columns[now].type)
                   ? text != cell_text(after.cells[now], is.columns[now].type)
                   : !same_cell(before.cells[i], after.cells[now], column.type)) {
      note(column.name, text, cell_text(after.cells[now], is.columns[now].type));
    }
  }
  for (std::size_t i = 0; i < is.columns.size(); ++i) {
    if (named(was, is.columns[i].name) == was.columns.size()) {
      note(is.columns[i].name, "no column", cell_text(after.cells[i], is.columns[i].type));
    }
  }
}

} // namespace millrace::dsl
