#include "engine/runtime/instances.hpp"

#include <millrace/ext/draft/rules_files.h>
#include <millrace/ext/draft/ruleset.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "engine/modules/answer.hpp"
#include "engine/modules/instance.hpp"
#include "engine/runtime/lane_thread.hpp"

namespace millrace::runtime {

Created::Created(const config::Instance& configured, host::Identity identity, const host::Services& services,
                 host::Surroundings surroundings, std::shared_ptr<flow::Port> port)
    : Created(
          "create",
          [&](const mr_host& host, void** self, mr_error& error) {
            return configured.plugin.table->create(&host, &configured.values->root, self, &error);
          },
          configured, std::move(identity), services, surroundings, std::move(port)) {}

Created::Created(const RulesFiles& files, const config::Instance& configured, host::Identity identity,
                 const host::Services& services, host::Surroundings surroundings, std::shared_ptr<flow::Port> port)
    : Created(
          "create_from",
          [&](const mr_host& host, void** self, mr_error& error) {
            const auto* calls =
                static_cast<const mr_router_rules_files*>(configured.plugin.table->extension(MR_RULES_FILES));
            std::vector<mr_rules_file> out;
            for (const RulesFile& file : files) {
              out.push_back({{file.name.data(), file.name.size()}, {file.bytes.data(), file.bytes.size()}});
            }
            return calls->create_from(&host, &configured.values->root, out.data(), out.size(), self, &error);
          },
          configured, std::move(identity), services, surroundings, std::move(port)) {}

Created::Created(const Created& model, const config::Instance& configured, host::Identity identity,
                 const host::Services& services, host::Surroundings surroundings, std::shared_ptr<flow::Port> port)
    : Created(
          "twin",
          [&](const mr_host& host, void** self, mr_error& error) {
            return model.extension<mr_router_ruleset>(MR_RULESET)->twin(model.self(), &host, self, &error);
          },
          configured, std::move(identity), services, surroundings, std::move(port)) {}

Created::Created(std::string_view call, const std::function<mr_status(const mr_host&, void**, mr_error&)>& make,
                 const config::Instance& configured, host::Identity identity, const host::Services& services,
                 host::Surroundings surroundings, std::shared_ptr<flow::Port> port) {
  const mr_plugin& table = *configured.plugin.table;
  const std::string who = identity.instance + " of " + identity.worker + " (plugin " + configured.plugin.title() + ")";
  instance_.plugin = &table;
  instance_.name = identity.instance;
  instance_.port = std::move(port);
  host_ = std::make_shared<host::InstanceHost>(
      std::move(identity), services, surroundings,
      host::Secrets::of(configured.values->root, {table.fields, table.field_count}));
  mr_error error{};
  const mr_status status = make(host_->abi(), &instance_.self, error);
  modules::Answer answer = modules::checked(who, call, status, error, {MR_INVALID, MR_TRANSIENT, MR_FATAL});
  if (!answer.ok()) {
    instance_.plugin = nullptr;
    answer.text = host_->masked(answer.text);
    if (const std::vector<host::Diagnostic> found = host_->diagnostics(); !found.empty()) {
      throw RouterRefused(who + ": " + answer.text, found);
    }
    throw modules::CreateError(who + ": " + answer.text, answer);
  }
  // The values live as long as the instance, since views into them are allowed; the host until after destroy.
  instance_.keep =
      std::make_shared<std::pair<std::shared_ptr<host::InstanceHost>, std::shared_ptr<const config::Values>>>(
          host_, configured.values);
}

Created::Created(Created&& other) noexcept : host_(std::move(other.host_)), instance_(std::move(other.instance_)) {
  other.instance_.plugin = nullptr;
}

Created::~Created() {
  if (instance_.plugin != nullptr) {
    instance_.plugin->destroy(instance_.self);
  }
}

flow::Instance Created::take() && {
  flow::Instance taken = std::move(instance_);
  instance_.plugin = nullptr;
  if ((taken.plugin->flags & MR_BLOCKS) != 0) {
    taken.lane = std::make_unique<LaneThread>(taken.name);
  }
  return taken;
}

std::string process_name(const host::Clock& clock) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return std::string(host.data()) + ":" + std::to_string(::getpid()) + ":" + std::to_string(clock.time_us());
}

} // namespace millrace::runtime
