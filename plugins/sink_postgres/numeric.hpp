// Exact numbers as binary COPY wants them: digits to the base 10,000, grouped from the point.
#pragma once

#include "plugins/sink_postgres/encode.hpp"

#include <cstdint>
#include <string_view>

namespace millrace::sink_postgres {

using Digits128 = unsigned __int128;

Digits128 power_of_ten(int exponent);

// A field of a row. `magnitude` has `scale` digits behind the point, at most 38.
void append_numeric(CopyBuffer& out, bool negative, Digits128 magnitude, int scale);

enum class NumericText : std::uint8_t { fine = 1, no_number = 2, too_large = 3 };

// A field of a row from digits as JSON writes them ("-12.50", "1e3"); appends nothing unless fine.
NumericText append_numeric(CopyBuffer& out, std::string_view text);

} // namespace millrace::sink_postgres
