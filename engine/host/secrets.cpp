#include "engine/host/secrets.hpp"

#include <algorithm>

namespace millrace::host {
namespace {

constexpr std::size_t kShortest = 6;
constexpr std::string_view kMask = "***";

} // namespace

Secrets Secrets::of(const mr_value& config, std::span<const mr_field> fields) {
  Secrets out;
  for (std::size_t i = 0; i < fields.size() && i < config.item_count; ++i) {
    out.take(config.items[i], fields[i], false);
  }
  std::sort(out.texts_.begin(), out.texts_.end(), [](const std::string& left, const std::string& right) {
    return left.size() != right.size() ? left.size() > right.size() : left < right;
  });
  out.texts_.erase(std::unique(out.texts_.begin(), out.texts_.end()), out.texts_.end());
  return out;
}

void Secrets::take(const mr_value& value, const mr_field& field, bool secret) {
  secret = secret || (field.flags & MR_SECRET) != 0;
  if ((value.flags & MR_LIST) != 0) {
    for (const mr_value& item : std::span(value.items, value.item_count)) {
      take(item, field, secret);
    }
    return;
  }
  for (std::size_t i = 0; i < field.field_count && i < value.item_count; ++i) {
    take(value.items[i], field.fields[i], secret);
  }
  if (!secret) {
    return;
  }
  if (value.type == MR_STRING) {
    take_text({value.text.data, value.text.size});
  }
  for (const mr_pair& pair : std::span(value.pairs, value.pair_count)) {
    take_text({pair.value.data, pair.value.size});
  }
}

void Secrets::take_text(std::string_view text) {
  if (text.size() >= kShortest) {
    texts_.emplace_back(text);
  }
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) {
    return;
  }
  take_text(text.substr(0, end));
  take_text(text.substr(end + 1));
}

std::string Secrets::masked(std::string_view text) const {
  std::string out(text);
  for (const std::string& secret : texts_) {
    for (std::size_t at = out.find(secret); at != std::string::npos; at = out.find(secret, at + kMask.size())) {
      out.replace(at, secret.size(), kMask);
    }
  }
  return out;
}

} // namespace millrace::host
