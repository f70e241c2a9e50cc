// What a call into a plugin answered: its status, and the text when it is not good. A value; nothing in it belongs to
// the plugin.
#pragma once

#include <millrace/plugin.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace millrace::modules {

struct Answer {
  mr_status status = MR_OK;
  std::int32_t detail = 0; // the outside system's own number, 0: none
  std::string text;        // empty when status is MR_OK

  bool ok() const { return status == MR_OK; }
};

// The word for a status in logs and errors: "transient", "invalid", …
std::string_view status_word(mr_status status);

// Checks what `call` (for the text: "start", "claim") answered. A status that is not among `allowed` (MR_OK always is)
// breaks the contract: the answer becomes MR_FATAL, and its text blames `who`. A status without a text gets one that
// says so.
Answer checked(std::string_view who, std::string_view call, mr_status status, const mr_error& error,
               std::initializer_list<mr_status> allowed);

} // namespace millrace::modules
