// Links between the pages lead somewhere: to a file that is there, and to a heading in it.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "tests/dsl/reference/pages.hpp"

namespace millrace::dsl {
namespace {

/// Every line that stands outside of blocks of code.
std::vector<std::string> prose_of(const std::filesystem::path& page) {
  std::vector<std::string> prose;
  std::istringstream lines(read_whole(page));
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
    } else if (!inside) {
      prose.push_back(line);
    }
  }
  return prose;
}

/// What a heading is linked by: small letters, `-` for blanks, nothing for other signs.
std::string anchor_of(std::string_view heading) {
  std::string anchor;
  for (const char c : heading) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || byte >= 0x80) {
      anchor += static_cast<char>(std::tolower(byte));
    } else if (c == ' ') {
      anchor += '-';
    }
  }
  return anchor;
}

std::set<std::string> anchors_of(const std::filesystem::path& page) {
  std::set<std::string> anchors;
  for (const std::string& line : prose_of(page)) {
    const std::size_t text = line.find_first_not_of('#');
    if (text != 0 && text != std::string::npos && line[text] == ' ') {
      anchors.insert(anchor_of(std::string_view(line).substr(text + 1)));
    }
  }
  return anchors;
}

std::vector<std::filesystem::path> all_pages() {
  std::vector<std::filesystem::path> pages = {std::filesystem::path(MILLRACE_SOURCE_DIR) / "README.md"};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(docs_folder())) {
    if (entry.path().extension() == ".md") {
      pages.push_back(entry.path());
    }
  }
  return pages;
}

TEST(Docs, LinksLeadSomewhere) {
  static const std::regex kLink(R"(\]\(([^)\s]+)\))");
  std::size_t links = 0;
  for (const auto& page : all_pages()) {
    for (const std::string& line : prose_of(page)) {
      for (std::sregex_iterator link(line.begin(), line.end(), kLink); link != std::sregex_iterator(); ++link) {
        const std::string target = (*link)[1];
        if (target.find("://") != std::string::npos) {
          continue;
        }
        const std::size_t hash = target.find('#');
        const std::string file = target.substr(0, hash);
        const auto path = file.empty() ? page : page.parent_path() / file;
        ++links;
        ASSERT_TRUE(std::filesystem::exists(path)) << page << ": " << target;
        if (hash != std::string::npos) {
          EXPECT_TRUE(anchors_of(path).contains(target.substr(hash + 1))) << page << ": " << target;
        }
      }
    }
  }
  EXPECT_GT(links, 20U);
}

} // namespace
} // namespace millrace::dsl
