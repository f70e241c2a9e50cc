// Makes a failing case small: as long as it still fails, lines and blocks of the rules go, then members of the event.
#pragma once

#include <functional>
#include <string>

#include "tests/support/reference/generate.hpp"

namespace millrace::reference {

struct Case {
  Files files;
  std::string event;
};

/// `fails` says whether a case shows the difference; it is called often.
Case minimised(Case failing, const std::function<bool(const Case&)>& fails);

} // namespace millrace::reference
