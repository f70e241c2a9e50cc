#include "engine/cli/declared.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>

#include "dsl/diagnostic/codes.hpp"

namespace millrace::cli {
namespace {

constexpr std::string_view kExample = "Example: ";
constexpr std::string_view kCode = "CODE";
constexpr std::string_view kCommand = "COMMAND";

// Words for values, and what they stand for.
constexpr std::pair<std::string_view, ValueKind> kKinds[] = {
    {"FILE", ValueKind::file}, {"EVENTS", ValueKind::file}, {"FOLDER", ValueKind::folder},
    {"NEW", ValueKind::rules}, {"OLD", ValueKind::rules},   {"RULES", ValueKind::rules},
};

std::vector<Choice> codes() {
  std::vector<Choice> out;
  for (const dsl::CodeInfo& info : dsl::all_codes()) {
    out.push_back({dsl::name_of(info.code), std::string(info.title)});
  }
  return out;
}

// Of "{text,json}".
std::vector<Choice> choices_in(std::string_view braces) {
  std::vector<Choice> out;
  std::istringstream in(std::string(braces.substr(1, braces.size() - 2)));
  for (std::string value; std::getline(in, value, ',');) {
    out.push_back({value, ""});
  }
  return out;
}

// What is checked of the value, as the library describes it: "{text,json}", "INT in [0 - 10]"; empty if nothing is.
std::string checked(CLI::Option& option) {
  try {
    return option.get_validator(0)->get_description();
  } catch (const CLI::OptionNotFound&) {
    return "";
  }
}

// The word for the value without what is checked of it.
std::string value_word(const CLI::Option& option, const std::string& check) {
  std::string word = option.get_type_name();
  if (!check.empty() && word.ends_with(":" + check)) {
    word.resize(word.size() - check.size() - 1);
  }
  return option.get_positional() ? option.get_name(true) : word;
}

std::vector<std::string> names_in(const std::set<CLI::Option*>& options) {
  std::vector<std::string> out;
  for (const CLI::Option* option : options) {
    out.push_back(option->get_name());
  }
  std::ranges::sort(out);
  return out;
}

DeclaredOption declared(CLI::Option& option) {
  DeclaredOption out;
  for (const std::string& name : option.get_snames()) {
    out.names.push_back("-" + name);
  }
  for (const std::string& name : option.get_lnames()) {
    out.names.push_back("--" + name);
  }
  out.description = option.get_description();
  out.required = option.get_required();
  out.needs = names_in(option.get_needs());
  out.excludes = names_in(option.get_excludes());
  if (option.get_items_expected_max() == 0) {
    return out;
  }
  const std::string check = checked(option);
  out.value = value_word(option, check);
  out.by_default = option.get_default_str();
  out.repeated = option.get_expected_max() == CLI::detail::expected_max_vector_size;
  const auto* const kind =
      std::ranges::find(kKinds, std::string_view(out.value), [](const auto& k) { return k.first; });
  out.kind = kind == std::end(kKinds) ? ValueKind::text : kind->second;
  if (check.starts_with('{')) {
    out.kind = ValueKind::choice;
    out.choices = choices_in(check);
  } else if (out.value == kCode) {
    out.kind = ValueKind::choice;
    out.choices = codes();
  } else if (const std::size_t open = check.find('['); open != std::string::npos) {
    out.range = check.substr(open + 1, check.size() - open - 2);
  }
  return out;
}

void read_footer(const std::string& footer, DeclaredCommand& command) {
  const std::string under(kExample.size(), ' ');
  std::istringstream in(footer);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(kExample) || (line.starts_with(under) && !command.examples.empty())) {
      command.examples.push_back(line.substr(kExample.size()));
    } else if (!line.empty()) {
      command.notes.push_back(line);
    }
  }
}

DeclaredCommand declared_below(CLI::App& app, const std::string& above) {
  DeclaredCommand out;
  out.path = above + app.get_name();
  out.description = app.get_description();
  read_footer(app.get_footer(), out);
  for (CLI::Option* option : app.get_options({})) {
    (option->get_positional() ? out.arguments : out.options).push_back(declared(*option));
  }
  for (CLI::App* below : app.get_subcommands({})) {
    out.commands.push_back(declared_below(*below, out.path + " "));
  }
  return out;
}

void gather(const DeclaredCommand& command, std::vector<const DeclaredCommand*>& out) {
  out.push_back(&command);
  for (const DeclaredCommand& below : command.commands) {
    gather(below, out);
  }
}

// Names of all commands, as the manual has them: "plugins-list".
std::vector<Choice> pages_below(const DeclaredCommand& all) {
  std::vector<Choice> out;
  for (const DeclaredCommand* command : with_all_below(all)) {
    if (command != &all) {
      out.push_back({command->page().substr(all.page().size() + 1), command->description});
    }
  }
  return out;
}

void fill_in(DeclaredCommand& command, const std::vector<Choice>& pages) {
  for (DeclaredOption& argument : command.arguments) {
    if (argument.value == kCommand) {
      argument.kind = ValueKind::choice;
      argument.choices = pages;
    }
  }
  for (DeclaredCommand& below : command.commands) {
    fill_in(below, pages);
  }
}

} // namespace

std::string DeclaredCommand::name() const { return path.substr(path.rfind(' ') + 1); }

std::string DeclaredCommand::page() const {
  std::string out = path;
  std::ranges::replace(out, ' ', '-');
  return out;
}

DeclaredCommand declared(CLI::App& app) {
  DeclaredCommand all = declared_below(app, "");
  fill_in(all, pages_below(all));
  return all;
}

std::vector<const DeclaredCommand*> with_all_below(const DeclaredCommand& command) {
  std::vector<const DeclaredCommand*> out;
  gather(command, out);
  return out;
}

} // namespace millrace::cli
