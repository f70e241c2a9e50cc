#include "engine/runtime/neighbours.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "engine/host/json.hpp"
#include "engine/host/short_hash.hpp"
#include "engine/json/member.hpp"

namespace millrace::runtime {
namespace {

constexpr std::string_view kKind = "engine";
constexpr std::size_t kMost = 1'000;
constexpr std::chrono::hours kForgotten{1};

} // namespace

void Neighbours::tell(const std::string& pipeline, const std::string& hash, const std::string& admin) {
  host::JsonWriter json;
  json.begin_object().key("hash").value(hash).key("admin").value(admin).end_object();
  shared_.put({pipeline, std::string(kKind), engine_, clock_.time_us(), json.text()});
}

void Neighbours::leave(const std::string& pipeline) { shared_.forget({pipeline, std::string(kKind), engine_}); }

std::vector<Neighbour> Neighbours::look(const std::string& pipeline) {
  const std::vector<records::Record> found = shared_.newest(pipeline, kKind, kMost);
  const std::int64_t now = clock_.now_ns();
  std::vector<Neighbour> out;
  std::vector<records::Name> gone;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(heard_, [&](const auto& one) {
      const auto& [of, engine] = one.first;
      return of == pipeline && std::ranges::find(found, engine, &records::Record::key) == found.end();
    });
    for (const records::Record& record : found) {
      Heard& heard = heard_[{pipeline, record.key}];
      if (heard.told_us != record.time_us) {
        heard = {record.time_us, now};
      }
      Neighbour one{pipeline, record.key, {}, {}, std::chrono::nanoseconds(now - heard.at_ns), false};
      one.vanished = one.silent > patience_ && one.engine != engine_;
      if (one.silent > kForgotten) {
        gone.push_back(record.name());
        continue;
      }
      try {
        const boost::json::value said = boost::json::parse(record.bytes);
        one.hash = json::text(said, "hash");
        one.admin = json::text(said, "admin");
      } catch (const std::exception&) { // another version's; that it is there is known
      }
      out.push_back(std::move(one));
    }
  }
  shared_.forget(gone);
  std::ranges::sort(out, {}, &Neighbour::engine);
  return out;
}

std::vector<Neighbour> in_company(std::vector<Neighbour> neighbours) {
  std::map<std::string, std::size_t> sizes;
  for (const Neighbour& one : neighbours) {
    ++sizes[one.pipeline];
  }
  std::erase_if(neighbours, [&sizes](const Neighbour& one) { return sizes[one.pipeline] < 2; });
  return neighbours;
}

std::vector<std::string> mixes(const std::vector<Neighbour>& neighbours) {
  std::map<std::string, std::map<std::string, std::vector<std::string>>> by_pipeline;
  for (const Neighbour& one : neighbours) {
    if (!one.vanished) {
      by_pipeline[one.pipeline][one.hash].push_back(one.engine);
    }
  }
  std::vector<std::string> out;
  for (const auto& [pipeline, by_hash] : by_pipeline) {
    if (by_hash.size() < 2) {
      continue;
    }
    std::string text = fmt::format("the engines of pipeline '{}' have different rulesets:", pipeline);
    for (const auto& [hash, engines] : by_hash) {
      text += fmt::format("{} {} at {}", hash == by_hash.begin()->first ? "" : ";",
                          hash.empty() ? "none" : host::short_hash(hash), fmt::join(engines, ", "));
    }
    out.push_back(text + "; `millrace reload --all` gives all of them the same");
  }
  return out;
}

} // namespace millrace::runtime
