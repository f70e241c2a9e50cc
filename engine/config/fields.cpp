#include "engine/config/fields.hpp"

namespace millrace::config {
namespace {

// The order is that of EngineField and PipelineField in config.cpp.
constexpr mr_field kEngine[] = {
    {"admin", MR_STRING, 0, "\"127.0.0.1:8686\"", nullptr,
     "Address and port of health, metrics and control, or \"off\". Whoever reaches it can change the rules: one that "
     "is not on the loopback interface needs `admin_token`. Port 0 takes a free one and logs it.",
     nullptr, 0},
    {"admin_token", MR_STRING, MR_SECRET, nullptr, nullptr,
     "What a request to `admin` has to bring as `Authorization: Bearer TOKEN`; only /health and /ready are answered "
     "without. Not given: nothing is asked for.",
     nullptr, 0},
    {"plugins", MR_STRING, MR_LIST | MR_PATH, nullptr, nullptr,
     "Folders that plugins are loaded from, searched in this order. They and the files in them have to belong to root "
     "or to the "
     "engine's user, and nobody else may write them. Not given: `plugins` beside the folder of the executable, then "
     "`lib/millrace/plugins` beside it.",
     nullptr, 0},
    {"memory", MR_SIZE, 0, "\"24MiB\"", "1MiB..",
     "Ceiling for the bytes of all events under way, over all pipelines. Past it senders are slowed, never dropped.",
     nullptr, 0},
    {"state", MR_STRING, MR_PATH, nullptr, nullptr,
     "The folder in which the engine keeps what it has to remember: receipts of reloads and the last 50 rulesets. "
     "Where "
     "a pipeline writes to PostgreSQL they are kept there too. Not given: what systemd set as STATE_DIRECTORY, or "
     "`.millrace` beside this file.",
     nullptr, 0},
    {"start_with", MR_STRING, 0, "\"files\"", "files|last",
     "What rules the engine begins with: those on disk, or those that were active last, a rollback included. Either "
     "way "
     "it logs which, and warns if the two differ.",
     nullptr, 0},
    {"watch", MR_STRING, MR_LIST | MR_PATH, nullptr, nullptr,
     "Folders with rules files: when something in them or below changes, the rules are read anew, as by `millrace "
     "reload`. Not given: nothing is watched.",
     nullptr, 0},
    {"watch_quiet", MR_DURATION, 0, "\"500ms\"", "1ms..1m",
     "How long nothing has to change in a watched folder before the rules are read.", nullptr, 0},
    {"log_level", MR_STRING, 0, "\"info\"", "debug|info|warn|error", "The least severe messages that are logged.",
     nullptr, 0},
    {"log_format", MR_STRING, 0, "\"text\"", "text|json",
     "One line of text for people, or one JSON object a line for machines.", nullptr, 0},
    {"stop_deadline", MR_DURATION, 0, "\"30s\"", "0s..1h",
     "How long what is under way may take to finish when the engine stops. What is not finished then is read again "
     "after the next "
     "start.",
     nullptr, 0},
    {"write_deadline", MR_DURATION, 0, "\"60s\"", "1s..1h",
     "How long one write of a sink may take before it is interrupted and tried again.", nullptr, 0},
    {"revoke_deadline", MR_DURATION, 0, "\"10s\"", "100ms..10m",
     "How long what is under way of a partition may take to finish when the partition goes to another process.",
     nullptr, 0},
    {"check_deadline", MR_DURATION, 0, "\"10s\"", "100ms..10m",
     "How long `millrace check --connect` and `millrace apply` wait for an outside system.", nullptr, 0},
};

constexpr mr_field kPipeline[] = {
    {"workers", MR_INT, 0, "1", "1..256",
     "How many threads work side by side, each with a source, a router and sinks of its own.", nullptr, 0},
    {"delivery_events", MR_INT, 0, "20000", "1..1000000",
     "The most events that a sink is asked to make durable in one go. A batch of the source is never split.", nullptr,
     0},
    {"delivery_bytes", MR_SIZE, 0, "\"8MiB\"", "1KiB..1GiB",
     "The most bytes that a sink is asked to make durable in one go; never more than half of a worker's share of "
     "`memory`.",
     nullptr, 0},
    {"retry_first", MR_DURATION, 0, "\"100ms\"", "1ms..1m",
     "How long to wait before a failed delivery is tried for the second time, or a broken plugin is replaced.", nullptr,
     0},
    {"retry_most", MR_DURATION, 0, "\"30s\"", "1ms..1h",
     "The longest wait between two attempts; each is twice the one before, less up to half of it by chance.", nullptr,
     0},
    {"targets", MR_INT, 0, "10000", "1..1000000",
     "The most targets (topics, tables) that the rules may name; a name made from data that goes past it is not "
     "granted.",
     nullptr, 0},
    {"invalid", MR_STRING, 0, "\"dead_letter\"", "dead_letter|refuse",
     "What becomes of an event that the rules reject. `dead_letter` keeps it with the reason, and its sender is told "
     "that it was taken in. `refuse` keeps nothing: the sender is told what is wrong (over HTTP: 422) and has to send "
     "it again, mended. Not for a source that reads a log (`file`, `generate`, `kafka`), where nobody waits for an "
     "answer. What only a sink finds wrong goes to the dead letter either way.",
     nullptr, 0},
};

} // namespace

std::span<const mr_field> engine_fields() { return kEngine; }
std::span<const mr_field> pipeline_fields() { return kPipeline; }

} // namespace millrace::config
