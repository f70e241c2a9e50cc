#include "dsl/values/version.hpp"

#include <xxhash.h>

#include <algorithm>

namespace millrace::dsl {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_identifier_char(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-'; }

bool is_number(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_digit); }

/// The parts of a dotted text, one after the other.
class Parts {
 public:
  explicit Parts(std::string_view text) : rest_(text), more_(!text.empty()) {}

  bool more() const { return more_; }
  std::string_view next() {
    const std::size_t dot = rest_.find('.');
    const std::string_view part = rest_.substr(0, dot);
    more_ = dot != std::string_view::npos;
    rest_ = more_ ? rest_.substr(dot + 1) : std::string_view();
    return part;
  }

 private:
  std::string_view rest_;
  bool more_;
};

template <typename Predicate>
bool all_parts(std::string_view text, Predicate is_good) {
  Parts parts(text);
  do {
    if (!is_good(parts.next())) {
      return false;
    }
  } while (parts.more());
  return true;
}

bool is_identifier(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_identifier_char);
}

/// `numbers[-pre_release][+build]`
struct Pieces {
  std::string_view numbers;
  std::string_view pre_release;
};

Pieces pieces_of(std::string_view version) {
  version = version.substr(0, version.find('+'));
  const std::size_t dash = version.find('-');
  return {version.substr(0, dash), dash == std::string_view::npos ? std::string_view() : version.substr(dash + 1)};
}

/// The digits that count; none for zero.
std::string_view significant(std::string_view number) {
  return number.substr(std::min(number.find_first_not_of('0'), number.size()));
}

std::strong_ordering compare_numbers(std::string_view left, std::string_view right) {
  left = significant(left);
  right = significant(right);
  return left.size() != right.size() ? left.size() <=> right.size() : left <=> right;
}

std::strong_ordering compare_identifiers(std::string_view left, std::string_view right) {
  const bool left_number = is_number(left);
  const bool right_number = is_number(right);
  if (left_number != right_number) {
    return left_number ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  return left_number ? compare_numbers(left, right) : left <=> right;
}

std::strong_ordering compare_pre_releases(std::string_view left, std::string_view right) {
  if (left.empty() || right.empty()) { // the release itself comes last
    return left.empty() <=> right.empty();
  }
  Parts lefts(left);
  Parts rights(right);
  while (lefts.more() && rights.more()) {
    if (const auto order = compare_identifiers(lefts.next(), rights.next()); order != 0) {
      return order;
    }
  }
  return lefts.more() <=> rights.more();
}

std::uint64_t hashed(std::string_view text, std::uint64_t seed) {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

} // namespace

bool is_version(std::string_view text) {
  const std::size_t plus = text.find('+');
  if (plus != std::string_view::npos && !all_parts(text.substr(plus + 1), is_identifier)) {
    return false;
  }
  text = text.substr(0, plus);
  const std::size_t dash = text.find('-');
  if (dash != std::string_view::npos && !all_parts(text.substr(dash + 1), is_identifier)) {
    return false;
  }
  return all_parts(text.substr(0, dash), is_number);
}

std::strong_ordering compare_versions(std::string_view left, std::string_view right) {
  const Pieces a = pieces_of(left);
  const Pieces b = pieces_of(right);
  Parts lefts(a.numbers);
  Parts rights(b.numbers);
  while (lefts.more() || rights.more()) {
    const std::string_view one = lefts.more() ? lefts.next() : "0";
    const std::string_view other = rights.more() ? rights.next() : "0";
    if (const auto order = compare_numbers(one, other); order != 0) {
      return order;
    }
  }
  return compare_pre_releases(a.pre_release, b.pre_release);
}

std::uint64_t hash_of_version(std::string_view version) {
  const Pieces pieces = pieces_of(version);
  std::uint64_t hash = 1;
  std::uint64_t place = 1; // of the number: zeros at the end are as good as missing, so they leave no trace
  for (Parts parts(pieces.numbers); parts.more(); ++place) {
    const std::string_view number = significant(parts.next());
    hash = number.empty() ? hash : hashed(number, hash + place);
  }
  for (Parts parts(pieces.pre_release); parts.more();) {
    const std::string_view part = parts.next();
    hash = hashed(is_number(part) ? significant(part) : part, ~hash);
  }
  return hash;
}

} // namespace millrace::dsl
