#include "plugins/sink_postgres/positions.hpp"

#include <millrace/failure.hpp>
#include <millrace/text.hpp>

#include <algorithm>

namespace millrace::sink_postgres {
namespace {

Partition partition_of(const mr_range& range) { return {copy(range.stream), range.partition}; }

// An element of an array as text: quoted, with backslashes before quotes and backslashes.
void append_element(std::string& array, std::string_view element) {
  array += array.empty() ? "{\"" : ",\"";
  for (const char c : element) {
    if (c == '"' || c == '\\') {
      array += '\\';
    }
    array += c;
  }
  array += '"';
}

std::int64_t as_bigint(std::uint64_t position) {
  if (position > INT64_MAX) {
    throw fatal("position " + std::to_string(position) + " is larger than what PostgreSQL's bigint holds");
  }
  return static_cast<std::int64_t>(position);
}

} // namespace

AdvanceArguments::AdvanceArguments(std::string_view pipeline, std::span<const mr_range> ranges,
                                   std::span<const std::int64_t> epochs)
    : texts_(7) {
  texts_[0] = std::string(pipeline);
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    append_element(texts_[1], view(ranges[i].stream));
    append_element(texts_[2], std::to_string(ranges[i].partition));
    append_element(texts_[3], std::to_string(epochs[i]));
    append_element(texts_[4], std::to_string(as_bigint(ranges[i].first)));
    append_element(texts_[5], std::to_string(as_bigint(ranges[i].next)));
    append_element(texts_[6], std::to_string(static_cast<std::int64_t>(ranges[i].mark))); // 64 bits, whatever the sign
  }
  for (std::size_t i = 1; i < texts_.size(); ++i) {
    texts_[i] += '}';
  }
  for (const std::string& text : texts_) {
    pointers_.push_back(text.c_str());
  }
}

Positions::Positions(std::string_view schema, std::string pipeline, std::string owner)
    : pipeline_(std::move(pipeline)),
      owner_(std::move(owner)),
      claim_sql_("select epoch, next_offset, mark from " + quote_name(schema, "claim") +
                 "($1::text, $2::text, $3::int, $4::text, $5::bigint, $6::bigint)"),
      release_sql_("select " + quote_name(schema, "release") + "($1::text, $2::text, $3::int, $4::bigint)"),
      // In the order of the arrays, which is the engine's: sorted, so that two writers never wait for each other.
      advance_sql_("select " + quote_name(schema, "advance") +
                   "($1::text, r.t, r.p, r.e, r.f, r.n, r.m) from unnest($2::text[], $3::int[], $4::bigint[], "
                   "$5::bigint[], $6::bigint[], $7::bigint[]) as r(t, p, e, f, n, m)") {}

Claimed Positions::claim(Session& session, const Partition& partition, const mr_position& if_new) {
  const std::int64_t first = as_bigint(if_new.next);
  Claimed claimed;
  session.control([&](pqxx::connection& connection) {
    pqxx::nontransaction transaction(connection);
    const pqxx::result answer = exec(transaction, claim_sql_,
                                     pqxx::params{pipeline_, partition.first, partition.second, owner_, first,
                                                  static_cast<std::int64_t>(if_new.mark)});
    claimed.epoch = answer[0][0].as<std::int64_t>();
    claimed.position.next = static_cast<std::uint64_t>(answer[0][1].as<std::int64_t>());
    claimed.position.mark = static_cast<std::uint64_t>(answer[0][2].as<std::int64_t>());
  });
  lost_.erase(partition);
  held_[partition] = claimed;
  return claimed;
}

void Positions::release(Session& session, const Partition& partition) {
  lost_.erase(partition);
  const auto held = held_.find(partition);
  if (held == held_.end()) {
    return;
  }
  const std::int64_t epoch = held->second.epoch;
  held_.erase(held);
  stored_.erase(partition);
  fences_.erase(partition);
  session.control([&](pqxx::connection& connection) {
    pqxx::nontransaction transaction(connection);
    exec(transaction, release_sql_, pqxx::params{pipeline_, partition.first, partition.second, epoch});
  });
}

void Positions::lose() {
  lost_.merge(held_);
  held_.clear();
}

void Positions::forget() {
  held_.clear();
  lost_.clear();
}

bool Positions::lost_others(const Partition& except) const {
  return std::any_of(lost_.begin(), lost_.end(), [&](const auto& entry) { return entry.first != except; });
}

Positions::Ready Positions::ready(std::span<const mr_range> ranges) const {
  for (const mr_range& range : ranges) {
    const auto held = held_.find(partition_of(range));
    if (held == held_.end()) {
      return Ready::not_held;
    }
    if (range.first > held->second.position.next) {
      return Ready::too_early;
    }
  }
  return Ready::yes;
}

AdvanceArguments Positions::advance_arguments(std::span<const mr_range> ranges) const {
  std::vector<std::int64_t> epochs;
  for (const mr_range& range : ranges) {
    epochs.push_back(held_.at(partition_of(range)).epoch);
  }
  return {pipeline_, ranges, epochs};
}

void Positions::advanced(std::span<const mr_range> ranges) {
  for (const mr_range& range : ranges) {
    const Partition partition = partition_of(range);
    held_.at(partition).position = {range.next, range.mark};
    stored_[partition] = range.next;
    fences_.erase(partition);
  }
}

std::uint32_t Positions::count_fence(std::span<const mr_range> ranges) {
  std::uint32_t most = 0;
  for (const mr_range& range : ranges) {
    most = std::max(most, ++fences_[partition_of(range)]);
  }
  return most;
}

bool Positions::was_rewound(const Partition& partition, const Claimed& claimed) const {
  const auto stored = stored_.find(partition);
  return stored != stored_.end() && claimed.position.next < stored->second;
}

} // namespace millrace::sink_postgres
