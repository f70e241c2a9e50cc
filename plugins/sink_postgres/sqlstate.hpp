// What a SQLSTATE means for a delivery. The only place that knows the codes; no I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::sink_postgres {

// What PostgreSQL, or libpq in its place, said about a statement.
struct SqlError {
  std::string sqlstate; // five characters; kConnectionLost when the server had no last word
  std::string text;     // one line
  std::string column;
  std::string context; // as sent: translated to the server's language
};

inline constexpr std::string_view kConnectionLost = "08006";
inline constexpr std::string_view kFenced = "MR001";
inline constexpr std::string_view kCancelled = "57014";

enum class Remedy : std::uint8_t {
  reconnect = 1,  // the session is of no use any more; its claims are void
  retry = 2,      // the same delivery later, on the same session
  reject_row = 3, // one row is to blame and never fits
  hold = 4,       // a person has to change something; nothing is dead-lettered for it
  reclaim = 5,    // somebody else has the partition
};

Remedy remedy(std::string_view sqlstate);

// The table does not look as it did when it was bound: worth reading the catalogue again.
bool says_schema_changed(std::string_view sqlstate);

// The code in a message of libpq's connection phase, which has no other place for it ("FATAL:  28P01: password …");
// empty when there is none.
std::string_view sqlstate_in(std::string_view verbose_message);

} // namespace millrace::sink_postgres
