// Rules as they are written are compared with their neighbours, word by word, names and white space aside. What one
// rule would be instead is in one_rule.cpp.
#include "dsl/check/runs.hpp"

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>

#include "dsl/check/one_rule.hpp"
#include "dsl/syntax/lexer.hpp"

namespace millrace::dsl::check {
namespace {

/// Fewer are read at a glance, and may well be wanted as they are: each has a name of its own in metrics and tests. It
/// is also the number from which the index joins rules that only differ in a text.
constexpr std::size_t kFewest = 8;

struct Difference {
  std::size_t choice = 0;          // which of the conditions that are joined by `and`
  std::optional<std::size_t> slot; // which text of the body; none: the bodies are the same
};

class Finder {
 public:
  Finder(Context& context, const RuleList& place) : context_(context), place_(place), tree_(*place.tree) {}

  void run(const std::vector<ast::Rule>& rules) {
    start(0);
    for (std::size_t i = 1; i < rules.size(); ++i) {
      const auto found = difference(rules[i - 1], rules[i]);
      if (!found) {
        close(rules, i);
        start(i);
      } else if (!joins(rules, i, *found)) {
        const bool told = close(rules, i);
        start(told ? i : i - 1);
        if (!told && !joins(rules, i, *found)) {
          start(i);
        }
      }
    }
    close(rules, rules.size());
    for (const ast::Rule& rule : rules) {
      if (rule.kind == ast::RuleKind::group) {
        Finder(context_, place_).run(rule.rules);
      }
    }
  }

 private:
  void start(std::size_t first) {
    first_ = first;
    choice_.reset();
    slot_.reset();
    values_.clear();
  }

  bool joins(const std::vector<ast::Rule>& rules, std::size_t i, const Difference& found) {
    if (!choice_) {
      choice_ = found.choice;
      if (!add_values(rules[i - 1])) {
        return false;
      }
    }
    if (*choice_ != found.choice || (slot_ && found.slot && *slot_ != *found.slot) || !add_values(rules[i])) {
      return false;
    }
    slot_ = slot_ ? slot_ : found.slot;
    return true;
  }

  /// A value that an earlier rule asks for already begins a run of its own.
  bool add_values(const ast::Rule& rule) {
    const auto choice = choice_of(tree_, conjuncts(tree_, rule)[*choice_]);
    return std::all_of(choice->values.begin(), choice->values.end(), [&](ast::ExprId value) {
      const auto& literal = std::get<ast::Literal>(tree_[value].node);
      return values_.insert(literal.kind == ast::LiteralKind::text ? literal.text.text : literal.token).second;
    });
  }

  /// Whether there was something to say.
  bool close(const std::vector<ast::Rule>& rules, std::size_t end) {
    if (!choice_ || end - first_ < kFewest) {
      return false;
    }
    report_run(context_, place_, {std::span(rules).subspan(first_, end - first_), *choice_, slot_});
    return true;
  }

  /// In what two rules differ, if it is no more than one value of a condition and one text of what is done.
  std::optional<Difference> difference(const ast::Rule& a, const ast::Rule& b) const {
    if (a.kind != b.kind || a.kind == ast::RuleKind::group || a.kind == ast::RuleKind::include) {
      return std::nullopt;
    }
    const auto left = conjuncts(tree_, a);
    const auto right = conjuncts(tree_, b);
    std::optional<std::size_t> choice;
    for (std::size_t i = 0; i < left.size(); ++i) {
      if (left.size() != right.size()) {
        return std::nullopt;
      }
      if (same(tree_[left[i]].span, tree_[right[i]].span)) {
        continue;
      }
      const auto one = choice_of(tree_, left[i]);
      const auto other = choice_of(tree_, right[i]);
      if (choice || !one || !other || !same(tree_[one->subject].span, tree_[other->subject].span)) {
        return std::nullopt;
      }
      choice = i;
    }
    if (!choice || samples(a) || samples(b)) {
      return std::nullopt;
    }
    Difference found{*choice, std::nullopt};
    if (a.kind == ast::RuleKind::drop) {
      return found;
    }
    const auto texts = different_texts(a.body.span, b.body.span);
    if (!texts || texts->size() > 1) {
      return std::nullopt;
    }
    if (!texts->empty()) {
      const std::vector<Slot> slots = slots_of(tree_, a);
      const auto slot =
          std::find_if(slots.begin(), slots.end(), [&](const Slot& each) { return each.span == texts->front(); });
      if (slot == slots.end()) {
        return std::nullopt;
      }
      found.slot = static_cast<std::size_t>(slot - slots.begin());
    }
    return found;
  }

  /// A sample goes by the name of its rule.
  bool samples(const ast::Rule& rule) const {
    return context_.sources.text(rule.span).find("sampled") != std::string_view::npos;
  }

  bool same(Span a, Span b) const {
    if (context_.sources.text(a) == context_.sources.text(b)) {
      return true;
    }
    const auto texts = different_texts(a, b);
    return texts && texts->empty();
  }

  /// The text literals of `a` that are others in `b`; nothing if anything else is.
  std::optional<std::vector<Span>> different_texts(Span a, Span b) const {
    std::vector<Span> found;
    const std::string_view left = context_.sources.text(a);
    const std::string_view right = context_.sources.text(b);
    if (left == right) {
      return found;
    }
    const auto next = [](const char*& at, const char* last) {
      at = skip_blank(at, last);
      const Lexeme lexeme = read_lexeme(at, last, false);
      at += lexeme.text.size();
      return lexeme;
    };
    const char* l = left.data();
    const char* r = right.data();
    while (true) {
      const Lexeme one = next(l, left.data() + left.size());
      const Lexeme other = next(r, right.data() + right.size());
      if (one.kind == TokenKind::end || other.kind == TokenKind::end) {
        return one.kind == other.kind ? std::optional(found) : std::nullopt;
      }
      if (one.text == other.text) {
        continue;
      }
      if (one.kind != TokenKind::text || other.kind != TokenKind::text || found.size() == 2) {
        return std::nullopt;
      }
      const auto begin = a.begin + static_cast<std::uint32_t>(one.text.data() - left.data());
      found.push_back({a.file, begin, begin + static_cast<std::uint32_t>(one.text.size())});
    }
  }

  Context& context_;
  const RuleList& place_;
  const ast::File& tree_;
  std::size_t first_ = 0;
  std::optional<std::size_t> choice_;
  std::optional<std::size_t> slot_;
  boost::unordered_flat_set<std::string_view> values_;
};

} // namespace

void warn_of_runs(Context& context) {
  for (const ast::File& tree : context.files) {
    for (const ast::Item& item : tree.items) {
      if (const auto* router = std::get_if<ast::Router>(&item.node)) {
        const RuleList place{&tree, item.span, router->event.text};
        Finder(context, place).run(router->rules);
      } else if (const auto* fragment = std::get_if<ast::Fragment>(&item.node)) {
        const RuleList place{&tree, item.span, fragment->event.text};
        Finder(context, place).run(fragment->rules);
      }
    }
  }
}

} // namespace millrace::dsl::check
