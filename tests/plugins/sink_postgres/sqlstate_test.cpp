// Each SQLSTATE leads to one remedy.
#include "plugins/sink_postgres/sqlstate.hpp"

#include <gtest/gtest.h>

namespace millrace::sink_postgres {
namespace {

TEST(Sqlstate, LostSessionsReconnect) {
  for (const char* code : {"08000", "08003", "08006", "57P01", "57P02", "57P03", "25006", "25P03", "58030", "XX000"}) {
    EXPECT_EQ(remedy(code), Remedy::reconnect) << code;
  }
}

TEST(Sqlstate, WhatPassesIsTriedAgain) {
  for (const char* code : {"40001", "40P01", "55P03", "57014", "53100", "53200", "53300"}) {
    EXPECT_EQ(remedy(code), Remedy::retry) << code;
  }
}

TEST(Sqlstate, ARowThatNeverFitsIsRefused) {
  for (const char* code : {"22001", "22P05", "23502", "23505", "23P01", "54000", "54001", "P0001"}) {
    EXPECT_EQ(remedy(code), Remedy::reject_row) << code;
  }
}

TEST(Sqlstate, WhatAPersonHasToMendIsNeverBlamedOnARow) {
  for (const char* code :
       {"42703", "42P01", "42501", "28000", "28P01", "3D000", "21000", "0A000", "54011", "", "P0002"}) {
    EXPECT_EQ(remedy(code), Remedy::hold) << code;
  }
}

TEST(Sqlstate, AFencedWriterReclaims) { EXPECT_EQ(remedy("MR001"), Remedy::reclaim); }

TEST(Sqlstate, IsFoundInAVerboseMessageInAnyLanguage) {
  EXPECT_EQ(sqlstate_in("connection to server at \"h\", port 5432 failed: FATAL:  28P01: password is wrong"), "28P01");
  EXPECT_EQ(sqlstate_in("Verbindung gescheitert: SCHWERWIEGEND: 3D000: gibt es nicht"), "3D000");
  EXPECT_EQ(sqlstate_in("connection failed: FATAL:  PANIC: nothing"), "");
  EXPECT_EQ(sqlstate_in("connection to server at \"h\", port 5432 failed: Connection refused"), "");
  EXPECT_EQ(sqlstate_in("12345: "), "") << "a code follows a severity";
  EXPECT_EQ(sqlstate_in(""), "");
}

} // namespace
} // namespace millrace::sink_postgres
