#include "engine/cli/line_diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace millrace::cli {
namespace {

constexpr std::size_t kContext = 3; // lines around what differs

using Lines = std::vector<std::string_view>;

// With their ends.
Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

// A line of the one that is a line of the other.
struct Pair {
  std::size_t before = 0;
  std::size_t after = 0;
};

// Lines that stand once in each, as many as can be kept in their order.
std::vector<Pair> anchors(const Lines& before, const Lines& after) {
  struct Seen {
    std::size_t in_before = 0, in_after = 0;
    Pair at;
  };
  std::unordered_map<std::string_view, Seen> seen;
  for (std::size_t i = 0; i < before.size(); ++i) {
    Seen& line = seen[before[i]];
    ++line.in_before;
    line.at.before = i;
  }
  for (std::size_t i = 0; i < after.size(); ++i) {
    Seen& line = seen[after[i]];
    ++line.in_after;
    line.at.after = i;
  }
  std::vector<Pair> unique;
  for (const auto& entry : seen) {
    if (entry.second.in_before == 1 && entry.second.in_after == 1) {
      unique.push_back(entry.second.at);
    }
  }
  std::sort(unique.begin(), unique.end(), [](Pair a, Pair b) { return a.before < b.before; });
  // The longest run of them that rises in both: of each length the one that ends first, and where each came from.
  std::vector<std::size_t> ends;
  std::vector<std::size_t> from(unique.size());
  for (std::size_t i = 0; i < unique.size(); ++i) {
    const auto at = std::lower_bound(ends.begin(), ends.end(), unique[i].after,
                                     [&](std::size_t end, std::size_t line) { return unique[end].after < line; });
    from[i] = at == ends.begin() ? unique.size() : *(at - 1);
    at == ends.end() ? ends.push_back(i) : void(*at = i);
  }
  std::vector<Pair> kept;
  for (std::size_t i = ends.empty() ? unique.size() : ends.back(); i < unique.size(); i = from[i]) {
    kept.push_back(unique[i]);
  }
  std::reverse(kept.begin(), kept.end());
  return kept;
}

// Every line that both have, in order.
std::vector<Pair> common(const Lines& before, const Lines& after) {
  std::vector<Pair> pairs;
  std::size_t i = 0;
  std::size_t j = 0;
  const auto forward = [&](std::size_t end_before, std::size_t end_after) {
    for (; i < end_before && j < end_after && before[i] == after[j]; ++i, ++j) {
      pairs.push_back({i, j});
    }
  };
  std::vector<Pair> stops = anchors(before, after);
  stops.push_back({before.size(), after.size()});
  for (const Pair stop : stops) {
    forward(stop.before, stop.after);
    std::size_t back = 0;
    while (stop.before - back > i && stop.after - back > j &&
           before[stop.before - back - 1] == after[stop.after - back - 1]) {
      ++back;
    }
    i = stop.before - back;
    j = stop.after - back;
    forward(stop.before, stop.after);
    if (stop.before < before.size()) {
      pairs.push_back(stop);
      i = stop.before + 1;
      j = stop.after + 1;
    }
  }
  return pairs;
}

std::string marked(char mark, std::string_view line, dsl::Colours colours) {
  const bool ended = line.ends_with('\n');
  const std::string text = mark + std::string(line.substr(0, line.size() - (ended ? 1 : 0)));
  return (mark == '-'   ? dsl::painted(dsl::Tone::removed, text, colours)
          : mark == '+' ? dsl::painted(dsl::Tone::added, text, colours)
                        : text) +
         (ended ? "\n" : "\n\\ No newline at end of file\n");
}

} // namespace

std::string unified_diff(std::string_view name, std::string_view before_text, std::string_view after_text,
                         dsl::Colours colours) {
  const Lines before = lines_of(before_text);
  const Lines after = lines_of(after_text);
  std::vector<Pair> pairs = common(before, after);
  pairs.push_back({before.size(), after.size()});
  std::string out;
  Pair next;                                 // the first line that was not looked at
  Pair hunk;                                 // where the open hunk begins
  Pair written;                              // up to where it is written
  std::string lines;                         // of the open hunk
  const auto close = [&](std::size_t stop) { // context up to this line of the text before
    for (; written.before < stop; ++written.before, ++written.after) {
      lines += marked(' ', before[written.before], colours);
    }
    const std::size_t was = written.before - hunk.before;
    const std::size_t is = written.after - hunk.after;
    const std::string place =
        fmt::format("@@ -{},{} +{},{} @@", hunk.before + (was > 0 ? 1 : 0), was, hunk.after + (is > 0 ? 1 : 0), is);
    out += dsl::painted(dsl::Tone::help, place, colours) + "\n" + lines;
    lines.clear();
  };
  for (const Pair pair : pairs) {
    if (pair.before > next.before || pair.after > next.after) { // up to here they differ
      if (!lines.empty() && next.before - written.before > 2 * kContext) {
        close(written.before + kContext);
      }
      if (lines.empty()) {
        const std::size_t back = std::min({kContext, next.before, next.after});
        hunk = written = {next.before - back, next.after - back};
      }
      for (; written.before < next.before; ++written.before, ++written.after) {
        lines += marked(' ', before[written.before], colours);
      }
      for (; written.before < pair.before; ++written.before) {
        lines += marked('-', before[written.before], colours);
      }
      for (; written.after < pair.after; ++written.after) {
        lines += marked('+', after[written.after], colours);
      }
    }
    next = {pair.before + 1, pair.after + 1};
  }
  if (!lines.empty()) {
    close(std::min(written.before + kContext, before.size()));
  }
  const auto head = [&](std::string_view mark) {
    return dsl::painted(dsl::Tone::headline, fmt::format("{} {}", mark, name), colours) + "\n";
  };
  return out.empty() ? "" : head("---") + head("+++") + out;
}

} // namespace millrace::cli
