// Text fixtures: a file of sections, each begun by a line `--- title`. What stands before the first is a comment.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "dsl/compile.hpp"

namespace millrace::dsl {

struct FixtureSection {
  std::string title;
  std::string text;
};

struct Fixture {
  std::filesystem::path path;
  std::string comment;
  std::vector<FixtureSection> sections;

  /// Sections named like files are what the rules are loaded from.
  std::optional<std::string> file(std::string_view name) const {
    for (const FixtureSection& section : sections) {
      if (section.title == name) {
        return section.text;
      }
    }
    return std::nullopt;
  }

  Compilation compile() const {
    return dsl::compile("main.rules", [&](std::string_view name) { return file(name); });
  }
};

inline std::string read_whole(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

inline Fixture read_fixture(const std::filesystem::path& path) {
  Fixture fixture{path, {}, {}};
  std::istringstream lines(read_whole(path));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("--- ")) {
      fixture.sections.push_back({line.substr(4), ""});
    } else {
      (fixture.sections.empty() ? fixture.comment : fixture.sections.back().text) += line + "\n";
    }
  }
  return fixture;
}

/// Replaces the last section's text. Only done when a person asks for it by MILLRACE_UPDATE_FIXTURES=1, who then reads
/// the difference.
inline bool update_fixture(const Fixture& fixture, const std::string& actual) {
  const char* const wanted = std::getenv("MILLRACE_UPDATE_FIXTURES");
  if (wanted == nullptr || std::string_view(wanted) != "1") {
    return false;
  }
  std::ofstream out(fixture.path, std::ios::binary);
  out << fixture.comment;
  for (std::size_t i = 0; i < fixture.sections.size(); ++i) {
    const bool last = i + 1 == fixture.sections.size();
    out << "--- " << fixture.sections[i].title << "\n" << (last ? actual : fixture.sections[i].text);
  }
  return true;
}

inline std::vector<std::filesystem::path> fixture_paths(std::string_view folder) {
  std::vector<std::filesystem::path> paths;
  const auto root = std::filesystem::path(MILLRACE_SOURCE_DIR) / "tests/dsl/fixtures" / folder;
  for (const auto& entry : std::filesystem::directory_iterator(root)) {
    if (entry.path().extension() == ".txt") {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// A path as the name of a parametrised test.
inline std::string fixture_name(const std::filesystem::path& path) {
  std::string name = path.stem().string();
  for (char& c : name) {
    c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  }
  return name;
}

} // namespace millrace::dsl
