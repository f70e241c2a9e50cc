#include "engine/config/reference.hpp"

#include <gmock/gmock.h>

#include "fakes.hpp"

namespace millrace::config {
namespace {

using ::testing::HasSubstr;

TEST(Reference, HasARowForEachSetting) {
  const std::string page = reference(fake_catalogue());
  EXPECT_THAT(page, HasSubstr("## source `post`\n\nTakes.\n\n| setting | type | default | allowed | |\n"));
  EXPECT_THAT(page,
              HasSubstr("| `listen` | text | **required** |  | Address and port to listen on. IPv6 in brackets. |\n"));
  EXPECT_THAT(page, HasSubstr("| `tokens` | text, *secret* |  |  | Who may send. |\n"));
  EXPECT_THAT(page, HasSubstr("| `mode` | text | `\"fast\"` | `fast\\|safe` | Which way. |\n"));
  EXPECT_THAT(page, HasSubstr("| `peers[].ca` | path |"));
  EXPECT_THAT(page, HasSubstr("| `tls.verify` | boolean | `true` |"));
  EXPECT_THAT(page, HasSubstr("| `max_body` | size | `\"1MiB\"` |")) << "as it would stand in the file";
  EXPECT_THAT(page, HasSubstr("## sink `store`\n\nKeeps.\n\nNo settings.\n"));
  EXPECT_THAT(page, HasSubstr("| `memory` | size | `\"24MiB\"` | `1MiB..` |"));
}

} // namespace
} // namespace millrace::config
