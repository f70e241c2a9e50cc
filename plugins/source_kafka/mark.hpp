// The fingerprint of a record, by which a log that was deleted and made anew under the same name is noticed; and how it
// travels with an offset that is committed to the group.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::source_kafka {

// Of a record's time, key and payload; never 0. The same in every version: it is stored. An absent key or payload
// differs from an empty one.
std::uint64_t mark_of(std::int64_t time_ms, const void* key, std::size_t key_size, const void* payload,
                      std::size_t payload_size) noexcept;

// "mark=0123456789abcdef"; 0 and an empty text for none.
std::string metadata_of(std::uint64_t mark);
std::uint64_t mark_in(std::string_view metadata) noexcept;

} // namespace millrace::source_kafka
