#include "plugins/source_generate/model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace millrace::source_generate {
namespace {

// SplitMix64: a good hash of a counter, so that every event stands alone.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31U);
}

// Draws for one event, in a fixed order.
class Draw {
 public:
  Draw(std::uint64_t seed, std::uint64_t n) : state_(mix(seed) ^ mix(n + 0x5851F42D4C957F2DULL)) {}
  std::uint64_t bits() { return state_ = mix(state_); }
  double unit() { return static_cast<double>(bits() >> 11U) * 0x1.0p-53; }
  std::uint64_t below(std::uint64_t limit) { return bits() % limit; }
  bool chance(double p) { return unit() < p; }
  template <class Table>
  std::string_view pick(const Table& table) {
    return table[below(table.size())];
  }

 private:
  std::uint64_t state_;
};

constexpr std::array<std::string_view, 12> kCountries{"US", "DE", "IN", "BR", "ID", "FR",
                                                      "PL", "JP", "MX", "TR", "CA", "NG"};
constexpr std::array<std::string_view, 8> kModels{"Pixel 8",    "SM-G991B", "SM-A525F", "Redmi Note 12",
                                                  "moto g(60)", "CPH2251",  "V2111",    "Nokia X20"};
constexpr std::array<std::string_view, 6> kApps{"maps", "shop", "chat", "news", "photo", "wallet"};
constexpr std::array<std::string_view, 7> kVersions{"7.12.0", "7.11.2", "7.10.0", "7.9.3", "7.9.1", "7.8.0", "6.30.4"};
constexpr std::array<std::string_view, 4> kNetworks{"neta", "netb", "netc", "netd"};
constexpr std::array<std::string_view, 4> kSlots{"home_top", "home_feed", "article_end", "search_side"};
constexpr std::array<std::string_view, 4> kCurrencies{"EUR", "USD", "PLN", "JPY"};
constexpr std::array<std::string_view, 5> kSignatures{"NullPointerException in MainActivity", "SIGSEGV in libads",
                                                      "ANR: splash", "OutOfMemory in decoder", "SIGPIPE in libads"};

enum class Type { heartbeat, ad_impression, ad_click, purchase, crash, refund };

// Heavy-tailed: the first kind is most of the stream, the last one in a thousand.
Type type_of(double unit) {
  if (unit < 0.70) {
    return Type::heartbeat;
  }
  if (unit < 0.92) {
    return Type::ad_impression;
  }
  if (unit < 0.96) {
    return Type::ad_click;
  }
  if (unit < 0.985) {
    return Type::purchase;
  }
  return unit < 0.999 ? Type::crash : Type::refund;
}

std::string_view name_of(Type type) {
  switch (type) {
    case Type::heartbeat:
      return "heartbeat";
    case Type::ad_impression:
      return "ad_impression";
    case Type::ad_click:
      return "ad_click";
    case Type::purchase:
      return "purchase";
    case Type::crash:
      return "crash";
    case Type::refund:
      return "refund";
  }
  return "";
}

// A device by rank: a tenth of them send about half of all events.
std::uint64_t device_of(const Model& model, double unit) {
  return static_cast<std::uint64_t>(std::pow(unit, 3.3) * static_cast<double>(model.devices));
}

void append(std::string& out, const char* format, auto... values) {
  std::array<char, 128> text{};
  const int size = std::snprintf(text.data(), text.size(), format, values...);
  out.append(text.data(), static_cast<std::size_t>(size));
}

void append_uuid(std::string& out, std::uint64_t high, std::uint64_t low) {
  high = (high & ~0xF000ULL) | 0x4000ULL;                            // version 4
  low = (low & 0x3FFF'FFFF'FFFF'FFFFULL) | 0x8000'0000'0000'0000ULL; // variant
  append(out, "%08llx-%04llx-%04llx-%04llx-%012llx", static_cast<unsigned long long>(high >> 32U),
         static_cast<unsigned long long>((high >> 16U) & 0xFFFFU), static_cast<unsigned long long>(high & 0xFFFFU),
         static_cast<unsigned long long>(low >> 48U), static_cast<unsigned long long>(low & 0xFFFF'FFFF'FFFFULL));
}

void quoted(std::string& out, std::string_view name, std::string_view value) {
  out += '"';
  out += name;
  out += "\":\"";
  out += value;
  out += '"';
}

void append_body(Type type, Draw& draw, std::string& out) {
  switch (type) {
    case Type::heartbeat:
      append(out, ",\"battery\":%.1f", draw.unit() * 100);
      return;
    case Type::purchase:
    case Type::refund: {
      out += ",\"purchase\":{\"order_id\":\"";
      const std::uint64_t high = draw.bits();
      append_uuid(out, high, draw.bits());
      append(out, "\",\"amount\":%llu.%02llu,",
             static_cast<unsigned long long>(draw.below(draw.chance(0.02) ? 2000 : 60)),
             static_cast<unsigned long long>(draw.below(100)));
      quoted(out, "currency", draw.pick(kCurrencies));
      append(out, ",\"items\":[{\"sku\":\"A-%llu\",\"count\":%llu}]}",
             static_cast<unsigned long long>(draw.below(5000)), static_cast<unsigned long long>(1 + draw.below(4)));
      return;
    }
    case Type::crash:
      out += ",\"crash\":{";
      quoted(out, "signature", draw.pick(kSignatures));
      out += draw.chance(0.3) ? ",\"fatal\":true" : ",\"fatal\":false";
      if (draw.chance(0.5)) {
        append(out, ",\"message\":\"at frame %llu: allocation of %llu bytes\"",
               static_cast<unsigned long long>(draw.below(64)), static_cast<unsigned long long>(draw.below(1U << 24U)));
      }
      out += '}';
      return;
    case Type::ad_impression:
    case Type::ad_click:
      append(out, ",\"ad\":{\"campaign\":\"c%llu\",", static_cast<unsigned long long>(draw.below(400)));
      quoted(out, "network", draw.pick(kNetworks));
      out += ',';
      quoted(out, "slot", draw.pick(kSlots));
      append(out, ",\"bid_micros\":%llu", static_cast<unsigned long long>(1 + draw.below(4'000'000)));
      if (draw.chance(0.8)) {
        append(out, ",\"revenue_micros\":%llu", static_cast<unsigned long long>(draw.below(3'000'000)));
      }
      out += '}';
      return;
  }
}

} // namespace

std::int64_t arrival_us(const Model& model, std::uint64_t n) {
  return model.start_us + static_cast<std::int64_t>(n) * model.step_us;
}

std::uint64_t original_of(const Model& model, std::uint64_t n) {
  Draw draw(model.seed ^ 0xD0B1E5ULL, n);
  if (n == 0 || !draw.chance(model.duplicates)) {
    return n;
  }
  const std::uint64_t back = 1 + draw.below(std::min<std::uint64_t>(n, 10'000));
  return original_of(model, n - back);
}

void append_device_id(const Model& model, std::uint64_t n, std::string& out) {
  Draw draw(model.seed, original_of(model, n));
  append(out, "d-%llu", static_cast<unsigned long long>(device_of(model, draw.unit())));
}

void append_event(const Model& model, std::uint64_t n, std::string& out) {
  const std::uint64_t number = original_of(model, n);
  Draw draw(model.seed, number);
  const std::uint64_t device = device_of(model, draw.unit());
  const Type type = type_of(draw.unit());
  Draw of_device(model.seed ^ 0xDE71CEULL, device); // what a device is does not change from event to event

  out += "{\"id\":\"";
  append_uuid(out, draw.bits(), number ^ (model.seed << 40U));
  out += "\",";
  quoted(out, "type", name_of(type));
  std::int64_t ms = arrival_us(model, number) / 1000 - static_cast<std::int64_t>(draw.below(2000));
  if (draw.chance(model.late)) {
    ms -= static_cast<std::int64_t>(draw.below(3ULL * 86'400'000));
  }
  append(out, ",\"ts\":%lld,\"device\":{\"id\":\"d-%llu\",", static_cast<long long>(ms),
         static_cast<unsigned long long>(device));
  quoted(out, "os", of_device.chance(0.97) ? "android" : "ios");
  out += ',';
  quoted(out, "model", of_device.pick(kModels));
  out += "},\"app\":{";
  quoted(out, "id", draw.pick(kApps));
  out += ',';
  quoted(out, "version", of_device.pick(kVersions));
  out += '}';
  if (of_device.chance(0.95)) {
    out += ',';
    quoted(out, "country", of_device.pick(kCountries));
  }
  append(out, ",\"ip\":\"%llu.%llu.%llu.%llu\"", static_cast<unsigned long long>(1 + of_device.below(222)),
         static_cast<unsigned long long>(of_device.below(256)), static_cast<unsigned long long>(of_device.below(256)),
         static_cast<unsigned long long>(1 + of_device.below(254)));
  if (of_device.chance(0.001)) {
    out += ",\"test\":true";
  }
  append_body(type, draw, out);
  out += '}';
}

} // namespace millrace::source_generate
