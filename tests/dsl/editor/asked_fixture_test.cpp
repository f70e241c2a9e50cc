// What an editor is told about rules, as text: tests/dsl/fixtures/editor. A fixture has the files, then what is asked
// of main.rules, a line each:
//
//   hover: when ty‸pe                       at the mark; the text around it stands in the file once
//   complete: type == "a" => type == "‸     the same after that text became another, from a good state
//   rename to kind: ty‸pe
//
#include <gtest/gtest.h>

#include <algorithm>

#include "dsl/editor/completion.hpp"
#include "dsl/editor/workspace.hpp"
#include "tests/dsl/compile/fixture.hpp"

namespace millrace::dsl::editor {
namespace {

constexpr std::string_view kMark = "‸";

std::string place_text(Position position) {
  return std::to_string(position.line + 1) + ":" + std::to_string(position.character + 1);
}

std::string indented(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    out += line.empty() ? "\n" : "  " + line + "\n";
  }
  return out;
}

class Asked {
 public:
  explicit Asked(const Fixture& fixture)
      : fixture_(fixture),
        workspace_([this](std::string_view name) { return fixture_.file(name); },
                   [](const std::string& file, const Loader&) { return file; }) {}

  std::string answer(const std::string& line) {
    const std::size_t colon = line.find(": ");
    const std::string command = line.substr(0, colon);
    std::string now = line.substr(colon + 2);
    std::string before = now;
    if (const std::size_t arrow = now.find(" => "); arrow != std::string::npos) {
      before = now.substr(0, arrow);
      now = now.substr(arrow + 4);
    }
    const std::size_t mark = now.find(kMark);
    const auto without_mark = [](std::string text) {
      const std::size_t at = text.find(kMark);
      return at == std::string::npos ? text : text.erase(at, kMark.size());
    };
    before = without_mark(before);
    const std::string text = *fixture_.file("main.rules");
    const std::size_t at = text.find(before);
    if (at == std::string::npos || text.find(before, at + 1) != std::string::npos) {
      return "the text does not stand in the file once\n";
    }
    workspace_.open("main.rules", text);
    workspace_.findings(Depth::complete);
    const Lines lines(text);
    workspace_.change("main.rules",
                      {{lines.range(static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + before.size())),
                        without_mark(now)}});
    const Lines changed(*workspace_.text_of("main.rules"));
    const auto offset = static_cast<std::uint32_t>(at + (mark == std::string::npos ? 0 : mark));
    return ask(command, changed.position(offset));
  }

 private:
  std::string ask(const std::string& command, Position position) {
    if (command == "complete") {
      return completion(position);
    }
    if (command == "hover") {
      const auto hover = workspace_.hover("main.rules", position);
      return hover ? at({"main.rules", hover->range}) + "\n" + hover->markdown + "\n" : "nothing\n";
    }
    if (command == "definition") {
      return places(workspace_.definition("main.rules", position));
    }
    if (command == "references") {
      return places(workspace_.references("main.rules", position, true));
    }
    if (command == "actions") {
      return actions({position, position});
    }
    if (command == "findings") {
      return findings();
    }
    if (command == "symbols") {
      return symbols(workspace_.symbols("main.rules"), "");
    }
    if (command.starts_with("rename to ")) {
      return rename(position, command.substr(10));
    }
    return "there is no such question\n";
  }

  std::string at(const Place& place) {
    const std::string text = *workspace_.loader()(place.file);
    const Lines lines(text);
    const std::uint32_t begin = lines.offset(place.range.begin);
    return place.file + ":" + place_text(place.range.begin) + " " +
           text.substr(begin, lines.offset(place.range.end) - begin);
  }

  std::string places(const std::vector<Place>& places) {
    std::string out;
    for (const Place& place : places) {
      out += at(place) + "\n";
    }
    return out.empty() ? "nothing\n" : out;
  }

  std::string completion(Position position) {
    const Offers offers = complete(workspace_, "main.rules", position);
    std::string out = at({"main.rules", offers.replaced}) + "\n";
    std::size_t shown = 0;
    for (const Offer& offer : offers.list) {
      if (offer.kind == OfferKind::function && shown++ > 0) {
        continue; // one stands for all of them
      }
      out += offer.insert + (offer.detail.empty() ? "" : "  (" + offer.detail + ")") +
             (offer.about.empty() ? "" : "  # " + offer.about.substr(0, offer.about.find('\n'))) + "\n";
    }
    return out;
  }

  std::string edits(const FileEdits& all) {
    std::string out;
    for (const auto& [file, list] : all) {
      for (const TextEdit& edit : list) {
        out += at({file, edit.range}) + " -> " + edit.text + "\n";
      }
    }
    return out;
  }

  std::string rename(Position position, const std::string& name) {
    const auto renamable = workspace_.renamable("main.rules", position);
    const Workspace::Renamed renamed = workspace_.rename("main.rules", position, name);
    return (renamable ? renamable->name : "no name") + "\n" +
           (renamed.refusal.empty() ? edits(renamed.edits) : renamed.refusal + "\n");
  }

  std::string actions(Range range) {
    std::string out;
    for (const Action& action : workspace_.actions("main.rules", range)) {
      out += action.finding.code + (action.preferred ? " preferred: " : ": ") + action.title + "\n" +
             indented(edits(action.edits));
    }
    return out.empty() ? "nothing\n" : out;
  }

  std::string findings() {
    std::string out;
    for (const FileFindings& file : workspace_.findings(Depth::checked)) {
      for (const Finding& finding : file.findings) {
        out += at({file.file, finding.range}) + "\n" + finding.code + " " + finding.message + "\n";
        for (const auto& [place, text] : finding.related) {
          out += "related " + at(place) + ": " + text + "\n";
        }
      }
    }
    return out.empty() ? "nothing\n" : out;
  }

  std::string symbols(const std::vector<Symbol>& list, const std::string& indent) {
    std::string out;
    for (const Symbol& symbol : list) {
      out += indent + place_text(symbol.name_range.begin) + " " + symbol.name +
             (symbol.detail.empty() ? "" : "  (" + symbol.detail + ")") + "\n" + symbols(symbol.inside, indent + "  ");
    }
    return out;
  }

  const Fixture& fixture_;
  Workspace workspace_;
};

class EditorFixture : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(EditorFixture, AnswersWhatIsAsked) {
  const Fixture fixture = read_fixture(GetParam());
  const auto asked = fixture.file("asked");
  ASSERT_TRUE(asked && fixture.sections.back().title == "expected");
  std::string actual;
  std::istringstream lines(*asked);
  for (std::string line; std::getline(lines, line);) {
    actual += line + "\n" + indented(Asked(fixture).answer(line));
  }
  if (!update_fixture(fixture, actual)) {
    EXPECT_EQ(actual, fixture.sections.back().text);
  }
}

/// A text that somebody writes from its beginning, or puts something into: there is an answer at every place.
TEST_P(EditorFixture, AnswersAtEveryPlaceOfAnUnfinishedText) {
  constexpr std::size_t kStep = 3;
  const Fixture fixture = read_fixture(GetParam());
  const std::string text = *fixture.file("main.rules");
  Workspace workspace([&](std::string_view name) { return fixture.file(name); },
                      [](const std::string& file, const Loader&) { return file; });
  workspace.open("main.rules", text);
  workspace.findings(Depth::complete);
  std::size_t offered = 0;
  for (std::size_t at = 0; at < text.size(); at += kStep) {
    for (const std::string& now : {text.substr(0, at), text.substr(0, at) + "\"" + text.substr(at),
                                   text.substr(0, at) + " {" + text.substr(at)}) {
      workspace.change("main.rules", {{std::nullopt, now}});
      const Position place = Lines(now).position(static_cast<std::uint32_t>(at));
      offered += complete(workspace, "main.rules", place).list.size();
      workspace.hover("main.rules", place);
      workspace.references("main.rules", place, true);
      workspace.actions("main.rules", {place, place});
      workspace.symbols("main.rules");
      workspace.findings(Depth::checked);
    }
  }
  EXPECT_GT(offered, 500U);
}

INSTANTIATE_TEST_SUITE_P(All, EditorFixture, testing::ValuesIn(fixture_paths("editor")),
                         [](const auto& info) { return fixture_name(info.param); });

} // namespace
} // namespace millrace::dsl::editor
