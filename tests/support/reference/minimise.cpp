#include "tests/support/reference/minimise.hpp"

#include <algorithm>
#include <optional>
#include <sstream>
#include <vector>

#include "tests/support/reference/json.hpp"

namespace millrace::reference {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  Lines lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

std::string text_of(const Lines& lines) {
  std::string out;
  for (const std::string& line : lines) {
    out += line + "\n";
  }
  return out;
}

int depth_change(const std::string& line) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quoted && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (!quoted) {
      depth += line[i] == '{' ? 1 : line[i] == '}' ? -1 : 0;
    }
  }
  return depth;
}

/// The line that closes what the line opens; the line itself if it opens nothing.
std::size_t end_of(const Lines& lines, std::size_t first) {
  int depth = 0;
  for (std::size_t i = first; i < lines.size(); ++i) {
    depth += depth_change(lines[i]);
    if (depth <= 0) {
      return i;
    }
  }
  return first;
}

bool without_lines(Case& failing, const std::string& name, const std::function<bool(const Case&)>& fails) {
  bool changed = false;
  Lines lines = lines_of(failing.files[name]);
  const auto with = [&](const Lines& some) {
    Case out = failing;
    out.files[name] = text_of(some);
    return out;
  };
  for (std::size_t i = 0; i < lines.size();) {
    const std::size_t end = end_of(lines, i);
    const auto at = [&](std::size_t line) { return lines.begin() + static_cast<std::ptrdiff_t>(line); };
    Lines fewer(lines.begin(), at(i));
    fewer.insert(fewer.end(), at(end) + 1, lines.end());
    Lines unwrapped(lines.begin(), at(i));
    if (end > i) {
      unwrapped.insert(unwrapped.end(), at(i) + 1, at(end));
      unwrapped.insert(unwrapped.end(), at(end) + 1, lines.end());
    }
    if (fails(with(fewer))) {
      lines = fewer;
      changed = true;
    } else if (end > i && fails(with(unwrapped))) {
      lines = unwrapped;
      changed = true;
    } else {
      ++i;
    }
  }
  failing = changed ? with(lines) : failing;
  return changed;
}

bool without_files(Case& failing, const std::function<bool(const Case&)>& fails) {
  bool changed = false;
  const Files files = failing.files;
  for (const auto& [name, text] : files) {
    Case fewer = failing;
    fewer.files.erase(name);
    if (fails(fewer)) {
      failing = fewer;
      changed = true;
    }
  }
  return changed;
}

std::string written(const Json& json) {
  if (json.is != Json::Is::object && json.is != Json::Is::list) {
    return json.raw;
  }
  std::string out;
  for (const Member& member : json.members) {
    out += (out.empty() ? "" : ",") + member.raw_key + ":" + written(member.value);
  }
  for (const Json& item : json.items) {
    out += (out.empty() ? "" : ",") + written(item);
  }
  return json.is == Json::Is::object ? "{" + out + "}" : "[" + out + "]";
}

/// Tries every member and item below `at`, one after the other; `root` is the event that holds it.
bool without_members(const Json& root, Json& at, const std::function<bool(const std::string&)>& fails) {
  bool changed = false;
  const auto try_each = [&](auto& parts, auto value) {
    for (std::size_t i = 0; i < parts.size();) {
      const auto kept = parts[i];
      parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(i));
      if (fails(written(root))) {
        changed = true;
        continue;
      }
      parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(i), kept);
      changed = without_members(root, value(parts[i]), fails) || changed;
      ++i;
    }
  };
  try_each(at.members, [](Member& member) -> Json& { return member.value; });
  try_each(at.items, [](Json& item) -> Json& { return item; });
  return changed;
}

} // namespace

Case minimised(Case failing, const std::function<bool(const Case&)>& fails) {
  bool changed = true;
  for (int round = 0; changed && round < 5; ++round) {
    changed = without_files(failing, fails);
    std::vector<std::string> names;
    for (const auto& [name, text] : failing.files) {
      names.push_back(name);
    }
    for (const std::string& name : names) {
      changed = without_lines(failing, name, fails) || changed;
    }
    const Parsed parsed = parse_json(failing.event);
    if (parsed.json) {
      Json event = *parsed.json;
      const auto with = [&](const std::string& text) { return fails({failing.files, text}); };
      changed = without_members(event, event, with) || changed;
      const std::string text = written(event);
      failing.event = with(text) ? text : failing.event;
    }
  }
  return failing;
}

} // namespace millrace::reference
