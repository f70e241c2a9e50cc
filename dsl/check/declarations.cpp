// Names, shapes of events, topics.
#include "dsl/check/declarations.hpp"

#include <algorithm>

#include "dsl/check/functions.hpp"
#include "dsl/check/literals.hpp"
#include "dsl/check/required_when.hpp"
#include "dsl/check/types.hpp"

namespace millrace::dsl::check {
namespace {

constexpr std::size_t kMaxTopicName = 249;

void report_twice(Context& context, std::string_view kind, std::string_view name, Span again, Span first) {
  context.diagnostics
      .add(Code::defined_twice, again, std::string(kind) + " " + ticked(name) + " is defined twice",
           "a second definition")
      .label(first, "the first one")
      .help("give one of them another name, or remove it");
}

// ---- events

/// Turns the fields of one event into the tree of its paths.
class ShapeBuilder {
 public:
  ShapeBuilder(Context& context, EventInfo& info) : context_(context), info_(info) {}

  void build() {
    info_.shape = static_cast<Index>(context_.program.shapes.size());
    Shape& shape = context_.program.shapes.emplace_back();
    shape.name = info_.event->name.text;
    shape.open = info_.event->open;
    Field root;
    root.type.kind = Kind::object;
    shape.fields.push_back(root);
    info_.declared_at.push_back(info_.name);
    info_.free_below.push_back(info_.event->open);
    add_fields(info_.event->fields, 0);
  }

 private:
  Shape& shape() { return context_.program.shapes[info_.shape]; }

  void add_fields(const std::vector<ast::Field>& fields, Index parent) {
    std::map<std::string_view, Span> seen;
    for (const ast::Field& field : fields) {
      if (const auto [known, is_new] = seen.emplace(field.name.text, field.name.span); !is_new) {
        report_twice(context_, "field", field.name.text, field.name.span, known->second);
        continue;
      }
      add_field(field, parent);
    }
  }

  void add_field(const ast::Field& field, Index parent) {
    Field lowered;
    lowered.name = field.name.text;
    lowered.parent = parent;
    lowered.required = !field.optional;
    lowered.type.kind = Kind::object;
    bool free_below = shape().open;
    if (field.type) {
      lowered.type = type_of(context_, *field.type);
      lowered.type.wire = wire_of(field, lowered.type.kind);
      free_below = lowered.type.kind == Kind::object || lowered.type.kind == Kind::any;
    }
    const auto slot = static_cast<Index>(shape().fields.size());
    shape().fields.push_back(std::move(lowered));
    info_.declared_at.push_back(field.name.span);
    info_.free_below.push_back(free_below);
    if (field.required_when) {
      info_.required_when.emplace_back(slot, &field);
    }
    if (!field.type) {
      add_fields(field.fields, slot);
    }
  }

  Wire wire_of(const ast::Field& field, Kind kind) {
    if (!field.wire) {
      return Wire::natural;
    }
    const bool is_text = *field.wire == ast::Wire::text;
    const bool fits = is_text ? is_scalar(kind) : kind == Kind::timestamp;
    if (!fits) {
      context_.diagnostics
          .add(Code::bad_type, field.wire_span,
               ticked(field.name.text) + " cannot come " + ticked("from " + context_.text(field.wire_span)),
               is_text ? noun(plain(kind)) + " has no text form" : "only a timestamp has this form")
          .help("remove it");
      return Wire::natural;
    }
    switch (*field.wire) {
      case ast::Wire::iso8601:
        return Wire::iso8601;
      case ast::Wire::unix_s:
        return Wire::unix_s;
      case ast::Wire::unix_ms:
        return Wire::unix_ms;
      case ast::Wire::unix_us:
        return Wire::unix_us;
      case ast::Wire::text:
        return Wire::text;
    }
    return Wire::natural;
  }

  Context& context_;
  EventInfo& info_;
};

// ---- topics

std::optional<std::int64_t> milliseconds(std::string_view token) {
  const std::size_t digits = token.find_first_not_of("0123456789_");
  const std::string_view unit = token.substr(digits);
  constexpr std::pair<std::string_view, std::int64_t> kUnits[] = {
      {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}, {"w", 604'800'000}};
  for (const auto& [name, factor] : kUnits) {
    if (unit == name) {
      const auto count = whole_number(token.substr(0, digits), INT64_MAX / 10 / factor);
      return count ? std::optional(*count * factor) : std::nullopt;
    }
  }
  return std::nullopt;
}

class TopicBuilder {
 public:
  TopicBuilder(Context& context, TopicInfo& info) : context_(context), info_(info) {}

  void build() {
    info_.index = static_cast<Index>(context_.program.topics.size());
    Topic topic;
    topic.name = info_.topic->name.text;
    if (const std::string problem = topic_name_problem(topic.name); !problem.empty()) {
      context_.diagnostics
          .add(Code::bad_topic_name, info_.topic->name.span, ticked(topic.name) + " is no name of a topic", problem)
          .help("use ASCII letters, digits, `.`, `_` and `-`, at most 249; `*` stands for one part that is filled in");
    } else {
      note_topic_name(context_, topic.name, info_.topic->name.span);
    }
    std::map<ast::TopicClause::Kind, Span> seen;
    for (const ast::TopicClause& clause : info_.topic->clauses) {
      if (const auto [first, is_new] = seen.emplace(clause.kind, clause.span); !is_new) {
        context_.diagnostics.add(Code::said_twice, clause.span, "a setting of a topic stands once", "a second time")
            .label(first->second, "the first time")
            .help("remove one of them");
        continue;
      }
      apply(clause, topic);
    }
    context_.program.topics.push_back(std::move(topic));
  }

 private:
  void apply(const ast::TopicClause& clause, Topic& topic) {
    switch (clause.kind) {
      case ast::TopicClause::Kind::event:
        return event(clause, topic);
      case ast::TopicClause::Kind::partitions:
        topic.partitions =
            number(clause, 100'000, "a topic has at least one partition, and Kafka takes no more than 100,000 here");
        return;
      case ast::TopicClause::Kind::replicas:
        topic.replicas = number(clause, 100, "between 1 and 100 replicas");
        return;
      case ast::TopicClause::Kind::retention:
        return retention(clause, topic);
      case ast::TopicClause::Kind::partitioner:
        return partitioner(clause, topic);
      case ast::TopicClause::Kind::compact:
        topic.compact = true;
        return;
    }
  }

  void event(const ast::TopicClause& clause, Topic& topic) {
    const auto found = context_.events.find(clause.name.text);
    if (found != context_.events.end()) {
      topic.shape = found->second.shape;
    } else if (!context_.is_poisoned("event", clause.name.text)) {
      auto& diagnostic = context_.diagnostics.add(Code::unknown_name, clause.name.span,
                                                  "no event is named " + ticked(clause.name.text), "not declared");
      suggest(diagnostic, clause.name.span, clause.name.text, names_of(context_.events));
    }
  }

  std::int32_t number(const ast::TopicClause& clause, std::int64_t most, const std::string& rule) {
    const auto value = whole_number(clause.number.token, most);
    if (value && *value > 0) {
      return static_cast<std::int32_t>(*value);
    }
    context_.diagnostics
        .add(Code::bad_topic_setting, clause.number.span, ticked(clause.number.token) + " is out of range",
             "out of range")
        .help(rule);
    return 0;
  }

  void retention(const ast::TopicClause& clause, Topic& topic) {
    const auto value = milliseconds(clause.duration.token);
    if (value && *value > 0) {
      topic.retention_ms = *value;
      return;
    }
    context_.diagnostics
        .add(Code::bad_topic_setting, clause.duration.span, ticked(clause.duration.token) + " is out of range",
             "out of range")
        .help("a retention is longer than nothing: `retention 7d`");
  }

  void partitioner(const ast::TopicClause& clause, Topic& topic) {
    static const std::vector<std::string> kKnown = {"murmur2_random", "murmur2", "consistent_random", "consistent",
                                                    "random",         "fnv1a",   "fnv1a_random"};
    if (std::find(kKnown.begin(), kKnown.end(), clause.name.text) != kKnown.end()) {
      topic.partitioner = clause.name.text;
      return;
    }
    auto& diagnostic = context_.diagnostics.add(Code::bad_topic_setting, clause.name.span,
                                                "no partitioner is named " + ticked(clause.name.text), "not known");
    suggest(diagnostic, clause.name.span, clause.name.text, kKnown);
    diagnostic.help("there are " + enumerate(kKnown) + "; without the setting it is `murmur2_random`, as Java's");
  }

  Context& context_;
  TopicInfo& info_;
};

// ---- names

class Declarer {
 public:
  explicit Declarer(Context& context) : context_(context) {}

  void run() {
    for (const ast::File& file : context_.files) {
      for (const ast::Broken& broken : file.broken) {
        const bool import = broken.keyword == "import"; // any name may stand in the file
        context_.poison(import ? ast::kAnyName : broken.keyword, import ? ast::kAnyName : broken.name);
      }
      for (const ast::Item& item : file.items) {
        std::visit([&](const auto& node) { declare(node, file); }, item.node);
      }
    }
    for (auto& [name, event] : context_.events) {
      ShapeBuilder(context_, event).build();
    }
    for (auto& [name, topic] : context_.topics) {
      TopicBuilder(context_, topic).build();
    }
    for (auto& [name, event] : context_.events) {
      check_required_when(context_, event);
    }
    refuse_clashes();
  }

 private:
  template <typename Info>
  bool claim(Names<Info>& names, std::string_view kind, std::string_view name, Span span, Info info,
             Span (*where)(const Info&)) {
    const auto [known, is_new] = names.emplace(std::string(name), info);
    if (!is_new) {
      report_twice(context_, kind, name, span, where(known->second));
    }
    return is_new;
  }

  void declare(const ast::Import&, const ast::File&) {}
  void declare(const ast::Test&, const ast::File&) {}

  void declare(const ast::Event& event, const ast::File& file) {
    EventInfo info;
    info.event = &event;
    info.tree = &file;
    info.name = event.name.span;
    claim<EventInfo>(context_.events, "event", event.name.text, event.name.span, info,
                     [](const EventInfo& first) { return first.name; });
  }
  void declare(const ast::Lookup& lookup, const ast::File& file) {
    if (const auto taken = named_value(lookup.name.text, context_.lookups)) {
      return report_twice(context_, "the name", lookup.name.text, lookup.name.span, *taken);
    }
    claim<LookupInfo>(context_.lookups, "lookup", lookup.name.text, lookup.name.span, {&lookup, &file, kNone},
                      [](const LookupInfo& first) { return first.lookup->name.span; });
  }

  /// Constants, definitions and lookups share their names. Where the name stands among the other two.
  template <typename Own>
  std::optional<Span> named_value(std::string_view name, const Names<Own>&) const {
    if constexpr (!std::is_same_v<Own, DefInfo>) {
      if (const auto found = context_.defs.find(name); found != context_.defs.end()) {
        return found->second.def->name.span;
      }
    }
    if constexpr (!std::is_same_v<Own, LetInfo>) {
      if (const auto found = context_.lets.find(name); found != context_.lets.end()) {
        return found->second.let->name.span;
      }
    }
    if constexpr (!std::is_same_v<Own, LookupInfo>) {
      if (const auto found = context_.lookups.find(name); found != context_.lookups.end()) {
        return found->second.lookup->name.span;
      }
    }
    return std::nullopt;
  }

  void declare(const ast::Fragment& fragment, const ast::File& file) {
    claim<FragmentInfo>(context_.fragments, "rules", fragment.name.text, fragment.name.span, {&fragment, &file, false},
                        [](const FragmentInfo& first) { return first.fragment->name.span; });
  }
  void declare(const ast::Topic& topic, const ast::File&) {
    claim<TopicInfo>(context_.topics, "topic", topic.name.text, topic.name.span, {&topic, kNone},
                     [](const TopicInfo& first) { return first.topic->name.span; });
  }
  void declare(const ast::Router& router, const ast::File& file) {
    claim<RouterInfo>(context_.routers, "router", router.name.text, router.name.span, {&router, &file, kNone, {}},
                      [](const RouterInfo& first) { return first.router->name.span; });
  }
  void declare(const ast::Table& table, const ast::File& file) {
    std::string name = table.name.schema ? std::string(table.name.schema->text) + "." : "";
    name += table.name.name.text;
    claim<TableInfo>(context_.tables, "table", name, table.name.span, {&table, &file, kNone},
                     [](const TableInfo& first) { return first.table->name.span; });
  }
  void declare(const ast::Def& def, const ast::File& file) {
    if (const auto taken = named_value(def.name.text, context_.defs)) {
      return report_twice(context_, "the name", def.name.text, def.name.span, *taken);
    }
    claim<DefInfo>(context_.defs, "def", def.name.text, def.name.span, {&def, &file, false, false},
                   [](const DefInfo& first) { return first.def->name.span; });
  }
  void declare(const ast::Let& let, const ast::File& file) {
    if (const auto taken = named_value(let.name.text, context_.lets)) {
      return report_twice(context_, "the name", let.name.text, let.name.span, *taken);
    }
    const ast::ExprNode& value = file[let.value].node;
    if (!std::holds_alternative<ast::Literal>(value) && !std::holds_alternative<ast::List>(value)) {
      auto& diagnostic =
          context_.diagnostics.add(Code::misused_name, file[let.value].span, "a `let` is a constant", "not a constant");
      suggest(diagnostic, file[let.value].span, context_.text(file[let.value].span), {"true", "false"});
      diagnostic.help("an expression is named with `def " + std::string(let.name.text) + " = …`");
      return context_.poison("let", let.name.text);
    }
    claim<LetInfo>(context_.lets, "let", let.name.text, let.name.span, {&let, &file},
                   [](const LetInfo& first) { return first.let->name.span; });
  }

  /// A name that is a field of an event too would mean two things.
  void refuse_clashes() {
    for (const auto& [name, def] : context_.defs) {
      refuse_clash("def", def.def->name);
      parameters(*def.def);
    }
    for (const auto& [name, let] : context_.lets) {
      refuse_clash("let", let.let->name);
    }
    for (const auto& [name, lookup] : context_.lookups) {
      refuse_clash("lookup", lookup.lookup->name);
    }
  }

  void parameters(const ast::Def& def) {
    std::map<std::string_view, Span> seen;
    for (const ast::Parameter& parameter : def.parameters) {
      const ast::Name& name = parameter.name;
      if (const auto [first, is_new] = seen.emplace(name.text, name.span); !is_new) {
        report_twice(context_, "the parameter", name.text, name.span, first->second);
      } else if (const auto taken = named_value(name.text, Names<EventInfo>())) {
        context_.diagnostics
            .add(Code::name_clash, name.span, ticked(name.text) + " is also a name of the rules",
                 "this parameter would hide it")
            .label(*taken, "the other one")
            .help("give the parameter another name");
      } else {
        refuse_clash("parameter", name);
      }
    }
  }

  void refuse_clash(std::string_view kind, const ast::Name& name) {
    if (is_function(name.text)) {
      context_.diagnostics
          .add(Code::name_clash, name.span, ticked(name.text) + " is also a function",
               "this " + std::string(kind) + " would hide it")
          .help("give the " + std::string(kind) + " another name");
      return;
    }
    for (const auto& [event_name, event] : context_.events) {
      for (const ast::Field& field : event.event->fields) {
        if (field.name.text == name.text) {
          context_.diagnostics
              .add(Code::name_clash, name.span, ticked(name.text) + " is also a field of " + ticked(event_name),
                   "this " + std::string(kind) + " would hide it")
              .label(field.name.span, "the field")
              .help("give the " + std::string(kind) + " another name");
          return;
        }
      }
    }
  }

  Context& context_;
};

} // namespace

std::string topic_name_problem(std::string_view name) {
  if (name.empty()) {
    return "an empty name";
  }
  if (name == "." || name == "..") {
    return "a name that Kafka keeps for itself";
  }
  if (name.size() > kMaxTopicName) {
    return "longer than 249 characters";
  }
  for (const char c : name) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                      c == '_' || c == '-' || c == '*';
    if (!good) {
      return "Kafka takes no " + (c > ' ' && c < '\x7f' ? ticked(std::string(1, c)) : std::string("such character")) +
             " in a name";
    }
  }
  return "";
}

void note_topic_name(Context& context, const std::string& name, Span span) {
  std::string metric = name;
  std::replace(metric.begin(), metric.end(), '.', '_');
  const auto [known, is_new] = context.metric_names.emplace(metric, std::pair(name, span));
  if (is_new || known->second.first == name) {
    return;
  }
  context.diagnostics
      .add(Code::topic_names_collide, span,
           ticked(name) + " and " + ticked(known->second.first) + " are one name in Kafka's metrics",
           "differs only in `.` and `_`")
      .label(known->second.second, "from this one")
      .help("rename one of them; Kafka warns of such pairs and counts them together");
}

const TopicInfo* find_topic(Context& context, const ast::Text& name, std::string_view event) {
  const auto found = context.topics.find(name.text);
  if (found != context.topics.end()) {
    context.use(name.span, found->second.topic->name.span);
    return &found->second;
  }
  if (context.is_poisoned("topic", name.raw)) {
    return nullptr;
  }
  const std::string near = nearest(name.text, names_of(context.topics));
  if (!near.empty() && !topic_name_problem(near).empty()) { // it is the declaration that is wrong, which has been said
    return nullptr;
  }
  auto& diagnostic = context.diagnostics.add(Code::unknown_topic, name.span,
                                             "topic " + ticked(name.text) + " is not declared", "no such topic");
  if (!near.empty()) {
    const Span place = context.topics.find(near)->second.topic->name.span;
    const Span inner{name.span.file, name.span.begin + 1, name.span.end - 1};
    diagnostic.help(ticked(near) + " is declared at " + context.place(place),
                    Fix{{{inner, near}}, Applicability::machine, "fix: " + ticked(name.raw) + " → " + ticked(near)});
  } else {
    diagnostic.help("declare it: `topic \"" + std::string(name.text) + "\" { " +
                    (event.empty() ? "" : "event " + std::string(event) + " ") + "}`");
  }
  return nullptr;
}

void declare_all(Context& context) { Declarer(context).run(); }

} // namespace millrace::dsl::check
