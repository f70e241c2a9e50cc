#include "engine/admin/api.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/config/nearest.hpp"
#include "engine/host/json.hpp"

namespace millrace::admin {
namespace {

std::string_view word_of(Method method) { return method == Method::get ? "GET" : "POST"; }

void describe(host::JsonWriter& json, std::string_view name, std::string_view where, bool required,
              std::string_view about) {
  json.begin_object().key("name").value(name).key("in").value(where).key("required").value(required);
  json.key("description").value(about).key("schema").begin_object().key("type").value("string").end_object();
  json.end_object();
}

void describe(host::JsonWriter& json, const Route& route) {
  json.key(route.method == Method::get ? "get" : "post").begin_object().key("summary").value(route.about);
  json.key("parameters").begin_array();
  if (const std::size_t open = route.path.find('{'); open != std::string::npos) {
    describe(json, std::string_view(route.path).substr(open + 1, route.path.size() - open - 2), "path", true, "");
  }
  for (const Parameter& parameter : route.parameters) {
    describe(json, parameter.name, "query", false, parameter.about);
  }
  json.end_array();
  if (!route.body.empty()) {
    json.key("requestBody").begin_object().key("description").value(route.body).key("required").value(true);
    json.key("content").begin_object().key("*/*").begin_object().end_object().end_object().end_object();
  }
  json.key("responses").begin_object().key("default").begin_object().key("description");
  json.value("docs/operations/admin.md says what is answered").end_object().end_object();
  if (route.open) {
    json.key("security").begin_array().end_array();
  }
  json.end_object();
}

} // namespace

Answer refused(unsigned status, std::string_view text) {
  host::JsonWriter json;
  return {status, kJson, json.begin_object().key("error").value(text).end_object().text()};
}

std::string Route::misfit(const Query& query) const {
  if (method == Method::get && parameters.empty()) {
    return {};
  }
  std::vector<std::string> known;
  for (const Parameter& parameter : parameters) {
    known.push_back(parameter.name);
  }
  for (const auto& [name, value] : query.parameters) {
    if (!name.empty() && std::ranges::find(known, name) == known.end()) {
      return fmt::format("{} {} has no parameter '{}'{} Known: {}", word_of(method), path, name,
                         config::did_you_mean(name, known),
                         known.empty() ? std::string("none") : fmt::format("{}", fmt::join(known, ", ")));
    }
  }
  return {};
}

Api::Found Api::find(Method method, std::string_view path) const {
  Found out;
  for (const Route& route : routes_) {
    const std::size_t open = route.path.find('{');
    const bool fits = open == std::string::npos ? path == route.path
                                                : path.size() > open && path.starts_with(route.path.substr(0, open));
    if (!fits) {
      continue;
    }
    if (route.method == method) {
      return {&route, open == std::string::npos ? std::string() : std::string(path.substr(open)), false};
    }
    out.other_method = true;
  }
  return out;
}

std::string Api::known() const {
  std::string out;
  for (const Route& route : routes_) {
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", word_of(route.method), route.path);
  }
  return out;
}

std::string Api::openapi(std::string_view version) const {
  std::map<std::string, std::vector<const Route*>> paths;
  for (const Route& route : routes_) {
    paths[route.path].push_back(&route);
  }
  host::JsonWriter json;
  json.begin_object().key("openapi").value("3.1.0").key("info").begin_object();
  json.key("title").value("The admin address of Millrace").key("version").value(version).end_object();
  json.key("security").begin_array().begin_object().key("token").begin_array().end_array().end_object().end_array();
  json.key("components").begin_object().key("securitySchemes").begin_object().key("token").begin_object();
  json.key("type").value("http").key("scheme").value("bearer");
  json.key("description").value("`admin_token` of the configuration; nothing is asked for where none is set.");
  json.end_object().end_object().end_object();
  json.key("paths").begin_object();
  for (const auto& [path, routes] : paths) {
    json.key(path).begin_object();
    for (const Route* route : routes) {
      describe(json, *route);
    }
    json.end_object();
  }
  return json.end_object().end_object().text();
}

} // namespace millrace::admin
