#include "tests/support/reference/verdict.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace millrace::reference {

std::string joined(const Verdict& verdict) {
  std::string out;
  for (const std::string& line : verdict) {
    out += line + "\n";
  }
  return out;
}

std::string line_of(const MessageLine& message) {
  std::string out = "message " + message.topic + " of " + message.rule + " key <" + message.key + "> partition by <" +
                    message.partition_by + "> at " + std::to_string(message.time);
  if (message.at_most > 0) {
    out += " at most " + std::to_string(message.at_most) + " else " + message.overflow;
  }
  out += message.overflowed ? " overflowed" : "";
  for (const auto& [name, value] : message.headers) {
    out += " header <" + name + "> <" + value + ">";
  }
  if (message.whole) {
    return out + " whole";
  }
  const Parsed parsed = parse_json(message.payload);
  return out + " payload " + (parsed.json ? canonical(*parsed.json) : "that is no JSON: " + message.payload);
}

std::string line_of_reason(dsl::Outcome outcome, std::string_view code, std::string_view path, std::string_view rule,
                           std::string_view dead_letter) {
  switch (outcome) {
    case dsl::Outcome::routed:
      return "routed";
    case dsl::Outcome::dropped:
      return "dropped";
    case dsl::Outcome::invalid:
    case dsl::Outcome::rejected:
      return std::string(outcome == dsl::Outcome::invalid ? "invalid " : "rejected ") + std::string(code) + " path <" +
             std::string(path) + "> rule <" + std::string(rule) + "> to <" + std::string(dead_letter) + ">";
  }
  return "";
}

std::string cell_of(const dsl::Value& value, const dsl::SqlType& type) {
  if (!value.present()) {
    return "NULL";
  }
  if (type.array) {
    dsl::SqlType element = type;
    element.array = false;
    std::string out;
    for (const dsl::Value& item : value.as_list().items) {
      out += (out.empty() ? "" : ",") + cell_of(item, element);
    }
    return "{" + out + "}";
  }
  switch (type.kind) {
    case dsl::SqlKind::numeric: {
      const Value number = value_of(value);
      const bool same_scale = type.precision == 0 || value.as_decimal().scale == type.scale;
      return same_scale ? written(std::get<Exact>(number).number, type.precision == 0 ? 0 : type.scale) : "wrong scale";
    }
    case dsl::SqlKind::real:
    case dsl::SqlKind::double_precision: {
      std::array<char, 64> text{};
      std::snprintf(text.data(), text.size(), "%.17g", value.as_double() + 0.0); // -0 is 0
      return text.data();
    }
    case dsl::SqlKind::jsonb: {
      const Parsed parsed = parse_json(value.as_text());
      return parsed.json ? canonical(*parsed.json) : "no JSON: " + std::string(value.as_text());
    }
    case dsl::SqlKind::text:
    case dsl::SqlKind::varchar:
    case dsl::SqlKind::character:
      return "<" + std::string(value.as_text()) + ">";
    default:
      return text_form(value_of(value)).value_or("without a text form");
  }
}

Verdict verdict_of(const dsl::Program& program, const dsl::Run& run, std::string_view event,
                   const dsl::Decision& decision) {
  const auto topic = [&](dsl::Index index) { return index == dsl::kNone ? "" : program.topics[index].name; };
  const auto rule = [&](dsl::Index index) {
    return index == dsl::kNone ? "otherwise" : program.routers[run.router].rules[index].name;
  };
  Verdict out{line_of_reason(decision.outcome, decision.reason.code(), decision.reason.path, decision.reason.rule,
                             topic(decision.dead_letter))};
  for (const dsl::Index index : decision.rules) {
    out.push_back("rule " + rule(index));
  }
  if (decision.by_otherwise) {
    out.emplace_back("by otherwise");
  }
  for (const dsl::Message& message : decision.messages) {
    MessageLine line;
    line.topic = message.topic;
    line.rule = rule(message.rule);
    line.at_most = message.at_most;
    line.overflow = topic(message.overflow);
    line.overflowed = message.overflowed;
    line.key = message.key;
    line.partition_by = message.partition_by;
    for (const dsl::Header& header : message.headers) {
      line.headers.emplace_back(header.name, header.value);
    }
    line.time = message.time;
    line.payload = message.payload;
    line.whole = message.payload == event;
    out.push_back(line_of(line) + (message.has_key == message.key.empty() ? " and has_key is wrong" : ""));
  }
  for (const dsl::Row& row : decision.rows) {
    const dsl::Table& table = program.tables[row.table];
    std::string line = "row " + table.schema + "." + table.name;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      line += " " + table.columns[i].name + "=" + cell_of(row.cells[i], table.columns[i].type);
    }
    out.push_back(line);
  }
  return out;
}

} // namespace millrace::reference
