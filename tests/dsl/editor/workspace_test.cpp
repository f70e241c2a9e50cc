// Documents that are opened, edited and closed over files on disk.
#include "dsl/editor/workspace.hpp"

#include <gtest/gtest.h>

namespace millrace::dsl::editor {
namespace {

using Files = std::map<std::string, std::string, std::less<>>;

constexpr std::string_view kMain = R"(edition 1
import "more.rules"
event e { type: string  n: int }
topic "dlq" { }
router r for e {
  match first
  dead_letter "dlq"
  include rules more
  otherwise drop
}
)";
constexpr std::string_view kMore = R"(topic "t" { event e }
rules more for e {
  route some_rule when n > 5 to topic "t"
}
)";

class WorkspaceTest : public testing::Test {
 protected:
  Files disk_{{"main.rules", std::string(kMain)}, {"more.rules", std::string(kMore)}};
  std::size_t searched_ = 0;
  Workspace workspace_{[this](std::string_view name) -> std::optional<std::string> {
                         const auto found = disk_.find(name);
                         return found == disk_.end() ? std::nullopt : std::optional(found->second);
                       },
                       [this](const std::string&, const Loader&) {
                         ++searched_;
                         return std::string("main.rules");
                       }};

  /// "file: codes", of the files with findings.
  std::string found(Depth depth = Depth::checked) {
    std::string text;
    for (const FileFindings& file : workspace_.findings(depth)) {
      text += file.findings.empty() ? "" : file.file + ":";
      for (const Finding& finding : file.findings) {
        text += " " + finding.code;
      }
    }
    return text;
  }

  void replace(const std::string& file, std::string_view what, const std::string& with) {
    const std::string& text = *workspace_.text_of(file);
    const std::size_t at = text.find(what);
    ASSERT_NE(at, std::string::npos);
    const Range range = Lines(text).range(static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + what.size()));
    ASSERT_TRUE(workspace_.change(file, {{range, with}}));
  }
};

TEST_F(WorkspaceTest, ChecksAFileTogetherWithItsRoot) {
  workspace_.open("more.rules", std::string(kMore));
  EXPECT_EQ(found(), "");
  replace("more.rules", "n > 5", "m > 5");
  EXPECT_EQ(found(), "more.rules: E0201");
  EXPECT_EQ(searched_, 1U);
}

TEST_F(WorkspaceTest, ReadsWhatIsOpenBeforeWhatIsOnDisk) {
  workspace_.open("main.rules", std::string(kMain));
  disk_["main.rules"] = "nonsense";
  EXPECT_EQ(found(), "");
  workspace_.open("more.rules", "");
  EXPECT_EQ(found(), "main.rules: E0202");
  workspace_.close("more.rules");
  EXPECT_EQ(found(), "");
}

TEST_F(WorkspaceTest, SeesFilesThatChangedOnDiskWhenItIsTold) {
  workspace_.open("main.rules", std::string(kMain));
  EXPECT_EQ(found(), "");
  disk_["more.rules"] = "rules other for e { }\n";
  EXPECT_EQ(found(), "");
  workspace_.reload();
  EXPECT_EQ(found(), "main.rules: E0202");
}

TEST_F(WorkspaceTest, ForgetsARootThatNobodyHasOpen) {
  workspace_.open("more.rules", std::string(kMore));
  EXPECT_EQ(workspace_.findings(Depth::checked).size(), 2U);
  workspace_.close("more.rules");
  EXPECT_TRUE(workspace_.findings(Depth::checked).empty());
}

TEST_F(WorkspaceTest, AppliesChangesOneAfterTheOther) {
  workspace_.open("main.rules", "ab\ncd\n");
  workspace_.change("main.rules",
                    {{Range{{0, 1}, {1, 1}}, "X"}, {Range{{0, 0}, {0, 0}}, "😀"}, {Range{{0, 2}, {0, 3}}, ""}});
  EXPECT_EQ(*workspace_.text_of("main.rules"), "😀Xd\n");
  workspace_.change("main.rules", {{std::nullopt, "new"}});
  EXPECT_EQ(*workspace_.text_of("main.rules"), "new");
  EXPECT_FALSE(workspace_.change("other.rules", {}));
}

TEST_F(WorkspaceTest, FindsRulesThatOthersHideWhenThereIsTime) {
  workspace_.open("more.rules", std::string(kMore));
  replace("more.rules", "\"t\"\n}", "\"t\"\n  route hidden when n > 7 to topic \"t\"\n}");
  EXPECT_EQ(found(), "");
  EXPECT_EQ(found(Depth::complete), "more.rules: E0501");
  EXPECT_EQ(found(), "more.rules: E0501") << "it is still so";
  replace("more.rules", "n > 5", "n > 6");
  EXPECT_EQ(found(), "more.rules: E0501") << "until it is known not to be, it is shown where it was";
  replace("more.rules", "n > 6", "n > 8");
  EXPECT_EQ(found(Depth::complete), "");
}

TEST_F(WorkspaceTest, FormatsByChangingWhiteSpaceAlone) {
  const std::string text = "topic   \"t\" {event e}\n\n\n\n# 😀 said   so\nlet a=1\n";
  workspace_.open("main.rules", text);
  std::vector<TextEdit> edits = workspace_.format("main.rules");
  std::string made = text;
  const Lines lines(text);
  for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) {
    const std::uint32_t begin = lines.offset(edit->range.begin);
    made.replace(begin, lines.offset(edit->range.end) - begin, edit->text);
    EXPECT_EQ(edit->text.find_first_not_of(" \n"), std::string::npos);
  }
  workspace_.open("main.rules", made);
  EXPECT_NE(made, text);
  EXPECT_TRUE(workspace_.format("main.rules").empty()) << made;
  workspace_.open("main.rules", "topic \"t\" {");
  EXPECT_TRUE(workspace_.format("main.rules").empty()) << "what does not parse is left alone";
}

} // namespace
} // namespace millrace::dsl::editor
