// What `check` of a configuration has found, told in the form that was asked for: as text while it goes on, else as one
// document at the end.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "dsl/diagnostic.hpp"
#include "dsl/diagnostic/sarif.hpp"
#include "engine/cli/command.hpp"
#include "engine/cli/rehearsal.hpp"
#include "engine/cli/rules.hpp"

namespace millrace::cli {

// One that was asked about its outside system. Both live longer.
struct Asked {
  const Rehearsal& rehearsal;
  const config::Instance& instance;

  std::string who() const; // "sink.kafka of pipeline 'ingest'"
};

class CheckReport {
 public:
  using Format = RulesCheck::Format;

  CheckReport(Format format, const Console& console) : format_(format), console_(console) {}

  // What the instances and the rules have against the pipeline. Before all that is said of it; it is kept until end().
  ExitCode begin(const Rehearsal& rehearsal);
  // That they have nothing against it.
  void fits(const Rehearsal& rehearsal);
  // At the line of the rules that it is about, where the router knows it.
  void finding(const Asked& asked, const Finding& finding);
  // The outside system cannot be reached, so that it was not asked of these targets.
  void left_out(const Asked& asked, const std::vector<std::string>& targets, const std::string& why);
  // It cannot answer for another reason.
  void failed(const Asked& asked, const std::string& why);
  // That there is nothing to be told, for people.
  void nothing(const Asked& asked, const std::string& text);
  void end();

  const Console& console() const { return console_; }

 private:
  struct Pipeline {
    const Rehearsal* rehearsal;
    std::vector<std::string> diagnostics; // JSON objects
    std::vector<std::string> left_out;
  };

  Pipeline& of(const Rehearsal& rehearsal);
  void in_rules(const Asked& asked, const Finding& finding, const Place& place);
  void in_rules(const Rehearsal& rehearsal, const host::Diagnostic& found);
  void in_configuration(const Rehearsal& rehearsal, const config::Place& place, std::uint32_t severity,
                        const std::string& text);
  dsl::Span span_of(const Place& place);

  Format format_;
  const Console& console_;
  std::deque<Pipeline> pipelines_;
  dsl::Sarif sarif_;
  dsl::SourceMap sources_; // rules files that something was found in
  std::map<std::string, dsl::FileId> files_;
};

} // namespace millrace::cli
