// Versions as people write them: dot-separated numbers of any count, then what SemVer has behind `-` and `+`. They are
// kept as they were received.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace millrace::dsl {

/// `7.10.0`, `007`, `1.0-rc.1+build`; no `v` in front.
bool is_version(std::string_view text);

/// By what they mean: missing parts are 0, leading zeros do not count, a pre-release comes before its release, and
/// build metadata is ignored. Both are versions.
std::strong_ordering compare_versions(std::string_view left, std::string_view right);

/// Equal versions have the same hash, however they are written.
std::uint64_t hash_of_version(std::string_view version);

} // namespace millrace::dsl
