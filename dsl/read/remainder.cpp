#include "dsl/read/remainder.hpp"

#include <algorithm>

namespace millrace::dsl {

class Remainder::Walk {
 public:
  Walk(const CutFields& fields, const Structure& structure)
      : fields_(fields), text_(structure.text()), next_(structure.begin()) {}

  /// At `{`; writes what is left of the object. False, with nothing written, if that is nothing but there was
  /// something.
  bool object(Index index, char*& out) {
    const CutFields::Node& node = fields_[index];
    char* const begin = out;
    ++next_;
    *out++ = '{';
    if (text_[*next_] == '}') {
      ++next_;
      *out++ = '}';
      return true;
    }
    char* const members = out;
    do {
      member(node, out, members);
    } while (text_[*next_++] == ',');
    if (out == members && index != 0) {
      out = begin;
      return false;
    }
    *out++ = '}';
    return true;
  }

 private:
  void member(const CutFields::Node& node, char*& out, const char* members) {
    const std::string_view key = text_.substr(next_[0], next_[1] - next_[0]); // with quotes, maybe white space
    const std::size_t end_quote = key.rfind('"');
    next_ += 2;
    const Index child = CutFields::find(node, key.substr(1, end_quote - 1), scratch_);
    if (child != kNone && fields_[child].cut) {
      next_ = behind_value(text_, next_);
      return;
    }
    char* const begin = out;
    if (out != members) {
      *out++ = ',';
    }
    out = std::copy(key.begin(), key.begin() + static_cast<std::ptrdiff_t>(end_quote) + 1, out);
    *out++ = ':';
    if (child != kNone && text_[*next_] == '{') {
      if (!object(child, out)) {
        out = begin;
      }
      return;
    }
    const std::size_t first = *next_;
    next_ = behind_value(text_, next_);
    std::string_view value = text_.substr(first, *next_ - first);
    value = value.substr(0, value.find_last_not_of(" \n\t\r") + 1);
    out = std::copy(value.begin(), value.end(), out);
  }

  const CutFields& fields_;
  Arena scratch_;
  std::string_view text_;
  const std::uint32_t* next_;
};

std::string_view Remainder::write(const Structure& structure, Arena& arena) const {
  char* const begin = arena.allocate(structure.text().size());
  char* out = begin;
  Walk(fields_, structure).object(0, out);
  arena.shrink(out);
  return {begin, static_cast<std::size_t>(out - begin)};
}

} // namespace millrace::dsl
