#include <gmock/gmock.h>

#include <fstream>
#include <functional>
#include <iterator>

#include "engine/admin/server.hpp"
#include "engine/runtime/rules_files.hpp"
#include "run.hpp"

namespace millrace::cli {
namespace {

using ::testing::HasSubstr;

// An engine that answers every change like this, and knows one ruleset.
admin::Api answering(bool accepted) {
  admin::Api api;
  const auto add = [&api](admin::Method method, const char* path,
                          std::function<admin::Answer(const admin::Query&)> answer) {
    admin::Route route;
    route.method = method;
    route.path = path;
    route.answer = std::move(answer);
    route.parameters = {{"to", ""}, {"limit", ""}, {"shadow", ""}};
    api.add(std::move(route));
  };
  const auto receipt = [accepted](const admin::Query& query) {
    const std::string text = (accepted ? "accepted: " : "refused: ") + query.parameter("to") + " main.rules:3:7";
    return admin::Answer{accepted ? 200U : 422U, admin::kText, query.text ? text : "{\"accepted\":true}"};
  };
  add(admin::Method::post, "/reload", receipt);
  add(admin::Method::post, "/rollback", receipt);
  add(admin::Method::get, "/history", [](const admin::Query& query) {
    return admin::Answer{200, admin::kText, "receipts: " + query.parameter("limit")};
  });
  add(admin::Method::post, "/upgrade/{plugin}",
      [](const admin::Query& query) { return admin::refused(422, "no plugin '" + query.rest + "' is loaded"); });
  add(admin::Method::get, "/history/{id}", [](const admin::Query& query) {
    return query.rest == "r1" ? admin::Answer{200, admin::kJson, "{\"id\":\"r1\"}"}
                              : admin::refused(404, "there is no receipt '" + query.rest + "'");
  });
  add(admin::Method::get, "/rules/{hash}", [](const admin::Query& query) {
    const runtime::RulesFiles files{{"/etc/rules/main.rules", "edition 1\n"}, {"/etc/rules/../csv/a.csv", "k,v\n"}};
    return query.rest == "aaaa" ? admin::Answer{200, admin::kText, query.text ? runtime::text_of(files) : "{}"}
                                : admin::refused(404, "there is no ruleset '" + query.rest + "'");
  });
  return api;
}

TEST_F(CommandLine, ReloadPrintsTheReceiptAndEndsAsItSays) {
  const admin::Server taking({"127.0.0.1", 0}, "", answering(true));
  const Ran taken = run({"reload", "--admin", taking.address().text()});
  EXPECT_EQ(taken.code, ExitCode::kOk) << taken.err;
  EXPECT_EQ(taken.out, "accepted:  main.rules:3:7\n");
  EXPECT_EQ(run({"reload", "--format", "json", "--admin", taking.address().text()}).out, "{\"accepted\":true}\n");

  const admin::Server refusing({"127.0.0.1", 0}, "", answering(false));
  const Ran refused = run({"reload", "--admin", refusing.address().text()});
  EXPECT_EQ(refused.code, ExitCode::kFindings);
  EXPECT_EQ(refused.out, "refused:  main.rules:3:7\n");
}

TEST_F(CommandLine, WhatIsAskedAboutReachesTheEngineAsItWasWritten) {
  const admin::Server server({"127.0.0.1", 0}, "", answering(true));
  const auto asked = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--admin", server.address().text()});
    const Ran ran = run(arguments);
    return ran.out + ran.err;
  };
  EXPECT_EQ(asked({"rollback", "5f 3c&to=x"}), "accepted: 5f 3c&to=x main.rules:3:7\n");
  EXPECT_THAT(asked({"plugins", "upgrade", "sink file/?%"}), HasSubstr("no plugin 'sink file/?%' is loaded"));
  EXPECT_THAT(asked({"show", "a b"}), HasSubstr("there is no ruleset 'a b'"));
  EXPECT_THAT(asked({"history", "a#b"}), HasSubstr("there is no receipt 'a#b'"));
}

TEST_F(CommandLine, AnEmptyNameIsNoName) {
  for (const auto& arguments :
       {std::vector<std::string>{"rollback", ""}, {"plugins", "upgrade", ""}, {"show", ""}, {"history", ""}}) {
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.code, ExitCode::kUsage);
    EXPECT_THAT(ran.err, HasSubstr("it is empty"));
  }
}

TEST_F(CommandLine, ReloadFindsTheAddressInTheConfiguration) {
  const admin::Server server({"127.0.0.1", 0}, "", answering(true));
  EXPECT_EQ(run({"reload", "-c", config("", "admin = \"" + server.address().text() + "\"")}).code, ExitCode::kOk);
}

TEST_F(CommandLine, ReloadSaysThatNobodyAnswers) {
  std::string address;
  { address = admin::Server({"127.0.0.1", 0}, "", answering(true)).address().text(); }
  const Ran ran = run({"reload", "--admin", address});
  EXPECT_EQ(ran.code, ExitCode::kUnreachable);
  EXPECT_THAT(ran.err, HasSubstr("the admin address " + address + " does not answer: Connection refused"));
}

TEST_F(CommandLine, ReloadNeedsAnAddress) {
  EXPECT_THAT(run({"reload", "-c", config("", "admin = \"off\"")}).err, HasSubstr("`admin` is off"));
  EXPECT_THAT(run({"reload", "--admin", "here"}).err, HasSubstr("'here' is no address to ask"));
  EXPECT_EQ(run({"reload", "--admin", "here"}).code, ExitCode::kUsage);
}

TEST_F(CommandLine, RollbackNamesTheRulesetThatIsWanted) {
  const admin::Server server({"127.0.0.1", 0}, "", answering(true));
  EXPECT_EQ(run({"rollback", "--admin", server.address().text()}).out, "accepted:  main.rules:3:7\n");
  EXPECT_EQ(run({"rollback", "5f3c", "--admin", server.address().text()}).out, "accepted: 5f3c main.rules:3:7\n");
}

TEST_F(CommandLine, HistoryListsReceiptsOrPrintsOne) {
  const admin::Server server({"127.0.0.1", 0}, "", answering(true));
  EXPECT_EQ(run({"history", "--limit", "3", "--admin", server.address().text()}).out, "receipts: 3\n");
  EXPECT_EQ(run({"history", "r1", "--admin", server.address().text()}).out, "{\"id\":\"r1\"}\n");
  const Ran unknown = run({"history", "r2", "--admin", server.address().text()});
  EXPECT_EQ(unknown.code, ExitCode::kFindings);
  EXPECT_THAT(unknown.err, ::testing::EndsWith("answered 404: there is no receipt 'r2'\n")) << "no JSON for a person";
  EXPECT_EQ(run({"history", "--limit", "0", "--admin", server.address().text()}).code, ExitCode::kUsage);
}

TEST_F(CommandLine, ShowPrintsTheFilesAsTheyWereOrWritesThem) {
  const admin::Server server({"127.0.0.1", 0}, "", answering(true));
  EXPECT_EQ(run({"show", "aaaa", "--admin", server.address().text()}).out,
            "==> /etc/rules/main.rules <==\nedition 1\n\n==> /etc/rules/../csv/a.csv <==\nk,v\n");
  const std::string folder = (folder_ / "before").string();
  const Ran written = run({"show", "aaaa", "--out", folder, "--admin", server.address().text()});
  EXPECT_EQ(written.out, folder + "/rules/main.rules\n" + folder + "/csv/a.csv\n") << written.err;
  std::ifstream file(folder + "/csv/a.csv");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "k,v\n");
  EXPECT_EQ(run({"show", "bbbb", "--admin", server.address().text()}).code, ExitCode::kFindings);
}

TEST_F(CommandLine, ReloadSaysWhatItHasToGoThrough) {
  admin::Api api;
  admin::Route route;
  route.method = admin::Method::post;
  route.path = "/reload";
  route.answer = [](const admin::Query& query) {
    return admin::Answer{
        200, admin::kText,
        query.parameter("shadow") + " " + query.parameter("most_changed") + " " + query.parameter("dry_run")};
  };
  route.parameters = {{"shadow", ""}, {"most_changed", ""}, {"dry_run", ""}};
  api.add(route);
  const admin::Server server({"127.0.0.1", 0}, "", api);
  const std::string address = server.address().text();
  EXPECT_EQ(run({"reload", "--admin", address, "--shadow", "30s", "--most-changed", "1.5", "--dry-run"}).out,
            "30s 1.5 true\n");
  EXPECT_EQ(run({"reload", "--admin", address, "--most-changed", "1"}).code, ExitCode::kUsage);
}

TEST_F(CommandLine, TapPrintsWhatComesAndExplainAsksForEachEvent) {
  admin::Api api;
  admin::Route tap;
  tap.path = "/tap";
  tap.slow = true;
  tap.answer = [](const admin::Query& query) {
    if (query.parameter("rule").empty()) {
      return admin::refused(400, "outcome is 'x'");
    }
    admin::Answer out{200, admin::kText, query.parameter("rule") + " " + query.parameter("rate") + "\n"};
    out.more = [left = 2]() mutable { return left-- == 0 ? std::nullopt : std::optional<std::string>("a piece\n"); };
    return out;
  };
  api.add(tap);
  admin::Route explain;
  explain.method = admin::Method::post;
  explain.path = "/explain";
  explain.parameters = {{"pipeline", ""}, {"topic", ""}};
  explain.answer = [](const admin::Query& query) {
    return admin::Answer{200, admin::kText, query.parameter("pipeline") + query.parameter("topic") + query.body};
  };
  api.add(explain);
  const admin::Server server({"127.0.0.1", 0}, "", api);
  const std::string address = server.address().text();
  EXPECT_EQ(run({"tap", "--admin", address, "--rule", "a&b"}).out, "a&b 10\na piece\na piece\n");
  EXPECT_EQ(run({"tap", "--admin", address, "--outcome", "x"}).code, ExitCode::kUsage);
  const std::string events = (folder_ / "events.json").string();
  std::ofstream(events) << "{\"a\":1}\n{\"a\":2}\n";
  EXPECT_EQ(run({"explain", "--live", "--admin", address, "--pipeline", "p", "--topic", "t", "--event", events}).out,
            "pt{\"a\":1}\npt{\"a\":2}\n");
  EXPECT_EQ(run({"explain", "--event", events}).code, ExitCode::kUsage);
  EXPECT_EQ(run({"explain", "main.rules", "--live", "--event", events}).code, ExitCode::kUsage);
}

TEST_F(CommandLine, CommandsSendTheTokenOfTheConfiguration) {
  const admin::Server server({"127.0.0.1", 0}, "let me in", answering(true));
  const std::string admin = "admin = \"" + server.address().text() + "\"\n";
  EXPECT_EQ(run({"reload", "-c", config("", admin + "admin_token = \"let me in\"")}).code, ExitCode::kOk);
  // Named as well as the address, it is meant; beside the address alone nobody reads one.
  EXPECT_EQ(
      run({"reload", "--admin", server.address().text(), "-c", config("", admin + "admin_token = \"let me in\"")}).code,
      ExitCode::kOk);
  EXPECT_EQ(run({"reload", "--admin", server.address().text()}).code, ExitCode::kUnreachable);
  const Ran without = run({"reload", "-c", config("", admin)});
  EXPECT_EQ(without.code, ExitCode::kUnreachable);
  EXPECT_THAT(without.err, HasSubstr("answered 401"));
  EXPECT_THAT(without.err, HasSubstr("MILLRACE_ADMIN_TOKEN"));
}

} // namespace
} // namespace millrace::cli
