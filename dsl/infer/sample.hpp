// A sample of events, one after the other, and what they have in common. Does no I/O; memory does not grow with the
// number of events.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dsl/infer/seen.hpp"
#include "dsl/program.hpp"
#include "dsl/read/reader.hpp"
#include "dsl/read/structure.hpp"

namespace millrace::dsl::infer {

class Sample {
 public:
  static constexpr std::size_t kMostFields = 2'000;
  static constexpr std::size_t kMostMembers = 256; // of one object
  static constexpr int kDeepest = 12;              // objects within each other whose fields are told apart

  Sample();
  Sample(const Sample&) = delete; // the reader knows where the program stands
  Sample& operator=(const Sample&) = delete;

  /// Takes one event in. What is none is left out, and it is said why.
  std::optional<std::string> add(std::string_view event);

  std::uint64_t events() const { return fields_.front().objects; }
  const Seen& root() const { return fields_.front(); }
  const Seen& operator[](std::uint32_t field) const { return fields_[field]; }

 private:
  using Cursor = const std::uint32_t*;
  /// A value that was found at a field, before anything is counted: of an event that is refused nothing is.
  struct Found {
    std::uint32_t field;
    std::string_view json; // a scalar, or the bracket of an object or list
  };

  Cursor object(Cursor at, std::uint32_t field, int depth);
  Cursor value(Cursor at, std::uint32_t field, int depth);
  Cursor list(Cursor at, std::uint32_t field, int depth);
  Cursor skip(Cursor at) const;
  std::uint32_t member(std::uint32_t object, std::string_view key, std::size_t hint);
  std::uint32_t items_of(std::uint32_t list);
  std::string_view token(Cursor at) const;
  std::string_view unescaped(std::string_view raw);
  void count(const Found& found);

  Program nothing_declared_;
  Reader checker_; // the same walk that events take when they arrive
  Structure structure_;
  Arena arena_;
  std::vector<Seen> fields_;
  std::vector<Found> found_;
  std::vector<std::uint32_t> overfull_; // objects of this event that have members without room
  std::uint64_t number_ = 0;            // of the event
  std::string_view twice_;              // a key that stands twice in this event
};

} // namespace millrace::dsl::infer
