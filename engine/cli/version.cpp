#include <millrace/plugin.h>

#include "engine/cli/command.hpp"

namespace millrace::cli {

void add_version(CLI::App& app, Chosen& chosen) {
  CLI::App* const command =
      app.add_subcommand("version", "Say which version this is, and which plugin contract it speaks");
  command->footer("Example: millrace version");
  command->callback([&chosen] {
    chosen = [](const Console& console) {
      console.out << "millrace " << MILLRACE_VERSION << "\nplugin contract " << MR_ABI_MAJOR << " (" << MR_MODULE_SYMBOL
                  << ")\n";
      return ExitCode::kOk;
    };
  });
}

} // namespace millrace::cli
