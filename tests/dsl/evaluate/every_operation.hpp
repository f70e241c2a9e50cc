// A program whose rules ask for every operation and function of the language once, over fields of every type.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>
#include <vector>

#include "dsl/values/ip.hpp"
#include "tests/dsl/evaluate/program_builder.hpp"

namespace millrace::dsl {

class EveryOperation {
 public:
  EveryOperation() {
    make_tables();
    make_values();
    make_conditions();
    ProgramBuilder& b = build_;
    Router& router = b.router(true);
    router.dead_letter = b.topic("dlq");
    const Index topic = b.topic("t");
    for (const Index condition : conditions_) {
      Target target = ProgramBuilder::to(topic);
      target.key = values_[router.rules.size() % values_.size()];
      target.key_otherwise = Otherwise::none;
      router.rules.push_back(b.rule(RuleKind::route, "r" + std::to_string(router.rules.size()), condition, {target}));
    }
    Table& table = b.table("x", topic);
    for (const Index value : values_) {
      table.columns.push_back(b.column("c", {SqlKind::jsonb}, value, Column::Else::null));
    }
    b.program.seal();
  }

  const Program& program() const { return build_.program; }
  const std::vector<Index>& values() const { return values_; }
  const std::vector<Index>& conditions() const { return conditions_; }

  static constexpr const char* kEvent =
      R"({"text":"Straße 12, a/b","int":12,"float":-2.675,"price":9.90,"flag":true,"at":"2024-06-10T08:47:12.5Z",)"
      R"("ms":1718000000000,"id":"7b0c2f7e-92f1-4d0a-9d53-0d8b1c1f0a11","age":"1h30m","ip":"2001:db8::1",)"
      R"("version":"7.10.0-rc.1","url":"https://User@WWW.example.com:8080/x","json":"{\"a\":[1,2]}","any":[1,"a",null,{"k":2}],)"
      R"("object":{"a":{"l":[1,2],"k":1},"b\u0041":"x","l":[{"l":[1],"k":1},{"l":[],"k":2}]},"ints":[3,1,2],)"
      R"("texts":["B","a\u0041"],"objects":[{"k":1,"sku":"A1"},{"k":11,"sku":"B1"}],"grid":[[1],[2,3]]})";

 private:
  Index constant(Value value) { return build_.program.add_constant_node(value, {}); }
  Index text(std::string_view value) { return build_.text(value); }
  Index node(Op op, Index a, Index b = kNone, std::uint8_t detail = 0) {
    return build_.program.add_node({op, {}, a, b, detail});
  }
  Index call(Function function, std::initializer_list<Index> arguments) {
    const Index list = build_.list(Op::call, arguments);
    build_.program.nodes[list].detail = static_cast<std::uint8_t>(function);
    return list;
  }
  Index as(Index value, ValueType type) { return build_.program.add_node({Op::read_as, type, value}); }
  Index member(Index of, std::string_view key) { return node(Op::member, of, build_.program.add_text(key)); }
  ValueType list_of_type(ValueType element) {
    ValueType type{Kind::list};
    type.element = build_.program.add_type(element);
    return type;
  }
  Index add(std::string name, ValueType type) { return build_.field(build_.event.add(std::move(name), type, false)); }

  void make_tables() {
    Program& program = build_.program;
    program.regexes.push_back({"a.b", std::make_shared<const re2::RE2>("a.b")});
    program.samples.push_back({"r.s", 5'000});
    Lookup& lookup = program.lookups.emplace_back();
    lookup.columns = {"one", "two"};
    lookup.keys = {Value::of_int(12)};
    lookup.values = {Value::of_text("found"), Value::of_int(1)};
    lookup.rows.insert(lookup.keys[0], 0);
    ValueSet set;
    set.values = {Value::of_int(1), Value::of_text("straße"), Value::of_version("7.10")};
    set.ranges.push_back({Value::of_int(2), Value::of_int(9), false});
    set.blocks = {parse_cidr("10.0.0.0/8")->block, parse_cidr("2001:db8::/32")->block};
    set_ = program.add_set(set);
  }

  void make_values() {
    fields_ = {text_,    int_, float_, price_, flag_,   at_,   ms_,    id_,      age_, ip_,
               version_, url_, json_,  any_,   object_, ints_, texts_, objects_, grid_};
    values_ = fields_;
    for (const Op op : {Op::add, Op::subtract, Op::multiply, Op::divide}) {
      values_.insert(values_.end(), {node(op, int_, price_), node(op, float_, int_), node(op, at_, age_),
                                     node(op, at_, ms_), node(op, age_, age_), node(op, any_, int_)});
    }
    for (const Index field : fields_) {
      values_.insert(values_.end(),
                     {node(Op::negate, field), call(Function::hash, {field}), call(Function::count, {field}),
                      call(Function::json, {field}), call(Function::round, {field, constant(Value::of_int(1))}),
                      call(Function::max, {field}), call(Function::concat, {field, text("/"), field}),
                      call(Function::lower, {field}), call(Function::split, {field, text(",")})});
      for (const Kind kind : {Kind::boolean, Kind::integer, Kind::floating, Kind::text, Kind::timestamp, Kind::uuid,
                              Kind::object, Kind::duration, Kind::ip, Kind::version}) {
        values_.push_back(as(field, {kind}));
      }
      values_.push_back(as(field, {Kind::decimal, Wire::natural, 9, 2}));
      values_.push_back(as(field, list_of_type({Kind::text})));
      values_.push_back(as(field, list_of_type(list_of_type({Kind::integer}))));
    }
    values_.insert(values_.end(), {call(Function::upper, {text_}),
                                   call(Function::trim, {text_}),
                                   call(Function::length, {text_}),
                                   call(Function::substring, {text_, int_}),
                                   call(Function::substring, {text_, constant(Value::of_int(3)), int_}),
                                   call(Function::first, {any_}),
                                   call(Function::last, {texts_}),
                                   call(Function::host, {url_}),
                                   call(Function::abs, {float_}),
                                   call(Function::min, {int_, price_, float_}),
                                   call(Function::date, {at_}),
                                   call(Function::hour, {at_}),
                                   call(Function::truncate, {at_, age_}),
                                   call(Function::parse_time, {text_, text("%Y-%m-%d")}),
                                   node(Op::lookup, int_, 0, 1),
                                   node(Op::item, grid_, 1),
                                   node(Op::item, any_, 3),
                                   member(node(Op::item, any_, 3), "k"),
                                   member(object_, "bA"),
                                   member(member(object_, "a"), "k"),
                                   member(call(Function::json, {json_}), "a"),
                                   node(Op::coalesce, any_, text_),
                                   node(Op::payload, kNone)});
  }

  void make_conditions() {
    for (const Index field : fields_) {
      for (const Op op : {Op::exists, Op::not_exists, Op::is_null, Op::is_not_null, Op::is_true, Op::is_false}) {
        conditions_.push_back(node(op, field));
      }
      for (const Op op : {Op::equal, Op::unequal, Op::starts_with, Op::not_ends_with, Op::contains}) {
        conditions_.push_back(node(op, field, text_, kIgnoringCase));
        conditions_.push_back(node(op, field, any_));
      }
      for (const Op op : {Op::less, Op::greater_equal}) {
        conditions_.push_back(node(op, field, int_));
      }
      for (const Op op : {Op::in_set, Op::not_in_set}) {
        conditions_.push_back(node(op, field, set_, kIgnoringCase));
      }
      for (const Op op : {Op::in_list, Op::not_in_list}) {
        conditions_.push_back(node(op, field, any_));
        conditions_.push_back(node(op, text_, field, kIgnoringCase));
      }
      for (const Op op :
           {Op::in_lookup, Op::not_in_lookup, Op::matches, Op::not_matches, Op::sampled, Op::not_sampled}) {
        conditions_.push_back(node(op, field, 0));
      }
      for (std::uint8_t type = 1; type <= 5; ++type) {
        conditions_.push_back(node(Op::is_kind, field, kNone, type));
        conditions_.push_back(node(Op::is_not_kind, field, kNone, type));
      }
      const Index dear = node(Op::greater, member(node(Op::element, 0), "k"), constant(Value::of_int(10)));
      const Index same = node(Op::equal, node(Op::element, 1), member(node(Op::element, 0), "k"));
      const Index inner = node(Op::some, member(node(Op::element, 0), "l"), same, 1);
      conditions_.insert(conditions_.end(),
                         {node(Op::some, field, dear), node(Op::every, field, dear), node(Op::some, field, inner),
                          node(Op::every, field, inner), node(Op::some, member(field, "l"), inner)});
    }
  }

  ProgramBuilder build_;
  Index text_ = add("text", {Kind::text});
  Index int_ = add("int", {Kind::integer});
  Index float_ = add("float", {Kind::floating});
  Index price_ = add("price", {Kind::decimal, Wire::natural, 10, 2});
  Index flag_ = add("flag", {Kind::boolean});
  Index at_ = add("at", {Kind::timestamp});
  Index ms_ = add("ms", {Kind::timestamp, Wire::unix_ms});
  Index id_ = add("id", {Kind::uuid});
  Index age_ = add("age", {Kind::duration});
  Index ip_ = add("ip", {Kind::ip});
  Index version_ = add("version", {Kind::version});
  Index url_ = add("url", {Kind::text});
  Index json_ = add("json", {Kind::text});
  Index any_ = add("any", {Kind::any});
  Index object_ = add("object", {Kind::object});
  Index ints_ = add("ints", list_of_type({Kind::integer}));
  Index texts_ = add("texts", list_of_type({Kind::text}));
  Index objects_ = add("objects", list_of_type({Kind::object}));
  Index grid_ = add("grid", list_of_type(list_of_type({Kind::integer})));
  Index set_ = kNone;
  std::vector<Index> fields_;
  std::vector<Index> values_;
  std::vector<Index> conditions_;
};

} // namespace millrace::dsl
