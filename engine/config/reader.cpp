#include "engine/config/reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "engine/config/constraint.hpp"
#include "engine/config/nearest.hpp"
#include "engine/config/quantity.hpp"

namespace millrace::config {
namespace {

constexpr std::string_view kDefaultKey = "value";

std::string_view wish(const mr_field& field) {
  switch (field.type) {
    case MR_BOOL:
      return "true or false";
    case MR_INT:
      return "a whole number";
    case MR_FLOAT:
      return "a number";
    case MR_SIZE:
      return "a size like \"64MiB\"";
    case MR_DURATION:
      return "a duration like \"250ms\" or \"5s\"";
    case MR_TABLE:
      return "a table";
    case MR_MAP:
      return "a table of texts";
    default:
      return "a text";
  }
}

std::string_view found_word(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "a whole number";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "a boolean";
    default:
      return "a date or time";
  }
}

std::vector<std::string> names(std::span<const mr_field> fields, std::span<const std::string> besides) {
  std::vector<std::string> out(besides.begin(), besides.end());
  for (const mr_field& field : fields) {
    out.emplace_back(field.name);
  }
  return out;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// "sink.kafka of pipeline 'p'" and "tls" make "sink.kafka of pipeline 'p': 'tls'", and with "ca" that is "…: 'tls.ca'".
std::string inside(const std::string& who, std::string_view name) {
  return who.ends_with('\'') && who.find(": '") != std::string::npos
             ? fmt::format("{}.{}'", std::string_view(who).substr(0, who.size() - 1), name)
             : fmt::format("{}: '{}'", who, name);
}

std::string first_sentence(std::string_view doc) {
  const std::size_t end = doc.find(". ");
  return std::string(end == std::string_view::npos ? doc : doc.substr(0, end + 1));
}

std::optional<std::int64_t> quantity_of(std::uint32_t type, std::string_view text) {
  switch (type) {
    case MR_SIZE:
      return parse_size(text);
    case MR_DURATION:
      return parse_duration(text);
    case MR_BOOL:
      return text == "true"    ? std::optional<std::int64_t>(1)
             : text == "false" ? std::optional<std::int64_t>(0)
                               : std::nullopt;
    default:
      return number_of<std::int64_t>(text);
  }
}

std::string scalar_text(const toml::node& node) {
  if (const auto* text = node.as_string()) {
    return text->get();
  }
  if (const auto* number = node.as_integer()) {
    return std::to_string(number->get());
  }
  if (const auto* number = node.as_floating_point()) {
    return fmt::format("{}", number->get());
  }
  return node.as_boolean()->get() ? "true" : "false";
}

// "a whole number (8080)"
std::string described(const toml::node& node, bool secret) {
  const bool scalar = node.is_string() || node.is_number() || node.is_boolean();
  return scalar && !secret ? fmt::format("{} ({})", found_word(node), scalar_text(node))
                           : std::string(found_word(node));
}

} // namespace

struct Reader::Field {
  const mr_field& declared;
  std::string who; // "sink.kafka of pipeline 'ingest': 'brokers'"
  bool secret;

  bool list() const { return (declared.flags & MR_LIST) != 0; }
  // A value for a message; "(secret)" when it must not be seen.
  std::string shown(std::string_view text, bool from_outside) const {
    return secret || from_outside ? "(not shown)" : fmt::format("\"{}\"", text);
  }
};

Reader::Reader(const std::filesystem::path& file, const Variables& variables, Problems& problems)
    : file_(file.string()),
      folder_(std::filesystem::absolute(file).parent_path()),
      variables_(variables),
      problems_(problems) {}

Reader::Reader(const Reader& other, Problems& problems)
    : file_(other.file_), folder_(other.folder_), variables_(other.variables_), problems_(problems) {}

Place Reader::place(const toml::source_region& at) const {
  return {file_, static_cast<std::uint32_t>(at.begin.line), static_cast<std::uint32_t>(at.begin.column)};
}

void Reader::problem(const toml::source_region& at, std::string text) const {
  problems_.add(place(at), std::move(text));
}

void Reader::unknown_key(const toml::key& key, const std::string& who, std::span<const std::string> known) const {
  problem(key.source(), fmt::format("{}: unknown key '{}'{} Known keys: {}", who, key.str(),
                                    did_you_mean(key.str(), known), fmt::join(known, ", ")));
}

std::shared_ptr<const Values> Reader::table(const toml::table& table, std::span<const mr_field> fields,
                                            const std::string& who, std::span<const std::string> besides) const {
  auto values = std::make_shared<Values>();
  values->root = read_table(table, fields, who, besides, *values);
  return values;
}

mr_value Reader::read_table(const toml::table& table, std::span<const mr_field> fields, const std::string& who,
                            std::span<const std::string> besides, Values& values) const {
  const std::vector<std::string> known = names(fields, besides);
  for (const auto& [key, node] : table) {
    if (std::find(known.begin(), known.end(), key.str()) == known.end()) {
      unknown_key(key, who, known);
    }
  }
  std::vector<mr_value> items;
  for (const mr_field& field : fields) {
    items.push_back(read_field(table, field, who, values));
  }
  return values.items(MR_TABLE, 0, std::move(items));
}

mr_value Reader::read_field(const toml::table& table, const mr_field& declared, const std::string& who,
                            Values& values) const {
  const toml::node* const node = table.get(declared.name);
  if (node == nullptr) {
    return missing(table, declared, who, values);
  }
  const Field field{declared, inside(who, declared.name), (declared.flags & MR_SECRET) != 0};
  return read(*node, field, values);
}

mr_value Reader::missing(const toml::table& table, const mr_field& declared, const std::string& who,
                         Values& values) const {
  if ((declared.flags & MR_REQUIRED) != 0) {
    problem(table.source(), fmt::format("{} is missing. {}", inside(who, declared.name), first_sentence(declared.doc)));
    return {};
  }
  Problems unheard;
  const Reader reader(*this, unheard);
  const Field field{declared, inside(who, declared.name), false};
  if (declared.default_text == nullptr) {
    if (declared.type != MR_TABLE || field.list()) {
      return {};
    }
    // Not given, but its own fields still have their defaults. What they require is required only when the table is
    // there.
    mr_value value =
        reader.read_table(toml::table{}, std::span(declared.fields, declared.field_count), field.who, {}, values);
    value.type = 0;
    return value;
  }
  mr_value value{};
  try {
    value = reader.read(*default_node(declared).get(kDefaultKey), field, values);
  } catch (const toml::parse_error& error) {
    unheard.add({}, fmt::format("{}: {}", field.who, error.description()));
  }
  for (const Problem& found : unheard.all()) {
    problem(table.source(), fmt::format("{} (its default; the plugin declares it wrong)", found.text));
  }
  return value;
}

mr_value Reader::read(const toml::node& node, const Field& field, Values& values) const {
  return field.list() ? read_list(node, field, values) : read_one(node, field, values);
}

mr_value Reader::read_list(const toml::node& node, const Field& field, Values& values) const {
  const toml::array* const array = node.as_array();
  if (array == nullptr) {
    problem(node.source(), fmt::format("{} must be a list, each of it {}, but here is {}; put it into [ ]", field.who,
                                       wish(field.declared), described(node, field.secret)));
    return {};
  }
  std::vector<mr_value> items;
  for (const toml::node& item : *array) {
    items.push_back(read_one(item, field, values));
  }
  return values.items(field.declared.type, MR_LIST, std::move(items));
}

mr_value Reader::read_one(const toml::node& node, const Field& field, Values& values) const {
  const std::uint32_t type = field.declared.type;
  if (type == MR_TABLE) {
    const toml::table* const inner = node.as_table();
    return inner == nullptr ? wrong(node, field, described(node, field.secret))
                            : read_table(*inner, std::span(field.declared.fields, field.declared.field_count),
                                         field.who, {}, values);
  }
  if (type == MR_MAP) {
    return read_map(node, field, values);
  }
  if (node.is_string()) {
    return read_text(node, field, values);
  }
  if (const auto* number = node.as_integer(); number != nullptr && (type == MR_INT || type == MR_SIZE)) {
    return kept_in_range(node, field, values.number(type, number->get()));
  }
  if (const auto* number = node.as_integer(); number != nullptr && type == MR_FLOAT) {
    return kept_in_range(node, field, values.number(static_cast<double>(number->get())));
  }
  if (const auto* number = node.as_floating_point(); number != nullptr && type == MR_FLOAT) {
    return kept_in_range(node, field, values.number(number->get()));
  }
  if (const auto* truth = node.as_boolean(); truth != nullptr && type == MR_BOOL) {
    return values.number(MR_BOOL, truth->get() ? 1 : 0);
  }
  return wrong(node, field, described(node, field.secret));
}

// A text is what a text, a size or a duration is written as; anything else may come from outside as text:
// "${env:WORKERS}".
mr_value Reader::read_text(const toml::node& node, const Field& field, Values& values) const {
  const std::string& raw = node.as_string()->get();
  Expanded expanded = expand(raw, folder_, variables_);
  if (!expanded.error.empty()) {
    problem(node.source(), fmt::format("{}: {}", field.who, expanded.error));
    return {};
  }
  const std::uint32_t type = field.declared.type;
  if (type == MR_STRING) {
    if ((field.declared.flags & MR_PATH) != 0 && expanded.text != "-" && !expanded.text.empty()) {
      expanded.text = (folder_ / expanded.text).lexically_normal().string();
    }
    const mr_value value = values.text(std::move(expanded.text));
    const std::string wanted = broken_constraint(field.declared, value);
    if (wanted.empty()) {
      return value;
    }
    const auto known = std::string_view(value.text.data, value.text.size);
    problem(node.source(),
            fmt::format("{} is {}, but must be {}", field.who, field.shown(known, expanded.replaced), wanted));
    return {};
  }
  const bool written_as_text = type == MR_SIZE || type == MR_DURATION;
  if (!written_as_text && !expanded.replaced) {
    return wrong(node, field, described(node, field.secret));
  }
  const std::string shown = field.shown(raw, expanded.replaced);
  if (type == MR_FLOAT) {
    const auto number = number_of<double>(expanded.text);
    return number ? kept_in_range(node, field, values.number(*number)) : wrong(node, field, shown);
  }
  const auto number = quantity_of(type, expanded.text);
  return number ? kept_in_range(node, field, values.number(type, *number)) : wrong(node, field, shown);
}

mr_value Reader::read_map(const toml::node& node, const Field& field, Values& values) const {
  const toml::table* const table = node.as_table();
  if (table == nullptr) {
    return wrong(node, field, described(node, field.secret));
  }
  std::vector<std::pair<std::string, std::string>> pairs;
  flatten(*table, "", field, pairs);
  return values.pairs(std::move(pairs));
}

// Dotted keys are nested tables to TOML; to what they are passed on to they are one name: `settings.linger.ms = 5`.
void Reader::flatten(const toml::table& table, const std::string& prefix, const Field& field,
                     std::vector<std::pair<std::string, std::string>>& out) const {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const toml::table* inner = node.as_table()) {
      flatten(*inner, name + ".", field, out);
    } else if (node.is_string() || node.is_number() || node.is_boolean()) {
      Expanded expanded = expand(scalar_text(node), folder_, variables_);
      if (!expanded.error.empty()) {
        problem(node.source(), fmt::format("{}: {}", inside(field.who, name), expanded.error));
        continue;
      }
      out.emplace_back(name, std::move(expanded.text));
    } else {
      problem(node.source(),
              fmt::format("{} must be a text, but here is {}", inside(field.who, name), found_word(node)));
    }
  }
}

mr_value Reader::kept_in_range(const toml::node& node, const Field& field, mr_value value) const {
  const std::string wanted = broken_constraint(field.declared, value);
  if (!wanted.empty()) {
    const bool outside = node.is_string() && node.as_string()->get().find("${") != std::string::npos;
    const std::string text = scalar_text(node);
    const std::string shown = node.is_string() || field.secret ? field.shown(text, outside) : text;
    problem(node.source(), fmt::format("{} is {}, but must be {}", field.who, shown, wanted));
    return {};
  }
  if (value.type == MR_SIZE && value.integer < 0) {
    return wrong(node, field, field.secret ? "(not shown)" : scalar_text(node));
  }
  return value;
}

mr_value Reader::wrong(const toml::node& node, const Field& field, const std::string& found) const {
  problem(node.source(), fmt::format("{} must be {}, but here is {}", field.who, wish(field.declared), found));
  return {};
}

toml::table default_node(const mr_field& field) {
  const std::string_view text = field.default_text;
  const bool textual = field.type == MR_STRING || field.type == MR_SIZE || field.type == MR_DURATION;
  const bool bare = textual && (field.flags & MR_LIST) == 0 && !text.starts_with('"') && !text.starts_with('\'');
  if (bare) {
    return toml::table{{kDefaultKey, std::string(text)}};
  }
  return toml::parse(fmt::format("{} = {}", kDefaultKey, text));
}

} // namespace millrace::config
