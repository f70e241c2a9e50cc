// What the admin address of an engine answers, asked of one without pipelines.
#include "engine/admin/routes.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

namespace millrace::admin {
namespace {

using ::testing::HasSubstr;

class Routes : public ::testing::Test {
 protected:
  Answer ask(Method method, const std::string& path, Query query = {}) {
    const Api::Found found = api_.find(method, path);
    EXPECT_NE(found.route, nullptr) << path;
    query.rest = found.rest;
    return found.route == nullptr ? Answer{} : found.route->answer(query);
  }
  static Query with(const std::string& name, const std::string& value) {
    Query query;
    query.parameters[name] = value;
    return query;
  }

  host::SystemClock clock_;
  host::Log log_{clock_, host::LogForm::kText, MR_LOG_ERROR, [](std::uint32_t, std::string_view) {}};
  host::Metrics metrics_;
  runtime::Engine engine_{config::Config(), {clock_, log_, metrics_}, nullptr};
  Api api_ = api_of(engine_, metrics_);
};

TEST_F(Routes, EachIsDescribedOnThePageAndInTheOpenApiDescription) {
  std::ifstream page(MILLRACE_SOURCE_DIR "/docs/operations/admin.md");
  const std::string text(std::istreambuf_iterator<char>(page), {});
  const std::string description = ask(Method::get, "/openapi.json").body;
  for (const Route& route : api_.routes()) {
    const std::string request = std::string("`") + (route.method == Method::get ? "GET " : "POST ") + route.path;
    EXPECT_THAT(text, HasSubstr(request));
    for (const Parameter& parameter : route.parameters) {
      EXPECT_THAT(text, HasSubstr(parameter.name + "=")) << request;
    }
    EXPECT_FALSE(route.about.empty()) << request;
    EXPECT_TRUE(route.path == "/openapi.json" || description.find("\"" + route.path + "\"") != std::string::npos)
        << request;
  }
}

TEST_F(Routes, OnlyHealthAndReadinessAreForEverybody) {
  for (const Route& route : api_.routes()) {
    EXPECT_EQ(route.open, route.path == "/health" || route.path == "/ready") << route.path;
  }
}

TEST_F(Routes, WhatAParameterMayNotHaveIsNamed) {
  const auto refused = [&](Method method, const char* path, const char* name, const char* value) {
    const Answer answer = ask(method, path, with(name, value));
    EXPECT_EQ(answer.status, 400U) << path;
    return answer.body;
  };
  EXPECT_THAT(refused(Method::get, "/history", "limit", "many"), HasSubstr("limit is 'many'; it is a number from 1"));
  EXPECT_THAT(refused(Method::get, "/history", "limit", "0"), HasSubstr("limit is '0'"));
  EXPECT_THAT(refused(Method::post, "/reload", "shadow", "long"), HasSubstr("a time like 30s"));
  EXPECT_THAT(refused(Method::post, "/reload", "shadow", "2h"), HasSubstr("up to an hour"));
  EXPECT_THAT(refused(Method::post, "/reload", "most_changed", "5"), HasSubstr("give `shadow` too"));
  EXPECT_THAT(refused(Method::post, "/reload", "dry_run", "yes"), HasSubstr("true or false"));
  EXPECT_THAT(refused(Method::get, "/tap", "outcome", "lost"), HasSubstr("one of routed, dropped"));
  EXPECT_EQ(ask(Method::post, "/explain").status, 400U); // no event
}

TEST_F(Routes, WhatIsNotThereIsNamed) {
  EXPECT_EQ(ask(Method::get, "/history/r1").status, 404U);
  EXPECT_THAT(ask(Method::get, "/rules/aaaa").body, HasSubstr("this engine keeps no rulesets"));
  EXPECT_EQ(ask(Method::get, "/tap").status, 404U);
  Query event;
  event.body = "{}";
  EXPECT_THAT(ask(Method::post, "/explain", event).body, HasSubstr("no pipeline has a router that explains"));
}

} // namespace
} // namespace millrace::admin
