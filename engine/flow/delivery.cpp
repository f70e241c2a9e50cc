// See delivery.hpp.
#include "engine/flow/delivery.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace millrace::flow {

namespace {

std::string_view view(const mr_str& text) { return {text.data ? text.data : "", text.size}; }

bool same_stream(const mr_range& a, const mr_range& b) {
  return a.partition == b.partition && view(a.stream) == view(b.stream);
}

bool range_before(const mr_range& a, const mr_range& b) {
  const int order = view(a.stream).compare(view(b.stream));
  return order != 0 ? order < 0 : a.partition < b.partition;
}

// All rows, in their own order: the sink needs no selection.
bool is_whole(const ArrowArray& array, const std::uint32_t* rows, std::size_t count) {
  if (static_cast<std::uint64_t>(array.length) != count) {
    return false;
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (rows[i] != i) {
      return false;
    }
  }
  return true;
}

} // namespace

void Delivery::build(std::uint64_t stamp, bool positions) {
  records_.clear();
  slice_begin_.clear();
  for (const Slice& slice : slices) {
    slice_begin_.push_back(records_.size());
    records_.insert(records_.end(), slice.records.begin(), slice.records.end());
  }
  slice_begin_.push_back(records_.size());
  lay_out_parts(stamp);
  ranges_.clear();
  dead_.clear();
  if (positions) {
    add_ranges_and_dead();
  }
  wire_ = {id,           first_id,    attempt, 0, parts_.data(), parts_.size(), ranges_.data(), ranges_.size(),
           dead_.data(), dead_.size()};
}

// A part for each target's messages and one for each rows() call; parts of a target side by side, records in event
// order.
void Delivery::lay_out_parts(std::uint64_t stamp) {
  struct Draft {
    std::uint32_t target;
    RowsCall* rows;
    std::size_t count;
    std::uint32_t target_order;
  };
  std::vector<Draft> drafts;
  std::vector<std::uint32_t> draft_of(records_.size());
  std::unordered_map<std::uint32_t, std::uint32_t> order_of_target;
  std::unordered_map<std::uint32_t, std::uint32_t> draft_of_messages;
  std::uint32_t last_target = 0;
  std::uint32_t last_draft = UINT32_MAX;
  const auto new_draft = [&](const Record& record) {
    const auto order = order_of_target.try_emplace(record.target, static_cast<std::uint32_t>(order_of_target.size()));
    drafts.push_back({record.target, record.rows, 0, order.first->second});
    return static_cast<std::uint32_t>(drafts.size() - 1);
  };
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const Record& record = records_[i];
    std::uint32_t draft = 0;
    if (record.rows) {
      if (record.rows->stamp != stamp) {
        record.rows->stamp = stamp;
        record.rows->part = new_draft(record);
      }
      draft = record.rows->part;
    } else if (last_draft != UINT32_MAX && record.target == last_target) {
      draft = last_draft;
    } else {
      const auto found = draft_of_messages.find(record.target);
      draft = found != draft_of_messages.end() ? found->second : new_draft(record);
      draft_of_messages.try_emplace(record.target, draft);
      last_target = record.target;
      last_draft = draft;
    }
    draft_of[i] = draft;
    ++drafts[draft].count;
  }

  std::vector<std::uint32_t> order(drafts.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return drafts[a].target_order < drafts[b].target_order; });
  std::vector<std::size_t> next(drafts.size());
  part_begin_.assign(1, 0);
  for (const std::uint32_t draft : order) {
    next[draft] = part_begin_.back();
    part_begin_.push_back(part_begin_.back() + drafts[draft].count);
  }

  flat_of_.resize(records_.size());
  messages_.assign(records_.size(), nullptr);
  rows_.resize(records_.size());
  events_.resize(records_.size());
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const std::size_t at = next[draft_of[i]]++;
    flat_of_[i] = at;
    messages_[at] = records_[i].message;
    rows_[at] = records_[i].row;
    events_[at] = records_[i].event;
  }

  parts_.clear();
  for (std::size_t i = 0; i < order.size(); ++i) {
    const Draft& draft = drafts[order[i]];
    const std::size_t begin = part_begin_[i];
    mr_part part{};
    part.target = draft.target;
    part.events = events_.data() + begin;
    part.count = draft.count;
    if (!draft.rows) {
      part.messages = messages_.data() + begin;
    } else {
      part.rows = &draft.rows->array;
      part.row = is_whole(draft.rows->array, rows_.data() + begin, draft.count) ? nullptr : rows_.data() + begin;
    }
    parts_.push_back(part);
  }
}

void Delivery::add_ranges_and_dead() {
  for (const Slice& slice : slices) {
    const Batch& batch = *slice.leg->batch;
    dead_.insert(dead_.end(), batch.dead.begin() + static_cast<std::ptrdiff_t>(slice.dead_first),
                 batch.dead.begin() + static_cast<std::ptrdiff_t>(slice.dead_end));
    if (!batch.partition || slice.leg->range_stored) {
      continue;
    }
    const auto known = std::find_if(ranges_.begin(), ranges_.end(),
                                    [&](const mr_range& range) { return same_stream(range, *batch.covers); });
    if (known == ranges_.end()) {
      ranges_.push_back(*batch.covers);
    } else {
      known->next = batch.covers->next;
      known->mark = batch.covers->mark;
    }
  }
  std::sort(ranges_.begin(), ranges_.end(), range_before);
}

std::optional<std::size_t> Delivery::flat(std::uint32_t part, std::uint32_t record) const {
  if (part >= parts_.size() || record >= parts_[part].count) {
    return std::nullopt;
  }
  return part_begin_[part] + record;
}

} // namespace millrace::flow
