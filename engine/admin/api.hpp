// What can be asked of the admin address: routes with what they answer and what they are for. The server serves them,
// and the OpenAPI page is made of them.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::admin {

inline constexpr const char* kJson = "application/json";
inline constexpr const char* kText = "text/plain; charset=utf-8";

struct Query {
  std::string rest;                              // what stands in the place of {…} in the path
  std::map<std::string, std::string> parameters; // behind the question mark, decoded
  std::string body;
  std::string from;  // the address that it comes from
  std::string user;  // who it says to be; empty: it does not
  bool text = false; // a person wants to read it

  // Empty: not given.
  std::string parameter(const std::string& name) const {
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::string() : found->second;
  }
};

struct Answer {
  unsigned status = 200;
  std::string type = kJson;
  std::string body;
  // Not empty: what follows on the body, piece by piece, until it answers nothing or nobody reads any more. Called on a
  // thread of the slow routes; may wait up to a second, and answers "" when there was nothing.
  std::function<std::optional<std::string>()> more = {};
};

// {"error": text}
Answer refused(unsigned status, std::string_view text);

enum class Method { get, post };

struct Parameter {
  std::string name;
  std::string about;
};

struct Route {
  Method method = Method::get;
  std::string path; // "/rules/{hash}": what stands in the braces is everything up to the end
  std::string about;
  std::vector<Parameter> parameters;
  std::string body;  // what is posted; empty: nothing
  bool slow = false; // it may block, and runs beside the others
  bool open = false; // no token is asked for
  std::function<Answer(const Query&)> answer;

  // A sentence about a parameter that it does not have; empty: there is none. What takes none and changes nothing does
  // not mind any: who scrapes or probes adds some.
  std::string misfit(const Query& query) const;
};

class Api {
 public:
  // Valid until the next one.
  Route& add(Route route) { return routes_.emplace_back(std::move(route)); }
  const std::vector<Route>& routes() const { return routes_; }

  struct Found {
    const Route* route = nullptr; // null: there is none
    std::string rest;
    bool other_method = false; // but there is with the other method
  };
  Found find(Method method, std::string_view path) const;
  // "GET /health, GET /ready, POST /reload": for who asked for something else.
  std::string known() const;
  // The OpenAPI description, as JSON.
  std::string openapi(std::string_view version) const;

 private:
  std::vector<Route> routes_;
};

} // namespace millrace::admin
