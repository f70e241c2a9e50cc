// Checking and lowering tables.
#include "dsl/check/tables.hpp"

#include "dsl/check/columns.hpp"
#include "dsl/check/declarations.hpp"
#include "dsl/check/expressions.hpp"
#include "dsl/check/omitted.hpp"
#include "dsl/check/table_clauses.hpp"

namespace millrace::dsl::check {
namespace {

constexpr std::size_t kMaxIdentifier = 63; // bytes, PostgreSQL cuts off what is longer
constexpr std::size_t kMaxColumns = 1600;

class TableChecker {
 public:
  /// `event` as it comes from the topic, without what is `omitted`.
  TableChecker(Context& context, TableInfo& info, EventInfo& event, const Omitted& omitted, Index topic)
      : context_(context), info_(info), omitted_(omitted), expressions_(context, event) {
    lowered_.topic = topic;
    lowered_.shape = event.shape;
  }

  void run() {
    const ast::Table& table = *info_.table;
    lowered_.schema = table.name.schema ? std::string(table.name.schema->text) : "";
    lowered_.name = table.name.name.text;
    expressions_.set_salt((info_.table->name.schema ? std::string(info_.table->name.schema->text) + "." : "") +
                          std::string(info_.table->name.name.text));
    expressions_.log_reads(&reads_);
    identifier(table.name.name);
    if (table.name.schema) {
      identifier(*table.name.schema);
    }
    where();
    field_set_ = static_cast<Index>(context_.program.field_sets.size());
    context_.program.field_sets.emplace_back();
    expressions_.allow_unmapped(field_set_);
    reads_.clear(); // of `where`, which takes nothing out of `unmapped`
    for (const ast::TablePart& part : table.parts) {
      if (const auto* column = std::get_if<ast::Column>(&part)) {
        this->column(*column);
      }
    }
    std::vector<Index>& taken = context_.program.field_sets[field_set_];
    for (const FieldRead& read : reads_) {
      taken.push_back(read.slot);
    }
    std::sort(taken.begin(), taken.end());
    taken.erase(std::unique(taken.begin(), taken.end()), taken.end());
    if (lowered_.columns.empty() && !any_bad_) {
      context_.diagnostics
          .add(Code::nothing_loaded, table.name.span,
               "table " + ticked(context_.text(table.name.span)) + " has no columns", "nothing would be stored")
          .help("add a column: `payload jsonb = payload`");
    }
    key_and_conflict();
    TableClauses(context_, table, names_, lowered_).run();
    info_.index = static_cast<Index>(context_.program.tables.size());
    context_.program.tables.push_back(std::move(lowered_));
  }

 private:
  void identifier(const ast::Name& name) {
    if (name.text.size() > kMaxIdentifier) {
      context_.diagnostics
          .add(Code::misused_name, name.span, "PostgreSQL cuts names after 63 bytes",
               std::to_string(name.text.size()) + " bytes")
          .help("choose a shorter name");
    }
  }

  void where() {
    if (!info_.table->where) {
      return;
    }
    const Condition condition = expressions_.condition(*info_.tree, *info_.table->where, {},
                                                       {"become a row", "no, leave it out", "yes, take it in"});
    any_bad_ = refuse_omitted(0);
    lowered_.where = condition.node;
    known_ = condition.when_true;
    expressions_.assume_presence(condition.bad);
  }

  void column(const ast::Column& column) {
    identifier(column.name);
    if (const auto [first, is_new] = names_.emplace(column.name.text, column.name.span); !is_new) {
      context_.diagnostics
          .add(Code::defined_twice, column.name.span, "column " + ticked(column.name.text) + " is defined twice",
               "a second time")
          .label(first->second, "the first time")
          .help("remove one of them");
      return;
    }
    if (lowered_.columns.size() == kMaxColumns) {
      context_.diagnostics
          .add(Code::bad_key, column.name.span, "PostgreSQL takes at most 1,600 columns", "one too many")
          .help("split the table");
    }
    const auto type = sql_type_of(context_, column.type);
    column_reads_ = reads_.size();
    const TypedValue value = expressions_.whole(*info_.tree, column.value, known_, false);
    const bool omitted = refuse_omitted(column_reads_);
    Column lowered;
    lowered.name = column.name.text;
    lowered.nullable = column.otherwise && !column.otherwise->reject && is_null(column.otherwise->value);
    if (!type || value.bad || omitted) {
      any_bad_ = true;
      lowered_.columns.push_back(std::move(lowered)); // without a value: known by name, and nothing more is said of it
      return;
    }
    lowered.value = value.node;
    lowered.type = *type;
    if (!takes(context_.program, *type, value.type)) {
      report_pair(column, value, *type);
      any_bad_ = true;
    } else {
      otherwise(column, value, lowered);
    }
    lowered_.columns.push_back(std::move(lowered));
  }

  /// Of what was read since; true: something was.
  bool refuse_omitted(std::size_t first) {
    const Shape& shape = context_.program.shapes[lowered_.shape];
    bool found = false;
    for (std::size_t i = first; i < reads_.size(); ++i) {
      const auto [read, span] = reads_[i];
      if (!is_among(shape, read, omitted_.by_all)) {
        continue;
      }
      found = true;
      const std::string topic = ticked(info_.table->topic.text);
      auto& diagnostic = context_.diagnostics.add(Code::reads_omitted, span,
                                                  ticked(expressions_.slot_name(read)) + " does not come with " + topic,
                                                  "every route to it leaves this out");
      for (const auto& [slot, who] : omitted_.who) {
        if (is_among(shape, read, {slot})) {
          diagnostic.note(ticked(expressions_.slot_name(slot)) + " is left out by " + who);
        }
      }
      diagnostic.help("do not read it here, or take it out of `omit`");
    }
    return found;
  }

  bool is_null(ast::ExprId id) const {
    const auto* literal = std::get_if<ast::Literal>(&(*info_.tree)[id].node);
    return literal != nullptr && literal->kind == ast::LiteralKind::null;
  }

  /// The type that `as` reads a value of the kind as, so that the column takes it; empty: none.
  static std::string read_as(Kind kind, const SqlType& column) {
    const bool any_text = kind == Kind::text || kind == Kind::any;
    switch (column.array ? SqlKind::jsonb : column.kind) {
      case SqlKind::text:
      case SqlKind::varchar:
      case SqlKind::character:
        return kind == Kind::integer || kind == Kind::decimal || kind == Kind::any ? "string" : "";
      case SqlKind::smallint:
      case SqlKind::integer:
      case SqlKind::bigint:
        return any_text ? "int" : "";
      case SqlKind::numeric:
        return any_text ? "decimal(12,2)" : "";
      case SqlKind::real:
      case SqlKind::double_precision:
        return any_text || kind == Kind::decimal ? "float" : "";
      case SqlKind::boolean:
        return any_text ? "bool" : "";
      case SqlKind::timestamptz:
      case SqlKind::date:
        return any_text ? "timestamp" : "";
      case SqlKind::uuid:
        return any_text ? "uuid" : "";
      case SqlKind::inet:
        return any_text ? "ip" : "";
      case SqlKind::interval:
        return any_text ? "duration" : "";
      case SqlKind::jsonb:
        return "";
    }
    return "";
  }

  void report_pair(const ast::Column& column, const TypedValue& value, const SqlType& type) {
    auto& diagnostic = context_.diagnostics.add(
        Code::type_pair, value.span,
        noun(value.type) + " does not go into a column of type " + ticked(context_.text(column.type.span)),
        noun(value.type));
    diagnostic.label(column.type.span, "the column");
    diagnostic.help("a column for it is " + columns_for(context_.program, value.type));
    const bool is_path = std::holds_alternative<ast::Path>((*info_.tree)[column.value].node);
    if (const std::string as = read_as(value.type.kind, type); is_path && !as.empty()) {
      diagnostic.help("or read it as another type: " + ticked(context_.text(value.span) + " as " + as) +
                      (as == "string" ? "" : ", with an `else` for what cannot be read so"));
    }
    if (value.type.kind == Kind::any) {
      diagnostic.help("or declare the field in the event with its type");
    }
  }

  void otherwise(const ast::Column& column, const TypedValue& value, Column& lowered) {
    const std::string misfit =
        check::misfit(context_.program, lowered.type, context_.program.nodes[value.node], value.type);
    if (!column.otherwise) {
      if (value.may_be_absent() || !misfit.empty()) {
        require_else(column, lowered.type, value, misfit);
      }
      return;
    }
    if (!value.may_be_absent() && misfit.empty()) {
      const Span before{column.span.file, (*info_.tree)[column.value].span.end, column.otherwise->span.end};
      context_.diagnostics
          .add(Code::else_not_needed, column.otherwise->span,
               ticked(column.name.text) + " is always there and always fits, so this `else` is never used",
               "never used")
          .help("remove it", Fix{{{before, ""}}, Applicability::machine, "fix"});
    }
    if (column.otherwise->reject) {
      lowered.otherwise = Column::Else::reject;
    } else if (lowered.nullable) {
      lowered.otherwise = Column::Else::null;
    } else {
      constant_else(*column.otherwise, lowered);
    }
  }

  void constant_else(const ast::ColumnElse& otherwise, Column& lowered) {
    const ast::Expr& expr = (*info_.tree)[otherwise.value];
    Arena arena;
    const auto made = column_constant(std::get<ast::Literal>(expr.node), lowered.type, arena);
    if (const auto* problem = std::get_if<std::string>(&made)) {
      context_.diagnostics.add(Code::bad_default, expr.span, *problem, "what the column would hold instead")
          .help("write a constant that fits, `else null` or `else reject`");
      return;
    }
    lowered.otherwise = Column::Else::constant;
    lowered.constant = context_.program.add_constant_node(std::get<Value>(made), {});
  }

  void require_else(const ast::Column& column, const SqlType& sql, const TypedValue& value, const std::string& misfit) {
    const std::string type = context_.text(column.type.span);
    const std::string name = subject(value);
    const bool only_absent = misfit.empty();
    std::string thing = noun(value.type).substr(noun(value.type).find(' ') + 1);
    const std::string headline = only_absent
                                     ? ticked(value.may_be_absent() ? expressions_.slot_name(value.absent) : name) +
                                           " may be missing, and the column is NOT NULL"
                                     : "the " + thing + " in " + ticked(name) + " may not fit " + ticked(type);
    const std::string label =
        (value.may_be_absent() ? "missing" + std::string(only_absent ? "" : ", or ") : "") + misfit + ": then what?";
    auto& diagnostic = context_.diagnostics.add(Code::may_not_fit, value.span, headline, label);
    const Span at{value.span.file, value.span.end, value.span.end};
    diagnostic.help("add one of `else null` | `else reject`" + (sql.array ? "" : " | `else " + sample(sql) + "`"),
                    Fix{{{at, " else reject"}}, Applicability::choice, "fix, choose one"});
    if (value.may_be_absent()) {
      diagnostic.note(expressions_.why_absent(value.absent, known_));
    }
  }

  /// What is spoken of: the value, or the one field that it is another spelling of.
  std::string subject(const TypedValue& value) const {
    const Node& node = context_.program.nodes[value.node];
    const auto function = static_cast<Function>(node.detail);
    const bool spelling = node.op == Op::call &&
                          (function == Function::lower || function == Function::upper || function == Function::trim);
    return spelling && reads_.size() == column_reads_ + 1 ? expressions_.slot_name(reads_.back().slot)
                                                          : context_.text(value.span);
  }

  static std::string sample(const SqlType& type) {
    switch (type.kind) {
      case SqlKind::boolean:
        return "false";
      case SqlKind::smallint:
      case SqlKind::integer:
      case SqlKind::bigint:
      case SqlKind::numeric:
        return "0";
      case SqlKind::real:
      case SqlKind::double_precision:
        return "0.0";
      case SqlKind::text:
      case SqlKind::varchar:
      case SqlKind::character:
        return "\"…\"";
      case SqlKind::timestamptz:
      case SqlKind::date:
        return "\"1970-01-01T00:00:00Z\"";
      case SqlKind::uuid:
        return "\"00000000-0000-0000-0000-000000000000\"";
      case SqlKind::jsonb:
        return "true";
      case SqlKind::interval:
        return "0s";
      case SqlKind::inet:
        return "\"0.0.0.0\"";
    }
    return "null";
  }

  void key_and_conflict() {
    const ast::PrimaryKey* key = nullptr;
    const ast::OnConflict* conflict = nullptr;
    for (const ast::TablePart& part : info_.table->parts) {
      if (const auto* found = std::get_if<ast::PrimaryKey>(&part)) {
        key != nullptr ? twice("the primary key", found->span, key->span) : void(key = found);
      } else if (const auto* other = std::get_if<ast::OnConflict>(&part)) {
        conflict != nullptr ? twice("`on conflict`", other->span, conflict->span) : void(conflict = other);
      }
    }
    if (key != nullptr) {
      primary_key(*key);
    }
    if (conflict != nullptr) {
      on_conflict(*conflict);
    }
    if (key != nullptr && conflict == nullptr) {
      context_.diagnostics
          .add(Code::bad_conflict_policy, key->span,
               "a table with a primary key says what happens when the key is there already", "no `on conflict`")
          .help("redelivery of an event is harmless with `on conflict keep first`",
                Fix{{{Span{key->span.file, key->span.end, key->span.end}, "\n  on conflict keep first"}},
                    Applicability::choice,
                    "fix"});
    } else if (key == nullptr && conflict != nullptr) {
      context_.diagnostics
          .add(Code::bad_conflict_policy, conflict->span, "without a primary key there is no conflict",
               "no `primary key`")
          .help("add `primary key (…)`, or remove this line: rows are then only added");
    }
  }

  void twice(const std::string& what, Span again, Span first) {
    context_.diagnostics.add(Code::said_twice, again, what + " stands once", "a second time")
        .label(first, "the first time")
        .help("remove one of them");
  }

  std::optional<Index> column_named(const ast::Name& name) {
    std::vector<std::string> known;
    for (std::size_t i = 0; i < lowered_.columns.size(); ++i) {
      if (lowered_.columns[i].name == name.text) {
        return static_cast<Index>(i);
      }
      known.push_back(lowered_.columns[i].name);
    }
    auto& diagnostic = context_.diagnostics.add(Code::bad_key, name.span,
                                                "the table has no column " + ticked(name.text), "no such column");
    suggest(diagnostic, name.span, name.text, known);
    return std::nullopt;
  }

  void primary_key(const ast::PrimaryKey& key) {
    for (const ast::Name& name : key.columns) {
      const auto column = column_named(name);
      if (!column) {
        continue;
      }
      if (std::find(lowered_.primary_key.begin(), lowered_.primary_key.end(), *column) != lowered_.primary_key.end()) {
        context_.diagnostics.add(Code::bad_key, name.span, ticked(name.text) + " is in the key twice", "a second time")
            .help("remove it");
        continue;
      }
      const Column& lowered = lowered_.columns[*column];
      if (lowered.nullable) {
        context_.diagnostics
            .add(Code::bad_key, name.span, "a column of the primary key cannot be null",
                 ticked(name.text) + " may be null")
            .label(names_.at(name.text), "`else null` makes it so")
            .help("write `else reject`, or a constant, instead of `else null`");
      } else if (lowered.type.kind == SqlKind::jsonb) {
        context_.diagnostics.add(Code::bad_key, name.span, "a jsonb column makes no key", "jsonb")
            .help("use a column with a part of it");
      }
      lowered_.primary_key.push_back(*column);
    }
  }

  void on_conflict(const ast::OnConflict& conflict) {
    switch (conflict.policy) {
      case ast::OnConflict::Policy::keep_first:
        lowered_.on_conflict = OnConflict::keep_first;
        return;
      case ast::OnConflict::Policy::keep_last:
        lowered_.on_conflict = OnConflict::keep_last;
        return;
      case ast::OnConflict::Policy::reject:
        lowered_.on_conflict = OnConflict::reject;
        return;
      case ast::OnConflict::Policy::keep_newest:
        break;
    }
    lowered_.on_conflict = OnConflict::keep_newest;
    const auto column = column_named(conflict.newest_by);
    if (!column) {
      return;
    }
    lowered_.newest_by = *column;
    const Column& by = lowered_.columns[*column];
    if (by.nullable || by.type.kind == SqlKind::jsonb || by.type.kind == SqlKind::boolean) {
      context_.diagnostics
          .add(Code::bad_key, conflict.newest_by.span,
               ticked(conflict.newest_by.text) + " cannot say which row is newer",
               by.nullable ? "it may be null" : "it has no order")
          .help("use a column that is never null and grows, such as a time or a version");
    } else if (std::find(lowered_.primary_key.begin(), lowered_.primary_key.end(), *column) !=
               lowered_.primary_key.end()) {
      context_.diagnostics
          .add(Code::bad_key, conflict.newest_by.span, ticked(conflict.newest_by.text) + " is part of the key",
               "rows with equal keys are equally new by it")
          .help("use a column outside the key");
    }
  }

  Context& context_;
  TableInfo& info_;
  const Omitted& omitted_;
  Expressions expressions_;
  Table lowered_;
  Facts known_;
  std::map<std::string_view, Span> names_;
  std::vector<FieldRead> reads_;
  std::size_t column_reads_ = 0; // how many there were before the column
  Index field_set_ = kNone;
  bool any_bad_ = false;
};

EventInfo* event_of(Context& context, Index shape) {
  for (auto& [name, event] : context.events) {
    if (event.shape == shape) {
      return &event;
    }
  }
  return nullptr;
}

/// The topic clause names an event that did not parse: nothing can be said about the table.
bool is_poisoned_topic(const Context& context, const TopicInfo& topic) {
  for (const ast::TopicClause& clause : topic.topic->clauses) {
    if (clause.kind == ast::TopicClause::Kind::event) {
      return true;
    }
  }
  return context.is_poisoned("topic", topic.topic->name.raw);
}

} // namespace

void check_tables(Context& context) {
  struct Source {
    Omitted omitted;
    EventInfo event; // where something is omitted
  };
  std::map<Index, Source> sources; // by topic
  for (auto& [name, info] : context.tables) {
    const TopicInfo* topic = find_topic(context, info.table->topic);
    if (topic == nullptr) {
      continue;
    }
    EventInfo* event = event_of(context, context.program.topics[topic->index].shape);
    if (event != nullptr) {
      auto [source, is_new] = sources.try_emplace(topic->index);
      if (is_new) {
        source->second.omitted = omitted_from(context.program, topic->index, event->shape);
      }
      const Omitted& omitted = source->second.omitted;
      if (is_new && !omitted.by_some.empty()) {
        source->second.event = without(context.program, *event, omitted);
      }
      EventInfo& seen = omitted.by_some.empty() ? *event : source->second.event;
      TableChecker(context, info, seen, omitted, topic->index).run();
    } else if (!is_poisoned_topic(context, *topic)) {
      context.diagnostics
          .add(Code::nothing_loaded, info.table->topic.span,
               "topic " + ticked(info.table->topic.text) + " does not say which event it carries",
               "no `event` in its declaration")
          .label(topic->topic->name.span, "declared here")
          .help("add `event …` to the topic, so that columns can speak of its fields");
    }
  }
}

} // namespace millrace::dsl::check
