// Shapes for tests, field by field. No part of how the compiler makes them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dsl/program.hpp"

namespace millrace::dsl {

class ShapeBuilder {
 public:
  explicit ShapeBuilder(Program& program, std::string name = "e") : program_(program) {
    program_.shapes.emplace_back();
    number_ = static_cast<Index>(program_.shapes.size() - 1);
    shape().name = std::move(name);
    Field root;
    root.type.kind = Kind::object;
    shape().fields.push_back(root);
  }

  Index add(std::string name, ValueType type, bool required = true, Index parent = 0) {
    Field field;
    field.name = std::move(name);
    field.parent = parent;
    field.type = type;
    field.required = required;
    shape().fields.push_back(std::move(field));
    return static_cast<Index>(shape().fields.size() - 1);
  }

  ValueType one_of(std::vector<std::string> names, bool or_other = false) {
    program_.enumerations.push_back({std::move(names), or_other});
    ValueType type{Kind::text};
    type.names = static_cast<Index>(program_.enumerations.size() - 1);
    return type;
  }

  Index number() const { return number_; }
  Shape& shape() { return program_.shapes[number_]; }

 private:
  Program& program_;
  Index number_ = 0;
};

} // namespace millrace::dsl
