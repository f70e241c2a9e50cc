// The topic that a `to` names: declared as it is written, or a name that is filled in and can become only so many.
#pragma once

#include <string>
#include <vector>

#include "dsl/check/expressions.hpp"
#include "dsl/syntax/text.hpp"

namespace millrace::dsl::check {

class TopicNames {
 public:
  TopicNames(Context& context, const EventInfo& event, const ast::File& tree, Expressions& expressions)
      : context_(context), event_(event), tree_(tree), expressions_(expressions) {}

  /// Fills topic, name, names, and what limits them; what is wrong is reported.
  void lower(const ast::To& to, const Facts& known, Target& target);

 private:
  /// An interpolated name, part by part.
  struct Filled {
    std::vector<Index> nodes;
    std::vector<std::string> names = {""}; // all that it can become; as far as they can be told
    std::string family;                    // with `*` for each hole
    const ast::Text* text = nullptr;
    Span open;              // the first hole that can be anything
    std::string open_label; // why
    bool enumerable = true;
    bool bad = false;
  };

  void fixed(const ast::To& to, Target& target);
  void interpolated(const ast::To& to, const Facts& known, Target& target);
  Filled fill(const ast::Text& name, const std::vector<TextPart>& parts, const Facts& known);
  /// The texts that a hole can become; none if that is not known.
  std::vector<std::string> hole(Filled& filled, const Hole& hole, const Facts& known);
  void listed(const ast::To& to, const Filled& filled, Target& target);
  void capped(const ast::To& to, const Filled& filled, Target& target);
  void enumerated(const ast::To& to, const Filled& filled, Target& target);
  void refuse_open(const Filled& filled);
  bool is_topic_name(const std::string& name, Span span);
  const TopicInfo* family_of(const std::vector<std::string>& names) const;
  void choose_declared(const Filled& filled, const std::vector<std::string>& names, Span span, Target& target);
  void check_event(std::string_view name, Span span, const TopicInfo& topic);

  Context& context_;
  const EventInfo& event_;
  const ast::File& tree_;
  Expressions& expressions_;
};

} // namespace millrace::dsl::check
