// What was seen of one field in a sample: how often, in which JSON forms, and what its values have in common. Bounded,
// however many events there are.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace millrace::dsl::infer {

struct NumbersSeen {
  std::uint64_t integers = 0;  // whole, within 64 bits
  std::uint64_t far = 0;       // whole, beyond them
  std::uint64_t fractions = 0; // with a point
  std::uint64_t exponents = 0;
  std::uint64_t beyond_double = 0;
  std::int64_t least = 0; // of `integers`
  std::int64_t most = 0;
  double low = 0; // of all that a double holds
  double high = 0;
  int integer_digits = 0;
  int least_scale = 0; // digits behind the point, as they are written
  int most_scale = 0;

  std::uint64_t count() const { return integers + far + fractions + exponents + beyond_double; }
  void add(std::string_view token);
};

/// The forms that a text may have all the time.
enum class Form : std::uint8_t { timestamp, uuid, ip, version, duration, integer, number, boolean };
inline constexpr std::size_t kForms = 8;

struct TextsSeen {
  /// Values are listed up to this number of different ones, and only short ones.
  static constexpr std::size_t kMostListed = 16;
  static constexpr std::size_t kLongestListed = 40;

  std::uint64_t count = 0;
  std::uint64_t with_nul = 0;
  std::array<bool, kForms> always = {true, true, true, true, true, true, true, true};
  std::vector<std::pair<std::string, std::uint64_t>> values; // as they came first
  bool many = false;                                         // more, or longer ones, than are listed
  int most_parts = 0;                                        // between the points of a version
  int least_parts = 0;
  NumbersSeen numbers; // where it is always a number

  bool is_always(Form form) const { return count > 0 && always[static_cast<std::size_t>(form)]; }
  void add(std::string_view text);
};

/// Whether a value came twice; after so many different ones it is no longer asked.
class Repeats {
 public:
  static constexpr std::size_t kMostKept = 200'000;

  Repeats();
  ~Repeats();
  void add(std::string_view value);
  bool none() const { return !repeated_; }
  std::size_t looked_at() const { return looked_at_; }

 private:
  class Hashes;
  std::unique_ptr<Hashes> hashes_;
  std::size_t looked_at_ = 0;
  bool repeated_ = false;
};

/// Looks a name up without making a string of it.
struct NameHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
};

/// A field, the event itself, or what the items of a list have in common.
struct Seen {
  std::string name;
  std::uint64_t booleans = 0;
  std::uint64_t nulls = 0;
  std::uint64_t objects = 0;
  std::uint64_t lists = 0;
  NumbersSeen numbers;
  TextsSeen texts;
  std::uint64_t left_out = 0; // members that there was no room for
  std::uint64_t last_event = 0;
  std::unique_ptr<Repeats> repeats; // of fields that look like an id
  std::vector<std::uint32_t> members;
  std::unordered_map<std::string, std::uint32_t, NameHash, std::equal_to<>> by_name;
  std::uint32_t position = 0; // among the members of its object
  std::uint32_t items = 0;    // of a list; 0: nothing was in one yet

  std::uint64_t present() const { return booleans + objects + lists + numbers.count() + texts.count; }
};

} // namespace millrace::dsl::infer
