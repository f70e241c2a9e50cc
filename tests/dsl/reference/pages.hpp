// The blocks of code in the pages of docs/rules, and what they are compiled with. The words behind ``` say what is
// done with a block:
//
//   rules                a whole file; its tests run
//   rules base           the same; blocks `in file` and `answers` of every page stand behind it
//   rules in file        a part of a file, behind the base; its tests run
//   rules refused E0305  the same, and the first thing that the compiler says of it has this code
//   rules answers        one expression a line, and behind `  # ` its answer: see answers_test.cpp
//   rules values         a type, a value in JSON and its text form a line: see answers_test.cpp
//   rules as x.rules, csv as x.csv, json as x.json   a file beside the other examples of its page
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/compile.hpp"
#include "tests/dsl/compile/fixture.hpp"

namespace millrace::dsl {

struct Block {
  std::string page;
  std::size_t line = 0;
  std::string kind; // all that stands behind ```
  std::string text;

  std::string place() const { return page + ":" + std::to_string(line); }
  /// The last word of its kind, a file name or a code.
  std::string argument() const { return kind.substr(kind.rfind(' ') + 1); }
};

inline std::filesystem::path docs_folder() { return std::filesystem::path(MILLRACE_SOURCE_DIR) / "docs"; }

inline std::vector<Block> blocks_of(const std::filesystem::path& page) {
  std::vector<Block> blocks;
  std::istringstream lines(read_whole(page));
  bool inside = false;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) {
        blocks.push_back({page.filename().string(), number, line.substr(3), ""});
      }
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  return blocks;
}

/// Of the pages of the reference, in the order of their names.
inline const std::vector<Block>& reference_blocks() {
  static const std::vector<Block> all = [] {
    std::vector<std::filesystem::path> pages;
    for (const auto& entry : std::filesystem::directory_iterator(docs_folder() / "rules")) {
      if (entry.path().extension() == ".md") {
        pages.push_back(entry.path());
      }
    }
    std::sort(pages.begin(), pages.end());
    std::vector<Block> blocks;
    for (const auto& page : pages) {
      for (Block& block : blocks_of(page)) {
        blocks.push_back(std::move(block));
      }
    }
    return blocks;
  }();
  return all;
}

inline std::vector<Block> blocks_of_kind(std::string_view kind) {
  std::vector<Block> some;
  for (const Block& block : reference_blocks()) {
    if (block.kind == kind || (kind.ends_with(' ') && block.kind.starts_with(kind))) {
      some.push_back(block);
    }
  }
  return some;
}

inline std::string base_rules() { return blocks_of_kind("rules base").at(0).text; }

/// Reads the root and the files that the page of the example brings along.
inline Loader loader_for(const Block& block, std::string root) {
  std::map<std::string, std::string, std::less<>> files;
  for (const Block& other : reference_blocks()) {
    if (other.page == block.page && other.kind.find(" as ") != std::string::npos) {
      files[other.argument()] = other.text;
    }
  }
  files["main.rules"] = std::move(root);
  return [files](std::string_view name) {
    const auto found = files.find(name);
    return found == files.end() ? std::nullopt : std::optional(found->second);
  };
}

} // namespace millrace::dsl
