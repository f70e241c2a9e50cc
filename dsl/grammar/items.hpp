// Entry points of the grammar: one piece of text, as the splitter cut it, into one node of the tree. False when it does
// not parse, which has been reported then. Each function's grammar is in the file named beside it.
#pragma once

#include <string_view>

#include "dsl/grammar/parse_state.hpp"
#include "dsl/syntax/ast.hpp"

namespace millrace::dsl::grammar {

// definitions.cpp
bool parse(ParseState& state, std::string_view piece, ast::Import& item);
bool parse(ParseState& state, std::string_view piece, ast::Let& item);
bool parse(ParseState& state, std::string_view piece, ast::Def& item);
bool parse(ParseState& state, std::string_view piece, ast::Lookup& item);
bool parse(ParseState& state, std::string_view piece, ast::Event& item);
bool parse(ParseState& state, std::string_view piece, ast::Topic& item);

// routing.cpp
/// `router x for y { match … dead_letter …` up to the first rule.
bool parse_head(ParseState& state, std::string_view piece, ast::Router& router);
/// `rules x for y {`.
bool parse_head(ParseState& state, std::string_view piece, ast::Fragment& fragment);
/// A route, tap, drop or include; of a group the part before its `{`.
bool parse(ParseState& state, std::string_view piece, ast::Rule& rule);
bool parse(ParseState& state, std::string_view piece, ast::RouterOtherwise& otherwise);

// tables.cpp
bool parse(ParseState& state, std::string_view piece, ast::Table& item);

// tests.cpp
bool parse(ParseState& state, std::string_view piece, ast::Test& item);

} // namespace millrace::dsl::grammar
