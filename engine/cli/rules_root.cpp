#include "engine/cli/rules_root.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

#include "engine/cli/rules.hpp"

namespace millrace::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFolders = 8;
constexpr std::size_t kMostFiles = 1000;
constexpr std::string_view kEnds[] = {"millrace.toml", ".git"};

bool ends_the_search(const fs::path& folder) {
  return std::any_of(std::begin(kEnds), std::end(kEnds), [&](std::string_view name) {
    std::error_code failed;
    return fs::exists(folder / name, failed);
  });
}

// What cannot be read holds no candidate.
void add_rules_files(const fs::path& folder, std::vector<fs::path>& out) {
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end && out.size() < kMostFiles;
       at.increment(failed)) {
    std::error_code gone;
    if (at->path().extension() == ".rules" && at->is_regular_file(gone)) {
      out.push_back(at->path());
    }
  }
}

// The file's own folder and those above up to the one that ends the search. Where none does, its own alone: what stands
// above is not the project's.
std::vector<fs::path> folders(const fs::path& file) {
  std::vector<fs::path> out{file.parent_path()};
  while (!ends_the_search(out.back())) {
    if (out.size() == kMostFolders || !out.back().has_relative_path()) {
      return {out.front()};
    }
    out.push_back(out.back().parent_path());
  }
  return out;
}

std::vector<fs::path> candidates(const fs::path& file) {
  std::vector<fs::path> out;
  for (const fs::path& folder : folders(file)) {
    add_rules_files(folder, out);
  }
  std::sort(out.begin(), out.end()); // so that of two that bring in as much it is always the same one
  return out;
}

bool brings_in(const std::vector<std::string>& files, const fs::path& file) {
  return std::any_of(files.begin(), files.end(), [&](const std::string& name) {
    std::error_code failed;
    return fs::equivalent(name, file, failed);
  });
}

} // namespace

std::string root_of(const std::string& file) { return root_of(file, read_rules_file); }

std::string root_of(const std::string& file, const dsl::Loader& load) {
  std::error_code failed;
  const fs::path path = fs::canonical(file, failed);
  if (failed) {
    return file; // whoever reads it says why
  }
  std::string root = file;
  std::size_t most = dsl::files_of(file, load).size();
  for (const fs::path& candidate : candidates(path)) {
    const std::vector<std::string> files = dsl::files_of(candidate.string(), load);
    if (files.size() > most && brings_in(files, path)) {
      most = files.size();
      root = (fs::path(file).is_absolute() ? candidate : fs::proximate(candidate)).string();
    }
  }
  return root;
}

} // namespace millrace::cli
