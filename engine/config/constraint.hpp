// What a declared constraint ("1..65535", "100ms..", "a|b|c") says of a value.
#pragma once

#include <millrace/plugin.h>

#include <string>

namespace millrace::config {

// Empty: the value keeps it. Otherwise the wish, to be put behind "must be": "within 1..65535", "one of a, b, c".
std::string broken_constraint(const mr_field& field, const mr_value& value);

// Empty: the constraint can be read for the field's type. Otherwise why not.
std::string constraint_error(const mr_field& field);

} // namespace millrace::config
