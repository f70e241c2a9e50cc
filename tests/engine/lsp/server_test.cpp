// The protocol without a process: what is answered to right and wrong messages, and when findings are published.
#include "engine/lsp/server.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace millrace::lsp {
namespace {

namespace json = boost::json;

constexpr std::string_view kRules =
    "edition 1\nevent e { n: int }\ntopic \"t\" { event e }\nrouter r for e {\n  match first\n  dead_letter \"t\"\n"
    "  route a when n > 1 to topic \"t\"\n  otherwise drop\n}\n";

class ServerTest : public testing::Test {
 protected:
  std::vector<json::value> sent_;
  Server server_{Services{[](std::string_view) { return std::nullopt; },
                          [](const std::string& file, const dsl::Loader&) { return file; },
                          [](const std::string& path) { return path; }, "1"},
                 [this](std::string_view message) { sent_.push_back(json::parse(message)); }};
  int last_id_ = 0;

  void start() { request("initialize", json::object()); }

  json::value request(std::string_view method, json::value params) {
    sent_.clear();
    server_.handle(
        json::serialize(json::object{{"jsonrpc", "2.0"}, {"id", ++last_id_}, {"method", method}, {"params", params}}));
    EXPECT_EQ(sent_.size(), 1U);
    EXPECT_EQ(sent_.back().at("id"), last_id_);
    return sent_.back();
  }
  std::int64_t error_of(const json::value& answer) {
    return answer.as_object().contains("error") ? answer.at("error").at("code").to_number<std::int64_t>() : 0;
  }
  void notify(std::string_view method, json::value params) {
    server_.handle(json::serialize(json::object{{"jsonrpc", "2.0"}, {"method", method}, {"params", params}}));
  }
  void open(std::string_view text) {
    notify("textDocument/didOpen",
           json::object{{"textDocument", {{"uri", "file:///m.rules"}, {"version", 1}, {"text", text}}}});
  }
  void change(std::string_view text, int version) {
    notify("textDocument/didChange", json::object{{"textDocument", {{"uri", "file:///m.rules"}, {"version", version}}},
                                                  {"contentChanges", json::array{json::object{{"text", text}}}}});
  }
  /// Codes of what was published last, and for which version.
  std::string published() {
    std::string text;
    for (const json::value& message : sent_) {
      const json::object* const params = message.at("params").if_object();
      text += "v" + json::serialize(params->at("version")) + ":";
      for (const json::value& each : params->at("diagnostics").as_array()) {
        text += " " + std::string(each.at("code").as_string());
      }
      text += ";";
    }
    sent_.clear();
    return text;
  }
};

TEST_F(ServerTest, RefusesWhatIsNoRequest) {
  server_.handle("{");
  EXPECT_EQ(error_of(sent_.back()), -32700);
  EXPECT_TRUE(sent_.back().at("id").is_null());
  for (const std::string text :
       {"[]", "3", "{}", "{\"id\":1}", "{\"id\":[],\"method\":\"initialize\"}", "{\"method\":7}"}) {
    sent_.clear();
    server_.handle(text);
    ASSERT_EQ(sent_.size(), 1U) << text;
    EXPECT_EQ(error_of(sent_.back()), -32600) << text;
  }
  server_.handle(std::string(100'000, '['));
  EXPECT_EQ(error_of(sent_.back()), -32700);
}

TEST_F(ServerTest, WantsToBeInitializedFirst) {
  EXPECT_EQ(error_of(request("textDocument/hover", json::object())), -32002);
  start();
  EXPECT_EQ(sent_.back().at("result").at("capabilities").at("positionEncoding"), "utf-16");
}

TEST_F(ServerTest, RefusesUnknownMethodsAndWrongParameters) {
  start();
  EXPECT_EQ(error_of(request("textDocument/fly", json::object())), -32601);
  for (const char* params : {"null", "[]", "{}", R"({"textDocument":7})", R"({"textDocument":{"uri":1}})",
                             R"({"textDocument":{"uri":"file:///m"},"position":{"line":-1,"character":0}})",
                             R"({"textDocument":{"uri":"file:///m"},"position":{"line":1}})"}) {
    for (const char* method :
         {"completion", "hover", "definition", "references", "prepareRename", "rename", "codeAction"}) {
      EXPECT_EQ(error_of(request(std::string("textDocument/") + method, json::parse(params))), -32602) << params;
    }
  }
}

TEST_F(ServerTest, TakesNotificationsThatItDoesNotKnowOrCannotRead) {
  start();
  sent_.clear();
  notify("$/cancelRequest", json::object{{"id", 1}});
  notify("textDocument/didOpen", nullptr);
  notify("textDocument/didChange", json::object{{"textDocument", {{"uri", "file:///none"}}}, {"contentChanges", {}}});
  EXPECT_TRUE(sent_.empty());
}

TEST_F(ServerTest, AnswersForADocumentThatIsNotThere) {
  start();
  const json::object params{{"textDocument", {{"uri", "file:///none.rules"}}},
                            {"position", {{"line", 0}, {"character", 0}}}};
  EXPECT_TRUE(request("textDocument/hover", params).at("result").is_null());
  EXPECT_TRUE(request("textDocument/definition", params).at("result").as_array().empty());
  EXPECT_TRUE(request("textDocument/documentSymbol", params).at("result").as_array().empty());
}

TEST_F(ServerTest, PublishesOnceForManyEdits) {
  start();
  sent_.clear();
  open(kRules);
  change("edition 2\n", 2);
  change("nonsense", 3);
  EXPECT_TRUE(sent_.empty());
  ASSERT_TRUE(server_.owes_check());
  server_.check();
  EXPECT_FALSE(server_.owes_check());
  EXPECT_EQ(published(), "v3: E0101;");
  EXPECT_TRUE(server_.owes_rest());
  server_.rest();
  EXPECT_FALSE(server_.owes_rest());
  EXPECT_EQ(published(), "") << "nothing else was found";
}

TEST_F(ServerTest, PublishesWhatIsNoLongerWrong) {
  start();
  sent_.clear();
  open("nonsense");
  server_.check();
  EXPECT_EQ(published(), "v1: E0101;");
  change(kRules, 2);
  server_.check();
  EXPECT_EQ(published(), "v2:;");
  change("nonsense", 3);
  server_.check();
  published();
  notify("textDocument/didClose", json::object{{"textDocument", {{"uri", "file:///m.rules"}}}});
  server_.check();
  ASSERT_EQ(sent_.size(), 1U);
  EXPECT_TRUE(sent_.back().at("params").at("diagnostics").as_array().empty());
}

TEST_F(ServerTest, EndsWellOnlyAfterShutdown) {
  start();
  EXPECT_TRUE(request("shutdown", nullptr).at("result").is_null());
  EXPECT_EQ(error_of(request("textDocument/hover", json::object())), -32600);
  EXPECT_FALSE(server_.ended());
  notify("exit", nullptr);
  EXPECT_TRUE(server_.ended_well());
}

TEST_F(ServerTest, RefusesARenameWithTheReason) {
  start();
  open(kRules);
  const json::value answer = request("textDocument/rename", json::object{{"textDocument", {{"uri", "file:///m.rules"}}},
                                                                         {"position", {{"line", 2}, {"character", 8}}},
                                                                         {"newName", "not a topic"}});
  EXPECT_EQ(error_of(answer), -32803);
  EXPECT_NE(std::string(answer.at("error").at("message").as_string()).find("no name of a topic"), std::string::npos);
}

} // namespace
} // namespace millrace::lsp
