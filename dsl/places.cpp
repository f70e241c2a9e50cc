#include "dsl/places.hpp"

#include <variant>

#include "dsl/program.hpp"

namespace millrace::dsl {
namespace {

void add_part(TablePlaces& out, const ast::Column& column) {
  out.columns.emplace(std::string(column.name.text), column.name.span);
}
void add_part(TablePlaces& out, const ast::PrimaryKey& key) { out.primary_key = key.span; }
void add_part(TablePlaces& out, const ast::OnConflict& conflict) { out.on_conflict = conflict.span; }
void add_part(TablePlaces& out, const ast::TableIndex& index) { out.indexes.push_back(index.span); }
void add_part(TablePlaces& out, const ast::Partition& partition) { out.partition = partition.span; }
void add_part(TablePlaces& out, const ast::Evolve& evolve) { out.evolve = evolve.span; }
void add_part(TablePlaces& out, const ast::DropColumn& drop) {
  out.columns.emplace(std::string(drop.column.text), drop.span);
}
void add_part(TablePlaces&, const ast::TableDeadLetter&) {}

TopicPlaces places_of(const ast::Topic& topic) {
  TopicPlaces out{std::string(topic.name.text), topic.name.span, {}};
  for (const ast::TopicClause& clause : topic.clauses) {
    out.clauses.emplace(clause.kind, clause.span);
  }
  return out;
}

TablePlaces places_of(const ast::Table& table) {
  TablePlaces out;
  const ast::QualifiedName& name = table.name;
  out.name = (name.schema ? std::string(name.schema->text) + "." : "") + std::string(name.name.text);
  out.at = name.span;
  for (const ast::TablePart& part : table.parts) {
    std::visit([&](const auto& each) { add_part(out, each); }, part);
  }
  return out;
}

} // namespace

const TopicPlaces* Places::topic(std::string_view name) const {
  const TopicPlaces* best = nullptr;
  for (const TopicPlaces& topic : topics) {
    if (topic.name == name) {
      return &topic;
    }
    if (matches_topic(topic.name, name) && (best == nullptr || topic.name.size() > best->name.size())) {
      best = &topic;
    }
  }
  return best;
}

const TablePlaces* Places::table(std::string_view name) const {
  for (const TablePlaces& table : tables) {
    if (table.name == name) {
      return &table;
    }
  }
  return nullptr;
}

Places places_of(std::string_view root, const Loader& load) {
  Places out;
  ParsedClosure closure = parse_closure(root, load);
  for (const ast::File& file : closure.files) {
    for (const ast::Item& item : file.items) {
      if (const auto* topic = std::get_if<ast::Topic>(&item.node)) {
        out.topics.push_back(places_of(*topic));
      } else if (const auto* table = std::get_if<ast::Table>(&item.node)) {
        out.tables.push_back(places_of(*table));
      }
    }
  }
  out.sources = std::move(closure.sources);
  return out;
}

} // namespace millrace::dsl
