// The real edits of Wikipedia that measurements are made with, where they are.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace millrace::bench {

/// One line each; none where the environment's MILLRACE_DATA names no folder that holds them.
inline std::vector<std::string> edits() {
  std::vector<std::string> lines;
  const char* const folder = std::getenv("MILLRACE_DATA");
  if (folder == nullptr) {
    return lines;
  }
  const std::string command = "zcat '" + std::string(folder) + "/wikipedia-edits-2015-09-12.json.gz' 2>/dev/null";
  if (std::FILE* pipe = ::popen(command.c_str(), "r")) {
    char* line = nullptr;
    std::size_t room = 0;
    for (ssize_t size = 0; (size = ::getline(&line, &room, pipe)) > 0;) {
      lines.emplace_back(line, static_cast<std::size_t>(size) - 1);
    }
    std::free(line);
    ::pclose(pipe);
  }
  return lines;
}

} // namespace millrace::bench
