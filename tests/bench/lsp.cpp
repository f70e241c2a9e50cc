// From the bytes of an edit to the bytes of what is wrong with it: one rule in a file of 10,000, on one core, as the
// language server does it. The message that is answered tells of a mistake that the edit made or mended.
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "engine/lsp/framing.hpp"
#include "engine/lsp/server.hpp"
#include "tests/bench/many_rules.hpp"
#include "tests/bench/turns.hpp"

namespace millrace::lsp {
namespace {

namespace json = boost::json;

constexpr int kRules = 10'000;
constexpr int kEdited = 5'000;
constexpr int kRounds = 20;
constexpr double kMostMs = 50;

/// Where the word stands, which is in its line once.
struct Word {
  int line = 0;
  int character = 0;
};
Word find_edited(const std::string& text) {
  const std::size_t at = text.find("device == \"d-" + std::to_string(kEdited) + "\"");
  const std::size_t line = text.rfind('\n', at) + 1;
  return {static_cast<int>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n')),
          static_cast<int>(at - line)};
}

std::string open_message(const std::string& text) {
  return json::serialize(
      json::object{{"jsonrpc", "2.0"},
                   {"method", "textDocument/didOpen"},
                   {"params", {{"textDocument", {{"uri", "file:///bench.rules"}, {"version", 0}, {"text", text}}}}}});
}

/// Puts a word of as many letters there.
std::string change_message(Word word, int version, const char* written) {
  const json::object range{{"start", {{"line", word.line}, {"character", word.character}}},
                           {"end", {{"line", word.line}, {"character", word.character + 6}}}};
  return json::serialize(json::object{
      {"jsonrpc", "2.0"},
      {"method", "textDocument/didChange"},
      {"params", json::object{{"textDocument", {{"uri", "file:///bench.rules"}, {"version", version}}},
                              {"contentChanges", json::array{json::object{{"range", range}, {"text", written}}}}}}});
}

int run() {
  std::string out;
  Server server(
      {[](std::string_view) { return std::nullopt; }, [](const std::string& file, const dsl::Loader&) { return file; },
       [](const std::string& path) { return path; }, "bench"},
      [&out](std::string_view message) { out += framed(message); });
  const auto tell = [&](const std::string& bytes) {
    Framing framing;
    framing.add(bytes);
    while (const auto message = framing.next()) {
      server.handle(message->text);
    }
  };
  const std::string text = bench::many_rules(kRules);
  tell(framed(R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{}})") + framed(open_message(text)));
  server.check();
  server.rest();
  const Word word = find_edited(text);
  std::vector<double> first;
  std::vector<double> rest;
  for (int round = 1; round <= kRounds; ++round) {
    const std::string bytes = framed(change_message(word, round, round % 2 == 1 ? "devise" : "device"));
    out.clear();
    first.push_back(bench::seconds_of([&] {
      tell(bytes);
      server.check();
    }));
    if (out.find("publishDiagnostics") == std::string::npos ||
        (out.find("E0201") == std::string::npos) != (round % 2 == 0)) {
      std::fprintf(stderr, "round %d: not what the edit gives:\n%s\n", round, out.c_str());
      return 1;
    }
    rest.push_back(bench::seconds_of([&] { server.rest(); }));
  }
  const double value = bench::median(first) * 1'000;
  std::printf("bench lsp value=%.1f unit=ms reference=%.0f ratio=%.2f\n", value, kMostMs, value / kMostMs);
  std::printf("bench lsp_rest value=%.0f unit=ms reference=%.0f ratio=%.2f\n", bench::median(rest) * 1'000, 300.0,
              bench::median(rest) * 1'000 / 300);
  return 0;
}

} // namespace
} // namespace millrace::lsp

int main() { return millrace::lsp::run(); }
