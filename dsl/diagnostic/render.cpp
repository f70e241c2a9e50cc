// The layout of a diagnostic as text.
#include "dsl/diagnostic/render.hpp"

#include <algorithm>
#include <map>

namespace millrace::dsl {
namespace {

constexpr std::size_t kTabWidth = 4;
constexpr std::size_t kMarkColumn = 72; // where `[fix 1]` stands, if the help is shorter

struct Range {
  char32_t first;
  char32_t last;
};
/// Characters that take two cells of a terminal (East Asian wide and full width, emoji).
constexpr Range kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},  {0x3041, 0x33FF}, {0x3400, 0x4DBF},
                           {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},  {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},
                           {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},  {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F},
                           {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
constexpr Range kZeroWidth[] = {{0x0300, 0x036F}, {0x200B, 0x200F}, {0xFE00, 0xFE0F}};

template <std::size_t N>
bool within(char32_t code, const Range (&ranges)[N]) {
  return std::any_of(std::begin(ranges), std::end(ranges),
                     [&](const Range& range) { return code >= range.first && code <= range.last; });
}

std::size_t sequence_length(unsigned char lead) { return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4; }

/// A lead byte and what belongs to it; a file that is not UTF-8 is shown too.
bool is_character(std::string_view bytes) {
  const auto lead = static_cast<unsigned char>(bytes.front());
  const bool whole = lead < 0x80 || (lead >= 0xC2 && lead <= 0xF4 && bytes.size() == sequence_length(lead));
  return whole && std::all_of(bytes.begin() + 1, bytes.end(),
                              [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; });
}

/// Cells that the text takes; `*shown` gets it with tabs as blanks, and a sign for what cannot be shown.
std::size_t display_width(std::string_view text, std::string* shown = nullptr) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = std::min(sequence_length(static_cast<unsigned char>(text[at])), text.size() - at);
    if (text[at] == '\t') {
      const std::size_t blanks = kTabWidth - width % kTabWidth;
      width += blanks;
      if (shown != nullptr) {
        shown->append(blanks, ' ');
      }
      ++at;
      continue;
    }
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool control = (byte < 0x20 && byte != '\n') || byte == 0x7F; // a terminal would obey it
    if (control || !is_character(text.substr(at, length))) {
      ++width;
      ++at;
      if (shown != nullptr) {
        shown->append("\uFFFD");
      }
      continue;
    }
    char32_t code = static_cast<unsigned char>(text[at]);
    if (length > 1) {
      code &= 0x7Fu >> length;
      for (std::size_t i = 1; i < length; ++i) {
        code = (code << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3Fu);
      }
    }
    width += within(code, kZeroWidth) ? 0 : within(code, kWide) ? 2 : 1;
    if (shown != nullptr) {
      shown->append(text.substr(at, length));
    }
    at += length;
  }
  return width;
}

/// `error[E0301]`, or the word alone where there is no code.
std::string kind_of(const Diagnostic& diagnostic) {
  const std::string code = name_of(diagnostic.code);
  return (diagnostic.is_error() ? "error" : "warning") + (code.empty() ? "" : "[" + code + "]");
}

/// What a message says may quote the text.
std::string visible(std::string_view text) {
  std::string shown;
  display_width(text, &shown);
  return shown;
}

struct Mark {
  Span span;
  std::string_view text;
  bool primary = false;
};

class Painter {
 public:
  Painter(const Diagnostic& diagnostic, const SourceMap& sources, Colours colours)
      : diagnostic_(diagnostic), sources_(sources), colours_(colours) {}

  std::string paint() {
    collect();
    out_ = painted(tone(), kind_of(diagnostic_)) + painted(Tone::headline, ": " + visible(diagnostic_.headline)) + "\n";
    const FileId own = diagnostic_.primary.span.file;
    paint_file(own, "-->");
    for (const auto& [file, marks] : marks_) {
      if (file != own) {
        paint_file(file, ":::");
      }
    }
    for (const Help& help : diagnostic_.helps) {
      paint_help(help);
    }
    for (const std::string& note : diagnostic_.notes) {
      out_ += painted(Tone::frame, gutter("") + " =") + painted(Tone::headline, " note") + ": " + visible(note) + "\n";
    }
    return out_;
  }

 private:
  std::string painted(Tone tone, std::string_view text) const { return dsl::painted(tone, text, colours_); }
  Tone tone() const { return diagnostic_.is_error() ? Tone::error : Tone::warning; }

  void collect() {
    const auto add = [&](const Label& label, bool primary) {
      marks_[label.span.file].push_back({label.span, label.text, primary});
      gutter_width_ = std::max(gutter_width_, std::to_string(line_of(label.span)).size());
    };
    add(diagnostic_.primary, true);
    for (const Label& label : diagnostic_.secondary) {
      add(label, false);
    }
  }

  std::uint32_t line_of(Span span) const { return sources_.locate(span.file, span.begin).line; }
  std::string gutter(const std::string& text) const { return std::string(gutter_width_ - text.size(), ' ') + text; }

  /// The primary line first, as it is what the message is about; the others in the order they were given.
  void paint_file(FileId file, std::string_view arrow) {
    const std::vector<Mark>& marks = marks_[file];
    out_ += painted(Tone::frame, gutter("") + std::string(arrow)) + " " + sources_.place(marks.front().span) + "\n";
    std::vector<std::uint32_t> lines;
    for (const Mark& mark : marks) {
      const std::uint32_t line = line_of(mark.span);
      if (std::find(lines.begin(), lines.end(), line) == lines.end()) {
        lines.push_back(line);
      }
    }
    for (const std::uint32_t line : lines) {
      paint_line(file, line, marks);
    }
  }

  void paint_line(FileId file, std::uint32_t line, const std::vector<Mark>& marks) {
    const Span source = sources_.line(file, line);
    std::string shown;
    display_width(sources_.text(source), &shown);
    shown.erase(shown.find_last_not_of(' ') + 1);
    out_ += painted(Tone::frame, gutter(std::to_string(line)) + " |") + " " + shown + "\n";
    for (const Mark& mark : marks) {
      if (line_of(mark.span) == line) {
        paint_mark(source, mark);
      }
    }
  }

  void paint_mark(Span line, const Mark& mark) {
    const std::string_view text = sources_.text(line);
    const std::size_t before = std::min<std::size_t>(mark.span.begin - line.begin, text.size());
    const std::size_t end = std::min<std::size_t>(mark.span.end - line.begin, text.size());
    const std::size_t indent = display_width(text.substr(0, before));
    // In a text that is not UTF-8 a longer part may be shown shorter.
    const std::size_t width = std::max(display_width(text.substr(0, std::max(end, before))), indent) - indent;
    const std::string label = mark.text.empty() ? "" : " " + visible(mark.text);
    const std::string under(std::max<std::size_t>(width, 1), mark.primary ? '^' : '-');
    out_ += painted(Tone::frame, gutter("") + " |") + " " + std::string(indent, ' ') +
            painted(mark.primary ? tone() : Tone::frame, under + label) + "\n";
  }

  void paint_help(const Help& help) {
    const std::string lead = gutter("") + " =";
    const std::string text = ": " + visible(help.text);
    out_ += painted(Tone::frame, lead) + painted(Tone::help, " help") + text;
    if (help.fix) {
      const std::size_t width = display_width(lead + " help" + text);
      out_ += std::string(width < kMarkColumn ? kMarkColumn - width : 1, ' ') +
              painted(Tone::help, "[" + visible(help.fix->mark) + "]");
    }
    out_ += "\n";
  }

  const Diagnostic& diagnostic_;
  const SourceMap& sources_;
  const Colours colours_;
  std::map<FileId, std::vector<Mark>> marks_;
  std::size_t gutter_width_ = 1;
  std::string out_;
};

} // namespace

std::string render_text(const Diagnostic& diagnostic, const SourceMap& sources, Colours colours) {
  return Painter(diagnostic, sources, colours).paint();
}

std::string render_text(const Diagnostics& diagnostics, const SourceMap& sources, Colours colours) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) {
    text += (text.empty() ? "" : "\n") + render_text(diagnostic, sources, colours);
  }
  if (diagnostics.error_count() > Diagnostics::kMaxErrors) {
    text += "\n" + std::to_string(diagnostics.error_count() - Diagnostics::kMaxErrors) +
            " more errors are not shown; they may be gone when these are\n";
  }
  return text;
}

std::string render_short(const Diagnostics& diagnostics, const SourceMap& sources) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) {
    text += sources.place(diagnostic.primary.span) + ": " + kind_of(diagnostic) + ": " + diagnostic.headline + "\n";
  }
  return text;
}

} // namespace millrace::dsl
