// How old a row of a partitioned table may be: no older than what the table keeps, no more than a day ahead. Counted
// from when its event was received, so that the same event at the same time always gives the same answer.
#pragma once

#include <string>

#include "dsl/program.hpp"
#include "dsl/reason.hpp"

namespace millrace::dsl {

/// `cell` is that of the column that the table is partitioned by. Answers none, too_old or too_far_ahead.
Fault check_age(const PartitionBy& partition, const Value& cell, std::int64_t received_at);

/// "24 months"
std::string keep_text(const PartitionBy& partition);

} // namespace millrace::dsl
