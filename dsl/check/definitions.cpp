// Checking what is not used.
#include "dsl/check/definitions.hpp"

#include "dsl/check/expressions.hpp"

namespace millrace::dsl::check {
namespace {

/// Tries definitions on events without leaving a trace in the program.
class Trial {
 public:
  explicit Trial(Context& context)
      : context_{context.sources,      context.files,     found_,          scratch_,
                 context.events,       context.defs,      context.lets,    context.lookups,
                 context.fragments,    context.topics,    context.routers, context.tables,
                 context.metric_names, context.csv_files, context.poisoned},
        asked_(context.uses) {
    scratch_.shapes = context.program.shapes;
    scratch_.enumerations = context.program.enumerations;
    scratch_.types = context.program.types;
    scratch_.sets = context.program.sets;
    for (const Lookup& lookup : context.program.lookups) { // without their rows
      scratch_.lookups.push_back({lookup.name, lookup.key, lookup.is_record, lookup.columns, lookup.types, {}, {}, {}});
    }
  }

  /// What is wrong with the body for events of this kind.
  Diagnostics run(const DefInfo& info, const std::string& event) {
    found_ = {};
    Expressions expressions(context_, context_.events.find(event)->second);
    expressions.assume_presence(true);
    DefInfo& own = context_.defs.find(info.def->name.text)->second;
    own.open = true; // a use inside is a circle
    Uses uses;
    context_.uses = asked_ == nullptr ? nullptr : &uses;
    expressions.trial(info);
    context_.uses = nullptr;
    own.open = false;
    if (asked_ != nullptr && !found_.has_errors()) {
      asked_->add(uses); // else other names may be meant
    }
    return found_;
  }

 private:
  Diagnostics found_;
  Program scratch_;
  Context context_;
  Uses* const asked_;
};

} // namespace

void check_unused(Context& context) {
  // What would have used a definition may be what did not compile.
  const bool flag = !context.diagnostics.has_errors();
  std::optional<Trial> trial;
  for (auto& [name, info] : context.defs) {
    if (info.used || context.diagnostics.error_count() > Diagnostics::kMaxErrors) {
      continue;
    }
    if (flag) {
      context.diagnostics
          .add(Code::unused_def, info.def->name.span, "nothing uses the definition " + ticked(name), "never used")
          .help("use it or remove it");
    }
    if (!trial) {
      trial.emplace(context);
    }
    // It has to make sense for one of the events; if it does for none, what the first says is as good as any.
    std::optional<Diagnostics> first;
    for (const auto& [event_name, event] : context.events) {
      Diagnostics found = trial->run(info, event_name);
      if (!found.has_errors()) {
        first.reset();
        break;
      }
      first = first ? std::move(first) : std::move(found);
    }
    for (const Diagnostic& diagnostic : first ? first->all() : std::vector<Diagnostic>()) {
      context.diagnostics.add(diagnostic);
    }
  }
}

} // namespace millrace::dsl::check
