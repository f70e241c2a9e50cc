// The first pass: who has which name, what events and topics look like. Everything later looks names up here.
#pragma once

#include "dsl/check/context.hpp"

namespace millrace::dsl::check {

/// Fills the names of the context, and shapes and topics of the program.
void declare_all(Context& context);

/// Whether Kafka takes the name: empty if it does, else what is wrong with it. `*` counts as a letter.
std::string topic_name_problem(std::string_view name);

/// Reports a name that differs from one seen before only in `.` and `_`, which Kafka's metrics do not tell apart.
void note_topic_name(Context& context, const std::string& name, Span span);

/// The topic of exactly this name; reported if there is none.
const TopicInfo* find_topic(Context& context, const ast::Text& name, std::string_view event = {});

} // namespace millrace::dsl::check
