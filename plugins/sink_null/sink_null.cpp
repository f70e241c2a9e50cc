// A sink that keeps nothing and says at once that everything is durable: for measuring what stands before it.
#include <millrace/sink.hpp>

#include <cstdint>
#include <span>

namespace millrace::sink_null {
namespace {

class NullSink {
 public:
  static constexpr mr_field fields[] = {{"max_in_flight", MR_INT, 0, "4", "1..1024",
                                         "How many deliveries it says that it wants open at a time.", nullptr, 0}};
  static constexpr std::uint32_t flags = MR_TAKES_MESSAGES | MR_TAKES_ROWS;

  NullSink(Host host, const Config& config)
      : host_(host),
        max_in_flight_(static_cast<std::uint32_t>(config.integer("max_in_flight"))),
        records_(host.counter("null_records_total", "Records that were thrown away.")) {}

  void bind(std::uint32_t /*id*/, const mr_target& /*target*/) {}
  void unbind(std::uint32_t /*id*/) {}
  std::uint32_t max_in_flight() const noexcept { return max_in_flight_; }

  void write(const mr_delivery& delivery) {
    std::size_t records = 0;
    for (const mr_part& part : std::span(delivery.parts, delivery.part_count)) {
      records += part.count;
    }
    records_.add(static_cast<double>(records));
    host_.complete(delivery.id, MR_RECORD_OK);
  }

 private:
  Host host_;
  std::uint32_t max_in_flight_;
  Metric records_;
};

} // namespace
} // namespace millrace::sink_null

MILLRACE_MODULE("sink_null", "0.1.0",
                millrace::sink_plugin<millrace::sink_null::NullSink>("null", "Keeps nothing; for measuring."));
