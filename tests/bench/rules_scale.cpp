// What an event costs with 10 to 100,000 rules, on five mixes of rules and on one that is made to be hard: all of its
// rules share one value and each looks for a text of its own. Half of the events match a rule, however many there are.
// Whole events, from bytes to messages, on one core.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "dsl/compile.hpp"
#include "dsl/evaluate.hpp"
#include "dsl/index/rule_index.hpp"
#include "tests/bench/turns.hpp"

namespace millrace::dsl {
namespace {

using Random = std::mt19937_64;

constexpr std::array<std::size_t, 5> kSizes{10, 100, 1'000, 10'000, 100'000};
constexpr std::size_t kEvents = 4'000;
constexpr std::size_t kBatch = 250;
constexpr int kRounds = 15;

struct Fields {
  std::string type = "t0";
  std::string country = "C0";
  std::string app = "app-none";
  std::string device = "nobody";
  std::string path = "/none";
  std::int64_t load = -1;
  std::string message = "all is well";
};

/// Rule number i of a mix, and fields of an event that it matches.
struct Mix {
  const char* name;
  double most; // times the time of ten rules that 10,000 may take
  std::string (*condition)(std::size_t i);
  void (*fields)(std::size_t i, Fields& fields);
};

std::string quoted(const std::string& text) { return "\"" + text + "\""; }
std::string number(const char* head, std::size_t i) { return head + std::to_string(i); }
std::string path_of(std::size_t i) { return number("/shop/", i % 97) + number("/item-", i) + "/"; }
std::string word_of(std::size_t i) { return number("error-", i * 7'919 % 1'000'003) + ":"; }

constexpr std::array<Mix, 6> kMixes{{
    {"enumerations", 1.3,
     [](std::size_t i) {
       return number(R"(type == "t)", i % 20) + number(R"(" and country == "C)", i / 20 % 50) +
              number(R"(" and app == "app-)", i / 1'000) + "\"";
     },
     [](std::size_t i, Fields& f) {
       f.type = number("t", i % 20);
       f.country = number("C", i / 20 % 50);
       f.app = number("app-", i / 1'000);
     }},
    {"ids", 1.3, [](std::size_t i) { return "device == " + quoted(number("d-", i * 37)); },
     [](std::size_t i, Fields& f) { f.device = number("d-", i * 37); }},
    {"prefixes", 1.3, [](std::size_t i) { return "path starts with " + quoted(path_of(i)); },
     [](std::size_t i, Fields& f) { f.path = path_of(i) + "details/reviews?page=2"; }},
    {"ranges", 1.3, [](std::size_t i) { return number("load >= ", i * 10) + number(" and load < ", i * 10 + 10); },
     [](std::size_t i, Fields& f) { f.load = static_cast<std::int64_t>(i * 10 + 3); }},
    {"regexes", 1.3,
     [](std::size_t i) {
       return i % 10 == 0 ? number("path matches /^\\/shop\\/[0-9]+\\/item-", i) + "\\/[a-z]*/"
                          : "device == " + quoted(number("d-", i));
     },
     [](std::size_t i, Fields& f) {
       f.path = i % 10 == 0 ? path_of(i) + "details" : f.path;
       f.device = i % 10 == 0 ? f.device : number("d-", i);
     }},
    {"adversarial", 3, [](std::size_t i) { return R"(type == "t1" and message contains )" + quoted(word_of(i)); },
     [](std::size_t i, Fields& f) {
       f.type = "t1";
       f.message = "decoder: " + word_of(i) + " while reading frame 17";
     }},
}};

std::string rules_of(const Mix& mix, std::size_t count) {
  std::string types = R"("t0")";
  for (std::size_t i = 1; i < 20; ++i) {
    types += ", " + quoted(number("t", i));
  }
  std::string text = "edition 1\nevent e {\n  type: one of " + types + R"( or other
  country: string  app: string  device: string  path: string  load: int  message: string
}
topic "t" { event e }
topic "other" { event e }
topic "dlq" { }
router r for e {
  match first
  dead_letter "dlq"
)";
  for (std::size_t i = 0; i < count; ++i) {
    text += number("  route r", i) + " when " + mix.condition(i) + " to topic \"t\" { key device }\n";
  }
  return text + "  otherwise to topic \"other\"\n}\n";
}

std::string event_of(const Mix& mix, std::size_t count, Random& random) {
  Fields fields;
  if (random() % 2 == 0) {
    mix.fields(random() % count, fields);
  }
  std::array<char, 768> text{};
  std::snprintf(text.data(), text.size(),
                R"({"id":"7b0c2f7e-92f1-4d0a-9d53-0d8b1c1f%04x","type":"%s","ts":1718000000000,"country":"%s",)"
                R"("app":"%s","device":"%s","model":"Pixel 7 Pro","locale":"de_DE","path":"%s","load":%lld,)"
                R"("message":"%s","session":"s-%08x","net":"wifi","build":48211,"battery":71.5,"test":false})",
                static_cast<unsigned>(random() % 65'536), fields.type.c_str(), fields.country.c_str(),
                fields.app.c_str(), fields.device.c_str(), fields.path.c_str(), static_cast<long long>(fields.load),
                fields.message.c_str(), static_cast<unsigned>(random()));
  return text.data();
}

/// One ruleset with its events.
class Subject {
 public:
  Subject(const Mix& mix, std::size_t count) {
    const std::string rules = rules_of(mix, count);
    compilation_ = compile("bench.rules", [&](std::string_view) { return std::optional(rules); });
    if (!compilation_.ruleset) {
      std::fputs(compilation_.text().c_str(), stderr);
      return;
    }
    const Program& program = compilation_.ruleset->program;
    evaluator_.emplace(program, *find_run(program, "r"));
    bytes_ = static_cast<double>(program.routers.front().index->bytes()) / static_cast<double>(count);
    Random random(count);
    for (std::size_t i = 0; i < kEvents; ++i) {
      events_.push_back(event_of(mix, count, random));
    }
  }

  bool good() const { return evaluator_.has_value(); }
  double bytes_per_rule() const { return bytes_; }
  std::size_t matched() const { return matched_; }

  /// Seconds for one event.
  double run() {
    matched_ = 0;
    return bench::seconds_of([&] {
             for (std::size_t i = 0; i < events_.size(); ++i) {
               matched_ += evaluator_->evaluate(events_[i], {}).by_otherwise ? 0 : 1;
               if (i % kBatch == kBatch - 1) {
                 evaluator_->reset();
               }
             }
           }) /
           static_cast<double>(events_.size());
  }

 private:
  Compilation compilation_;
  std::optional<Evaluator> evaluator_;
  std::vector<std::string> events_;
  double bytes_ = 0;
  std::size_t matched_ = 0;
};

bool measure(const Mix& mix, int rounds, std::size_t largest) {
  std::vector<Subject> subjects;
  for (const std::size_t size : kSizes) {
    if (size > largest) {
      break;
    }
    subjects.emplace_back(mix, size);
    if (!subjects.back().good()) {
      return false;
    }
  }
  std::vector<std::vector<double>> times(subjects.size());
  std::vector<std::vector<double>> ratios(subjects.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      times[i].push_back(subjects[i].run());
      ratios[i].push_back(times[i].back() / times[0].back());
    }
  }
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    if (subjects[i].matched() < kEvents / 3) {
      std::fprintf(stderr, "bench rules_scale: only %zu of %zu events matched a rule of '%s'\n", subjects[i].matched(),
                   kEvents, mix.name);
      return false;
    }
    std::printf("bench rules_scale_%s_%zu value=%.0f unit=events/s reference=%.0f ratio=%.2f bytes_per_rule=%.0f\n",
                mix.name, kSizes[i], 1 / bench::median(times[i]), 1 / bench::median(times[0]), bench::median(ratios[i]),
                subjects[i].bytes_per_rule());
  }
  return true;
}

} // namespace
} // namespace millrace::dsl

// `bench_rules_scale [MIX [ROUNDS [LARGEST]]]`
int main(int count, char** arguments) {
  const int rounds = count > 2 ? std::atoi(arguments[2]) : millrace::dsl::kRounds;
  const std::size_t largest = count > 3 ? std::strtoul(arguments[3], nullptr, 10) : 100'000;
  bool good = true;
  for (const millrace::dsl::Mix& mix : millrace::dsl::kMixes) {
    if (count < 2 || std::string_view(arguments[1]) == mix.name) {
      good = millrace::dsl::measure(mix, rounds, largest) && good;
    }
  }
  return good ? 0 : 1;
}
