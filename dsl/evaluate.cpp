// The order of things for one event: read it, walk the rules, make the messages; or read it, make the rows; or both in
// turn. Refusals end it early: an event is delivered whole or not at all.
#include "dsl/evaluate.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>

#include "dsl/evaluate/age.hpp"
#include "dsl/evaluate/expression.hpp"
#include "dsl/evaluate/fit.hpp"
#include "dsl/evaluate/reason_text.hpp"
#include "dsl/index/rule_index.hpp"
#include "dsl/read/json_text.hpp"
#include "dsl/read/omission.hpp"
#include "dsl/ruleset.hpp"
#include "dsl/values/text_form.hpp"
#include "dsl/values/timestamp.hpp"

namespace millrace::dsl {
namespace {

constexpr std::size_t kLongestTopic = 249;

bool is_topic_name(std::string_view name) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= kLongestTopic && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), good);
}

/// Which tables read a topic, by its name; remembers the names that it was asked for.
class TableLookup {
 public:
  explicit TableLookup(const Program& program) : program_(program) {}

  const std::vector<Index>& of(std::string_view topic) {
    if (last_ != nullptr && topic == last_name_) {
      return *last_;
    }
    auto entry = known_.find(topic);
    if (entry == known_.end()) {
      if (known_.size() >= kMost) { // names come from outside when a source says anything
        known_.clear();
      }
      entry = known_.emplace(std::string(topic), readers_of(topic)).first;
    }
    last_name_ = entry->first;
    last_ = &entry->second;
    return *last_;
  }

 private:
  /// Lets a view be looked up without a string made of it.
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::vector<Index> readers_of(std::string_view topic) const {
    std::vector<Index> tables;
    for (Index i = 0; i < program_.tables.size(); ++i) {
      if (matches_topic(program_.topics[program_.tables[i].topic].name, topic)) {
        tables.push_back(i);
      }
    }
    return tables;
  }

  static constexpr std::size_t kMost = 10'000;
  const Program& program_;
  std::unordered_map<std::string, std::vector<Index>, Hash, std::equal_to<>> known_;
  std::string_view last_name_;
  const std::vector<Index>* last_ = nullptr;
};

} // namespace

std::optional<Run> find_run(const Program& program, std::string_view name) {
  if (const Router* router = program.find_router(name)) {
    return Run{static_cast<Index>(router - program.routers.data()), false, false};
  }
  return name == "tables" ? std::optional(Run{kNone, true}) : std::nullopt;
}

class Evaluator::State {
 public:
  State(const Program& program, Run run)
      : program_(program), run_(run), expressions_(program, arena_), readers_(program.shapes.size()), tables_(program) {
    if (const Router* router = this->router()) {
      for (const Rule& rule : router->rules) {
        rule_names_.push_back(router->name + "." + rule.name);
        if (router->briefs.empty()) {
          own_briefs_.push_back({static_cast<Index>(own_briefs_.size()), rule.kind, false});
        }
      }
      briefs_ = router->briefs.empty() ? own_briefs_.data() : router->briefs.data();
      rule_names_.push_back(router->name + ".otherwise");
    }
    for (const Table& table : program.tables) {
      table_names_.push_back(qualified_name(table));
    }
    prepare_omissions();
  }

  const Decision& evaluate(std::string_view event, const Meta& meta) {
    decision_ = {};
    messages_.clear();
    headers_.clear();
    rows_.clear();
    cells_.clear();
    decided_.clear();
    last_made_ = nullptr;
    ++event_number_;
    event_ = event;
    indexed_ = false;
    if (run_.router != kNone) {
      route(meta);
    } else if (run_.load) {
      load(meta);
    }
    return decision_;
  }

  void reset() { arena_.reset(); }

  std::optional<Scene> scene(Index shape, const Meta& meta) const {
    const ShapeReader& state = readers_[shape];
    const bool is_read = state.reader && state.read_for == event_number_ && state.good;
    return is_read ? std::optional(Scene{state.reader.get(), &structure_, meta}) : std::nullopt;
  }
  const Expressions& expressions() const { return expressions_; }

 private:
  struct ShapeReader {
    std::unique_ptr<Reader> reader;
    std::uint64_t read_for = 0; // event number
    bool good = false;
  };

  struct HeaderRange {
    std::size_t first = 0;
    std::size_t count = 0;
  };

  void prepare_omissions() {
    omissions_.resize(program_.field_sets.size());
    const Router* const router = this->router();
    if (router == nullptr) {
      return;
    }
    const auto prepare = [&](const std::vector<Target>& targets) {
      for (const Target& target : targets) {
        if (target.omit != kNone && !omissions_[target.omit]) {
          omissions_[target.omit].emplace(program_.shapes[router->shape], program_.field_sets[target.omit]);
        }
      }
    };
    for (const Rule& rule : router->rules) {
      prepare(rule.targets);
    }
    prepare(router->otherwise);
  }

  const Router* router() const { return run_.router == kNone ? nullptr : &program_.routers[run_.router]; }

  // ---- reading

  bool invalid(Fault fault, std::string_view text, std::string_view path) {
    return refuse(Outcome::invalid, {fault, text, path, {}});
  }

  /// A row of the table cannot be made.
  bool refuse_row(Index table, const Reason& reason) {
    refuse(Outcome::rejected, reason);
    if (const Index topic = program_.tables[table].dead_letter; topic != kNone) {
      decision_.dead_letter = topic;
    }
    return false;
  }

  bool refuse(Outcome outcome, const Reason& reason) {
    decision_ = {};
    decision_.outcome = outcome;
    decision_.reason = reason;
    if (const Router* router = this->router()) {
      decision_.dead_letter = router->dead_letter;
    }
    return false;
  }

  /// The event as the shape has it, or null and the decision says why not. Read once for each shape.
  const Reader* read(Index shape) {
    if (!indexed_) {
      if (const Fault fault = structure_.index(event_); fault != Fault::none) {
        invalid(fault, describe_bytes(fault, 0, arena_), {});
        return nullptr;
      }
      indexed_ = true;
    }
    ShapeReader& state = readers_[shape];
    if (!state.reader) {
      state.reader = std::make_unique<Reader>(program_, program_.shapes[shape]);
    }
    if (state.read_for != event_number_) {
      state.read_for = event_number_;
      state.good = read(*state.reader, program_.shapes[shape]);
    }
    return state.good ? state.reader.get() : nullptr;
  }

  bool read(Reader& reader, const Shape& shape) {
    if (const Fault fault = reader.read(structure_, arena_); fault != Fault::none) {
      return invalid(fault, describe_bytes(fault, reader.stopped_at(), arena_), {});
    }
    const Violation& violation = reader.violation();
    if (violation.field != kNone) {
      return invalid(violation.fault, describe_violation(program_, shape, violation, arena_),
                     shape.fields[violation.field].path);
    }
    return true;
  }

  // ---- routing

  void route(const Meta& meta) {
    const Router& router = *this->router();
    const Reader* fields = read(router.shape);
    if (fields == nullptr) {
      return;
    }
    const Scene scene{fields, &structure_, meta};
    decide(router, scene);
    if (!make_messages(router, scene)) {
      return;
    }
    finish_messages();
    decision_.outcome = messages_.empty() ? Outcome::dropped : Outcome::routed;
    decision_.messages = messages_;
    decision_.rules = decided_;
    if (run_.load) {
      load_messages(meta);
    }
  }

  /// Leaves the taps and routes that match, and a drop that ended it, in `decided_`.
  void decide(const Router& router, const Scene& scene) {
    if (router.index && !run_.one_by_one) {
      decision_.by_otherwise = !router.index->search(expressions_, scene, search_memory_, decided_);
      return;
    }
    bool settled = false;
    Index next = 0;
    while (next < router.rules.size()) {
      const Rule& rule = router.rules[next];
      const bool holds = expressions_.test(rule.condition, scene);
      if (rule.kind == RuleKind::group) {
        next = holds ? next + 1 : rule.end;
        continue;
      }
      if (holds) {
        decided_.push_back(next);
        settled = settled || rule.kind != RuleKind::tap;
        if (rule.kind == RuleKind::drop || (rule.kind == RuleKind::route && !router.match_all)) {
          break;
        }
      }
      ++next;
    }
    decision_.by_otherwise = !settled;
  }

  bool make_messages(const Router& router, const Scene& scene) {
    for (const Index number : decided_) {
      const RuleBrief brief = briefs_[number];
      const std::size_t before = messages_.size();
      for (const Target& target : router.rules[brief.same_targets].targets) {
        if (&target == last_made_) { // under `match all` many rules deliver alike
          repeat_message(number);
          continue;
        }
        const Made made = make_message(target, number, brief.kind == RuleKind::tap, scene);
        last_made_ = made == Made::message ? &target : nullptr;
        if (made == Made::refused) {
          return false;
        }
        if (made == Made::skipped) { // a tap is delivered whole or not at all
          messages_.resize(before);
          break;
        }
      }
    }
    if (!decision_.by_otherwise) {
      return true;
    }
    return std::all_of(router.otherwise.begin(), router.otherwise.end(), [&](const Target& target) {
      return make_message(target, kNone, false, scene) != Made::refused;
    });
  }

  enum class Made : std::uint8_t { message, skipped, refused };

  void repeat_message(Index rule) {
    header_ranges_.resize(messages_.size());
    header_ranges_.push_back(header_ranges_.back());
    messages_.push_back(messages_.back());
    messages_.back().rule = rule;
  }

  Made make_message(const Target& target, Index rule, bool tap, const Scene& scene) {
    const Destination destination = this->destination(target, scene);
    const std::string_view topic = destination.name;
    if (destination.declared == kNone) {
      return tap ? Made::skipped : reject(Fault::bad_topic, program_.topics[target.topic].name, topic, rule);
    }
    std::string_view key;
    if (target.key != kNone) {
      key = expressions_.text(target.key, scene).value_or("");
      if (key.empty() && target.key_otherwise != Otherwise::none && target.key_otherwise != Otherwise::impossible) {
        return tap ? Made::skipped : reject(Fault::no_key, topic, {}, rule);
      }
    }
    const std::size_t first_header = headers_.size();
    for (const HeaderClause& clause : target.headers) {
      const auto value = expressions_.text(clause.value, scene);
      if (value) {
        headers_.push_back({program_.text(clause.name), *value});
      } else if (tap) {
        return Made::skipped;
      } else if (clause.otherwise == Otherwise::reject) {
        return reject(Fault::no_header, program_.text(clause.name), {}, rule);
      }
    }
    header_ranges_.resize(messages_.size());
    header_ranges_.push_back({first_header, headers_.size() - first_header});
    Message& message = messages_.emplace_back();
    message.topic = topic;
    message.declared = destination.declared;
    message.rule = rule;
    message.at_most = destination.overflowed ? 0 : target.at_most;
    message.overflow = destination.overflowed ? kNone : target.overflow;
    message.overflowed = destination.overflowed;
    message.has_key = !key.empty();
    message.key = key;
    message.partition_by =
        target.partition_by == kNone ? "" : expressions_.text(target.partition_by, scene).value_or("");
    message.time = time_of(target, scene);
    message.target = &target;
    message.payload = target.omit == kNone ? event_ : omissions_[target.omit]->write(structure_, arena_);
    return Made::message;
  }

  struct Destination {
    std::string_view name;
    Index declared = kNone; // none: the name is not one that the topic may have
    bool overflowed = false;
  };

  Destination destination(const Target& target, const Scene& scene) {
    if (target.name == kNone) {
      return {program_.topics[target.topic].name, target.topic, false};
    }
    if (target.at_most > 0 && !parts_are_good(target.name, scene)) {
      return {program_.topics[target.overflow].name, target.overflow, true};
    }
    const std::string_view name = expressions_.text(target.name, scene).value_or("");
    if (target.listed) {
      const bool listed = std::find(target.names.begin(), target.names.end(), name) != target.names.end();
      return {name, listed ? target.topic : kNone, false};
    }
    if (is_topic_name(name)) {
      return {name, target.topic, false};
    }
    return target.at_most > 0 ? Destination{program_.topics[target.overflow].name, target.overflow, true}
                              : Destination{name, kNone, false};
  }

  /// What is filled in is one part of a name each: neither nothing, nor more than one.
  bool parts_are_good(Index name, const Scene& scene) {
    const Node& node = program_.nodes[name];
    const auto parts = std::span(program_.operands).subspan(node.a, node.b);
    return std::all_of(parts.begin(), parts.end(), [&](Index part) {
      if (program_.nodes[part].op == Op::constant) {
        return true;
      }
      const auto text = expressions_.text(part, scene);
      return text && is_topic_name(*text) && text->find('.') == std::string_view::npos;
    });
  }

  std::int64_t time_of(const Target& target, const Scene& scene) const {
    Value time;
    if (target.timestamp != kNone) {
      time = expressions_.value(target.timestamp, scene);
    } else if (const Index field = program_.shapes[router()->shape].default_time; field != kNone) {
      time = scene.fields->value(field);
    }
    return time.tag() == Tag::timestamp ? time.as_timestamp() : scene.meta.received_at;
  }

  Made reject(Fault fault, std::string_view what, std::string_view value, Index rule) {
    const std::string& name = rule == kNone ? rule_names_.back() : rule_names_[rule];
    refuse(Outcome::rejected, {fault, describe_refusal(fault, what, value, {}, arena_), {}, name});
    return Made::refused;
  }

  /// Only now do the headers stay where they are.
  void finish_messages() {
    for (std::size_t i = 0; i < messages_.size(); ++i) {
      messages_[i].headers = std::span(headers_).subspan(header_ranges_[i].first, header_ranges_[i].count);
    }
  }

  // ---- loading

  void load(const Meta& meta) {
    if (!load_topic(meta)) {
      return;
    }
    finish_rows();
    decision_.outcome = rows_.empty() ? Outcome::dropped : Outcome::routed;
  }

  /// What a log in between would do: each message is an event of its topic's tables.
  void load_messages(const Meta& meta) {
    for (const Message& message : messages_) {
      if (message.payload.data() != event_.data()) { // something is omitted
        event_ = message.payload;
        indexed_ = false;
        ++event_number_;
      }
      if (!load_topic({message.topic, meta.received_at, message.headers})) {
        return;
      }
    }
    finish_rows();
  }

  bool load_topic(const Meta& meta) {
    const std::vector<Index>& tables = tables_.of(meta.topic);
    return std::all_of(tables.begin(), tables.end(), [&](Index table) { return load_table(table, meta); });
  }

  bool load_table(Index number, const Meta& meta) {
    const Table& table = program_.tables[number];
    const Reader* fields = read(table.shape);
    if (fields == nullptr) {
      return false;
    }
    const Scene scene{fields, &structure_, meta};
    if (table.where != kNone && !expressions_.test(table.where, scene)) {
      return true;
    }
    for (const Column& column : table.columns) {
      const Fitted fitted = cell(column, scene);
      if (fitted.fault != Fault::none) {
        return reject_cell(number, column, fitted.fault, scene);
      }
      cells_.push_back(fitted.cell);
    }
    if (const Fault fault = age(table, meta); fault != Fault::none) {
      return reject_age(number, fault, meta);
    }
    rows_.push_back({number, {}});
    return true;
  }

  /// Of the row whose cells are the last ones.
  Fault age(const Table& table, const Meta& meta) const {
    if (table.partition_by.column == kNone || run_.any_age) {
      return Fault::none;
    }
    const Value& cell = cells_[cells_.size() - table.columns.size() + table.partition_by.column];
    return check_age(table.partition_by, cell, meta.received_at);
  }

  /// The reader has seen all numbers of the event, but not those of a text that `json` reads.
  bool may_have_far_number(Index value, const Scene& scene) const {
    const Op op = program_.nodes[value].op;
    const bool read = op == Op::field || op == Op::payload || op == Op::unmapped;
    return !read || scene.fields->has_far_number();
  }

  Fitted cell(const Column& column, const Scene& scene) {
    const Value value = expressions_.value(column.value, scene);
    Fitted fitted = value.present() ? fit(value, column.type, arena_) : Fitted{{}, Fault::no_value};
    if (fitted.fault == Fault::none && column.type.kind == SqlKind::jsonb && may_have_far_number(column.value, scene) &&
        !numerics_can_hold(fitted.cell)) {
      return {{}, Fault::number_in_json};
    }
    if (fitted.fault != Fault::no_value && fitted.fault != Fault::too_large) {
      return fitted;
    }
    switch (column.otherwise) {
      case Column::Else::null:
        return {};
      case Column::Else::constant:
        return fit(expressions_.value(column.constant, scene), column.type, arena_);
      case Column::Else::impossible:
      case Column::Else::reject:
        return fitted;
    }
    return fitted;
  }

  static bool numerics_can_hold(const Value& json) {
    if (json.tag() != Tag::list) {
      return !json.present() || dsl::numerics_can_hold(json.as_text());
    }
    const std::span<const Value> items = json.as_list().items;
    return std::all_of(items.begin(), items.end(), [](const Value& item) { return numerics_can_hold(item); });
  }

  bool reject_age(Index number, Fault fault, const Meta& meta) {
    const Table& table = program_.tables[number];
    const Column& column = table.columns[table.partition_by.column];
    const Value& cell = cells_[cells_.size() - table.columns.size() + table.partition_by.column];
    const Value moment =
        cell.tag() == Tag::integer ? Value::of_timestamp(cell.as_int() * kMicrosPerDay) : cell; // of a date
    const std::string_view limit = fault == Fault::too_old
                                       ? arena_.store(keep_text(table.partition_by))
                                       : text_form(Value::of_timestamp(meta.received_at), arena_).value_or("");
    const std::string_view value = text_form(moment, arena_).value_or("");
    return refuse_row(
        number, {fault, describe_refusal(fault, column.name, value, limit, arena_), column.name, table_names_[number]});
  }

  bool reject_cell(Index number, const Column& column, Fault fault, const Scene& scene) {
    const Value refused = expressions_.value(column.value, scene);
    const auto value = refused.tag() == Tag::list ? std::optional(refused.as_list().json) : text_form(refused, arena_);
    const std::string wanted = sql_text(column.type);
    return refuse_row(number, {fault, describe_refusal(fault, column.name, value.value_or(""), wanted, arena_),
                               column.name, table_names_[number]});
  }

  void finish_rows() {
    std::size_t first = 0;
    for (Row& row : rows_) {
      const std::size_t count = program_.tables[row.table].columns.size();
      row.cells = std::span(cells_).subspan(first, count);
      first += count;
    }
    decision_.rows = rows_;
  }

  const Program& program_;
  Run run_;
  Arena arena_;
  Expressions expressions_;
  Structure structure_;
  std::vector<ShapeReader> readers_;
  TableLookup tables_;
  std::vector<RuleBrief> own_briefs_; // where the router is not indexed
  const RuleBrief* briefs_ = nullptr;
  std::vector<std::string> rule_names_;
  std::vector<std::string> table_names_;
  std::vector<std::optional<Omission>> omissions_; // by field set; those of the router's targets

  std::string_view event_;
  std::uint64_t event_number_ = 0;
  bool indexed_ = false;
  Decision decision_;
  RuleIndex::Memory search_memory_;
  std::vector<Index> decided_;
  std::vector<Message> messages_;
  std::vector<Header> headers_;
  std::vector<HeaderRange> header_ranges_; // of messages_ in headers_
  const Target* last_made_ = nullptr;      // that the last of messages_ was made for
  std::vector<Row> rows_;
  std::vector<Value> cells_;
};

Evaluator::Evaluator(const Program& program, Run run) : state_(std::make_unique<State>(program, run)) {}
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;
Evaluator::~Evaluator() = default;

const Decision& Evaluator::evaluate(std::string_view event, const Meta& meta) { return state_->evaluate(event, meta); }
void Evaluator::reset() { state_->reset(); }
std::optional<Scene> Evaluator::scene(Index shape, const Meta& meta) const { return state_->scene(shape, meta); }
const Expressions& Evaluator::expressions() const { return state_->expressions(); }

} // namespace millrace::dsl
