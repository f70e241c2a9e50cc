// Collecting diagnostics: each finding once, errors up to a limit.
#include "dsl/diagnostic.hpp"

#include <algorithm>
#include <tuple>

namespace millrace::dsl {

Diagnostic& Diagnostics::add(Code code, Span span, std::string headline, std::string label) {
  const bool repeated = !seen_.emplace(span.file, span.begin, span.end, code, headline).second;
  const bool is_error = severity_of(code) == Severity::error;
  errors_ += is_error && !repeated ? 1 : 0;
  Diagnostic diagnostic{code, std::move(headline), {span, std::move(label)}, {}, {}, {}};
  if (repeated || all_.size() >= 4 * kMaxErrors || (is_error && errors_ > kMaxErrors)) {
    return dropped_ = std::move(diagnostic);
  }
  return all_.emplace_back(std::move(diagnostic));
}

void Diagnostics::add(const Diagnostic& diagnostic) {
  Diagnostic& added = add(diagnostic.code, diagnostic.primary.span, diagnostic.headline, diagnostic.primary.text);
  added.secondary = diagnostic.secondary;
  added.helps = diagnostic.helps;
  added.notes = diagnostic.notes;
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> in_order = all_;
  const auto place = [](const Diagnostic& diagnostic) {
    const Span span = diagnostic.primary.span;
    return std::tuple(span.file, span.begin, span.end, diagnostic.code);
  };
  std::stable_sort(in_order.begin(), in_order.end(),
                   [&](const Diagnostic& a, const Diagnostic& b) { return place(a) < place(b); });
  return in_order;
}

} // namespace millrace::dsl
