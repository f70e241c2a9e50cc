// Values that are there already: fields, variables, constants, definitions, lookups.
#include "tests/support/reference/phrases.hpp"

#include <algorithm>

namespace millrace::reference {

using dsl::Kind;

bool fits_place(const Type& wanted, const Type& type) {
  if (wanted.kind == Kind::text) {
    return type.kind == Kind::text && type.names == wanted.names && type.or_other == wanted.or_other;
  }
  if (wanted.kind == Kind::decimal && wanted.precision > 0) { // or its literals might not fit
    return type.kind == wanted.kind && type.precision == wanted.precision && type.scale == wanted.scale;
  }
  if (wanted.kind == Kind::list) {
    return type.kind == Kind::list && fits_place(*wanted.element, *type.element);
  }
  return type.kind == wanted.kind;
}

bool is_number(Kind kind) { return kind == Kind::integer || kind == Kind::floating || kind == Kind::decimal; }

bool has_literal(const Type& type) {
  return type.kind != Kind::list && type.kind != Kind::object && type.kind != Kind::any;
}

bool Phrases::known(const Field& field) const {
  const auto is_known = [&](const std::string& path) {
    return std::find(known_.begin(), known_.end(), path) != known_.end();
  };
  return std::all_of(field.needs.begin(), field.needs.end(), is_known) &&
         std::all_of(field.chain.begin(), field.chain.end(),
                     [&](const std::string& path) { return !left_out_.contains(path) || is_known(path); });
}

void Phrases::know(const Field& field) { known_.insert(known_.end(), field.chain.begin(), field.chain.end()); }

void Phrases::leave_out(const std::set<std::string>& by_some, const std::set<std::string>& by_all) {
  left_out_ = by_some;
  const auto gone = [&](const Field* field) {
    return std::any_of(field->chain.begin(), field->chain.end(),
                       [&](const std::string& path) { return by_all.contains(path); });
  };
  std::erase_if(leaves_, gone);
  std::erase_if(all_, gone);
}

void Phrases::leave_nothing_out(const Schema& schema) {
  left_out_.clear();
  leaves_ = schema.leaves();
  all_ = schema.all();
}

Type Phrases::some_type(bool with_text) {
  std::vector<Type> types = {type_of(Kind::text)};
  for (const Field* field : leaves_) {
    const Kind kind = field->type.kind;
    if (!with_text || (kind != Kind::list && kind != Kind::object && kind != Kind::any)) {
      types.push_back(field->type);
    }
  }
  return dice_.pick(types);
}

std::string Phrases::literal(const Type& type) {
  if (dice_.once_in(8)) {
    for (const Let& let : lets) {
      if (!let.list && fits_place(type, let.type) && dice_.once_in(2)) {
        return let.name;
      }
    }
  }
  return some_literal(type, dice_);
}

/// A field, a variable, a definition or what the source knows.
std::optional<std::string> Phrases::source(const Type& type, bool sure) {
  std::vector<std::string> found;
  for (const Field* field : leaves_) {
    if (fits_place(type, field->type) && (!sure || known(*field))) {
      found.push_back(field->path);
    }
  }
  for (const Local& local : locals_) {
    if (fits_place(type, local.type) && (!sure || local.sure)) {
      found.insert(found.end(), 3, local.name);
    }
  }
  for (const Def& def : defs) {
    if (def.type && def.parameters.empty() && usable(def) && fits_place(type, *def.type) && (!sure || def.sure)) {
      found.push_back(def.name);
    }
  }
  if (type.kind == Kind::timestamp) {
    found.emplace_back("meta.received_at");
  }
  if (type.kind == Kind::text && type.names.empty() && !sure) {
    found.emplace_back("meta.topic");
    found.emplace_back("meta.headers[\"h\"]");
  }
  return found.empty() ? std::nullopt : std::optional(dice_.pick(found));
}

std::optional<std::string> Phrases::value(const Type& type, bool sure, int depth) {
  if (depth > 0 && dice_.once_in(3)) {
    if (auto out = made(type, sure, depth - 1)) {
      return out;
    }
  }
  if (sure && dice_.once_in(3) && has_literal(type)) {
    const auto absent = depth > 0 && dice_.once_in(2) ? made(type, false, depth - 1) : source(type, false);
    const auto next = dice_.once_in(3) ? source(type, false) : std::nullopt;
    if (absent) {
      return "(" + *absent + (next ? " ?? " + *next : "") + " ?? " + literal(type) + ")";
    }
  }
  return source(type, sure);
}

/// `look[key]`, `look[key].column`
std::optional<std::string> Phrases::looked_up(const Type& type, int depth) {
  std::vector<std::pair<const Lookup*, const Column*>> found;
  for (const Lookup& lookup : lookups) {
    for (const Column& column : lookup.columns) {
      if (fits_place(type, column.type)) {
        found.emplace_back(&lookup, &column);
      }
    }
  }
  if (found.empty()) {
    return std::nullopt;
  }
  const auto [lookup, column] = dice_.pick(found);
  const auto key =
      dice_.once_in(12) ? std::optional(some_literal(lookup->key, dice_)) : value(lookup->key, false, depth);
  return key ? std::optional(lookup->name + "[" + *key + "]" + (column->name.empty() ? "" : "." + column->name))
             : std::nullopt;
}

std::optional<std::string> Phrases::call_of_def(const Def& def, bool sure, int depth) {
  std::string arguments;
  for (const Type& type : def.parameters) {
    auto argument = has_literal(type) && dice_.once_in(8) ? std::optional(some_literal(type, dice_)) : std::nullopt;
    if (!argument) { // what is computed may have more digits than the parameter takes
      argument = type.kind == Kind::decimal ? source(type, sure || def.strict) : value(type, sure || def.strict, depth);
    }
    if (!argument) {
      return std::nullopt;
    }
    arguments += (arguments.empty() ? "" : ", ") + *argument;
  }
  quantifiers_made_ += def.quantifies ? 1 : 0;
  return def.name + (def.parameters.empty() ? "" : "(" + arguments + ")");
}

std::optional<std::string> Phrases::called_def(const Type& type, bool sure, int depth) {
  std::vector<const Def*> found;
  for (const Def& def : defs) {
    if (def.type && !def.parameters.empty() && usable(def) && fits_place(type, *def.type) && (!sure || def.sure)) {
      found.push_back(&def);
    }
  }
  return found.empty() ? std::nullopt : call_of_def(*dice_.pick(found), sure, depth);
}

} // namespace millrace::reference
