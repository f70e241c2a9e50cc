#include "dsl/syntax/former_pieces.hpp"

#include <algorithm>
#include <boost/pfr.hpp>
#include <functional>
#include <type_traits>

namespace millrace::dsl {
namespace {

template <typename T, template <typename...> typename Template>
constexpr bool is_a = false;
template <template <typename...> typename Template, typename... Arguments>
constexpr bool is_a<Template<Arguments...>, Template> = true;

/// Makes a copied node one of another file at another place: member by member, whatever the node.
class Mover {
 public:
  Mover(const ast::File& from, std::string_view from_text, Span from_span, ast::File& to, std::string_view to_text,
        Span to_span)
      : from_(from),
        from_text_(from_text),
        from_span_(from_span),
        to_(to),
        to_text_(to_text),
        shift_(to_span.begin - from_span.begin) {}

  template <typename T>
  void move(T& part) {
    if constexpr (std::is_same_v<T, Span>) {
      part = {to_.id, part.begin + shift_, part.end + shift_}; // modulo 2^32, so that it goes backwards too
    } else if constexpr (std::is_same_v<T, std::string_view>) {
      move_text(part);
    } else if constexpr (std::is_same_v<T, ast::ExprId>) {
      move_expression(part);
    } else if constexpr (is_a<T, std::vector>) {
      std::for_each(part.begin(), part.end(), [this](auto& item) { move(item); });
    } else if constexpr (is_a<T, std::optional>) {
      part ? move(*part) : void();
    } else if constexpr (is_a<T, std::variant>) {
      std::visit([this](auto& alternative) { move(alternative); }, part);
    } else if constexpr (is_a<T, std::shared_ptr>) {
      move_shared(part);
    } else if constexpr (std::is_class_v<T>) {
      boost::pfr::for_each_field(part, [this](auto& member) { move(member); });
    } else {
      static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>, "a node holds something that cannot be moved");
    }
  }

 private:
  void move_text(std::string_view& text) {
    const std::less_equal<> before;
    if (before(from_text_.data(), text.data()) &&
        before(text.data() + text.size(), from_text_.data() + from_text_.size())) {
      const auto at = static_cast<std::size_t>(text.data() - from_text_.data());
      text = to_text_.substr(static_cast<std::uint32_t>(at) + shift_, text.size());
    } else {
      text = to_.decoded.emplace_back(text);
    }
  }

  void move_expression(ast::ExprId& id) {
    if (id.index >= from_.exprs.size()) {
      return;
    }
    const ast::Expr& former = from_.exprs[id.index];
    if (former.span.begin < from_span_.begin || former.span.end > from_span_.end) {
      return; // a number that stands for none
    }
    ast::Expr copy = former;
    move(copy.span);
    move(copy.node); // operands come first, as the grammar has them
    id.index = static_cast<std::uint32_t>(to_.exprs.size());
    to_.exprs.push_back(std::move(copy));
  }

  void move_shared(std::shared_ptr<const ast::Type>& type) {
    if (type != nullptr) {
      auto copy = std::make_shared<ast::Type>(*type);
      move(*copy);
      type = std::move(copy);
    }
  }

  const ast::File& from_;
  std::string_view from_text_;
  Span from_span_;
  ast::File& to_;
  std::string_view to_text_;
  std::uint32_t shift_;
};

bool has_finding(Span piece, std::span<const Span> findings) {
  return std::any_of(findings.begin(), findings.end(),
                     [&](Span found) { return found.begin <= piece.end && found.end >= piece.begin; });
}

} // namespace

FormerPieces::FormerPieces(const ast::File& file, std::string_view text, std::span<const Span> findings)
    : file_(file), text_(text) {
  for (const ast::Item& item : file.items) {
    if (const auto* router = std::get_if<ast::Router>(&item.node)) {
      add(router->rules, findings);
    } else if (const auto* fragment = std::get_if<ast::Fragment>(&item.node)) {
      add(fragment->rules, findings);
    } else if (!has_finding(item.span, findings)) {
      items_.emplace(text.substr(item.span.begin, item.span.size()), &item);
    }
  }
}

void FormerPieces::add(const std::vector<ast::Rule>& rules, std::span<const Span> findings) {
  for (const ast::Rule& rule : rules) {
    if (rule.kind == ast::RuleKind::group) {
      add(rule.rules, findings);
    } else if (!has_finding(rule.span, findings)) {
      rules_.emplace(text_.substr(rule.span.begin, rule.span.size()), &rule);
    }
  }
}

bool FormerPieces::copy(std::string_view text, Span at, ast::File& to, ast::ItemNode& node) {
  const auto found = items_.find(text.substr(at.begin, at.size()));
  if (found == items_.end()) {
    return false;
  }
  node = found->second->node;
  Mover(file_, text_, found->second->span, to, text, at).move(node);
  ++copied_;
  return true;
}

bool FormerPieces::copy(std::string_view text, Span at, ast::File& to, ast::Rule& node) {
  const auto found = rules_.find(text.substr(at.begin, at.size()));
  if (found == rules_.end()) {
    return false;
  }
  node = *found->second;
  Mover(file_, text_, found->second->span, to, text, at).move(node);
  ++copied_;
  return true;
}

} // namespace millrace::dsl
