// The program: arguments in, exit code out. Everything else is in cli/.
#include <malloc.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/cli/cli.hpp"
#include "engine/cli/terminal.hpp"

namespace {

// For memory that one thread takes and another gives back, batch by batch, which is most of it here: without the fast
// bins that a large free sweeps through, and without giving back to the kernel what the next batch wants again. A fifth
// of the time of a pipeline into Kafka.
void tune_allocator() {
  constexpr int kMiB = 1 << 20;
  mallopt(M_MXFAST, 0);
  mallopt(M_TOP_PAD, kMiB);
  mallopt(M_TRIM_THRESHOLD, 16 * kMiB);
  mallopt(M_MMAP_THRESHOLD, 4 * kMiB);
}

} // namespace

int main(int argc, char** argv) {
  tune_allocator();
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  std::error_code failed;
  const std::filesystem::path executable = std::filesystem::read_symlink("/proc/self/exe", failed);
  millrace::cli::StandardStreams streams({std::getenv("NO_COLOR"), std::getenv("TERM")});
  return static_cast<int>(millrace::cli::run(arguments, streams.console(failed ? argv[0] : executable)));
}
