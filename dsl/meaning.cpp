// Writing out what a program's parts do, with every index followed to what it stands for.
#include "dsl/meaning.hpp"

#include <xxhash.h>

#include <array>
#include <cstdio>

#include "dsl/ruleset.hpp"
#include "dsl/values/arena.hpp"
#include "dsl/values/text_form.hpp"

namespace millrace::dsl {
namespace {

class Describer {
 public:
  explicit Describer(const Program& program) : program_(program) {}

  std::map<std::string, std::string> all() {
    std::map<std::string, std::string> meanings;
    for (const Shape& shape : program_.shapes) {
      meanings.emplace("event " + shape.name, hash_of(this->shape(shape))); // behind it, parts of it that tables read
    }
    for (const Topic& topic : program_.topics) {
      meanings["topic " + topic.name] = hash_of(this->topic(topic));
    }
    for (const Table& table : program_.tables) {
      meanings["table " + qualified_name(table)] = hash_of(this->table(table));
    }
    for (const Router& router : program_.routers) {
      meanings["router " + router.name] = hash_of(this->router(router));
      shape_ = router.shape;
      for (const Rule& rule : router.rules) {
        meanings["rule " + router.name + "." + rule.name] = hash_of(this->rule(router, rule));
      }
    }
    return meanings;
  }

 private:
  static std::string list(std::initializer_list<std::string> parts) {
    std::string text = "(";
    for (const std::string& part : parts) {
      text += std::to_string(part.size()) + ":" + part;
    }
    return text + ")";
  }
  template <typename Number>
  static std::string num(Number number) {
    return std::to_string(static_cast<std::int64_t>(number));
  }

  std::string name_of_topic(Index topic) const { return topic == kNone ? "-" : program_.topics[topic].name; }
  std::string name_of_shape(Index shape) const { return shape == kNone ? "-" : program_.shapes[shape].name; }

  std::string type(const ValueType& type) const {
    std::string names;
    if (type.names != kNone) {
      for (const std::string& name : program_.enumerations[type.names].names) {
        names += list({name});
      }
      names += program_.enumerations[type.names].or_other ? "+" : "";
    }
    return list({num(type.kind), num(type.wire), num(type.precision), num(type.scale), names,
                 type.element == kNone ? "" : this->type(program_.types[type.element])});
  }

  std::string path(Index slot) const {
    std::string text;
    for (Index at = slot; at != kNone && at != 0; at = program_.shapes[shape_].fields[at].parent) {
      text = list({program_.shapes[shape_].fields[at].name}) + text;
    }
    return text;
  }

  std::string paths(const std::vector<Index>& slots) const {
    std::string text;
    for (const Index slot : slots) {
      text += path(slot);
    }
    return text;
  }

  std::string value(const Value& value) {
    arena_.reset();
    const auto text = text_form(value, arena_);
    return list({num(value.tag()), text ? std::string(*text) : std::string("-")});
  }

  std::string set(const ValueSet& set) {
    std::string items;
    for (const Value& item : set.values) {
      items += value(item);
    }
    for (const ValueRange& range : set.ranges) {
      items += list({value(range.low), value(range.high), num(range.open)});
    }
    for (const IpBlock& block : set.blocks) {
      items += list({std::string(block.address.begin(), block.address.end()), num(block.bits)});
    }
    return items;
  }

  /// By content, so that a change of a CSV file shows in the rules that use it. Worked out once.
  std::string lookup(const Lookup& lookup) {
    std::string& known = lookups_[lookup.name];
    if (known.empty()) {
      std::string all = list({lookup.name, type(lookup.key)});
      for (std::size_t i = 0; i < lookup.columns.size(); ++i) {
        all += list({lookup.columns[i], type(lookup.types[i])});
      }
      for (const Value& each : lookup.keys) {
        all += value(each);
      }
      for (const Value& each : lookup.values) {
        all += value(each);
      }
      known = hash_of(all);
    }
    return known;
  }

  /// Which members of a node are numbers of what.
  std::string node(Index index) {
    if (index == kNone) {
      return "-";
    }
    const Node node = program_.nodes[index];
    switch (node.op) {
      case Op::constant:
        return value(program_.constants[node.a]);
      case Op::field:
        return "." + path(node.a);
      case Op::meta_topic:
      case Op::received_at:
      case Op::payload:
      case Op::always:
      case Op::never:
        return num(node.op);
      case Op::meta_header:
        return list({num(node.op), std::string(program_.text(node.a))});
      case Op::unmapped:
        return list({num(node.op), paths(program_.field_sets[node.a])});
      case Op::concat:
      case Op::all_of:
      case Op::any_of: {
        std::string parts;
        for (Index i = 0; i < node.b; ++i) {
          parts += this->node(program_.operands[node.a + i]);
        }
        return list({num(node.op), parts});
      }
      case Op::in_set:
      case Op::not_in_set:
        return list({num(node.op), this->node(node.a), set(program_.sets[node.b]), num(node.detail)});
      case Op::call: {
        std::string arguments;
        for (Index i = 0; i < node.b; ++i) {
          arguments += this->node(program_.operands[node.a + i]);
        }
        return list({num(node.op), num(node.detail), arguments});
      }
      case Op::element:
        return list({num(node.op), num(node.a)});
      case Op::member:
        return list({num(node.op), this->node(node.a), std::string(program_.text(node.b))});
      case Op::item:
        return list({num(node.op), this->node(node.a), num(node.b)});
      case Op::lookup:
      case Op::in_lookup:
      case Op::not_in_lookup:
        return list({num(node.op), this->node(node.a), lookup(program_.lookups[node.b]), num(node.detail)});
      case Op::matches:
      case Op::not_matches:
        return list({num(node.op), this->node(node.a), program_.regexes[node.b].pattern});
      case Op::is_kind:
      case Op::is_not_kind:
        return list({num(node.op), this->node(node.a), num(node.detail)});
      case Op::some:
      case Op::every:
        return list({num(node.op), this->node(node.a), this->node(node.b), num(node.detail)});
      case Op::sampled:
      case Op::not_sampled:
        return list(
            {num(node.op), this->node(node.a), program_.samples[node.b].salt, num(program_.samples[node.b].below)});
      case Op::read_as:
        return list({num(node.op), this->node(node.a), type(node.type)});
      case Op::coalesce:
      case Op::add:
      case Op::subtract:
      case Op::multiply:
      case Op::divide:
      case Op::negate:
      case Op::as_boolean:
      case Op::exists:
      case Op::not_exists:
      case Op::is_null:
      case Op::is_not_null:
      case Op::is_true:
      case Op::is_false:
      case Op::equal:
      case Op::unequal:
      case Op::less:
      case Op::less_equal:
      case Op::greater:
      case Op::greater_equal:
      case Op::starts_with:
      case Op::not_starts_with:
      case Op::ends_with:
      case Op::not_ends_with:
      case Op::contains:
      case Op::not_contains:
      case Op::in_list:
      case Op::not_in_list:
        return list({num(node.op), this->node(node.a), this->node(node.b), num(node.detail)});
    }
    return "?";
  }

  std::string shape(const Shape& shape) {
    std::string fields = shape.open ? "open" : "";
    for (const Field& field : shape.fields) {
      const RequiredWhen& when = field.required_when;
      fields += field.declared ? list({field.name, num(field.parent), type(field.type), num(field.required),
                                       when.field == kNone ? "" : num(when.field) + set(program_.sets[when.set])})
                               : "";
    }
    return fields;
  }

  std::string topic(const Topic& topic) const {
    return list({topic.name, name_of_shape(topic.shape), num(topic.partitions), num(topic.replicas),
                 num(topic.retention_ms), topic.partitioner, num(topic.compact)});
  }

  std::string targets(const std::vector<Target>& targets) {
    std::string text;
    for (const Target& target : targets) {
      std::string headers;
      for (const HeaderClause& header : target.headers) {
        headers += list({std::string(program_.text(header.name)), node(header.value), num(header.otherwise)});
      }
      std::string names;
      for (const std::string& name : target.names) {
        names += target.listed ? list({name}) : "";
      }
      text +=
          list({name_of_topic(target.topic), node(target.name), names, num(target.at_most),
                name_of_topic(target.overflow), node(target.key), num(target.key_otherwise), node(target.partition_by),
                node(target.timestamp), target.omit == kNone ? "" : paths(program_.field_sets[target.omit]), headers});
    }
    return text;
  }

  /// The settings and the order of the rules; each rule's own meaning is apart.
  std::string router(const Router& router) {
    shape_ = router.shape;
    std::string order;
    for (const Rule& rule : router.rules) {
      order += list({rule.name});
    }
    return list({router.name, name_of_shape(router.shape), num(router.match_all), name_of_topic(router.dead_letter),
                 order, targets(router.otherwise)});
  }

  std::string rule(const Router& router, const Rule& rule) {
    const std::string group = rule.group == kNone ? "-" : router.rules[rule.group].name;
    return list({num(rule.kind), group, node(rule.condition), targets(rule.targets)});
  }

  std::string table(const Table& table) {
    shape_ = table.shape;
    std::string columns;
    for (const Column& column : table.columns) {
      columns += list({column.name, sql_text(column.type), node(column.value), num(column.otherwise),
                       node(column.constant), num(column.nullable), column.renamed_from});
    }
    std::string key;
    for (const Index column : table.primary_key) {
      key += list({table.columns[column].name});
    }
    std::string indexes;
    for (const std::vector<Index>& index : table.indexes) {
      std::string names;
      for (const Index column : index) {
        names += list({table.columns[column].name});
      }
      indexes += list({names});
    }
    const PartitionBy& partition = table.partition_by;
    const std::string partitions = partition.column == kNone
                                       ? ""
                                       : list({num(partition.unit), table.columns[partition.column].name,
                                               num(partition.keep), num(partition.keep_unit)});
    std::string dropped;
    for (const std::string& column : table.dropped_columns) {
      dropped += list({column});
    }
    return list({name_of_topic(table.topic), node(table.where), columns, key, num(table.on_conflict),
                 table.newest_by == kNone ? "-" : table.columns[table.newest_by].name, indexes, partitions,
                 num(table.frozen), dropped, name_of_topic(table.dead_letter)});
  }

  const Program& program_;
  Arena arena_;
  Index shape_ = kNone;
  std::map<std::string, std::string> lookups_;
};

} // namespace

std::string hash_of(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  std::array<char, 33> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  return digits.data();
}

std::map<std::string, std::string> meanings_of(const Program& program) { return Describer(program).all(); }

namespace {

std::string element_text(const SqlType& type) {
  switch (type.kind) {
    case SqlKind::boolean:
      return "boolean";
    case SqlKind::smallint:
      return "smallint";
    case SqlKind::integer:
      return "integer";
    case SqlKind::bigint:
      return "bigint";
    case SqlKind::numeric:
      return type.precision == 0 ? "numeric"
                                 : "numeric(" + std::to_string(type.precision) + "," + std::to_string(type.scale) + ")";
    case SqlKind::real:
      return "real";
    case SqlKind::double_precision:
      return "double precision";
    case SqlKind::text:
      return "text";
    case SqlKind::varchar:
      return type.length == 0 ? "varchar" : "varchar(" + std::to_string(type.length) + ")";
    case SqlKind::character:
      return "char(" + std::to_string(type.length) + ")";
    case SqlKind::timestamptz:
      return "timestamptz";
    case SqlKind::date:
      return "date";
    case SqlKind::uuid:
      return "uuid";
    case SqlKind::jsonb:
      return "jsonb";
    case SqlKind::interval:
      return "interval";
    case SqlKind::inet:
      return "inet";
  }
  return "";
}

} // namespace

std::string sql_text(const SqlType& type) { return element_text(type) + (type.array ? "[]" : ""); }

std::string qualified_name(const Table& table) {
  return table.schema.empty() ? table.name : table.schema + "." + table.name;
}

std::vector<Change> changes(const Ruleset& before, const Ruleset& after) {
  std::vector<Change> list;
  for (const auto& [item, meaning] : before.meanings) {
    const auto now = after.meanings.find(item);
    if (now == after.meanings.end()) {
      list.push_back({Change::What::removed, item});
    } else if (now->second != meaning) {
      list.push_back({Change::What::changed, item});
    }
  }
  for (const auto& [item, meaning] : after.meanings) {
    if (!before.meanings.contains(item)) {
      list.push_back({Change::What::added, item});
    }
  }
  return list;
}

} // namespace millrace::dsl
