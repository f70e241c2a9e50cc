#include "engine/host/targets.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <optional>
#include <span>
#include <utility>

#include "engine/modules/text.hpp"

namespace millrace::host {
namespace {

using modules::view;

std::uint32_t flag_of(std::uint32_t form) { return form == MR_ROWS ? MR_TAKES_ROWS : MR_TAKES_MESSAGES; }
std::string_view word_of(std::uint32_t form) { return form == MR_ROWS ? "rows" : "messages"; }

std::string names(std::span<const SinkForms> sinks, std::uint32_t flag) {
  std::vector<std::string_view> out;
  for (const SinkForms& sink : sinks) {
    if ((sink.flags & flag) != 0) {
      out.push_back(sink.name);
    }
  }
  return fmt::format("{}", fmt::join(out, ", "));
}

void append(std::string& out, std::string_view part) { out += fmt::format("{}:{}", part.size(), part); }

using Properties = std::vector<std::pair<std::string, std::string>>;

Properties properties_of(const mr_target& target) {
  Properties out;
  for (const mr_pair& pair : std::span(target.properties, target.property_count)) {
    out.emplace_back(view(pair.key), view(pair.value));
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string_view property(const mr_target& target, std::string_view name) {
  for (const mr_pair& pair : std::span(target.properties, target.property_count)) {
    if (view(pair.key) == name) {
      return view(pair.value);
    }
  }
  return {};
}

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(value)
                                                                                   : std::nullopt;
}

std::string key_of(const mr_target& target, std::string_view sink, const Properties& properties) {
  std::string key = fmt::format("{}.{}.", target.form, target.flags);
  append(key, sink);
  append(key, view(target.name));
  for (const auto& [name, value] : properties) {
    append(key, name);
    append(key, value);
  }
  return target.schema == nullptr ? key : key + "|" + fingerprint(*target.schema);
}

} // namespace

bool in_family(std::string_view pattern, std::string_view name) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) {
    return pattern == name;
  }
  if (!name.starts_with(pattern.substr(0, star))) {
    return false;
  }
  for (std::size_t end = star + 1; end <= name.size() && name[end - 1] != '.'; ++end) {
    if (in_family(pattern.substr(star + 1), name.substr(end))) {
      return true;
    }
  }
  return false;
}

// The copy and what it points to; never moved.
struct Targets::Entry {
  mr_target target{};
  std::deque<std::string> texts;
  std::vector<mr_pair> properties;
  OwnSchema schema;
  std::size_t uses = 0;

  Entry(const mr_target& from, std::string_view sink, const Properties& from_properties) {
    target = from;
    target.sink = keep(sink);
    target.name = keep(view(from.name));
    for (const auto& [name, value] : from_properties) {
      const mr_str kept_name = keep(name);
      properties.push_back({kept_name, keep(value)});
    }
    target.properties = properties.data();
    target.property_count = properties.size();
    schema = from.schema == nullptr ? nullptr : copy(*from.schema);
    target.schema = schema.get();
  }

  mr_str keep(std::string_view text) {
    const std::string& kept = texts.emplace_back(text);
    return {kept.c_str(), kept.size()};
  }
};

Targets::Targets(std::vector<SinkForms> sinks, std::size_t limit) : sinks_(std::move(sinks)), limit_(limit) {}
Targets::~Targets() = default;

Targets::Use::~Use() {
  const std::lock_guard lock(targets_.mutex_);
  for (const std::uint32_t id : ids_) {
    if (--targets_.entries_[id - 1]->uses == 0) {
      --targets_.in_use_;
    }
  }
}

void Targets::set_limit(std::size_t limit) {
  const std::lock_guard lock(mutex_);
  limit_ = limit;
}

std::string Targets::sink_for(const mr_target& wanted, std::string& error) const {
  const std::uint32_t flag = flag_of(wanted.form);
  const std::string taking = names(sinks_, flag);
  if (wanted.sink.data != nullptr) {
    const std::string_view name = view(wanted.sink);
    const auto at =
        std::find_if(sinks_.begin(), sinks_.end(), [&](const SinkForms& sink) { return sink.name == name; });
    if (at == sinks_.end()) {
      error =
          fmt::format("target '{}' goes to sink '{}', and the pipeline has none of that name; sinks that take {}: {}",
                      view(wanted.name), name, word_of(wanted.form), taking.empty() ? "none" : taking);
    } else if ((at->flags & flag) == 0) {
      error = fmt::format("target '{}' has {}, and sink '{}' does not take them; sinks that do: {}", view(wanted.name),
                          word_of(wanted.form), name, taking.empty() ? "none" : taking);
    }
    return std::string(name);
  }
  const auto takes = [flag](const SinkForms& sink) { return (sink.flags & flag) != 0; };
  if (std::count_if(sinks_.begin(), sinks_.end(), takes) == 1) {
    return std::find_if(sinks_.begin(), sinks_.end(), takes)->name;
  }
  error = taking.empty()
              ? fmt::format("target '{}' has {}, and no sink of the pipeline takes them; add one", view(wanted.name),
                            word_of(wanted.form))
              : fmt::format("target '{}' has {}, and several sinks take them ({}); name the one that is meant",
                            view(wanted.name), word_of(wanted.form), taking);
  return {};
}

Targets::Granted Targets::name(const mr_target& wanted, Use& use) {
  if (wanted.form != MR_MESSAGES && wanted.form != MR_ROWS) {
    return {0, nullptr, fmt::format("target '{}' has the unknown form {}", view(wanted.name), wanted.form)};
  }
  if (view(wanted.name).empty()) {
    return {0, nullptr, "a target has no name"};
  }
  if ((wanted.form == MR_ROWS) != (wanted.schema != nullptr)) {
    return {0, nullptr, fmt::format("target '{}': rows have a schema and messages have none", view(wanted.name))};
  }
  std::string error;
  const std::string sink = sink_for(wanted, error);
  if (!error.empty()) {
    return {0, nullptr, std::move(error)};
  }
  const Properties properties = properties_of(wanted);
  const std::string key = key_of(wanted, sink, properties);

  const std::lock_guard lock(mutex_);
  Family* family = nullptr;
  if (!has_room(wanted, sink, family)) {
    return {};
  }
  const auto known = ids_.find(key);
  const bool in_use = known != ids_.end() && entries_[known->second - 1]->uses > 0;
  if (!in_use && in_use_ >= limit_) {
    return {0, nullptr,
            fmt::format("target '{}' would be one more than the {} that `targets` of the pipeline allows",
                        view(wanted.name), limit_)};
  }
  std::uint32_t id = 0;
  if (known == ids_.end()) {
    entries_.push_back(std::make_unique<Entry>(wanted, sink, properties));
    id = static_cast<std::uint32_t>(entries_.size());
    ids_.emplace(key, id);
  } else {
    id = known->second;
  }
  if (family != nullptr) {
    family->members.emplace(view(wanted.name));
  }
  Entry& entry = *entries_[id - 1];
  if (use.ids_.insert(id).second) {
    in_use_ += entry.uses++ == 0 ? 1 : 0;
  }
  return {id, &entry.target, {}};
}

bool Targets::has_room(const mr_target& wanted, const std::string& sink, Family*& family) {
  const std::string_view pattern = property(wanted, "pattern");
  const std::optional<std::size_t> most = number(property(wanted, "at_most"));
  if (pattern.empty() || !most) {
    return true;
  }
  const auto [found, is_new] = families_.try_emplace({sink, std::string(pattern)});
  family = &found->second;
  if (is_new) {
    family->sink = sink;
    family->pattern = pattern;
    for (const std::string& name : there_[sink]) {
      if (in_family(pattern, name)) {
        family->members.insert(name);
      }
    }
  }
  return family->members.contains(view(wanted.name)) || family->members.size() < *most;
}

void Targets::there(std::string_view sink, std::span<const std::string_view> names) {
  const std::lock_guard lock(mutex_);
  auto& known = there_[std::string(sink)];
  for (const std::string_view name : names) {
    if (!known.emplace(name).second) {
      continue;
    }
    for (auto& [key, family] : families_) {
      if (family.sink == sink && in_family(family.pattern, name)) {
        family.members.emplace(name);
      }
    }
  }
}

std::vector<std::pair<std::uint32_t, const mr_target*>> Targets::in_use() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::uint32_t, const mr_target*>> out;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i]->uses > 0) {
      out.emplace_back(static_cast<std::uint32_t>(i + 1), &entries_[i]->target);
    }
  }
  return out;
}

const mr_target* Targets::find(std::uint32_t id) const {
  const std::lock_guard lock(mutex_);
  return id == 0 || id > entries_.size() ? nullptr : &entries_[id - 1]->target;
}

} // namespace millrace::host
