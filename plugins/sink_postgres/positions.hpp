// The claims that this instance holds, and the statements that claim, advance and release (sql/0001_positions.sql).
#pragma once

#include "plugins/sink_postgres/session.hpp"

#include <millrace/ext/positions.h>
#include <millrace/plugin.h>

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::sink_postgres {

using Partition = std::pair<std::string, std::int32_t>; // stream, number

struct Claimed {
  std::int64_t epoch = 0;
  mr_position position{};
};

// The array arguments of one advance over several partitions, as text; owns what it lends.
class AdvanceArguments {
 public:
  AdvanceArguments(std::string_view pipeline, std::span<const mr_range> ranges, std::span<const std::int64_t> epochs);
  std::span<const char* const> get() const noexcept { return pointers_; }

 private:
  std::vector<std::string> texts_;
  std::vector<const char*> pointers_;
};

class Positions {
 public:
  Positions(std::string_view schema, std::string pipeline, std::string owner);

  // Asks the database; the session is open. Throws SqlFailure.
  Claimed claim(Session& session, const Partition& partition, const mr_position& if_new);
  // Gives it back where it is still held; the session may be gone, then there is nothing to give back.
  void release(Session& session, const Partition& partition);

  // The session that claimed is gone: every claim is void, and the engine has to hear of it once.
  void lose();
  // They are void, and the engine is hearing of it now.
  void forget();
  bool empty() const noexcept { return held_.empty(); }
  // Lost claims that the engine has not heard of, other than `except`.
  bool lost_others(const Partition& except) const;
  bool lost_any() const noexcept { return !lost_.empty(); }

  enum class Ready : std::uint8_t {
    yes = 1,
    not_held = 2, // by this session, or any more
    too_early = 3 // a delivery before it has not been stored yet
  };
  Ready ready(std::span<const mr_range> ranges) const;
  const std::string& advance_sql() const noexcept { return advance_sql_; }
  AdvanceArguments advance_arguments(std::span<const mr_range> ranges) const;
  // The transaction that advanced is committed.
  void advanced(std::span<const mr_range> ranges);

  // How often in a row a partition of these was found taken by somebody else, this time included.
  std::uint32_t count_fence(std::span<const mr_range> ranges);
  // Whether the claim just made answered less than what was stored before: a failover took rows back.
  bool was_rewound(const Partition& partition, const Claimed& claimed) const;

 private:
  std::string pipeline_;
  std::string owner_;
  std::string claim_sql_;
  std::string release_sql_;
  std::string advance_sql_;
  std::map<Partition, Claimed> held_;
  std::map<Partition, Claimed> lost_;
  std::map<Partition, std::uint64_t> stored_; // highest position ever committed here, also over sessions
  std::map<Partition, std::uint32_t> fences_;
};

} // namespace millrace::sink_postgres
