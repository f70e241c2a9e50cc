// The rule language as a router: events in; messages for topics, rows for tables, or a reason why not, out. What rules
// mean is decided in dsl/; here it is only brought over the boundary.
#include <algorithm>
#include <array>
#include <memory>
#include <millrace/router.hpp>
#include <optional>
#include <string>
#include <vector>

#include "dsl/evaluate.hpp"
#include "dsl/ruleset.hpp"
#include "plugins/router_rules/explain.hpp"
#include "plugins/router_rules/messages.hpp"
#include "plugins/router_rules/places.hpp"
#include "plugins/router_rules/row_parts.hpp"
#include "plugins/router_rules/rules_file.hpp"
#include "plugins/router_rules/targets.hpp"

namespace millrace::router_rules {
namespace {

constexpr mr_field kFields[] = {
    {"file", MR_STRING, MR_REQUIRED | MR_PATH, nullptr, nullptr, "The rules file; what it imports is read with it.",
     nullptr, 0},
    {"run", MR_STRING, MR_REQUIRED, nullptr, nullptr,
     "What of it is run: the name of a router, whose messages go to topics, or `tables`, which makes rows of the "
     "topics' events.",
     nullptr, 0},
    {"load", MR_BOOL, 0, "false", nullptr,
     "With a router: make rows at once of the tables that read the topics it chooses, with no log in between. The "
     "topics are then "
     "names only.",
     nullptr, 0},
    {"messages_to", MR_STRING, 0, nullptr, nullptr,
     "The sink that messages go to, where more than one could take them; and what tables refuse, if they name a topic "
     "for "
     "it.",
     nullptr, 0},
    {"rows_to", MR_STRING, 0, nullptr, nullptr, "The sink that rows go to, where more than one could take them.",
     nullptr, 0},
    {"tests", MR_BOOL, 0, "true", nullptr, "Run the tests in the files first; a ruleset whose tests fail is not used.",
     nullptr, 0},
};

class Rules {
 public:
  static constexpr auto& fields = kFields;

  Rules(Host host, const Config& config)
      : Rules(host, load_rules(host, std::string(config.text("file")), config.flag("tests")), choice_of(config)) {}
  // Of files as they were.
  Rules(Host host, const Config& config, std::span<const mr_rules_file> files)
      : Rules(host, load_rules(host, copies_of(files), config.flag("tests")), choice_of(config)) {}
  // One more with the ruleset of `model`.
  Rules(Host host, const Rules& model) : Rules(host, model.loaded_, model.choice_) {}

  void route(std::span<const mr_event* const> events, const Emit& emit) {
    evaluator_->reset(); // and what a call left behind that did not come to its end
    if (messages_) {
      messages_->clear();
    }
    for (std::optional<RowPart>& part : rows_) {
      if (part) {
        part->clear();
      }
    }
    for (const mr_event* event : events) {
      take(event, emit);
    }
    if (messages_) {
      messages_->emit(emit);
    }
    for (std::optional<RowPart>& part : rows_) {
      if (part) {
        part->emit(emit);
      }
    }
    evaluator_->reset();
    flush_counts();
  }

  mr_str hash() const { return str(ruleset_->hash); }
  std::span<const mr_ruleset_item> items() const { return items_; }
  std::size_t tests() const { return ruleset_->tests.size(); }
  std::span<const mr_rules_file> files() const { return files_; }
  std::span<const mr_rules_step> steps() const { return steps_; }
  std::optional<mr_place> place(const mr_target* target, std::string_view item) {
    if (!places_) { // made only for those who ask
      places_.emplace(*loaded_.files);
    }
    return target == nullptr ? places_->of_stream(item) : places_->of_target(*target, item);
  }

  void explain(const mr_event& event, std::uint32_t form, const mr_listener& listener) const {
    router_rules::explain(*ruleset_, run_.router, event, form, listener);
  }
  std::unique_ptr<EventComparison> compare(const Rules& other) const {
    return std::make_unique<EventComparison>(ruleset_, run_.router, other.ruleset_, other.run_.router);
  }

 private:
  // What of the ruleset is run, and where it goes.
  struct Choice {
    std::string run;
    bool load = false;
    std::string messages_to; // empty: the only sink that takes them
    std::string rows_to;
  };

  Rules(Host host, LoadedRules loaded, Choice choice)
      : host_(host),
        loaded_(std::move(loaded)),
        ruleset_(loaded_.ruleset),
        choice_(std::move(choice)),
        program_(ruleset_->program),
        run_(find_run()) {
    if (run_.router != dsl::kNone && !run_.load) {
      topics_.emplace(host_, program_, program_.routers[run_.router], choice_.messages_to);
    }
    if (run_.load) {
      add_tables(choice_.rows_to);
      table_dead_letters_.emplace(host_, program_, choice_.messages_to);
    }
    if (topics_) {
      messages_.emplace(*topics_, ruleset_->hash);
    }
    evaluator_.emplace(program_, run_);
    count_rules();
    list_items();
  }

  static Files copies_of(std::span<const mr_rules_file> files) {
    Files out;
    for (const mr_rules_file& file : files) {
      out.emplace_back(view(file.name), view(file.bytes));
    }
    return out;
  }

  static Choice choice_of(const Config& config) {
    const auto text = [&](const char* name) { return config.has(name) ? std::string(config.text(name)) : ""; };
    return {text("run"), config.flag("load"), text("messages_to"), text("rows_to")};
  }

  dsl::Run find_run() const {
    const std::string& name = choice_.run;
    const std::optional<dsl::Run> found = dsl::find_run(program_, name);
    if (!found) {
      std::string known = "`tables`";
      for (const dsl::Router& router : program_.routers) {
        known += ", `" + router.name + "`";
      }
      throw invalid("run = \"" + name + "\": the rules have no router of that name; there are " + known);
    }
    dsl::Run run = *found;
    run.load = run.load || choice_.load;
    if (run.load && program_.tables.empty()) {
      throw invalid("run = \"" + name +
                    "\" makes rows, and the rules declare no table; add a `table`, or run a router alone");
    }
    return run;
  }

  void add_tables(std::string_view sink) {
    std::vector<mr_str> streams;
    rows_.resize(program_.tables.size());
    for (std::size_t i = 0; i < program_.tables.size(); ++i) {
      const dsl::Table& table = program_.tables[i];
      rows_[i].emplace(table, table_target(host_, table, sink));
      streams.push_back(str(program_.topics[table.topic].name));
    }
    if (run_.router == dsl::kNone && host_.streams() != nullptr) {
      host_.streams()->declare(host_.raw(), streams.data(), streams.size());
    }
  }

  void take(const mr_event* event, const Emit& emit) {
    headers_.clear();
    for (const mr_pair& header : std::span(event->headers, event->header_count)) {
      headers_.push_back({view(header.key), view(header.value)});
    }
    const dsl::Meta meta{view(event->origin->stream), event->time_us, headers_};
    const dsl::Decision& decision = evaluator_->evaluate(view(event->payload), meta);
    for (const dsl::Index rule : decision.rules) {
      count(rule);
    }
    switch (decision.outcome) {
      case dsl::Outcome::routed:
        if (messages_) {
          messages_->add(event, decision, emit);
        }
        for (const dsl::Row& row : decision.rows) {
          rows_[row.table]->add(event, row.cells);
        }
        return;
      case dsl::Outcome::dropped:
        return; // nothing is emitted: filtered
      case dsl::Outcome::invalid:
      case dsl::Outcome::rejected:
        refuse(event, dead_letter_of(decision), decision.reason, ruleset_->hash, emit);
        return;
    }
  }

  // 0: the pipeline's own choice.
  std::uint32_t dead_letter_of(const dsl::Decision& decision) const {
    if (topics_) {
      return topics_->dead_letter(decision.dead_letter);
    }
    return table_dead_letters_ ? table_dead_letters_->of(decision.dead_letter) : 0;
  }

  // Counted here and told once per call, so that an event costs no call into the engine.
  void count_rules() {
    if (run_.router == dsl::kNone) {
      return;
    }
    const dsl::Router& router = program_.routers[run_.router];
    for (const dsl::Rule& rule : router.rules) {
      rule_metrics_.push_back(rule.kind == dsl::RuleKind::group
                                  ? Metric()
                                  : host_.counter("rule_matched_total", "Events that a rule decided, taps included.",
                                                  {{"rule", router.name + "." + rule.name}}));
    }
    matched_.resize(rule_metrics_.size(), 0);
  }
  void count(dsl::Index rule) {
    if (matched_[rule]++ == 0) {
      touched_.push_back(rule);
    }
  }
  void flush_counts() {
    for (const dsl::Index rule : touched_) {
      rule_metrics_[rule].add(static_cast<double>(matched_[rule]));
      matched_[rule] = 0;
    }
    touched_.clear();
  }

  // For receipts: files with the hash of their text, and what rules, topics and tables mean.
  void list_items() {
    for (const dsl::RulesFile& file : ruleset_->files) {
      items_.push_back({str("file"), str(file.name), str(file.hash)});
    }
    for (const auto& [item, meaning] : ruleset_->meanings) {
      const std::string_view text = item;
      const std::size_t blank = text.find(' ');
      items_.push_back({str(text.substr(0, blank)), str(text.substr(blank + 1)), str(meaning)});
    }
    for (const auto& [name, text] : *loaded_.files) {
      files_.push_back({str(name), str(text)});
    }
    for (const auto& [name, ns] : loaded_.steps) {
      steps_.push_back({str(name), ns});
    }
    std::ranges::sort(items_, [](const mr_ruleset_item& left, const mr_ruleset_item& right) {
      return std::pair(view(left.kind), view(left.name)) < std::pair(view(right.kind), view(right.name));
    });
  }

  Host host_;
  const LoadedRules loaded_;
  const std::shared_ptr<const dsl::Ruleset> ruleset_;
  const Choice choice_;
  const dsl::Program& program_;
  dsl::Run run_;
  std::optional<TopicTargets> topics_; // none: rows alone
  std::optional<MessageParts> messages_;
  std::optional<DeadLetterTopics> table_dead_letters_; // none: messages alone
  std::vector<std::optional<RowPart>> rows_;           // by Program::tables
  std::optional<dsl::Evaluator> evaluator_;
  std::vector<dsl::Header> headers_;
  std::vector<Metric> rule_metrics_; // by Router::rules
  std::vector<std::uint64_t> matched_;
  std::vector<dsl::Index> touched_;
  std::vector<mr_ruleset_item> items_;
  std::vector<mr_rules_file> files_;
  std::vector<mr_rules_step> steps_;
  std::optional<Places> places_;
};

} // namespace
} // namespace millrace::router_rules

MILLRACE_MODULE("router_rules", "1.0.0",
                millrace::router_plugin<millrace::router_rules::Rules>(
                    "rules", "Routes events by the rule language to topics, and makes rows of tables of them."));
