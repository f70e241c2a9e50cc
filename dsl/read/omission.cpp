#include "dsl/read/omission.hpp"

#include <algorithm>

namespace millrace::dsl {

/// Goes over the tokens and copies what lies between the cuts.
class Omission::Walk {
 public:
  Walk(const CutFields& fields, const Structure& structure, Arena& arena)
      : fields_(fields), text_(structure.text()), next_(structure.begin()), arena_(arena) {}

  std::string_view run() {
    object(0);
    if (begin_ == nullptr) {
      return text_;
    }
    copy_to(text_.size());
    arena_.shrink(out_);
    return {begin_, static_cast<std::size_t>(out_ - begin_)};
  }

 private:
  /// At `{`; ends behind its `}`.
  void object(Index index) {
    const CutFields::Node& node = fields_[index];
    ++next_;
    if (text_[*next_] == '}') {
      ++next_;
      return;
    }
    bool kept = false;          // a member before this one
    std::size_t end_before = 0; // of the member before
    bool more = true;
    while (more) {
      const std::size_t begin = *next_;
      const Index child = CutFields::find(node, key(), scratch_);
      next_ += 2;
      const bool cut = child != kNone && fields_[child].cut;
      if (!cut && child != kNone && text_[*next_] == '{') {
        object(child);
      } else {
        next_ = behind_value(text_, next_);
      }
      const std::size_t end = text_.find_last_not_of(" \n\t\r", *next_ - 1) + 1;
      more = text_[*next_] == ',';
      ++next_;
      if (cut) {
        cut_out(kept ? end_before : begin, !kept && more ? *next_ : end);
      }
      kept = kept || !cut;
      end_before = end;
    }
  }

  void cut_out(std::size_t from, std::size_t to) {
    copy_to(std::max(from, copied_));
    copied_ = to;
  }

  void copy_to(std::size_t end) {
    if (begin_ == nullptr) {
      begin_ = out_ = arena_.allocate(text_.size());
    }
    out_ = std::copy(text_.begin() + static_cast<std::ptrdiff_t>(copied_),
                     text_.begin() + static_cast<std::ptrdiff_t>(end), out_);
    copied_ = end;
  }

  /// Of the member that begins here, without quotes.
  std::string_view key() const {
    const std::string_view with_quotes = text_.substr(next_[0], next_[1] - next_[0]);
    return with_quotes.substr(1, with_quotes.rfind('"') - 1);
  }

  const CutFields& fields_;
  std::string_view text_;
  const std::uint32_t* next_;
  Arena& arena_;
  Arena scratch_;
  std::size_t copied_ = 0; // up to where the text is written or cut
  char* begin_ = nullptr;
  char* out_ = nullptr;
};

std::string_view Omission::write(const Structure& structure, Arena& arena) const {
  return Walk(fields_, structure, arena).run();
}

} // namespace millrace::dsl
