// The order of things for one event, as sections 3, 7, 8 and 9 of the language tell it.
#include <algorithm>
#include <chrono>

#include "tests/support/reference/cells.hpp"
#include "tests/support/reference/verdict.hpp"

namespace millrace::reference {
namespace {

using dsl::Fault;
using dsl::Index;
using dsl::kNone;
using dsl::Outcome;

/// Thrown where an event ends early: it is delivered whole or not at all.
struct Refusal {
  Outcome outcome = Outcome::invalid;
  Fault fault = Fault::none;
  std::string path;
  std::string rule;
  Index dead_letter = kNone; // none: the router's
};

/// The `*` of a pattern is one part of a name: at least one character, and no dot.
bool is_topic_of(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) {
    return name.empty();
  }
  if (pattern[0] != '*') {
    return !name.empty() && name[0] == pattern[0] && is_topic_of(pattern.substr(1), name.substr(1));
  }
  for (std::size_t length = 1; length <= name.size() && name[length - 1] != '.'; ++length) {
    if (is_topic_of(pattern.substr(1), name.substr(length))) {
      return true;
    }
  }
  return false;
}

bool is_part(const std::string& text, bool dots) {
  constexpr const char* kGood = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
  return !text.empty() && text.find_first_not_of(std::string(kGood) + (dots ? "." : "")) == std::string::npos;
}

bool is_topic_name(const std::string& text) {
  return is_part(text, true) && text.size() <= 249 && text != "." && text != "..";
}

// ---- reading

class EventReader {
 public:
  EventReader(const dsl::Program& program, const dsl::Shape& shape) : program_(program), shape_(shape) {}

  std::vector<Slot> read(const Json& json) {
    slots_.resize(shape_.fields.size());
    faults_.resize(shape_.fields.size(), Fault::none);
    slots_[0] = {Slot::Is::present, value_of(json)};
    children(0, &json);
    required_when();
    for (Index i = 0; i < faults_.size(); ++i) { // in the order of the declaration
      if (faults_[i] != Fault::none) {
        throw Refusal{Outcome::invalid, faults_[i], shape_.fields[i].path, "", kNone};
      }
    }
    return std::move(slots_);
  }

 private:
  /// The fields below one; `json` is null where there is no such object.
  void children(Index parent, const Json* json) {
    for (Index i = 1; i < shape_.fields.size(); ++i) {
      if (shape_.fields[i].parent == parent) {
        field(i, json);
      }
    }
  }

  void field(Index index, const Json* parent) {
    const dsl::Field& field = shape_.fields[index];
    std::vector<const Json*> found;
    if (parent != nullptr && parent->is == Json::Is::object) {
      for (const Member& member : parent->members) {
        if (member.key == field.name) {
          found.push_back(&member.value);
        }
      }
    }
    if (found.empty()) {
      const bool asked = parent != nullptr && parent->is == Json::Is::object && field.declared && field.required;
      faults_[index] = asked ? Fault::missing : Fault::none;
      children(index, nullptr);
      return;
    }
    const Json& json = field.declared ? *found.front() : *found.back();
    slots_[index].is = json.is == Json::Is::null ? Slot::Is::null : Slot::Is::present;
    const Read read = from_wire(json, field.type, program_);
    faults_[index] = read.fault;
    if (json.is == Json::Is::null && field.declared && field.required) {
      faults_[index] = Fault::null;
    }
    slots_[index].value = read.value;
    if (field.declared && found.size() > 1) {
      faults_[index] = faults_[index] == Fault::none ? Fault::duplicate : faults_[index];
      slots_[index].value = Absent{};
    }
    children(index, &json);
  }

  void required_when() {
    for (Index i = 0; i < shape_.fields.size(); ++i) {
      const dsl::RequiredWhen& when = shape_.fields[i].required_when;
      if (when.field == kNone || slots_[i].is == Slot::Is::present || faults_[i] != Fault::none) {
        continue;
      }
      for (const dsl::Value& value : program_.sets[when.set].values) {
        if (same(slots_[when.field].value, value_of(value))) {
          faults_[i] = slots_[i].is == Slot::Is::null ? Fault::null : Fault::missing;
        }
      }
    }
  }

  const dsl::Program& program_;
  const dsl::Shape& shape_;
  std::vector<Slot> slots_;
  std::vector<Fault> faults_;
};

Scene read_event(const dsl::Program& program, Index shape, const std::string& text, const Circumstances& from) {
  if (!is_utf8(text)) {
    throw Refusal{Outcome::invalid, Fault::bad_utf8, "", "", kNone};
  }
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const Parsed parsed = parse_json(text);
  if (first != std::string::npos && text[first] != '{') {
    throw Refusal{Outcome::invalid, Fault::not_an_object, "", "", kNone};
  }
  if (!parsed.json) {
    throw Refusal{Outcome::invalid, parsed.fault, "", "", kNone};
  }
  const dsl::Shape& of = program.shapes[shape];
  return {parsed.json, &of, EventReader(program, of).read(*parsed.json), from};
}

// ---- age of rows

/// That much earlier; a day that the month does not have is its last one.
std::int64_t before(std::int64_t moment, int count, dsl::PartitionUnit unit) {
  using namespace std::chrono;
  const sys_time<microseconds> at{microseconds{moment}};
  switch (unit) {
    case dsl::PartitionUnit::hour:
      return (at - hours{count}).time_since_epoch().count();
    case dsl::PartitionUnit::day:
      return (at - days{count}).time_since_epoch().count();
    case dsl::PartitionUnit::week:
      return (at - weeks{count}).time_since_epoch().count();
    case dsl::PartitionUnit::month:
    case dsl::PartitionUnit::year: {
      const sys_days day = floor<days>(at);
      const year_month_day date{day};
      const year_month target =
          year_month{date.year(), date.month()} - months{unit == dsl::PartitionUnit::year ? 12 * count : count};
      year_month_day then = target / date.day();
      then = then.ok() ? then : year_month_day{target / last};
      return (sys_days{then} + (at - day)).time_since_epoch().count();
    }
  }
  return moment;
}

std::int64_t day_of(std::int64_t micros) {
  return std::chrono::floor<std::chrono::days>(std::chrono::microseconds{micros}).count();
}

Fault age(const dsl::PartitionBy& partition, const Value& value, bool is_date, std::int64_t received_at) {
  const auto* moment = std::get_if<Moment>(&value);
  if (moment == nullptr) {
    return Fault::none;
  }
  const auto counted = [&](std::int64_t micros) { return is_date ? day_of(micros) : micros; };
  if (counted(moment->micros) > counted(received_at + 86'400'000'000)) {
    return Fault::too_far_ahead;
  }
  const bool old =
      partition.keep > 0 && counted(moment->micros) < counted(before(received_at, partition.keep, partition.keep_unit));
  return old ? Fault::too_old : Fault::none;
}

// ---- deciding

class Decider {
 public:
  Decider(const dsl::Program& program, const dsl::Run& run, std::string event, Circumstances from)
      : program_(program), run_(run), event_(std::move(event)), from_(std::move(from)) {}

  Verdict decide() {
    try {
      if (run_.router != kNone) {
        route();
      } else {
        load(event_, from_);
      }
    } catch (const Refusal& refusal) {
      Index dead_letter = refusal.dead_letter;
      if (dead_letter == kNone && run_.router != kNone) {
        dead_letter = router().dead_letter;
      }
      return {line_of_reason(refusal.outcome, dsl::code_of(refusal.fault), refusal.path, refusal.rule,
                             dead_letter == kNone ? "" : program_.topics[dead_letter].name)};
    }
    const bool left = !messages_.empty() || !rows_.empty();
    Verdict out{left ? "routed" : "dropped"};
    for (const Index rule : rules_) {
      out.push_back("rule " + router().rules[rule].name);
    }
    if (by_otherwise_) {
      out.emplace_back("by otherwise");
    }
    for (const MessageLine& message : messages_) {
      out.push_back(line_of(message));
    }
    out.insert(out.end(), rows_.begin(), rows_.end());
    return out;
  }

 private:
  const dsl::Router& router() const { return program_.routers[run_.router]; }

  void route() {
    const Scene scene = read_event(program_, router().shape, event_, from_);
    find_rules(scene);
    for (const Index rule : rules_) {
      deliver_rule(rule, scene);
    }
    if (by_otherwise_) {
      for (const dsl::Target& target : router().otherwise) {
        deliver(target, kNone, false, scene);
      }
    }
    if (run_.load) {
      for (const MessageLine& message : messages_) {
        load(message.whole ? event_ : message.payload, {message.topic, from_.received_at, message.headers});
      }
    }
  }

  /// From top to bottom; a rule counts if the conditions of all groups around it hold too.
  void find_rules(const Scene& scene) {
    bool settled = false;
    for (Index i = 0; i < router().rules.size(); ++i) {
      const dsl::Rule& rule = router().rules[i];
      if (rule.kind == dsl::RuleKind::group || !holds_with_groups(rule, scene)) {
        continue;
      }
      rules_.push_back(i);
      settled = settled || rule.kind != dsl::RuleKind::tap;
      if (rule.kind == dsl::RuleKind::drop || (rule.kind == dsl::RuleKind::route && !router().match_all)) {
        break;
      }
    }
    by_otherwise_ = !settled;
  }

  bool holds_with_groups(const dsl::Rule& rule, const Scene& scene) const {
    const bool outside = rule.group == kNone || holds_with_groups(router().rules[rule.group], scene);
    return outside && Expressions(program_, scene).holds(rule.condition);
  }

  /// A tap is delivered whole or not at all.
  void deliver_rule(Index number, const Scene& scene) {
    const dsl::Rule& rule = router().rules[number];
    const std::size_t before = messages_.size();
    for (const dsl::Target& target : rule.targets) {
      if (!deliver(target, number, rule.kind == dsl::RuleKind::tap, scene)) {
        messages_.resize(before);
        return;
      }
    }
  }

  std::optional<std::string> text(Index node, const Scene& scene) const {
    return text_form(Expressions(program_, scene).value(node));
  }

  bool refuse(bool tap, Fault fault, Index rule) const {
    if (!tap) {
      const std::string name = rule == kNone ? "otherwise" : router().rules[rule].name;
      throw Refusal{Outcome::rejected, fault, "", router().name + "." + name, kNone};
    }
    return false;
  }

  /// False where a tap is skipped.
  bool deliver(const dsl::Target& target, Index rule, bool tap, const Scene& scene) {
    MessageLine out;
    out.rule = rule == kNone ? "otherwise" : router().rules[rule].name;
    if (!name(target, scene, out)) {
      return refuse(tap, Fault::bad_topic, rule);
    }
    if (target.key != kNone) {
      out.key = text(target.key, scene).value_or("");
      const bool strict =
          target.key_otherwise == dsl::Otherwise::reject || target.key_otherwise == dsl::Otherwise::skip;
      if (out.key.empty() && strict) {
        return refuse(tap, Fault::no_key, rule);
      }
    }
    for (const dsl::HeaderClause& clause : target.headers) {
      const auto value = text(clause.value, scene);
      if (value) {
        out.headers.emplace_back(program_.text(clause.name), *value);
      } else if (tap || clause.otherwise == dsl::Otherwise::reject) {
        return refuse(tap, Fault::no_header, rule);
      }
    }
    if (target.partition_by != kNone) {
      out.partition_by = text(target.partition_by, scene).value_or("");
    }
    out.time = time_of(target, scene);
    out.payload = event_;
    if (target.omit != kNone) {
      out.payload = without_fields(*scene.shape, program_.field_sets[target.omit], *scene.json, false);
      out.whole = canonical(*parse_json(out.payload).json) == canonical(*scene.json);
    }
    messages_.push_back(out);
    return true;
  }

  bool name(const dsl::Target& target, const Scene& scene, MessageLine& out) const {
    if (target.name == kNone) {
      out.topic = program_.topics[target.topic].name;
      return true;
    }
    const std::string name = text(target.name, scene).value_or("");
    if (target.listed) { // `one of (…)`
      out.topic = name;
      return std::find(target.names.begin(), target.names.end(), name) != target.names.end();
    }
    if (target.at_most == 0) {
      out.topic = name;
      return is_topic_name(name);
    }
    if (is_topic_name(name) && parts_are_good(target.name, scene)) {
      out.topic = name;
      out.at_most = target.at_most;
      out.overflow = program_.topics[target.overflow].name;
      return true;
    }
    out.topic = program_.topics[target.overflow].name;
    out.overflowed = true;
    return true;
  }

  /// What is filled in is a part of a name: not empty, and without a dot.
  bool parts_are_good(Index name, const Scene& scene) const {
    const dsl::Node& node = program_.nodes[name];
    for (Index i = 0; i < node.b; ++i) {
      const Index part = program_.operands[node.a + i];
      if (program_.nodes[part].op != dsl::Op::constant && !is_part(text(part, scene).value_or(""), false)) {
        return false;
      }
    }
    return true;
  }

  std::int64_t time_of(const dsl::Target& target, const Scene& scene) const {
    Value time;
    if (target.timestamp != kNone) {
      time = Expressions(program_, scene).value(target.timestamp);
    } else {
      time = default_time(scene);
    }
    const auto* moment = std::get_if<Moment>(&time);
    return moment != nullptr ? moment->micros : scene.from.received_at;
  }

  /// The first timestamp that is required, with all that it lies in.
  static Value default_time(const Scene& scene) {
    const auto required = [&](Index i) {
      for (; i != 0; i = scene.shape->fields[i].parent) {
        if (!scene.shape->fields[i].required || !scene.shape->fields[i].declared) {
          return false;
        }
      }
      return true;
    };
    for (Index i = 1; i < scene.shape->fields.size(); ++i) {
      if (scene.shape->fields[i].type.kind == dsl::Kind::timestamp && required(i)) {
        return scene.slots[i].value;
      }
    }
    return Absent{};
  }

  // ---- rows

  void load(const std::string& event, const Circumstances& from) {
    for (Index i = 0; i < program_.tables.size(); ++i) {
      const dsl::Table& table = program_.tables[i];
      if (is_topic_of(program_.topics[table.topic].name, from.topic)) {
        make_row(table, read_event(program_, table.shape, event, from));
      }
    }
  }

  void make_row(const dsl::Table& table, const Scene& scene) {
    if (table.where != kNone && !Expressions(program_, scene).holds(table.where)) {
      return;
    }
    const std::string name = table.schema + "." + table.name;
    std::string line = "row " + name;
    const auto refuse = [&](Fault fault, const dsl::Column& column) {
      throw Refusal{Outcome::rejected, fault, column.name, table.schema.empty() ? table.name : name, table.dead_letter};
    };
    std::optional<Value> partitioned;
    for (const dsl::Column& column : table.columns) {
      Value value = Expressions(program_, scene).value(column.value);
      Cell cell = present(value) ? fit(value, column.type) : Cell{{}, Fault::no_value};
      if (cell.fault == Fault::no_value || cell.fault == Fault::too_large) {
        if (column.otherwise == dsl::Column::Else::null) {
          value = Absent{};
          cell = {"NULL", Fault::none};
        } else if (column.otherwise == dsl::Column::Else::constant) {
          value = Expressions(program_, scene).value(column.constant);
          cell = fit(value, column.type);
        }
      }
      if (cell.fault != Fault::none) {
        refuse(cell.fault, column);
      }
      line += " " + column.name + "=" + cell.text;
      if (table.partition_by.column != kNone && &column == &table.columns[table.partition_by.column]) {
        partitioned = value;
      }
    }
    if (partitioned && !run_.any_age) {
      const dsl::Column& column = table.columns[table.partition_by.column];
      const Fault fault =
          age(table.partition_by, *partitioned, column.type.kind == dsl::SqlKind::date, scene.from.received_at);
      if (fault != Fault::none) {
        refuse(fault, column);
      }
    }
    rows_.push_back(line);
  }

  const dsl::Program& program_;
  dsl::Run run_;
  std::string event_;
  Circumstances from_;
  std::vector<Index> rules_;
  bool by_otherwise_ = false;
  std::vector<MessageLine> messages_;
  std::vector<std::string> rows_;
};

} // namespace

Verdict decide(const dsl::Program& program, const dsl::Run& run, std::string_view event, const Circumstances& from) {
  return Decider(program, run, std::string(event), from).decide();
}

} // namespace millrace::reference
