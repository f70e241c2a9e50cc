// A map from values to numbers: keys of lookups, constants that a field is compared with. Keys are equal as `==` has
// it, so a number is found by any other number that means the same.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>

#include "dsl/values/compare.hpp"
#include "dsl/values/value.hpp"

namespace millrace::dsl {

/// Equal values of any kinds have the same hash.
std::size_t hash_of_value(const Value& value);

class ValueMap {
 public:
  static constexpr std::uint32_t kMissing = 0xffff'ffffU;

  std::size_t size() const { return numbers_.size(); }
  bool empty() const { return numbers_.empty(); }
  void reserve(std::size_t count) { numbers_.reserve(count); }
  /// False if the key is there already; its number stays. The key's text must live as long as the map.
  bool insert(const Value& key, std::uint32_t number) { return numbers_.emplace(key, number).second; }
  std::uint32_t find(const Value& key) const {
    const auto found = numbers_.find(key);
    return found == numbers_.end() ? kMissing : found->second;
  }

 private:
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(const Value& value) const { return hash_of_value(value); }
  };
  struct Equal {
    bool operator()(const Value& left, const Value& right) const { return equals(left, right); }
  };
  boost::unordered_flat_map<Value, std::uint32_t, Hash, Equal> numbers_;
};

} // namespace millrace::dsl
