#include "dsl/infer/write.hpp"

#include <algorithm>
#include <set>

#include "dsl/format/format.hpp"
#include "dsl/infer/guess.hpp"
#include "dsl/syntax/lexer.hpp"
#include "dsl/syntax/text.hpp"

namespace millrace::dsl::infer {
namespace {

constexpr std::size_t kMostColumns = 200;  // the rest goes into one of jsonb
constexpr std::size_t kLongestColumn = 63; // bytes, of PostgreSQL
constexpr std::uint64_t kFewestForKey = 10;

bool is_word(std::string_view text) {
  return !text.empty() && is_word_begin(text.front()) && std::all_of(text.begin(), text.end(), is_word_char);
}

/// Whether there is a way to write the name at all.
bool is_writable(std::string_view name) {
  return !name.empty() && std::none_of(name.begin(), name.end(), [](char c) {
    return c == '`' || static_cast<unsigned char>(c) < 0x20U || c == 0x7F;
  });
}

std::string quoted(std::string_view name) { return "`" + std::string(name) + "`"; }

/// As it is declared, and as the first part of a path.
std::string written(std::string_view name) {
  const bool own_meaning = name == "meta" || name == "payload" || name == "unmapped";
  return is_word(name) && !is_reserved(name) && !own_meaning ? std::string(name) : quoted(name);
}

/// Behind a point every word is a name.
std::string written_member(std::string_view name) { return is_word(name) ? std::string(name) : quoted(name); }

/// What no column of a PostgreSQL table may be called.
bool is_system_column(std::string_view name) {
  static const std::set<std::string_view> kNames = {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"};
  return kNames.contains(name);
}

/// `userId` and `user-id` become `user_id`.
std::string column_part(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool upper = c >= 'A' && c <= 'Z';
    const bool digit = c >= '0' && c <= '9';
    const bool after_lower =
        i > 0 && ((name[i - 1] >= 'a' && name[i - 1] <= 'z') || (name[i - 1] >= '0' && name[i - 1] <= '9'));
    if (upper && after_lower) {
      out += '_';
    }
    const bool kept = upper || digit || (c >= 'a' && c <= 'z');
    if (kept || (!out.empty() && out.back() != '_')) {
      out += upper ? static_cast<char>(c + 32) : kept ? c : '_';
    }
  }
  while (out.ends_with('_')) {
    out.pop_back();
  }
  return out;
}

class Writer {
 public:
  Writer(const Sample& sample, const Names& names) : sample_(sample), names_(names) {}

  std::string run() {
    out_ = "# From " + grouped(sample_.events()) + (sample_.events() == 1 ? " event" : " events") + " of " +
           names_.source + ", by `millrace infer`: a start. What was not certain stands behind `#`.\nedition 1\n\n";
    out_ += "event " + written(names_.event) + " {\n";
    fields(sample_.root(), "", false);
    if (sample_.root().left_out > 0) {
      out_ += "# more fields of events, met " + grouped(sample_.root().left_out) +
              " times, are not declared; they are carried along\n";
      rest_ = true;
    }
    out_ += "}\n\ntopic " + quote_text(names_.topic) + " { event " + written(names_.event) + " }\ntopic " +
            quote_text("dlq." + names_.topic) + " { }\n\n";
    table();
    SourceMap sources;
    Diagnostics diagnostics;
    return format_text(sources, "inferred.rules", out_, diagnostics).value_or(out_);
  }

 private:
  struct Column {
    std::string name;
    std::string type;
    std::string path;
    const Seen* field;
    bool optional;
  };

  // ---- the event

  void fields(const Seen& object, const std::string& path, bool optional) {
    std::uint64_t unwritable = 0;
    for (const std::uint32_t number : object.members) {
      const Seen& field = sample_[number];
      const std::uint64_t times = field.present() + field.nulls;
      if (times == 0) {
        continue; // it stood only in events that were refused
      }
      if (is_writable(field.name)) {
        this->field(object, field, path, optional);
      } else {
        ++unwritable;
      }
    }
    if (unwritable > 0) {
      out_ += "# " + grouped(unwritable) + (unwritable == 1 ? " field has" : " fields have") +
              " a name that cannot be written here; what is not declared is carried along\n";
      rest_ = true;
    }
  }

  void field(const Seen& object, const Seen& field, const std::string& path, bool optional_above) {
    const bool optional = field.present() < object.objects;
    const Guess found = guess(sample_, field);
    const std::string own_path = path.empty() ? written(field.name) : path + "." + written_member(field.name);
    out_ += written(field.name) + (optional ? "?" : "") + (found.type.empty() ? " {" : ": " + found.type);
    out_ += comment(notes(object, field, found));
    if (found.type.empty()) {
      fields(field, own_path, optional || optional_above);
      out_ += "}\n";
    } else {
      add_column(field, own_path, found.column, optional || optional_above);
    }
  }

  std::vector<std::string> notes(const Seen& object, const Seen& field, const Guess& found) const {
    std::vector<std::string> notes;
    if (field.present() > 0 && field.present() < object.objects) {
      notes.push_back("in " + grouped(field.present()) + " of " + grouped(object.objects) +
                      (field.nulls > 0 ? ", null in " + grouped(field.nulls) : ""));
    }
    notes.insert(notes.end(), found.notes.begin(), found.notes.end());
    if (field.texts.with_nul > 0) {
      notes.push_back("\\u0000 in " + grouped(field.texts.with_nul) +
                      " of them, which PostgreSQL does not hold: such rows go to the dead letter");
    }
    return notes;
  }

  static std::string comment(const std::vector<std::string>& notes) {
    std::string text;
    for (const std::string& note : notes) {
      text += (text.empty() ? "  # " : "; ") + note;
    }
    return text + "\n";
  }

  // ---- the table

  void add_column(const Seen& field, const std::string& path, const std::string& type, bool optional) {
    if (columns_.size() == kMostColumns) {
      rest_ = true;
      return;
    }
    columns_.push_back({column_name(path), type, path, &field, optional});
  }

  /// Of the parts of the path, and of none that is there already.
  std::string column_name(const std::string& path) {
    std::string name = column_part(path);
    name = name.empty() || (name.front() >= '0' && name.front() <= '9') ? "_" + name : name;
    name = name == "_" ? "field" : name;
    name.resize(std::min(name.size(), kLongestColumn - 4)); // with room for a number
    name += is_system_column(name) ? "_" : "";
    std::string own = name;
    for (int number = 2; !names_taken_.insert(own).second; ++number) {
      own = name + "_" + std::to_string(number);
    }
    return own;
  }

  void table() {
    const Column* const key = this->key();
    const std::string rest = rest_ || columns_.empty() ? column_name("rest") : "";
    out_ += "table " + names_.table + " from topic " + quote_text(names_.topic) + " {\n";
    for (const Column& column : columns_) {
      out_ +=
          written(column.name) + " " + column.type + " = " + column.path + (column.optional ? " else null" : "") + "\n";
    }
    if (!rest.empty()) {
      out_ += written(rest) + " jsonb = unmapped  # all that has no column of its own\n";
    }
    if (key != nullptr) {
      const std::size_t looked_at = key->field->repeats->looked_at();
      out_ += "primary key (" + written(key->name) + ")  # a guess: never twice in " +
              (looked_at < sample_.events() ? "the first " : "") + grouped(looked_at) +
              " events\non conflict keep first\n";
    }
    out_ += "dead_letter " + quote_text("dlq." + names_.topic) + "\n}\n";
  }

  /// A column that was there in every event and never twice the same; of several the one whose name says most.
  const Column* key() const {
    const Column* best = nullptr;
    int best_rank = 0;
    for (const Column& column : columns_) {
      const Seen& field = *column.field;
      const bool fits = column.type == "uuid" || column.type == "text" || column.type == "bigint";
      if (column.optional || !fits || !field.repeats || !field.repeats->none() ||
          field.repeats->looked_at() < kFewestForKey ||
          field.repeats->looked_at() < std::min(sample_.events(), kLooked)) {
        continue;
      }
      const bool own = column.name == "id" || column.name == "event_id" || column.name == "uuid" ||
                       column.name == column_part(names_.event) + "_id";
      const int rank = (own ? 2 : 0) + (column.type == "uuid" ? 1 : 0) + 1;
      if (rank > best_rank) {
        best = &column;
        best_rank = rank;
      }
    }
    return best;
  }

  static constexpr std::uint64_t kLooked = Repeats::kMostKept;

  const Sample& sample_;
  const Names& names_;
  std::string out_;
  std::vector<Column> columns_;
  std::set<std::string> names_taken_;
  bool rest_ = false; // there is something that no column reads
};

} // namespace

std::string write_rules(const Sample& sample, const Names& names) { return Writer(sample, names).run(); }

std::string plain_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    name += is_word_char(c) ? c : '_';
  }
  name.erase(0, std::min(name.find_first_not_of('_'), name.size()));
  while (name.ends_with('_')) {
    name.pop_back();
  }
  if (name.empty() || is_reserved(name)) {
    return name + "event";
  }
  return is_word_begin(name.front()) ? name : "_" + name;
}

} // namespace millrace::dsl::infer
