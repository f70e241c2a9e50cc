#include "engine/lsp/protocol.hpp"

#include <cstdio>

namespace millrace::lsp {
namespace {

using dsl::check::NameKind;

// Numbers of the protocol.
int symbol_kind(NameKind kind) {
  constexpr int kModule = 2;
  constexpr int kClass = 5;
  constexpr int kMethod = 6;
  constexpr int kField = 8;
  constexpr int kFunction = 12;
  constexpr int kVariable = 13;
  constexpr int kConstant = 14;
  constexpr int kArray = 18;
  constexpr int kStruct = 23;
  constexpr int kEvent = 24;
  switch (kind) {
    case NameKind::event:
      return kStruct;
    case NameKind::field:
    case NameKind::lookup_column:
    case NameKind::column:
      return kField;
    case NameKind::topic:
      return kEvent;
    case NameKind::let:
      return kConstant;
    case NameKind::def:
      return kFunction;
    case NameKind::parameter:
    case NameKind::variable:
      return kVariable;
    case NameKind::lookup:
      return kArray;
    case NameKind::fragment:
      return kModule;
    case NameKind::router:
    case NameKind::table:
      return kClass;
    case NameKind::rule:
      return kMethod;
  }
  return kVariable;
}

int offer_kind(editor::OfferKind kind) {
  switch (kind) {
    case editor::OfferKind::event:
      return 22; // struct
    case editor::OfferKind::field:
    case editor::OfferKind::column:
      return 5;
    case editor::OfferKind::topic:
      return 18; // reference
    case editor::OfferKind::constant:
      return 21;
    case editor::OfferKind::definition:
    case editor::OfferKind::function:
      return 3;
    case editor::OfferKind::variable:
    case editor::OfferKind::lookup:
      return 6;
    case editor::OfferKind::rules:
      return 9; // module
    case editor::OfferKind::table:
      return 7; // class
    case editor::OfferKind::keyword:
      return 14;
    case editor::OfferKind::value:
      return 20; // member of an enumeration
    case editor::OfferKind::type:
      return 25;
  }
  return 1;
}

std::uint32_t count_from(const json::value& object, std::string_view name) {
  const json::value& value = member(object, name);
  json::error_code error;
  const auto number = value.to_number<std::uint32_t>(error);
  if (error) {
    throw Refused(kInvalidParams, "`" + std::string(name) + "` is no whole number from 0 on");
  }
  return number;
}

} // namespace

const json::value* optional_member(const json::value& object, std::string_view name) {
  const json::object* const members = object.if_object();
  return members == nullptr ? nullptr : members->if_contains(name);
}

const json::value& member(const json::value& object, std::string_view name) {
  const json::value* const found = optional_member(object, name);
  if (found == nullptr) {
    throw Refused(kInvalidParams, "`" + std::string(name) + "` is missing");
  }
  return *found;
}

std::string text_member(const json::value& object, std::string_view name) {
  const json::string* const text = member(object, name).if_string();
  if (text == nullptr) {
    throw Refused(kInvalidParams, "`" + std::string(name) + "` is no text");
  }
  return std::string(*text);
}

editor::Position position_from(const json::value& value) {
  return {count_from(value, "line"), count_from(value, "character")};
}

editor::Range range_from(const json::value& value) {
  return {position_from(member(value, "start")), position_from(member(value, "end"))};
}

json::object json_of(editor::Position position) { return {{"line", position.line}, {"character", position.character}}; }

json::object json_of(editor::Range range) { return {{"start", json_of(range.begin)}, {"end", json_of(range.end)}}; }

json::object json_of(const editor::TextEdit& edit) { return {{"range", json_of(edit.range)}, {"newText", edit.text}}; }

json::object json_of(const editor::Symbol& symbol) {
  json::object object{{"name", symbol.name},
                      {"kind", symbol_kind(symbol.kind)},
                      {"range", json_of(symbol.whole)},
                      {"selectionRange", json_of(symbol.name_range)}};
  if (!symbol.detail.empty()) {
    object["detail"] = symbol.detail;
  }
  json::array inside;
  for (const editor::Symbol& each : symbol.inside) {
    inside.push_back(json_of(each));
  }
  if (!inside.empty()) {
    object["children"] = std::move(inside);
  }
  return object;
}

json::object json_of(const editor::Place& place, const UriOf& uri) {
  return {{"uri", uri(place.file)}, {"range", json_of(place.range)}};
}

json::object json_of(const editor::Finding& finding, const UriOf& uri) {
  json::object object{{"range", json_of(finding.range)},
                      {"severity", finding.is_error ? 1 : 2},
                      {"code", finding.code},
                      {"source", "millrace"},
                      {"message", finding.message}};
  json::array related;
  for (const auto& [place, text] : finding.related) {
    related.push_back(json::object{{"location", json_of(place, uri)}, {"message", text}});
  }
  if (!related.empty()) {
    object["relatedInformation"] = std::move(related);
  }
  return object;
}

json::object json_of(const editor::FileEdits& edits, const UriOf& uri) {
  json::object changes;
  for (const auto& [file, list] : edits) {
    json::array array;
    for (const editor::TextEdit& edit : list) {
      array.push_back(json_of(edit));
    }
    changes[uri(file)] = std::move(array);
  }
  return {{"changes", std::move(changes)}};
}

json::object json_of(const editor::Offers& offers) {
  json::array items;
  for (const editor::Offer& offer : offers.list) {
    char order[16];
    std::snprintf(order, sizeof order, "%04zu", items.size());
    json::object item{{"label", offer.label},
                      {"kind", offer_kind(offer.kind)},
                      {"sortText", order},
                      {"textEdit", json_of(editor::TextEdit{offers.replaced, offer.insert})}};
    if (!offer.detail.empty()) {
      item["detail"] = offer.detail;
    }
    if (!offer.about.empty()) {
      item["documentation"] = json::object{{"kind", "markdown"}, {"value", offer.about}};
    }
    items.push_back(std::move(item));
  }
  return {{"isIncomplete", !offers.is_all}, {"items", std::move(items)}};
}

} // namespace millrace::lsp
