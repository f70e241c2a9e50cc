#include "dsl/explain/explain.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "dsl/evaluate/expression.hpp"
#include "dsl/explain/node_text.hpp"
#include "dsl/explain/why.hpp"
#include "dsl/testing/row_match.hpp"
#include "dsl/values/timestamp.hpp"

namespace millrace::dsl {
namespace {

constexpr std::size_t kMostOfWhy = 76;   // columns that a reason may push the place to the right by
constexpr std::size_t kMostOfACell = 48; // bytes
constexpr std::string_view kIndent = "       ";

/// In characters, as far as one takes one column.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padded(std::string text, std::size_t width) {
  const std::size_t now = width_of(text);
  return now < width ? text + std::string(width - now, ' ') : text;
}

std::string without_end(std::string line) { return line.substr(0, line.find_last_not_of(' ') + 1) + "\n"; }

std::string count_of(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

struct Line {
  bool yes = false;
  std::string what; // "route fatal", "3 rules of billing"
  std::string why;
  std::string place;
};

std::string written(const std::vector<Line>& lines) {
  std::size_t what = 0;
  std::size_t why = 0;
  for (const Line& line : lines) {
    what = std::max(what, width_of(line.what));
    why = std::max(why, std::min(width_of(line.why), kMostOfWhy));
  }
  std::string text;
  for (const Line& line : lines) {
    text += without_end((line.yes ? "  YES  " : "  no   ") + padded(line.what, what + 2) + padded(line.why, why) +
                        "  " + line.place);
  }
  return text;
}

/// Every rule that was asked, in order, up to the one that ended it. Groups that do not apply are one line.
class Asked {
 public:
  Asked(const Program& program, const Way& way, const Evaluator& evaluator, const Scene& scene)
      : router_(*way.router),
        why_(program, router_.shape, evaluator.expressions(), scene),
        evaluator_(evaluator),
        scene_(scene) {}

  std::string text() {
    std::vector<Line> lines;
    const std::size_t end = walk(lines);
    std::string text = written(lines);
    std::size_t left = 0;
    for (std::size_t i = end; i < router_.rules.size(); ++i) {
      left += router_.rules[i].kind == RuleKind::group ? 0 : 1;
    }
    return text + (left == 0
                       ? ""
                       : "  " + count_of(left, "rule") + " below " + (left == 1 ? "was" : "were") + " not reached\n");
  }

 private:
  /// The number of the first rule that was not asked.
  std::size_t walk(std::vector<Line>& lines) {
    std::size_t next = 0;
    while (next < router_.rules.size()) {
      const Rule& rule = router_.rules[next];
      const bool holds = evaluator_.expressions().test(rule.condition, scene_);
      if (rule.kind == RuleKind::group) {
        if (!holds) {
          lines.push_back(
              {false, count_of(rules_in(next), "rule") + " of " + rule.name, why_.of(rule.condition), rule.place});
        }
        next = holds ? next + 1 : rule.end;
        continue;
      }
      lines.push_back({holds, std::string(word_of(rule.kind)) + " " + rule.name, why_.of(rule.condition), rule.place});
      ++next;
      if (holds && (rule.kind == RuleKind::drop || (rule.kind == RuleKind::route && !router_.match_all))) {
        break;
      }
    }
    return next;
  }

  std::size_t rules_in(std::size_t group) const {
    std::size_t count = 0;
    for (std::size_t i = group + 1; i < router_.rules[group].end; ++i) {
      count += router_.rules[i].kind == RuleKind::group ? 0 : 1;
    }
    return count;
  }

  const Router& router_;
  const Why why_;
  const Evaluator& evaluator_;
  const Scene& scene_;
};

std::string moment(std::int64_t micros) {
  std::array<char, kTimestampSize> text{};
  return {text.data(), write_timestamp(text.data(), micros)};
}

std::string sent_text(const Program& program, const Way& way, const Way::Sent& sent) {
  const Message& message = *sent.message;
  const Topic& topic = program.topics[sent.topic == message.topic ? message.declared : message.overflow];
  std::string text = std::string(kIndent) + "→ topic " + std::string(sent.topic);
  if (message.has_key) {
    text += "   key " + value_text(Value::of_text(message.key));
  } else {
    text += "   no key";
  }
  const std::string_view chooses = message.partition_by.empty() ? message.key : message.partition_by;
  if (topic.partitions > 0) {
    const auto partition = partition_of(chooses, topic.partitioner, static_cast<std::uint32_t>(topic.partitions));
    text += "   partition " + (partition ? std::to_string(*partition) : std::string("by chance")) + " of " +
            std::to_string(topic.partitions);
    text += message.partition_by.empty() ? "" : " (by " + value_text(Value::of_text(message.partition_by)) + ")";
  }
  text += "   time " + moment(message.time) + "\n";
  for (const Header& header : message.headers) {
    text += std::string(kIndent) + "    header " + std::string(header.name) + " = " +
            value_text(Value::of_text(header.value)) + "\n";
  }
  if (message.target->omit != kNone) {
    std::string names;
    for (const Index field : program.field_sets[message.target->omit]) {
      names += (names.empty() ? "" : ", ") + program.shapes[way.router->shape].fields[field].path;
    }
    text += std::string(kIndent) + "    without " + names + ", " + count_of(message.payload.size(), "byte") + "\n";
  }
  if (message.overflowed || sent.topic != message.topic) {
    text +=
        std::string(kIndent) + "    the overflow topic: " +
        (message.overflowed ? "the name was none of a topic" : "`" + std::string(message.topic) + "` is one too many") +
        "\n";
  }
  return text;
}

std::string row_text(const Program& program, const Way::Stored& row) {
  const Table& table = program.tables[row.table];
  const NodeText nodes(program, table.shape);
  struct Cell {
    std::string name, type, value, from;
  };
  std::vector<Cell> cells;
  std::size_t widths[3] = {};
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    Cell cell{column.name, sql_text(column.type), shortened(cell_text(row.cells[i], column.type), kMostOfACell),
              nodes.of(column.value)};
    if (!row.notes[i].empty()) {
      cell.from = "else: " + row.notes[i];
    }
    widths[0] = std::max(widths[0], width_of(cell.name));
    widths[1] = std::max(widths[1], width_of(cell.type));
    widths[2] = std::max(widths[2], width_of(cell.value));
    cells.push_back(std::move(cell));
  }
  std::string text = std::string(kIndent) + "→ row of " + qualified_name(table) + "\n";
  for (const Cell& cell : cells) {
    text += without_end(std::string(kIndent) + "    " + padded(cell.name, widths[0] + 2) +
                        padded(cell.type, widths[1] + 2) + padded(cell.value, widths[2] + 2) + "← " + cell.from);
  }
  return text;
}

} // namespace

Explainer::Explainer(const Ruleset& ruleset, Index router)
    : ruleset_(ruleset), router_(router), ways_(ruleset.program, router, WayFinder::Notes::wanted) {}

std::string Explainer::explain(std::string_view event, const Meta& meta) {
  const Program& program = ruleset_.program;
  ways_.reset();
  const bool routed = router_ != kNone;
  const Way& way = routed ? ways_.find(event, meta) : ways_.find_from(event, meta);
  std::string text;
  if (routed) {
    if (const auto scene = ways_.routing().scene(way.router->shape, meta)) {
      text += Asked(program, way, ways_.routing(), *scene).text();
    }
    if (way.by_otherwise && way.outcome != Outcome::invalid && way.outcome != Outcome::rejected) {
      text += way.router->otherwise.empty() ? "  YES  otherwise drop\n" : "  YES  otherwise\n";
    }
  }
  for (const Way::Sent& sent : way.sent) {
    text += sent_text(program, way, sent);
  }
  for (const Way::Stored& row : way.rows) {
    text += row_text(program, row);
  }
  for (const Way::Refused& refused : way.refused) {
    text += std::string(kIndent) + "✗ " +
            (refused.table == kNone ? "topic " + refused.topic
                                    : "row of " + qualified_name(program.tables[refused.table])) +
            ": " + refused.code + " " + refused.text + "\n";
  }
  if (way.outcome == Outcome::invalid || way.outcome == Outcome::rejected) {
    const std::string where = way.dead_letter == kNone ? "" : " → dead letters " + program.topics[way.dead_letter].name;
    if (routed || way.refused.empty()) {
      text += "  " + std::string(way.outcome == Outcome::invalid ? "invalid" : "rejected") + ": " +
              std::string(way.reason.code()) + " " + std::string(way.reason.text) + where + "\n";
    }
  } else if (way.outcome == Outcome::dropped) {
    text += routed ? "  dropped\n" : "  no row: " + std::string("no table of the topic takes it\n");
  }
  return text;
}

} // namespace millrace::dsl
