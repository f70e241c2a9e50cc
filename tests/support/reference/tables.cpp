// Random tables.
#include <algorithm>
#include <optional>

#include "tests/support/reference/pieces.hpp"

namespace millrace::reference {
namespace {

using dsl::Kind;

/// Of one delivery: whether its messages may come to the topic that a table reads.
bool feeds(const Delivery& delivery, const std::string& topic) {
  const auto comes = [&](const std::string& name) {
    return name == topic || (topic == "part.*" && name.starts_with("part."));
  };
  if (comes(delivery.overflow)) {
    return true;
  }
  if (!delivery.names.empty()) {
    return std::any_of(delivery.names.begin(), delivery.names.end(), comes);
  }
  return comes(delivery.topic) || (delivery.topic == "part.*" && topic == "part.a");
}

class TablesMaker {
 public:
  TablesMaker(const Schema& schema, Phrases& phrases, Dice& dice, const std::vector<Delivery>& deliveries)
      : schema_(schema), phrases_(phrases), dice_(dice), deliveries_(deliveries) {}

  Tables make() {
    for (std::size_t i = dice_.below(4); i > 0; --i) {
      table(i);
    }
    return std::move(out_);
  }

 private:
  struct Column {
    std::string name;
    std::string sql;
    bool nullable = false;
    bool sure = false;
  };

  void table(std::size_t number) {
    const std::size_t before = phrases_.mark();
    const std::vector<std::string> topics = {"t0", "t1", "over", "part.*", "part.a"};
    const std::string topic = dice_.pick(topics);
    leave_out(topic);
    const std::string name = std::string(dice_.once_in(2) ? "s." : "") + "rows" + std::to_string(number);
    std::string text = "table " + name + " from topic " + quoted(topic);
    text += dice_.once_in(2) ? " where " + condition_of_group(phrases_, dice_) : "";
    text += " {\n";
    columns_.clear();
    const bool frozen = dice_.once_in(6);
    for (std::size_t i = 1 + dice_.below(8); i > 0; --i) {
      text += column("c" + std::to_string(i));
      text += !frozen && dice_.once_in(12) ? " renamed from old" + std::to_string(i) + "\n" : "\n";
    }
    text += dice_.once_in(3) ? "  rest jsonb = unmapped else reject\n" : "";
    text += dice_.once_in(6) ? "  whole jsonb = payload else reject\n" : "";
    text += clauses();
    text += frozen ? "  evolve frozen\n" : dice_.once_in(6) ? "  evolve additive\n  drop column gone\n" : "";
    text += dice_.once_in(2) ? "  dead_letter \"dlq.rows\"\n" : "";
    phrases_.forget_to(before);
    phrases_.leave_nothing_out(schema_);
    out_.text += text + "}\n";
    Table made{name, {}};
    for (const Column& column : columns_) {
      made.columns.push_back(column.name);
    }
    out_.tables.push_back(made);
  }

  void leave_out(const std::string& topic) {
    std::vector<const Delivery*> feeding;
    std::set<std::string> by_some;
    for (const Delivery& delivery : deliveries_) {
      if (feeds(delivery, topic)) {
        feeding.push_back(&delivery);
        by_some.insert(delivery.omitted.begin(), delivery.omitted.end());
      }
    }
    std::set<std::string> by_all;
    for (const Field* field : phrases_.all()) {
      const auto omits = [&](const Delivery* delivery) {
        return std::any_of(field->chain.begin(), field->chain.end(),
                           [&](const std::string& path) { return delivery->omitted.contains(path); });
      };
      if (!feeding.empty() && std::all_of(feeding.begin(), feeding.end(), omits)) {
        by_all.insert(field->path);
      }
    }
    phrases_.leave_out(by_some, by_all);
  }

  // ---- columns

  std::string column(const std::string& name) {
    if (dice_.once_in(8)) {
      columns_.push_back({name, "boolean", false, true});
      return "  " + name + " boolean = " + phrases_.whole_condition();
    }
    const bool sure = dice_.once_in(2);
    const Type type = column_type();
    const auto value = phrases_.value(type, sure, 2);
    if (!value) {
      columns_.push_back({name, "timestamptz", false, true});
      return "  " + name + " timestamptz = meta.received_at";
    }
    const auto [sql, may_not_fit] = sql_type(type);
    Column column{name, sql, false, sure && !may_not_fit};
    std::string out = "  " + name + " " + sql + " = " + *value;
    if (!column.sure) {
      out += otherwise(column);
    }
    columns_.push_back(column);
    return out;
  }

  Type column_type() {
    std::vector<Type> lists;
    for (const Field* field : phrases_.leaves()) {
      if (field->type.kind == Kind::list) {
        lists.push_back(field->type);
      }
    }
    return !lists.empty() && dice_.once_in(3) ? dice_.pick(lists) : phrases_.some_type(false);
  }

  std::string otherwise(Column& column) {
    if (dice_.once_in(3)) {
      if (const auto constant = constant_of(column.sql)) {
        return " else " + *constant;
      }
    }
    column.nullable = dice_.once_in(2);
    return column.nullable ? " else null" : " else reject";
  }

  std::optional<std::string> constant_of(const std::string& sql) {
    const std::pair<const char*, const char*> constants[] = {{"boolean", "true"},
                                                             {"smallint", "7"},
                                                             {"int", "-1"},
                                                             {"bigint", "1_000_000"},
                                                             {"numeric", "1.5"},
                                                             {"numeric(9,2)", "0.25"},
                                                             {"double precision", "0.5"},
                                                             {"real", "1"},
                                                             {"text", "\"none\""},
                                                             {"varchar(3)", "\"a\""},
                                                             {"timestamptz", "\"2024-06-10T08:00:00Z\""},
                                                             {"date", "\"2024-06-10T08:00:00Z\""},
                                                             {"uuid", "\"00000000-0000-0000-0000-000000000000\""},
                                                             {"jsonb", "\"none\""},
                                                             {"interval", "5m"},
                                                             {"inet", "\"10.0.0.1\""}};
    for (const auto& [name, constant] : constants) {
      if (sql == name) {
        return constant;
      }
    }
    return std::nullopt;
  }

  /// The column's type, and whether a value may be too much for it.
  std::pair<std::string, bool> sql_type(const Type& type) {
    switch (type.kind) {
      case Kind::boolean:
        return {"boolean", false};
      case Kind::integer: {
        const std::vector<std::string> types = {"smallint",     "int",     "bigint",
                                                "numeric(9,2)", "numeric", "double precision"};
        return {dice_.pick(types), true};
      }
      case Kind::floating:
        return {dice_.once_in(2) ? "real" : "double precision", true};
      case Kind::decimal: {
        const std::vector<std::string> types = {"numeric(6,1)", "numeric(20,2)", "numeric", "numeric(9,4)"};
        return {dice_.pick(types), true};
      }
      case Kind::text: {
        const std::vector<std::string> types = {"text", "varchar(3)", "char(2)", "varchar(40)"};
        return {dice_.pick(types), true};
      }
      case Kind::timestamp:
        return {dice_.once_in(4) ? "date" : "timestamptz", false};
      case Kind::uuid:
        return {"uuid", false};
      case Kind::duration:
        return {"interval", false};
      case Kind::ip:
        return {"inet", false};
      case Kind::version:
        return {"text", false};
      case Kind::list: {
        const Kind element = type.element->kind;
        if (element == Kind::object || element == Kind::any || element == Kind::list || dice_.once_in(4)) {
          return {"jsonb", true};
        }
        return {sql_type(*type.element).first + "[]", true};
      }
      case Kind::object:
      case Kind::any:
        return {"jsonb", true};
    }
    return {"text", true};
  }

  // ---- clauses

  std::vector<std::string> names_of(const std::vector<std::string>& types) const {
    std::vector<std::string> out;
    for (const Column& column : columns_) {
      if (!column.nullable && std::find(types.begin(), types.end(), column.sql) != types.end()) {
        out.push_back(column.name);
      }
    }
    return out;
  }

  std::string clauses() {
    const std::vector<std::string> units = {"hour", "day", "week", "month", "year"};
    const std::vector<std::string> kept = {"48 hours", "31 days", "9 weeks", "24 months", "2 years"};
    std::string out;
    std::string key;
    std::string partition;
    const auto times = names_of({"timestamptz", "date"});
    if (!times.empty() && dice_.once_in(2)) {
      partition = dice_.pick(times);
      const auto dates = names_of({"date"});
      const bool is_date = std::find(dates.begin(), dates.end(), partition) != dates.end();
      const std::size_t unit = is_date ? 1 + dice_.below(4) : dice_.below(5);
      out += "  partition by " + units[unit] + " of " + partition;
      const std::size_t keep = unit + dice_.below(5 - unit); // as long as a partition, or longer
      const bool too_many = unit == 0 && keep > 2;           // partitions of an hour
      out += dice_.once_in(4) ? "\n" : " keep " + kept[too_many ? 1 : keep] + "\n";
      key = partition;
    }
    const auto others = names_of({"bigint", "text", "uuid", "timestamptz", "smallint", "boolean", "inet", "numeric"});
    if (dice_.once_in(2) && (!key.empty() || !others.empty())) {
      if (const std::string more = others.empty() ? "" : dice_.pick(others); !more.empty() && more != partition) {
        key += (key.empty() ? "" : ", ") + more;
      }
      std::vector<std::string> grows = names_of({"timestamptz", "bigint", "int", "date"});
      std::erase_if(grows, [&](const std::string& name) {
        return (", " + key + ",").find(", " + name + ",") != std::string::npos;
      });
      const std::vector<std::string> policies = {"keep first", "keep last", "reject"};
      out += "  primary key (" + key + ")\n  on conflict ";
      out += !grows.empty() && dice_.once_in(2) ? "keep newest by " + dice_.pick(grows) : dice_.pick(policies);
      out += "\n";
    }
    if (!others.empty() && dice_.once_in(4)) {
      out += "  index (" + dice_.pick(others) + ")\n";
    }
    return out;
  }

  const Schema& schema_;
  Phrases& phrases_;
  Dice& dice_;
  const std::vector<Delivery>& deliveries_;
  Tables out_;
  std::vector<Column> columns_; // of the table that is being made
};

} // namespace

Tables make_tables(const Schema& schema, Phrases& phrases, Dice& dice, const std::vector<Delivery>& deliveries) {
  return TablesMaker(schema, phrases, dice, deliveries).make();
}

} // namespace millrace::reference
