// Programs for tests of the evaluator, put together by hand. What the compiler makes of text is tested with the
// fixtures.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "dsl/evaluate.hpp"
#include "tests/dsl/read/shape_builder.hpp"

namespace millrace::dsl {

struct ProgramBuilder {
  Program program;
  ShapeBuilder event{program};

  Index field(Index number) { return program.add_node({Op::field, event.shape().fields[number].type, number, kNone}); }
  Index text(std::string_view value) { return program.add_constant_node(Value::of_text(value), {Kind::text}); }
  Index number(std::int64_t value) { return program.add_constant_node(Value::of_int(value), {Kind::integer}); }
  Index node(Op op, Index a = kNone, Index b = kNone, ValueType type = {}) {
    return program.add_node({op, type, a, b});
  }
  Index list(Op op, std::initializer_list<Index> children) {
    const std::vector<Index> all(children);
    return program.add_list_node(op, all);
  }
  Index always() { return node(Op::always); }

  Index topic(std::string name) {
    Topic topic;
    topic.name = std::move(name);
    topic.shape = event.number();
    program.topics.push_back(std::move(topic));
    return static_cast<Index>(program.topics.size() - 1);
  }

  Router& router(bool match_all = false) {
    Router router;
    router.name = "r";
    router.shape = event.number();
    router.match_all = match_all;
    program.routers.push_back(std::move(router));
    return program.routers.back();
  }
  static Target to(Index topic) {
    Target target;
    target.topic = topic;
    return target;
  }
  static Rule rule(RuleKind kind, std::string name, Index condition, std::vector<Target> targets = {}) {
    Rule rule;
    rule.kind = kind;
    rule.name = std::move(name);
    rule.condition = condition;
    rule.targets = std::move(targets);
    return rule;
  }

  Table& table(std::string name, Index topic) {
    Table table;
    table.schema = "app";
    table.name = std::move(name);
    table.topic = topic;
    table.shape = event.number();
    program.tables.push_back(std::move(table));
    return program.tables.back();
  }
  static Column column(std::string name, SqlType type, Index value, Column::Else otherwise = Column::Else::impossible,
                       Index constant = kNone) {
    Column column;
    column.name = std::move(name);
    column.type = type;
    column.value = value;
    column.otherwise = otherwise;
    column.constant = constant;
    column.nullable = otherwise == Column::Else::null;
    return column;
  }
};

} // namespace millrace::dsl
