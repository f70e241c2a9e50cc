// Names of the forms of the language, for counting; a number that is none has an empty one. Where the language grows,
// the compiler asks for the new name in form_names.cpp.
#pragma once

#include <string_view>

#include "dsl/program.hpp"
#include "dsl/syntax/ast.hpp"

namespace millrace::reference {

std::string_view name_of(dsl::Op op);
std::string_view name_of(dsl::Function function);
std::string_view name_of(dsl::Kind kind);
std::string_view name_of(dsl::SqlKind kind);
std::string_view name_of(dsl::JsonType type);
std::string_view name_of(dsl::Wire wire);
std::string_view name_of(dsl::Otherwise otherwise);
std::string_view name_of(dsl::Column::Else otherwise);
std::string_view name_of(dsl::PartitionUnit unit);
std::string_view name_of(dsl::OnConflict policy);
std::string_view name_of(dsl::ast::RuleKind kind);
std::string_view name_of(dsl::ast::LiteralKind kind);
std::string_view name_of(dsl::ast::TypeName type);
std::string_view name_of(dsl::ast::TopicClause::Kind kind);
std::string_view name_of(dsl::ast::Clause::Kind kind);
std::string_view name_of(dsl::ast::Expectation::Kind kind);

} // namespace millrace::reference
