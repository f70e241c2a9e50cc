// What is fed with arbitrary bytes: each takes any input and may refuse it, but neither crashes nor breaks a promise.
// libFuzzer drives them (`./dev fuzz`), and so does a test that plays the corpus with a little damage.
#pragma once

#include <string_view>

namespace millrace::fuzz {

void splitter(std::string_view input);
/// Formats too: what parses says the same when it is formatted.
void parser(std::string_view input);
void compiler(std::string_view input);
/// Events for a fixed program that uses much of the language.
void evaluator(std::string_view input);
/// The CSV file of a lookup.
void csv(std::string_view input);

} // namespace millrace::fuzz
