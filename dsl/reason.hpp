// Why an event was not delivered: what the dead letter, the answer to the sender and `explain` say. Codes are numbered
// by phase, never reused: R01 the bytes are no event, R02 it is not the declared event, R03 a message cannot be made,
// R04 a row cannot be made.
#pragma once

#include <cstdint>
#include <string_view>

namespace millrace::dsl {

enum class Fault : std::uint8_t {
  none = 0,
  // The bytes.
  not_json = 1,      // R0101
  bad_utf8 = 2,      // R0102
  too_deep = 3,      // R0103
  not_an_object = 4, // R0104
  key_too_long = 5,  // R0105
  too_long = 6,      // R0106
  // The event.
  missing = 11,      // R0201
  null = 12,         // R0202
  wrong_type = 13,   // R0203
  does_not_fit = 14, // R0204
  not_listed = 15,   // R0205
  duplicate = 16,    // R0206
  // Messages.
  no_key = 21,    // R0301
  no_header = 22, // R0302
  bad_topic = 23, // R0303
  // Rows.
  no_value = 31,       // R0401
  too_large = 32,      // R0402
  nul_in_text = 33,    // R0403
  number_in_json = 34, // R0404
  too_old = 35,        // R0405
  too_far_ahead = 36,  // R0406
};

constexpr std::string_view code_of(Fault fault) {
  switch (fault) {
    case Fault::none:
      return "";
    case Fault::not_json:
      return "R0101";
    case Fault::bad_utf8:
      return "R0102";
    case Fault::too_deep:
      return "R0103";
    case Fault::not_an_object:
      return "R0104";
    case Fault::key_too_long:
      return "R0105";
    case Fault::too_long:
      return "R0106";
    case Fault::missing:
      return "R0201";
    case Fault::null:
      return "R0202";
    case Fault::wrong_type:
      return "R0203";
    case Fault::does_not_fit:
      return "R0204";
    case Fault::not_listed:
      return "R0205";
    case Fault::duplicate:
      return "R0206";
    case Fault::no_key:
      return "R0301";
    case Fault::no_header:
      return "R0302";
    case Fault::bad_topic:
      return "R0303";
    case Fault::no_value:
      return "R0401";
    case Fault::too_large:
      return "R0402";
    case Fault::nul_in_text:
      return "R0403";
    case Fault::number_in_json:
      return "R0404";
    case Fault::too_old:
      return "R0405";
    case Fault::too_far_ahead:
      return "R0406";
  }
  return "";
}

struct Reason {
  Fault fault = Fault::none;
  std::string_view text; // a sentence that names the thing and the value
  std::string_view path; // the field or column; empty where there is none
  std::string_view rule; // `router.rule` or the table; empty where there is none

  std::string_view code() const { return code_of(fault); }
};

} // namespace millrace::dsl
