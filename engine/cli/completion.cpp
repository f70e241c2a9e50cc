// `millrace completion`.
#include "engine/cli/completion.hpp"

#include <memory>

#include "engine/cli/command.hpp"

namespace millrace::cli {

void add_completion(CLI::App& app, Chosen& chosen) {
  CLI::App* const command =
      app.add_subcommand("completion", "Print the script with which a shell completes commands, options and values");
  const auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "Whose script: bash, zsh or fish")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->required();
  command->footer(
      "Example: millrace completion bash > ~/.local/share/bash-completion/completions/millrace\n"
      "         millrace completion zsh > ~/.zfunc/_millrace\n"
      "         millrace completion fish > ~/.config/fish/completions/millrace.fish\n"
      "Print it anew for a new version. docs/operations/command-line.md says what each shell needs.");
  command->callback([&app, &chosen, shell] {
    chosen = [&app, shell](const Console& console) {
      const DeclaredCommand all = declared(app);
      console.out << (*shell == "bash"  ? bash_completion(all)
                      : *shell == "zsh" ? zsh_completion(all)
                                        : fish_completion(all));
      return ExitCode::kOk;
    };
  });
}

} // namespace millrace::cli
