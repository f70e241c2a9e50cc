#include "engine/records/records.hpp"

#include <algorithm>
#include <tuple>

namespace millrace::records {

void keep_newest(std::vector<Record>& records, std::size_t limit) {
  std::ranges::sort(records, [](const Record& left, const Record& right) {
    return std::tie(left.time_us, left.key) > std::tie(right.time_us, right.key);
  });
  records.resize(std::min(records.size(), limit));
}

void Memory::write(std::span<const Record> records) {
  const std::lock_guard lock(mutex_);
  for (const Record& record : records) {
    records_.insert_or_assign(record.name(), record);
  }
}

bool Memory::put_new(const Record& record) {
  const std::lock_guard lock(mutex_);
  return records_.try_emplace(record.name(), record).second;
}

void Memory::forget(std::span<const Name> names) {
  const std::lock_guard lock(mutex_);
  for (const Name& name : names) {
    records_.erase(name);
  }
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
  const auto at = records_.find(Name{std::string(scope), std::string(kind), std::string(key)});
  return at == records_.end() ? std::nullopt : std::optional(at->second);
}

} // namespace millrace::records
