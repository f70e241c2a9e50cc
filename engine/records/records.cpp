#include "engine/records/records.hpp"

#include <algorithm>

namespace millrace::records {

void keep_newest(std::vector<Record>& records, std::size_t limit) {
  std::ranges::sort(records, [](const Record& left, const Record& right) {
    return std::tie(left.time_us, left.key) > std::tie(right.time_us, right.key);
  });
  records.resize(std::min(records.size(), limit));
}

bool Memory::put(const Record& record, bool only_new) {
  const std::lock_guard lock(mutex_);
  const auto [at, added] = records_.try_emplace(Name(record.scope, record.kind, record.key), record);
  if (!added && !only_new) {
    at->second = record;
  }
  return added || !only_new;
}

std::vector<Record> Memory::newest(std::string_view scope, std::string_view kind, std::size_t limit) {
  std::vector<Record> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, record] : records_) {
    if (record.scope == scope && record.kind == kind) {
      out.push_back(record);
    }
  }
  keep_newest(out, limit);
  return out;
}

std::vector<Record> Memory::names(std::string_view scope, std::string_view kind, std::size_t limit) {
  std::vector<Record> out = newest(scope, kind, limit);
  for (Record& record : out) {
    record.bytes.clear();
  }
  return out;
}

std::optional<Record> Memory::get(std::string_view scope, std::string_view kind, std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto at = records_.find(Name(scope, kind, key));
  return at == records_.end() ? std::nullopt : std::optional(at->second);
}

void Memory::forget(std::string_view scope, std::string_view kind, std::string_view key) {
  const std::lock_guard lock(mutex_);
  records_.erase(Name(scope, kind, key));
}

} // namespace millrace::records
