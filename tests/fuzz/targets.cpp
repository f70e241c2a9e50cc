#include "tests/fuzz/targets.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "dsl/compile.hpp"
#include "dsl/evaluate.hpp"
#include "dsl/format/format.hpp"
#include "dsl/syntax/dump.hpp"
#include "dsl/syntax/parser.hpp"
#include "dsl/syntax/splitter.hpp"
#include "tests/support/reference/verdict.hpp"

namespace millrace::fuzz {
namespace {

constexpr std::string_view kProgram = R"(edition 1
event e {
  id: string
  kind: one of "a", "b"
  n: int
  x?: float
  d?: decimal(8,3)
  at?: timestamp
  ms?: timestamp from unix_ms
  held?: duration
  ip?: ip
  app?: version
  u?: uuid
  tags?: list<string>
  rows?: list<object>
  raw?: any
  o?: object
  deep? { a: int  b?: string }
  need?: bool required when kind == "b"
}
topic "t" { event e }
topic "p.*" { event e }
topic "over" { event e }
topic "dlq" { }
lookup names = { "a": 1, "b": 2 }
router r for e {
  match all
  dead_letter "dlq"
  route n1 when n in 1..100 and (x ?? 1.5) < 2 to topic "t" { key id else none  header "d" = d else skip }
  route n2 when raw is string and raw not starts with "a" to topic "p.{kind}"
  route n3 when some r in rows satisfies (r.a > 1 or r.b == "x") to topic "p.{id}" at most 5 topics else "over"
  route n4 when ip in ("10.0.0.0/8", "::1") or app >= "1.2" or held > 5m or at < "2024-01-01T00:00:00Z" to topic "t" {
    key lower(trim(id)) else none
    omit raw, deep.a
  }
  route n5 when id matches /^a.b/i or (raw as int) > 5 or names[id] == 2 or json(id) == 3 to topic "t"
  route n6 when (d / n) > 1.5 or n * 3 - 1 == 8 or host(id) == "a" or sampled(id, 50%) to topic "t"
  route n7 when every t in tags satisfies (length(t) < 3) to topic "t"
  otherwise to topic "t"
}
table rows from topic "t" {
  id varchar(5) = id else null
  n smallint = n else 0
  d numeric(6,1) = d else null
  at timestamptz = at else null
  tags text[] = tags else null
  rest jsonb = unmapped
}
)";

[[noreturn]] void broken(const char* promise) {
  std::fprintf(stderr, "broken promise: %s\n", promise);
  std::abort();
}

dsl::Compilation compiled(std::string_view text) {
  return dsl::compile("main.rules", [&](std::string_view name) {
    return name == "main.rules" ? std::optional(std::string(text)) : std::nullopt;
  });
}

} // namespace

void splitter(std::string_view input) {
  dsl::SourceMap sources;
  dsl::Diagnostics diagnostics;
  const dsl::FileId file = sources.add("main.rules", std::string(input));
  for (const dsl::Piece& piece : dsl::split(sources, file, diagnostics).items) {
    if (piece.span.begin > piece.span.end || piece.span.end > input.size()) {
      broken("a piece lies in its text");
    }
  }
}

void parser(std::string_view input) {
  dsl::SourceMap sources;
  dsl::Diagnostics diagnostics;
  const auto once = dsl::format_text(sources, "main.rules", std::string(input), diagnostics);
  if (!once) {
    return;
  }
  const auto twice = dsl::format_text(sources, "again.rules", *once, diagnostics);
  if (!twice || *twice != *once) {
    broken("formatting twice is formatting once");
  }
  if (dsl::dump(dsl::parse_file(sources, 0, diagnostics)) != dsl::dump(dsl::parse_file(sources, 1, diagnostics))) {
    broken("what is formatted says the same");
  }
}

void compiler(std::string_view input) {
  const dsl::Compilation compilation = compiled(input);
  if ((compilation.ruleset == nullptr) != compilation.diagnostics.has_errors()) {
    broken("there is a ruleset or an error");
  }
  if (compilation.diagnostics.has_errors() && compilation.text().empty()) {
    broken("an error has a text");
  }
}

void evaluator(std::string_view input) {
  static const dsl::Compilation compilation = compiled(kProgram);
  if (!compilation.ruleset) {
    std::fprintf(stderr, "%s", compilation.text().c_str());
    broken("the program compiles");
  }
  const dsl::Program& program = compilation.ruleset->program;
  static dsl::Evaluator indexed(program, {.router = 0, .load = true});
  static dsl::Evaluator plain(program, {.router = 0, .load = true, .one_by_one = true});
  const dsl::Run run{.router = 0, .load = true};
  const auto found = reference::verdict_of(program, run, input, indexed.evaluate(input, {}));
  const auto wanted = reference::verdict_of(program, run, input, plain.evaluate(input, {}));
  indexed.reset();
  plain.reset();
  if (found != wanted) {
    broken("the index decides as asking one rule after the other");
  }
  const auto meant = reference::decide(program, run, input, {});
  if (found != meant && !meant.front().starts_with("invalid R01")) { // of several faults of bytes, any is named
    std::fprintf(stderr, "%s---\n%s", reference::joined(found).c_str(), reference::joined(meant).c_str());
    broken("the evaluator decides as the reference interpreter does");
  }
}

void csv(std::string_view input) {
  constexpr std::string_view kRules =
      "edition 1\nevent e { k: string }\nlookup l from csv \"l.csv\" key k: string { n: int  d: decimal(5,2) }\n";
  dsl::compile("main.rules", [&](std::string_view name) {
    return std::optional(std::string(name == "l.csv" ? input : kRules));
  }).text();
}

} // namespace millrace::fuzz
