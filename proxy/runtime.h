// Settings made ready to use: TLS contexts, identities, route tables. One per worker and settings, immutable.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "config/settings.h"
#include "proxy/page_template.h"
#include "proxy/route_table.h"
#include "tls/authority.h"
#include "tls/context.h"

namespace whytls::proxy {

// What all workers share because it is large or has to be the same: trust stores and ticket keys. Made for
// each reload, so that it reads the CA files again; the keys stay, so that clients can resume.
class SharedTls {
 public:
  explicit SharedTls(std::shared_ptr<const tls::TicketKeys> tickets) : tickets_(std::move(tickets)) {}
  // Loaded once for equal options, by this object.
  Result<std::shared_ptr<const tls::TrustStore>> trust(const tls::TrustOptions& options);
  [[nodiscard]] const std::shared_ptr<const tls::TicketKeys>& tickets() const { return tickets_; }

 private:
  std::shared_ptr<const tls::TicketKeys> tickets_;
  std::map<tls::TrustOptions, std::shared_ptr<const tls::TrustStore>> stores_;
};

struct ListenerRuntime {
  const config::Listener* listener = nullptr;
  const PolicyRuntime* policy = nullptr;
  PolicyWish wish;                                          // for an upstream beside which no policy is named
  std::shared_ptr<const tls::ClientLegContext> client_leg;  // of the listener, or for interception
  std::shared_ptr<const tls::Identity> identity;            // from files; nullptr: minted
  RouteTable routes;
};

class Runtime {
 public:
  // `page` is not nullptr. Fails with the listener or policy as `where`.
  static Result<std::shared_ptr<const Runtime>> create(std::shared_ptr<const config::Settings> settings,
                                                       SharedPage page, SharedTls& shared);

  [[nodiscard]] const config::Settings& settings() const { return *settings_; }
  [[nodiscard]] const SharedPage& page() const { return page_; }
  // nullptr: no listener of that name any more.
  [[nodiscard]] const ListenerRuntime* listener(const std::string& name) const;
  [[nodiscard]] const PolicyRuntime* policy(const std::string& name) const;
  [[nodiscard]] const PolicySelector& selector() const { return selector_; }

 private:
  Runtime() = default;
  Result<void> add_policies(SharedTls& shared);
  Result<void> add_selection();
  Result<void> add_listeners(SharedTls& shared);

  std::shared_ptr<const config::Settings> settings_;
  SharedPage page_;
  std::map<std::string, PolicyRuntime> policies_;
  PolicySelector selector_;
  std::map<std::string, ListenerRuntime> listeners_;
};

}  // namespace whytls::proxy
