// Checking what is not used.
#include "dsl/check/definitions.hpp"

#include "dsl/check/expressions.hpp"

namespace millrace::dsl::check {
namespace {

/// Whether the body makes sense for events of this kind. What it finds goes to `diagnostics`.
bool fits(Context& context, DefInfo& info, EventInfo& event, Diagnostics& diagnostics) {
  Program scratch; // what is lowered here is never run
  scratch.shapes = context.program.shapes;
  scratch.enumerations = context.program.enumerations;
  Context trial{context.sources, context.files,  diagnostics,          scratch,
                context.events,  context.defs,   context.lets,         context.topics,
                context.routers, context.tables, context.metric_names, context.poisoned};
  Expressions expressions(trial, event);
  expressions.assume_presence(true);
  DefInfo& own = trial.defs.find(info.def->name.text)->second;
  own.open = true; // a use inside is a circle
  expressions.whole(*info.tree, info.def->body, {}, false);
  return !diagnostics.has_errors();
}

} // namespace

void check_unused(Context& context) {
  for (auto& [name, info] : context.defs) {
    if (info.used) {
      continue;
    }
    context.diagnostics
        .add(Code::unused_def, info.def->name.span, "nothing uses the definition " + ticked(name), "never used")
        .help("use it or remove it");
    Diagnostics first;
    bool fitting = context.events.empty();
    for (auto& [event_name, event] : context.events) {
      Diagnostics found;
      fitting = fitting || fits(context, info, event, found);
      if (first.all().empty()) {
        first = found;
      }
    }
    if (!fitting) {
      for (const Diagnostic& diagnostic : first.all()) {
        context.diagnostics.add(diagnostic);
      }
    }
  }
}

} // namespace millrace::dsl::check
