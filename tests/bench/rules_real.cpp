// Real Wikipedia edits under ten thousand rules of the kinds that are in use: 4,499 of one page, 3,000 of one user,
// 1,500 conjunctions of channel, robot and namespace or user, 501 prefixes and 500 ranges; every rule that matches
// counts. Whole events, from bytes to messages, everything checked, on one core; beside the first ten of the same
// rules.
#include <cstdio>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "dsl/compile.hpp"
#include "dsl/evaluate.hpp"
#include "tests/bench/edits.hpp"
#include "tests/bench/turns.hpp"

namespace millrace::dsl {
namespace {

constexpr int kRounds = 15;
constexpr std::size_t kBatch = 250;

/// What stands behind `"name":` in a line whose members are known to be plain.
std::string member(const std::string& line, const std::string& name) {
  const std::size_t at = line.find("\"" + name + "\":") + name.size() + 3;
  if (line[at] != '"') {
    return line.substr(at, line.find_first_of(",}", at) - at);
  }
  std::size_t end = at + 1;
  while (line[end] != '"') {
    end += line[end] == '\\' ? 2 : 1;
  }
  return line.substr(at, end - at + 1);
}

constexpr const char* kHead = R"(edition 1
event edit {
  channel: string  page: string  user: string  namespace: string  delta: int  added: int  isRobot: bool
}
topic "some" { event edit }
topic "rest" { event edit }
topic "dlq"  { }
router edits for edit {
  match all
  dead_letter "dlq"
)";

/// Conditions in the order of the description. Pages, users and the rest are drawn from the edits, seldom ones first.
std::vector<std::string> conditions(const std::vector<std::string>& lines) {
  std::mt19937_64 random(20'150'912);
  const auto any = [&] { return lines[random() % lines.size()]; };
  const auto usable = [](const std::string& text) { return text.find('\\') == std::string::npos; };
  std::vector<std::string> out;
  std::set<std::string> seen;
  const auto add = [&](const std::string& condition) {
    if (seen.insert(condition).second) {
      out.push_back(condition);
    }
  };
  const auto until = [&](std::size_t count, auto make) {
    for (const std::size_t wanted = out.size() + count; out.size() < wanted;) {
      make();
    }
  };
  until(4'499, [&] {
    const std::string page = member(any(), "page");
    usable(page) ? add("page == " + page) : void();
  });
  until(3'000, [&] {
    const std::string user = member(any(), "user");
    usable(user) ? add("user == " + user) : void();
  });
  until(1'500, [&] {
    const std::string line = any();
    const bool robot = member(line, "isRobot") == "true";
    const std::string head = "channel == " + member(line, "channel") + " and " + (robot ? "" : "not ") + "isRobot and ";
    const bool by_user = random() % 4 != 0;
    const std::string last = member(line, by_user ? "user" : "namespace");
    usable(last) ? add(head + (by_user ? "user == " : "namespace == ") + last) : void();
  });
  until(501, [&] {
    const std::string page = member(any(), "page");
    std::size_t end = std::min<std::size_t>(page.size() - 1, 9);
    while ((static_cast<unsigned char>(page[end]) & 0xC0U) == 0x80U) { // not within a character
      ++end;
    }
    usable(page) && page.size() > 10 ? add("page starts with " + page.substr(0, end) + "\"") : void();
  });
  until(500, [&] {
    const long long from = static_cast<long long>(random() % 4'000) - 1'000;
    add("delta >= " + std::to_string(from) + " and delta < " +
        std::to_string(from + 3 + static_cast<long long>(random() % 5)));
  });
  return out;
}

class Subject {
 public:
  Subject(const std::vector<std::string>& conditions, const std::vector<std::string>& lines) : lines_(lines) {
    std::string rules = kHead;
    for (std::size_t i = 0; i < conditions.size(); ++i) {
      rules += "  route r" + std::to_string(i) + " when " + conditions[i] + " to topic \"some\" { key page }\n";
    }
    rules += "  otherwise to topic \"rest\"\n}\n";
    compilation_ = compile("bench.rules", [&](std::string_view) { return std::optional(rules); });
    if (compilation_.ruleset) {
      evaluator_.emplace(compilation_.ruleset->program, *find_run(compilation_.ruleset->program, "edits"));
    } else {
      std::fputs(compilation_.text().c_str(), stderr);
    }
  }
  bool good() const { return evaluator_.has_value(); }
  double matches() const { return static_cast<double>(matched_) / static_cast<double>(lines_.size()); }

  /// Seconds for one event.
  double run() {
    matched_ = 0;
    return bench::seconds_of([&] {
             for (std::size_t i = 0; i < lines_.size(); ++i) {
               matched_ += evaluator_->evaluate(lines_[i], {}).rules.size();
               if (i % kBatch == kBatch - 1) {
                 evaluator_->reset();
               }
             }
           }) /
           static_cast<double>(lines_.size());
  }

 private:
  const std::vector<std::string>& lines_;
  Compilation compilation_;
  std::optional<Evaluator> evaluator_;
  std::size_t matched_ = 0;
};

int run() {
  const std::vector<std::string> lines = bench::edits();
  if (lines.empty()) {
    std::fputs("bench rules_real: there are no edits in MILLRACE_DATA; ./dev bench sets it\n", stderr);
    return 1;
  }
  const std::vector<std::string> all = conditions(lines);
  std::vector<std::string> ten;
  for (const std::size_t i : {0, 1, 2, 3, 4'500, 4'501, 4'502, 7'500, 9'000, 9'600}) {
    ten.push_back(all[i]);
  }
  Subject many(all, lines);
  Subject few(ten, lines);
  if (!many.good() || !few.good()) {
    return 1;
  }
  std::vector<double> times;
  std::vector<double> references;
  std::vector<double> ratios;
  for (int round = 0; round < kRounds; ++round) {
    references.push_back(few.run());
    times.push_back(many.run());
    ratios.push_back(times.back() / references.back());
  }
  std::printf("bench rules_real value=%.0f unit=events/s reference=%.0f ratio=%.2f matches_per_event=%.2f\n",
              1 / bench::median(times), 1 / bench::median(references), bench::median(ratios), many.matches());
  return 0;
}

} // namespace
} // namespace millrace::dsl

int main() { return millrace::dsl::run(); }
