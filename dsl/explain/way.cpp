#include "dsl/explain/way.hpp"

#include <algorithm>

#include "dsl/evaluate/expression.hpp"
#include "dsl/explain/why.hpp"
#include "dsl/ruleset.hpp"
#include "dsl/values/compare.hpp"

namespace millrace::dsl {

WayFinder::WayFinder(const Program& program, Index router, Notes notes)
    : program_(program), router_(router), notes_(notes), loading_(program, {.load = true, .any_age = true}) {
  if (router != kNone) {
    routing_.emplace(program, Run{.router = router});
  }
}

void WayFinder::reset() {
  if (routing_) {
    routing_->reset();
  }
  loading_.reset();
}

const Way& WayFinder::find(std::string_view event, const Meta& meta) {
  const Decision& decision = routing_->evaluate(event, meta);
  way_.router = &program_.routers[router_];
  way_.outcome = decision.outcome;
  way_.rules.assign(decision.rules.begin(), decision.rules.end());
  way_.by_otherwise = decision.by_otherwise;
  way_.sent.clear();
  way_.rows.clear();
  way_.refused.clear();
  way_.reason = decision.reason;
  way_.dead_letter = decision.dead_letter;
  for (const Message& message : decision.messages) {
    const std::string_view topic = granted(message);
    way_.sent.push_back({&message, topic});
    load(message.payload, {topic, meta.received_at, message.headers});
  }
  return way_;
}

const Way& WayFinder::find_from(std::string_view event, const Meta& meta) {
  way_ = {};
  load(event, meta);
  if (!way_.refused.empty()) {
    const Decision& decision = loading_.evaluate(event, meta); // the reason as a whole, which points into it
    way_.outcome = decision.outcome;
    way_.reason = decision.reason;
    way_.dead_letter = decision.dead_letter;
  } else {
    way_.outcome = way_.rows.empty() ? Outcome::dropped : Outcome::routed;
  }
  return way_;
}

/// `at most N topics`: those of the events before stay.
std::string_view WayFinder::granted(const Message& message) {
  if (message.at_most == 0) {
    return message.topic;
  }
  std::set<std::string, std::less<>>& names = families_[message.declared];
  if (const auto known = names.find(message.topic); known != names.end()) {
    return *known;
  }
  return names.size() < static_cast<std::size_t>(message.at_most)
             ? std::string_view(*names.emplace(message.topic).first)
             : program_.topics[message.overflow].name;
}

void WayFinder::load(std::string_view event, const Meta& meta) {
  if (program_.tables.empty()) {
    return;
  }
  const Decision& decision = loading_.evaluate(event, meta);
  for (const Row& row : decision.rows) {
    way_.rows.push_back({row.table,
                         {row.cells.begin(), row.cells.end()},
                         notes_ == Notes::wanted ? notes(row, meta) : std::vector<std::string>()});
  }
  if (decision.outcome == Outcome::rejected || decision.outcome == Outcome::invalid) {
    const Reason& reason = decision.reason;
    way_.refused.push_back({decision.outcome == Outcome::rejected ? table_of(reason.rule) : kNone,
                            std::string(meta.topic), std::string(reason.code()), std::string(reason.path),
                            std::string(reason.text)});
  }
}

std::vector<std::string> WayFinder::notes(const Row& row, const Meta& meta) const {
  const Table& table = program_.tables[row.table];
  const auto scene = loading_.scene(table.shape, meta);
  std::vector<std::string> notes(table.columns.size());
  for (std::size_t i = 0; scene && i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    if (program_.nodes[column.value].op == Op::constant) {
      continue;
    }
    const Why why(program_, table.shape, loading_.expressions(), *scene);
    if (!loading_.expressions().value(column.value, *scene).present()) {
      const std::string missing = why.missing(column.value);
      notes[i] = missing.empty() ? why.value(column.value) : missing;
    } else if (column.otherwise == Column::Else::constant || column.otherwise == Column::Else::null) {
      const Value constant =
          column.otherwise == Column::Else::constant ? loading_.expressions().value(column.constant, *scene) : Value();
      const Value seen = loading_.expressions().value(column.value, *scene);
      const bool replaced = row.cells[i].present() ? equals(row.cells[i], constant) && !equals(seen, constant) : true;
      notes[i] = replaced ? why.value(column.value) + ", which does not fit" : "";
    }
  }
  return notes;
}

Index WayFinder::table_of(std::string_view name) const {
  const auto found = std::find_if(program_.tables.begin(), program_.tables.end(),
                                  [&](const Table& table) { return qualified_name(table) == name; });
  return found == program_.tables.end() ? kNone : static_cast<Index>(found - program_.tables.begin());
}

} // namespace millrace::dsl
