// Pieces of JSON that no field was declared for, taken apart when a rule asks: members and items of `object`, of `any`
// and of lists of them, and the text that `json` reads. Values are those of `any`.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "dsl/values/arena.hpp"
#include "dsl/values/value.hpp"

namespace millrace::dsl {

/// Whether a text, which is valid UTF-8, is one JSON value with white space around it. Not deeper than an event may be.
bool is_json(std::string_view text);
/// The byte from which on it is none; nothing if it is JSON.
std::optional<std::size_t> first_no_json(std::string_view text);

/// The value that stands at the front of valid JSON: text, token, boolean, or the JSON of an object or list; absent for
/// `null`. Texts with escapes are made in the arena.
Value json_value(std::string_view json, Arena& arena);

/// The JSON of a member, the last of that name; absent where there is none, or `json` is no object. `json` is valid.
std::optional<std::string_view> json_member(std::string_view json, std::string_view key, Arena& arena);

/// The JSON of an item, from 0; absent where there is none, or `json` is no list. `json` is valid.
std::optional<std::string_view> json_item(std::string_view json, std::uint64_t which);

/// How many items a list has, of whatever kind; absent for what is no list.
std::optional<std::size_t> count_of(const Value& list);

/// The last item; absent where there is none.
std::optional<std::string_view> json_last_item(std::string_view json);

/// The items of a list, of whatever kind; absent for what is no list.
std::optional<std::span<const Value>> items_of(const Value& list, Arena& arena);

/// A list that is made in the arena; its items stay where they are. `json` is empty of one that was computed.
Value list_of(std::span<const Value> items, std::string_view json, Arena& arena);

} // namespace millrace::dsl
