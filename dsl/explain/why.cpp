#include "dsl/explain/why.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

#include "dsl/evaluate/functions.hpp"

namespace millrace::dsl {
namespace {

constexpr std::size_t kMostParts = 4; // that are told of `and` and `or`

std::string joined(const std::vector<std::string>& parts, const char* between) {
  std::string out;
  for (std::size_t i = 0; i < std::min(parts.size(), kMostParts); ++i) {
    out += (i == 0 ? "" : between) + parts[i];
  }
  return parts.size() <= kMostParts ? out : out + between + std::to_string(parts.size() - kMostParts) + " more";
}

/// `not <` is what a comparison says that does not hold.
const char* sign_of(Op op) {
  switch (op) {
    case Op::less:
      return "<";
    case Op::less_equal:
      return "<=";
    case Op::greater:
      return ">";
    case Op::greater_equal:
      return ">=";
    default:
      return "==";
  }
}

} // namespace

std::string Why::value(Index node) const {
  const std::string is = " is " + value_text(seen(node));
  const Op op = program_.nodes[node].op;
  if (op == Op::field || op == Op::element || op == Op::meta_topic || op == Op::received_at || op == Op::meta_header) {
    return present(node);
  }
  std::vector<Index> used;
  inputs(node, used);
  std::vector<std::string> parts;
  for (const Index input : used) {
    parts.push_back(present(input));
  }
  const std::string from = joined(parts, ", ");
  return "`" + text_.of(node) + "`" + is + (from.empty() ? "" : " (" + from + ")");
}

/// Missing and null are told apart where the event is asked itself.
std::string Why::present(Index node) const {
  const Node& n = program_.nodes[node];
  const bool null = n.op == Op::field && scene_.fields->kind(n.a) == JsonKind::null;
  return text_.of(node) + " is " + (null ? "null" : value_text(seen(node)));
}

/// The fields and the like that the value is made of, each once.
void Why::inputs(Index index, std::vector<Index>& found) const {
  const Node& node = program_.nodes[index];
  const auto same = [&](Index known) {
    return program_.nodes[known].op == node.op && program_.nodes[known].a == node.a;
  };
  switch (node.op) {
    case Op::field:
    case Op::element:
    case Op::meta_topic:
    case Op::received_at:
    case Op::meta_header:
      if (std::none_of(found.begin(), found.end(), same)) {
        found.push_back(index);
      }
      return;
    case Op::concat:
    case Op::call:
      for (Index i = 0; i < node.b; ++i) {
        inputs(program_.operands[node.a + i], found);
      }
      return;
    case Op::coalesce:
    case Op::add:
    case Op::subtract:
    case Op::multiply:
    case Op::divide:
      inputs(node.a, found);
      return inputs(node.b, found);
    case Op::negate:
    case Op::read_as:
    case Op::member:
    case Op::item:
    case Op::lookup:
      return inputs(node.a, found);
    default:
      return; // constants, and conditions that are taken as values
  }
}

std::string Why::missing(Index node) const {
  std::vector<Index> used;
  inputs(node, used);
  std::vector<std::string> parts;
  for (const Index input : used) {
    if (!seen(input).present()) {
      parts.push_back(present(input));
    }
  }
  return joined(parts, ", ");
}

std::string Why::of(Index index) const {
  const Node& node = program_.nodes[index];
  const bool holds = expressions_.test(index, scene_);
  switch (node.op) {
    case Op::always:
      return "always";
    case Op::never:
      return "never";
    case Op::all_of:
      return all_of(node);
    case Op::any_of:
      return any_of(node);
    case Op::exists:
    case Op::not_exists:
    case Op::is_null:
    case Op::is_not_null:
      return value(node.a);
    case Op::is_true:
    case Op::is_false:
      return program_.nodes[node.a].op == Op::as_boolean ? of(program_.nodes[node.a].a) : value(node.a);
    case Op::equal:
    case Op::unequal:
    case Op::less:
    case Op::less_equal:
    case Op::greater:
    case Op::greater_equal:
      return compared(node, holds);
    case Op::in_set:
    case Op::not_in_set:
      return listed(node, holds);
    case Op::starts_with:
    case Op::not_starts_with:
      return tested(node, holds == (node.op == Op::starts_with), "starts with", "start with", text_.of(node.b));
    case Op::ends_with:
    case Op::not_ends_with:
      return tested(node, holds == (node.op == Op::ends_with), "ends with", "end with", text_.of(node.b));
    case Op::contains:
    case Op::not_contains:
      return tested(node, holds == (node.op == Op::contains), "contains", "contain", text_.of(node.b));
    case Op::matches:
    case Op::not_matches:
      return tested(node, holds == (node.op == Op::matches), "matches", "match",
                    "/" + program_.regexes[node.b].pattern + "/");
    case Op::in_list:
    case Op::not_in_list:
      return value(node.a) + ", " + value(node.b);
    case Op::in_lookup:
    case Op::not_in_lookup:
      return !seen(node.a).present()
                 ? value(node.a)
                 : value(node.a) + (holds == (node.op == Op::in_lookup) ? ", a key of " : ", no key of ") +
                       program_.lookups[node.b].name;
    case Op::is_kind:
    case Op::is_not_kind:
      return holds ? text_.of(index) + ": " + value(node.a) : value(node.a) + ", so not `" + text_.of(index) + "`";
    case Op::some:
    case Op::every:
      return quantified(index);
    case Op::sampled:
    case Op::not_sampled:
      return sampled(node);
    default:
      return value(index);
  }
}

/// The first that does not hold, as nothing behind it matters; all where all do.
std::string Why::all_of(const Node& node) const {
  std::vector<std::string> parts;
  for (Index i = 0; i < node.b; ++i) {
    const Index part = program_.operands[node.a + i];
    if (!expressions_.test(part, scene_)) {
      return of(part);
    }
    parts.push_back(of(part));
  }
  for (std::size_t i = parts.size(); i-- > 1;) { // that it exists goes without saying where its value is told
    if (parts[i].starts_with(parts[i - 1])) {
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i) - 1);
    }
  }
  return joined(parts, ", ");
}

std::string Why::any_of(const Node& node) const {
  std::vector<std::string> parts;
  for (Index i = 0; i < node.b; ++i) {
    const Index part = program_.operands[node.a + i];
    if (expressions_.test(part, scene_)) {
      return of(part);
    }
    parts.push_back(of(part));
  }
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  return joined(parts, "; ");
}

std::string Why::compared(const Node& node, bool holds) const {
  const bool turned = is_constant(node.a); // `5 < x` speaks of x too
  const std::string left = value(turned ? node.b : node.a);
  if (!seen(turned ? node.b : node.a).present()) {
    return left;
  }
  if (!is_constant(node.b) && !turned) {
    return left + ", " + value(node.b);
  }
  if (holds || node.op == Op::unequal) { // what it is says that it is another
    return left;
  }
  const bool equality = node.op == Op::equal;
  const std::string other = text_.of(turned ? node.a : node.b);
  return equality ? left + ", not " + other
                  : left + ", so not " +
                        (turned ? other + " " + sign_of(node.op) + " it" : sign_of(node.op) + (" " + other));
}

std::string Why::listed(const Node& node, bool holds) const {
  const std::string left = value(node.a);
  if (!seen(node.a).present()) {
    return left;
  }
  const bool is_in = holds == (node.op == Op::in_set);
  return is_in ? (program_.sets[node.b].values.empty() ? left + ", in " + text_.items(node.b, true) : left)
               : left + ", not " + text_.items(node.b, true);
}

std::string Why::tested(const Node& node, bool does, const char* does_it, const char* it,
                        const std::string& what) const {
  const std::string left = value(node.a);
  if (!seen(node.a).present()) {
    return left;
  }
  return left + ", which " + (does ? std::string(does_it) : "does not " + std::string(it)) + " " + what;
}

std::string Why::quantified(Index index) const {
  const Node& node = program_.nodes[index];
  const Expressions::Quantified found = expressions_.quantify(index, scene_);
  const std::string list = text_.of(node.a);
  if (!found.is_list) {
    return value(node.a);
  }
  if (found.settled_by) {
    return list + "[" + std::to_string(*found.settled_by) + "]: " + of(node.b);
  }
  if (found.items == 0) {
    return list + " is empty";
  }
  const std::string body = "`" + text_.of(node.b) + "`";
  return (node.op == Op::some ? "none of the " : "all of the ") + std::to_string(found.items) + " items of " + list +
         (node.op == Op::some ? " satisfies " : " satisfy ") + body;
}

std::string Why::sampled(const Node& node) const {
  Arena arena;
  const auto text = expressions_.text(node.a, scene_);
  if (!text) {
    return value(node.a);
  }
  const Sample& sample = program_.samples[node.b];
  std::array<char, 64> bucket{};
  std::snprintf(bucket.data(), bucket.size(), ": bucket %.2f%%, of which those below %.2f%% are taken",
                sample_bucket(sample.salt, *text, arena) / 100.0, sample.below / 100.0);
  return value(node.a) + bucket.data();
}

} // namespace millrace::dsl
