#include "engine/config/reference.hpp"

#include <fmt/format.h>

#include <span>
#include <string_view>

#include "engine/config/fields.hpp"
#include "engine/modules/validate.hpp"

namespace millrace::config {
namespace {

constexpr std::string_view kIntroduction =
    R"(<!-- Made by `millrace docs configuration`; a test compares it with the declarations. Edit those, not this page. -->
# Configuration

One TOML file: `[engine]`, and a `[pipeline.NAME]` for each pipeline with one source, one router and at least one sink.

```toml
[engine]
admin = "127.0.0.1:8686"

[pipeline.ingest]
workers      = 2
source.http  = { listen = "0.0.0.0:8080" }
router.rules = { file = "rules/main.rules", run = "device_events" }
sink.events  = { plugin = "kafka", brokers = "${env:KAFKA_BROKERS}" }
```

- The word behind `source.`, `router.` or `sink.` is the name of the instance, in logs and metrics too. Its plugin is called the same
  unless `plugin` names another: `sink.events = { plugin = "kafka", … }`.
- `${env:NAME}` and `${file:PATH}` stand for a variable of the environment and for the content of a file (its last line end cut off);
  `$${` stands for `${` itself. A number, size or duration may come that way too.
- Sizes are written `"64MiB"` (`B`, `KiB`, `MiB`, `GiB`, `TiB`), durations `"250ms"` (`us`, `ms`, `s`, `m`, `h`, `d`).
- A relative path starts at the folder of the configuration file.
- A setting marked *secret* is never logged and never part of a message.
- An unknown key, a wrong type, a value out of range or a missing setting is an error with file, line and column; the engine does not
  start, and a reload changes nothing. `millrace check` says the same beforehand.
)";

std::string type_text(const mr_field& field) {
  static constexpr const char* kWords[] = {"?",    "boolean",  "integer", "number",      "text",
                                           "size", "duration", "table",   "map of texts"};
  const bool path = (field.flags & MR_PATH) != 0;
  const std::string one = path ? "path" : kWords[field.type <= MR_MAP ? field.type : 0];
  return (field.flags & MR_LIST) != 0 ? fmt::format("list of {}", one) : one;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    out += letter == '|' ? "\\|" : std::string(1, letter);
  }
  return out;
}

std::string presence(const mr_field& field) {
  if ((field.flags & MR_REQUIRED) != 0) {
    return "**required**";
  }
  if (field.default_text == nullptr) {
    return "";
  }
  const std::string_view text = field.default_text;
  const bool textual = field.type == MR_STRING || field.type == MR_SIZE || field.type == MR_DURATION;
  const bool bare = textual && (field.flags & MR_LIST) == 0 && !text.starts_with('"') && !text.starts_with('\'');
  return bare ? fmt::format("`\"{}\"`", escaped(text)) : fmt::format("`{}`", escaped(text));
}

void append_fields(std::string& out, std::span<const mr_field> fields, const std::string& prefix) {
  for (const mr_field& field : fields) {
    const std::string allowed = field.constraint == nullptr ? "" : fmt::format("`{}`", escaped(field.constraint));
    out +=
        fmt::format("| `{}{}` | {}{} | {} | {} | {} |\n", prefix, field.name, type_text(field),
                    (field.flags & MR_SECRET) != 0 ? ", *secret*" : "", presence(field), allowed, escaped(field.doc));
    if (field.type == MR_TABLE) {
      const char* const inner = (field.flags & MR_LIST) != 0 ? "[]." : ".";
      append_fields(out, std::span(field.fields, field.field_count), fmt::format("{}{}{}", prefix, field.name, inner));
    }
  }
}

void append_table(std::string& out, std::span<const mr_field> fields) {
  if (fields.empty()) {
    out += "\nNo settings.\n";
    return;
  }
  out += "\n| setting | type | default | allowed | |\n| --- | --- | --- | --- | --- |\n";
  append_fields(out, fields, "");
}

} // namespace

std::string reference(const modules::Catalogue& catalogue) {
  std::string out(kIntroduction);
  out += "\n## `[engine]`\n";
  append_table(out, engine_fields());
  out += "\n## `[pipeline.NAME]`\n";
  append_table(out, pipeline_fields());
  for (const modules::Plugin& plugin : catalogue.plugins()) {
    out += fmt::format("\n## {} `{}`\n\n{}\n", modules::kind_word(plugin.table->kind), plugin.table->name,
                       plugin.table->doc);
    append_table(out, std::span(plugin.table->fields, plugin.table->field_count));
  }
  return out;
}

} // namespace millrace::config
