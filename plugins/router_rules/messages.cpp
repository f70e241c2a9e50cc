#include "plugins/router_rules/messages.hpp"

#include <functional>

namespace millrace::router_rules {
namespace {

bool within(std::string_view whole, std::string_view part) {
  const std::less_equal<const char*> le;
  return le(whole.data(), part.data()) && le(part.data() + part.size(), whole.data() + whole.size());
}

mr_str lasting(const mr_event* event, std::string_view text, const Emit& emit) {
  return str(within(view(event->payload), text) ? text : emit.copy(text));
}

mr_str lasting_or_absent(const mr_event* event, std::string_view text, const Emit& emit) {
  return text.empty() ? kAbsent : lasting(event, text, emit);
}

} // namespace

void MessageParts::add(const mr_event* event, const dsl::Decision& decision, const Emit& emit) {
  const std::size_t before = messages_.size();
  for (const dsl::Message& message : decision.messages) {
    mr_message out{};
    out.event = event;
    out.target = targets_.of(message);
    if (out.target == 0) {
      messages_.resize(before);
      dsl::Reason reason;
      reason.fault = dsl::Fault::bad_topic;
      reason.text = "the topic is not granted";
      reason.path = message.topic;
      refuse(event, targets_.dead_letter(decision.dead_letter), reason, ruleset_, emit);
      return;
    }
    out.key = message.has_key ? lasting(event, message.key, emit) : kAbsent;
    out.partition_by = lasting_or_absent(event, message.partition_by, emit);
    out.time_us = message.time;
    if (message.payload.data() != event->payload.data) { // something is omitted
      out.payload = lasting(event, message.payload, emit);
    }
    out.headers = &own_header_;
    out.header_count = 1;
    if (message.headers.empty()) {
      messages_.push_back(out);
      continue;
    }
    const std::size_t count = message.headers.size() + 1;
    auto* headers = reinterpret_cast<mr_pair*>(emit.alloc(count * sizeof(mr_pair)));
    for (std::size_t i = 0; i + 1 < count; ++i) {
      headers[i] = {lasting(event, message.headers[i].name, emit), lasting(event, message.headers[i].value, emit)};
    }
    headers[count - 1] = own_header_;
    out.headers = headers;
    out.header_count = static_cast<std::uint32_t>(count);
    messages_.push_back(out);
  }
}

void MessageParts::emit(const Emit& emit) {
  if (!messages_.empty()) {
    emit.messages(messages_);
    messages_.clear();
  }
}

void refuse(const mr_event* event, std::uint32_t dead_letter, const dsl::Reason& reason, std::string_view ruleset,
            const Emit& emit) {
  mr_reason out{};
  out.code = str(reason.code()); // static text
  out.text = lasting_or_absent(event, reason.text, emit);
  out.rule = lasting_or_absent(event, reason.rule, emit);
  out.path = lasting_or_absent(event, reason.path, emit);
  out.ruleset = str(ruleset);
  emit.reject(event, dead_letter, out);
}

} // namespace millrace::router_rules
