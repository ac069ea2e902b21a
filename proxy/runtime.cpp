#include "proxy/runtime.h"

#include <utility>

#include "config/load.h"

namespace whytls::proxy {

Result<std::shared_ptr<const tls::TrustStore>> SharedTls::trust(const tls::TrustOptions& options) {
  if (const auto found = stores_.find(options); found != stores_.end()) return found->second;
  auto loaded = tls::TrustStore::load(options);
  if (loaded) stores_[options] = *loaded;
  return loaded;
}

Result<std::shared_ptr<const Runtime>> Runtime::create(std::shared_ptr<const config::Settings> settings,
                                                       SharedPage page, SharedTls& shared) {
  const std::shared_ptr<Runtime> runtime(new Runtime);
  runtime->settings_ = std::move(settings);
  runtime->page_ = std::move(page);
  if (auto added = runtime->add_policies(shared); !added) return tl::make_unexpected(added.error());
  if (auto added = runtime->add_selection(); !added) return tl::make_unexpected(added.error());
  if (auto added = runtime->add_listeners(shared); !added) return tl::make_unexpected(added.error());
  return runtime;
}

Result<void> Runtime::add_policies(SharedTls& shared) {
  const auto used = config::upstream_policies(*settings_);
  for (const auto& [name, policy] : settings_->policies) {
    policies_[name] = PolicyRuntime{&policy, nullptr};
    if (!used.contains(name)) continue;
    const auto trust = shared.trust(policy.tls.trust);
    if (!trust) return fail(trust.error().text(), "policy " + name + ": trust");
    auto context = tls::UpstreamContext::create(policy.tls, *trust);
    if (!context)
      return fail(context.error().what, "policy " + name + ": " + context.error().where,
                  context.error().hint);
    policies_[name].context = std::move(*context);
  }
  return {};
}

Result<void> Runtime::add_selection() {
  for (const config::PolicyFor& entry : settings_->policy_for) {
    const PolicyRuntime* rules = policy(entry.policy);
    if (rules == nullptr) return fail("no such policy: " + entry.policy, "policy_for " + entry.place.text());
    selector_.add(&entry, rules);
  }
  return {};
}

Result<void> Runtime::add_listeners(SharedTls& shared) {
  for (const config::Listener& listener : settings_->listeners) {
    ListenerRuntime& ready = listeners_[listener.name];
    ready.listener = &listener;
    ready.policy = policy(listener.policy);
    if (ready.policy == nullptr)
      return fail("no such policy: " + listener.policy, "listener " + listener.name);
    ready.wish = {{ready.policy, {policy::Chooser::listener, listener.policy_place}}, &selector_};
    if (listener.tls || listener.mode == config::Mode::forward) {
      const tls::ClientLegOptions options = listener.tls ? listener.tls->options : tls::ClientLegOptions{};
      auto context = tls::ClientLegContext::create(options, shared.tickets());
      if (!context) return fail(context.error().text(), "listener " + listener.name);
      ready.client_leg = std::move(*context);
    }
    if (listener.tls && !listener.tls->mint) {
      auto identity = tls::Identity::load(listener.tls->certificate_file, listener.tls->key_file);
      if (!identity) return fail(identity.error().text(), "listener " + listener.name);
      ready.identity = std::move(*identity);
    }
    for (const config::Route& route : listener.routes) {
      const PolicyRuntime* rules = policy(route.policy.empty() ? listener.policy : route.policy);
      if (rules == nullptr) return fail("no such policy: " + route.policy, "listener " + listener.name);
      const PolicyWish wish = route.choice ? PolicyWish{{rules, *route.choice}, nullptr} : ready.wish;
      ready.routes.add(RouteRuntime{
          &route,
          make_target(route.upstream.scheme, route.upstream.address, route.upstream.address.host, wish),
          route.host + route.path});
    }
    ready.routes.sort();
  }
  return {};
}

const ListenerRuntime* Runtime::listener(const std::string& name) const {
  const auto found = listeners_.find(name);
  return found == listeners_.end() ? nullptr : &found->second;
}

const PolicyRuntime* Runtime::policy(const std::string& name) const {
  const auto found = policies_.find(name);
  return found == policies_.end() ? nullptr : &found->second;
}

}  // namespace whytls::proxy
