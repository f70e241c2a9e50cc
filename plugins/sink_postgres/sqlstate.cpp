#include "plugins/sink_postgres/sqlstate.hpp"

#include <algorithm>
#include <array>

namespace millrace::sink_postgres {
namespace {

template <std::size_t N>
bool among(std::string_view code, const std::array<std::string_view, N>& codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

// 57P01-03 shut down, crashed, starting; 57P04/05 database dropped, idle too long; 25006 a demoted server;
// 25P03/04 idle in transaction, transaction too long; 58030 I/O; XX000 internal.
constexpr std::array<std::string_view, 10> kReconnect = {"57P01", "57P02", "57P03", "57P04", "57P05",
                                                         "25006", "25P03", "25P04", "58030", "XX000"};
// 40001/40P01 serialization, deadlock; 55P03 lock timeout; 57014 cancelled or statement timeout; 53xxx disk full,
// out of memory, too many connections.
constexpr std::array<std::string_view, 7> kRetry = {"40001", "40P01", "55P03", "57014", "53100", "53200", "53300"};
// 54000/54001 a limit of the program that one value passes (btree key, nesting); P0001 a trigger's own refusal.
constexpr std::array<std::string_view, 3> kRow = {"54000", "54001", "P0001"};

// "FATAL" has five capitals too.
bool is_code(std::string_view text) {
  return text.find_first_of("0123456789") != std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

} // namespace

Remedy remedy(std::string_view sqlstate) {
  if (sqlstate == kFenced) {
    return Remedy::reclaim;
  }
  if (sqlstate.starts_with("08") || among(sqlstate, kReconnect)) {
    return Remedy::reconnect;
  }
  if (among(sqlstate, kRetry)) {
    return Remedy::retry;
  }
  if (sqlstate.starts_with("22") || sqlstate.starts_with("23") || among(sqlstate, kRow)) {
    return Remedy::reject_row;
  }
  return Remedy::hold;
}

bool says_schema_changed(std::string_view sqlstate) { return sqlstate.starts_with("42") || sqlstate == "3F000"; }

std::string_view sqlstate_in(std::string_view message) {
  constexpr std::size_t kSize = 5;
  for (std::size_t at = message.find(": "); at != std::string_view::npos; at = message.find(": ", at + 1)) {
    std::string_view rest = message.substr(at + 2);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (rest.size() > kSize && rest[kSize] == ':' && is_code(rest.substr(0, kSize))) {
      return rest.substr(0, kSize);
    }
  }
  return {};
}

} // namespace millrace::sink_postgres
