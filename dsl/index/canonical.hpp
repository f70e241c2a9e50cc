// Which nodes of a program compute the same. A definition stands in the program once per use, and ten thousand rules
// ask a few thousand different questions; here they are found to be the same.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "dsl/program.hpp"

namespace millrace::dsl {

class Canonical {
 public:
  explicit Canonical(const Program& program) : program_(program), known_(program.nodes.size(), kNone) {}

  /// The first node found that computes the same as this one.
  Index of(Index node);
  /// The same for one that was asked for before.
  Index known(Index node) const { return known_[node]; }

 private:
  struct Signature {
    std::uint64_t what = 0; // operation, detail and more
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    bool operator==(const Signature&) const = default;
  };
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(const Signature& signature) const;
  };

  Signature signature(const Node& node);
  Signature of_value(const Value& value) const;
  std::uint64_t chained(std::uint64_t rest, const Signature& next);
  std::uint64_t operands(const Node& node);
  std::uint64_t set(Index number);
  std::uint64_t text(const std::string& text);
  std::uint64_t type(const ValueType& type);

  const Program& program_;
  std::vector<Index> known_;
  boost::unordered_flat_map<Signature, Index, Hash> nodes_;
  boost::unordered_flat_map<Signature, std::uint64_t, Hash> chains_; // lists, built up one by one
  boost::unordered_flat_map<std::string, std::uint64_t> texts_;
};

} // namespace millrace::dsl
