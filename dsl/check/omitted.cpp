#include "dsl/check/omitted.hpp"

#include <algorithm>

namespace millrace::dsl::check {
namespace {

/// Whether messages of the target may come to the topic, or to one of its pattern.
bool feeds(const Program& program, const Target& target, Index topic) {
  const std::string& read = program.topics[topic].name;
  if (target.overflow != kNone && matches_topic(read, program.topics[target.overflow].name)) {
    return true;
  }
  if (!target.names.empty()) {
    return std::any_of(target.names.begin(), target.names.end(),
                       [&](const std::string& name) { return matches_topic(read, name); });
  }
  if (target.topic == kNone) {
    return false; // reported
  }
  const std::string& written = program.topics[target.topic].name;
  return target.topic == topic || matches_topic(read, written) ||
         (target.name != kNone && matches_topic(written, read));
}

/// A target that feeds the topic, and whose it is.
struct Feeder {
  const Target* target = nullptr;
  std::string name;
};

std::vector<Feeder> feeders_of(const Program& program, Index topic, Index shape) {
  std::vector<Feeder> all;
  for (const Router& router : program.routers) {
    if (router.shape != shape) {
      continue;
    }
    const auto add = [&](const std::vector<Target>& targets, const std::string& name) {
      for (const Target& target : targets) {
        if (feeds(program, target, topic)) {
          all.push_back({&target, name});
        }
      }
    };
    for (const Rule& rule : router.rules) {
      add(rule.targets,
          std::string(rule.kind == RuleKind::tap ? "tap " : "route ") + ticked(rule.name) + " at " + rule.place);
    }
    add(router.otherwise, "`otherwise` of router " + ticked(router.name));
  }
  return all;
}

} // namespace

bool is_among(const Shape& shape, Index slot, const std::vector<Index>& slots) {
  for (Index at = slot; at != kNone; at = shape.fields[at].parent) {
    if (std::find(slots.begin(), slots.end(), at) != slots.end()) {
      return true;
    }
  }
  return false;
}

Omitted omitted_from(const Program& program, Index topic, Index shape) {
  Omitted out;
  const std::vector<Feeder> feeders = feeders_of(program, topic, shape);
  const auto set_of = [&](const Feeder& feeder) -> const std::vector<Index>& {
    static const std::vector<Index> none;
    return feeder.target->omit == kNone ? none : program.field_sets[feeder.target->omit];
  };
  for (const Feeder& feeder : feeders) {
    for (const Index slot : set_of(feeder)) {
      if (out.who.emplace(slot, feeder.name).second) {
        out.by_some.push_back(slot);
      }
    }
  }
  for (const Index slot : out.by_some) {
    const bool everywhere = std::all_of(feeders.begin(), feeders.end(), [&](const Feeder& feeder) {
      return is_among(program.shapes[shape], slot, set_of(feeder));
    });
    if (everywhere) {
      out.by_all.push_back(slot);
    }
  }
  return out;
}

EventInfo without(Program& program, const EventInfo& event, const Omitted& omitted) {
  EventInfo part = event;
  part.shape = static_cast<Index>(program.shapes.size());
  part.left_out = omitted.who;
  Shape shape = program.shapes[event.shape];
  for (Index slot = 1; slot < shape.fields.size(); ++slot) {
    Field& field = shape.fields[slot];
    if (is_among(shape, slot, omitted.by_some)) {
      field.required_when = {};
    }
    field.required = field.required && !omitted.who.contains(slot);
  }
  program.shapes.push_back(std::move(shape));
  return part;
}

} // namespace millrace::dsl::check
