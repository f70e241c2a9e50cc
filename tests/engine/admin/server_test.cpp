#include "engine/admin/server.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <future>
#include <memory>
#include <thread>

#include "engine/admin/client.hpp"

namespace millrace::admin {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

class AdminServer : public ::testing::Test {
 protected:
  static Route route(Method method, const char* path, std::function<Answer(const Query&)> answer, bool slow = false) {
    Route out;
    out.method = method;
    out.path = path;
    out.answer = std::move(answer);
    out.slow = slow;
    return out;
  }
  static Api api() {
    Api api;
    api.add(route(Method::get, "/health",
                  [](const Query&) {
                    return Answer{200, kJson, R"({"live":true})"};
                  }))
        .open = true;
    api.add(route(Method::get, "/metrics", [](const Query&) { return Answer{200, kText, "millrace_up 1\n"}; }));
    api.add(route(Method::get, "/rules/{hash}", [](const Query& query) { return Answer{200, kText, query.rest}; }));
    api.add(route(
                Method::post, "/reload",
                [](const Query& query) {
                  std::string said = query.user + "|" + query.from + "|" + query.parameter("to") + "|" + query.body;
                  return Answer{query.parameter("to") == "no" ? 422U : 200U, query.text ? kText : kJson, said};
                },
                true))
        .parameters = {{"to", "Where to."}, {"dry_run", "Changes nothing."}};
    return api;
  }
  static Address anywhere() { return {"127.0.0.1", 0}; }
  static Reply ask(const Server& server, const std::string& method, const std::string& path,
                   const std::string& token = "") {
    return request(server.address(), {.method = method, .path = path, .token = token}, 30s);
  }
  // Everything that comes back for these bytes.
  static std::string raw(const Server& server, const std::string& bytes) {
    namespace asio = boost::asio;
    asio::io_context loop;
    asio::ip::tcp::socket socket(loop);
    socket.connect({asio::ip::make_address("127.0.0.1"), server.address().port});
    asio::write(socket, asio::buffer(bytes));
    socket.shutdown(asio::ip::tcp::socket::shutdown_send);
    std::string out;
    boost::system::error_code end;
    asio::read(socket, asio::dynamic_buffer(out), end);
    return out;
  }
};

TEST_F(AdminServer, AnswersEachPath) {
  const Server server(anywhere(), "", api());
  EXPECT_EQ(ask(server, "GET", "/health").body, "{\"live\":true}\n");
  EXPECT_EQ(ask(server, "GET", "/metrics?x=1").body, "millrace_up 1\n");
  EXPECT_EQ(ask(server, "GET", "/rules/a%20b%2").body, "a b%2\n");
}

TEST_F(AdminServer, TellsTheRouteWhoAsksForWhat) {
  const Server server(anywhere(), "", api());
  const Ask posted{.method = "POST",
                   .path = "/reload?dry_run=1&to=x%26y+z&&dry%5frun",
                   .accept = "text/plain",
                   .token = "",
                   .user = "alice@desk",
                   .body = "{}"};
  EXPECT_EQ(request(server.address(), posted, 30s).body, "alice@desk|127.0.0.1|x&y z|{}\n");
  EXPECT_EQ(ask(server, "POST", "/reload?to=no").status, 422U);
}

// A misspelt `dry_run` must not be a reload.
TEST_F(AdminServer, RefusesAParameterThatItDoesNotKnowAndDoesNothing) {
  const Server server(anywhere(), "", api());
  const Reply refused = ask(server, "POST", "/reload?dryrun=true");
  EXPECT_EQ(refused.status, 400U);
  EXPECT_THAT(refused.body, HasSubstr("POST /reload has no parameter 'dryrun'; did you mean 'dry_run'? Known: to, "));
  EXPECT_EQ(ask(server, "GET", "/health?x=1").status, 200U) << "who probes adds parameters of its own";
}

TEST_F(AdminServer, NamesWhatThereIsWhenSomethingElseIsAskedFor) {
  const Server server(anywhere(), "", api());
  EXPECT_EQ(ask(server, "GET", "/helth").status, 404U);
  EXPECT_THAT(ask(server, "GET", "/helth").body, AllOf(HasSubstr("/helth"), HasSubstr("GET /health")));
  EXPECT_EQ(ask(server, "GET", "/rules/").status, 404U);
  EXPECT_EQ(ask(server, "POST", "/health").status, 405U);
  EXPECT_THAT(ask(server, "GET", "/reload").body, HasSubstr("/reload is asked for with POST"));
  EXPECT_EQ(ask(server, "GET", "/reload").status, 405U);
}

TEST_F(AdminServer, AsksForItsTokenButOnOpenRoutes) {
  const Server server(anywhere(), "let me in", api());
  EXPECT_EQ(ask(server, "GET", "/health").status, 200U);
  EXPECT_EQ(ask(server, "GET", "/metrics").status, 401U);
  EXPECT_EQ(ask(server, "GET", "/metrics", "let me").status, 401U);
  EXPECT_EQ(ask(server, "POST", "/reload", "").status, 401U);
  EXPECT_THAT(ask(server, "GET", "/metrics").body, AllOf(HasSubstr("admin_token"), Not(HasSubstr("let me in"))));
  EXPECT_EQ(ask(server, "GET", "/metrics", "let me in").status, 200U);
}

TEST_F(AdminServer, StillAnswersWhileSomethingSlowIsUnderWay) {
  std::promise<void> go;
  std::promise<void> begun;
  Api slow = api();
  slow.add(route(
      Method::post, "/slow",
      [&](const Query&) {
        begun.set_value();
        go.get_future().wait();
        return Answer{};
      },
      true));
  const Server server(anywhere(), "", slow);
  auto reload = std::async(std::launch::async, [&] { return ask(server, "POST", "/slow").status; });
  begun.get_future().wait();
  EXPECT_EQ(ask(server, "GET", "/health").status, 200U);
  go.set_value();
  EXPECT_EQ(reload.get(), 200U);
}

TEST_F(AdminServer, SendsAStreamPieceByPieceUntilItEnds) {
  Api streaming = api();
  streaming.add(route(
      Method::get, "/tap",
      [](const Query&) {
        Answer out{200, kJson, "first\n"};
        out.more = [left = 3]() mutable -> std::optional<std::string> {
          return --left == 0 ? std::nullopt : std::optional(left == 1 ? "second\n" : "");
        };
        return out;
      },
      true));
  const Server server(anywhere(), "", streaming);
  EXPECT_EQ(ask(server, "GET", "/tap").body, "first\nsecond\n");
}

TEST_F(AdminServer, EndsAStreamWhenNobodyReadsItOrTheServerStops) {
  std::atomic<int> pieces = 0;
  Api streaming = api();
  streaming.add(route(
      Method::get, "/tap",
      [&](const Query&) {
        Answer out;
        out.more = [&]() -> std::optional<std::string> {
          ++pieces;
          return "";
        };
        return out;
      },
      true));
  auto server = std::make_unique<Server>(anywhere(), "", streaming);
  for (int i = 0; i < 3; ++i) { // more than may watch at once: the ones before have been noticed to be gone
    namespace asio = boost::asio;
    asio::io_context loop;
    asio::ip::tcp::socket socket(loop);
    socket.connect({asio::ip::make_address("127.0.0.1"), server->address().port});
    asio::write(socket, asio::buffer(std::string_view("GET /tap HTTP/1.1\r\nHost: x\r\n\r\n")));
    const int before = pieces.load();
    while (pieces.load() < before + 3) {
      std::this_thread::yield();
    }
    socket.close();
    int seen = -1;
    while (seen != pieces.load()) { // it stands still when the connection is known to be gone
      seen = pieces.load();
      EXPECT_EQ(ask(*server, "GET", "/health").status, 200U);
    }
  }
  server.reset();
}

TEST_F(AdminServer, HeadHasTheLengthAndNoBody) {
  const Server server(anywhere(), "", api());
  const std::string answer = raw(server, "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, AllOf(HasSubstr("200 OK"), HasSubstr("Content-Length: 14"), Not(HasSubstr("millrace_up"))));
}

TEST_F(AdminServer, KeepsAConnectionForSeveralRequests) {
  const Server server(anywhere(), "", api());
  const std::string answer =
      raw(server, "GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, AllOf(HasSubstr("{\"live\":true}"), HasSubstr("millrace_up")));
}

TEST_F(AdminServer, RefusesAReloadThatAPageOfAnotherSiteAsksFor) {
  const Server server(anywhere(), "", api());
  const std::string head =
      "POST /reload HTTP/1.1\r\nHost: 127.0.0.1:8686\r\nContent-Length: 0\r\nConnection: close\r\nOrigin: ";
  EXPECT_THAT(raw(server, head + "http://example.com\r\n\r\n"), HasSubstr("403 Forbidden"));
  EXPECT_THAT(raw(server, head + "http://127.0.0.1:8686\r\n\r\n"), HasSubstr("200 OK"));
}

TEST_F(AdminServer, HangsUpOnWhatIsNoHttp) {
  const Server server(anywhere(), "", api());
  EXPECT_EQ(raw(server, "hello\r\n\r\n"), "");
  EXPECT_EQ(raw(server, "GET / HTTP/1.1\r\nX: " + std::string(10'000, 'x') + "\r\n\r\n"), "");
  EXPECT_EQ(ask(server, "GET", "/health").status, 200U);
}

TEST_F(AdminServer, NamesThePortThatIsInUse) {
  const Server server(anywhere(), "", api());
  try {
    const Server second(server.address(), "", api());
    FAIL() << "listened twice";
  } catch (const CannotListen& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr(server.address().text()), HasSubstr("Address already in use"), HasSubstr("`admin`")));
  }
}

TEST_F(AdminServer, TheClientNamesTheAddressWhereNobodyAnswers) {
  Address address;
  { address = Server(anywhere(), "", api()).address(); }
  try {
    request(address, {.path = "/health"}, 30s);
    FAIL() << "somebody answered";
  } catch (const Unreachable& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr(address.text()), HasSubstr("Connection refused")));
  }
}

} // namespace
} // namespace millrace::admin
