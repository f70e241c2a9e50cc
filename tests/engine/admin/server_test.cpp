#include "engine/admin/server.hpp"

#include <gmock/gmock.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <future>
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
  static Calls calls() {
    Calls calls;
    calls.ready = [] { return Readiness{true, {}}; };
    calls.metrics = [] { return std::string("millrace_up 1\n"); };
    calls.pipelines = [] { return std::string("[]"); };
    calls.active_rules = [] { return std::string(R"({"ingest":{"hash":"abc"}})"); };
    calls.reload = [] { return Receipt{true, R"({"accepted":true})", "accepted: nothing changed"}; };
    return calls;
  }
  static Address anywhere() { return {"127.0.0.1", 0}; }
  static Reply ask(const Server& server, const std::string& method, const std::string& path,
                   const std::string& accept = "*/*") {
    return request(server.address(), method, path, accept, 30s);
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
  const Server server(anywhere(), calls());
  EXPECT_EQ(ask(server, "GET", "/health").body, "{\"live\":true}\n");
  EXPECT_EQ(ask(server, "GET", "/ready").status, 200U);
  EXPECT_EQ(ask(server, "GET", "/metrics?x=1").body, "millrace_up 1\n");
  EXPECT_EQ(ask(server, "GET", "/pipelines").body, "[]\n");
  EXPECT_EQ(ask(server, "GET", "/rules/active").body, "{\"ingest\":{\"hash\":\"abc\"}}\n");
}

TEST_F(AdminServer, SaysWhyItIsNotReady) {
  Calls calls = AdminServer::calls();
  calls.ready = [] { return Readiness{false, {"sink.events of ingest/0: no broker answers"}}; };
  const Server server(anywhere(), calls);
  const Reply reply = ask(server, "GET", "/ready");
  EXPECT_EQ(reply.status, 503U);
  EXPECT_EQ(reply.body, "{\"ready\":false,\"why_not\":[\"sink.events of ingest/0: no broker answers\"]}\n");
}

TEST_F(AdminServer, NamesWhatThereIsWhenSomethingElseIsAskedFor) {
  const Server server(anywhere(), calls());
  EXPECT_EQ(ask(server, "GET", "/helth").status, 404U);
  EXPECT_THAT(ask(server, "GET", "/helth").body, AllOf(HasSubstr("/helth"), HasSubstr("GET /health")));
  EXPECT_EQ(ask(server, "POST", "/health").status, 405U);
  EXPECT_EQ(ask(server, "GET", "/reload").status, 405U);
}

TEST_F(AdminServer, AReceiptIsJsonOrTextAndItsStatusSaysWhetherItWasTaken) {
  Calls calls = AdminServer::calls();
  const Server server(anywhere(), calls);
  EXPECT_EQ(ask(server, "POST", "/reload").body, "{\"accepted\":true}\n");
  EXPECT_EQ(ask(server, "POST", "/reload", "text/plain").body, "accepted: nothing changed\n");
  calls.reload = [] { return Receipt{false, "{}", "refused"}; };
  const Server refusing(anywhere(), calls);
  EXPECT_EQ(ask(refusing, "POST", "/reload").status, 422U);
}

TEST_F(AdminServer, StillAnswersWhileAReloadIsUnderWay) {
  std::promise<void> go;
  std::promise<void> begun;
  Calls calls = AdminServer::calls();
  calls.reload = [&] {
    begun.set_value();
    go.get_future().wait();
    return Receipt{true, "{}", ""};
  };
  const Server server(anywhere(), calls);
  auto reload = std::async(std::launch::async, [&] { return ask(server, "POST", "/reload").status; });
  begun.get_future().wait();
  EXPECT_EQ(ask(server, "GET", "/health").status, 200U);
  go.set_value();
  EXPECT_EQ(reload.get(), 200U);
}

TEST_F(AdminServer, HeadHasTheLengthAndNoBody) {
  const Server server(anywhere(), calls());
  const std::string answer = raw(server, "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, AllOf(HasSubstr("200 OK"), HasSubstr("Content-Length: 14"), Not(HasSubstr("millrace_up"))));
}

TEST_F(AdminServer, KeepsAConnectionForSeveralRequests) {
  const Server server(anywhere(), calls());
  const std::string answer =
      raw(server, "GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /pipelines HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, AllOf(HasSubstr("{\"live\":true}"), HasSubstr("[]")));
}

TEST_F(AdminServer, RefusesAReloadThatAPageOfAnotherSiteAsksFor) {
  const Server server(anywhere(), calls());
  const std::string head =
      "POST /reload HTTP/1.1\r\nHost: 127.0.0.1:8686\r\nContent-Length: 0\r\nConnection: close\r\nOrigin: ";
  EXPECT_THAT(raw(server, head + "http://example.com\r\n\r\n"), HasSubstr("403 Forbidden"));
  EXPECT_THAT(raw(server, head + "http://127.0.0.1:8686\r\n\r\n"), HasSubstr("200 OK"));
}

TEST_F(AdminServer, HangsUpOnWhatIsNoHttp) {
  const Server server(anywhere(), calls());
  EXPECT_EQ(raw(server, "hello\r\n\r\n"), "");
  EXPECT_EQ(raw(server, "GET / HTTP/1.1\r\nX: " + std::string(10'000, 'x') + "\r\n\r\n"), "");
  EXPECT_EQ(ask(server, "GET", "/health").status, 200U);
}

TEST_F(AdminServer, NamesThePortThatIsInUse) {
  const Server server(anywhere(), calls());
  try {
    const Server second(server.address(), calls());
    FAIL() << "listened twice";
  } catch (const CannotListen& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr(server.address().text()), HasSubstr("Address already in use"), HasSubstr("`admin`")));
  }
}

TEST_F(AdminServer, TheClientNamesTheAddressWhereNobodyAnswers) {
  Address address;
  { address = Server(anywhere(), calls()).address(); }
  try {
    request(address, "POST", "/reload", "*/*", 30s);
    FAIL() << "somebody answered";
  } catch (const Unreachable& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr(address.text()), HasSubstr("Connection refused")));
  }
}

} // namespace
} // namespace millrace::admin
