// A gallery of broken TLS servers on loopback, for people who want to see what whytls says about each.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/certificates.h"
#include "tests/support/peer.h"

namespace whytls::support {

// The certificate authorities of the gallery, valid around one moment.
class GalleryShop {
 public:
  // `now` in Unix seconds.
  explicit GalleryShop(std::int64_t now);

  // A leaf for that host that is right, and valid now.
  [[nodiscard]] CertificateSpec leaf(const std::string& host) const;
  // The templates of certificates.h, moved to now.
  [[nodiscard]] CertificateSpec ca(CertificateSpec spec) const;
  // {leaf, intermediate}, with the leaf changed.
  using Change = std::function<void(CertificateSpec&)>;
  [[nodiscard]] std::vector<Credential> chain(const std::string& host, const Change& change = {}) const;

  [[nodiscard]] std::int64_t now() const { return now_; }
  [[nodiscard]] const Credential& root() const { return root_; }
  [[nodiscard]] const Credential& intermediate() const { return intermediate_; }
  [[nodiscard]] const Credential& foreign_root() const { return foreign_root_; }

 private:
  std::int64_t now_;
  Credential root_;
  Credential intermediate_;
  Credential foreign_root_;
};

// One server of the gallery, before it runs.
struct Exhibit {
  std::string_view group;
  std::string name;       // one DNS label: it is reached as name.localhost
  std::string_view what;  // what is wrong with it, a short sentence
  // What it does; `host` is name.localhost.
  std::function<Behaviour(const GalleryShop& shop, const std::string& host)> behaviour;
  // Further lines of its route in the configuration, may be empty.
  std::function<std::string(const GalleryShop& shop, const std::string& host)> route_options;
};

[[nodiscard]] std::vector<Exhibit> certificate_exhibits();
[[nodiscard]] std::vector<Exhibit> chain_exhibits();
[[nodiscard]] std::vector<Exhibit> handshake_exhibits();
[[nodiscard]] std::vector<Exhibit> connection_exhibits();
[[nodiscard]] std::vector<Exhibit> http_exhibits();

// One server of the gallery, running.
struct Shown {
  Exhibit exhibit;
  std::string host;  // "expired.localhost"
  std::uint16_t port = 0;
  std::string route_options;
};

// All servers of the gallery, and the page that lists them; they run until this is destroyed.
class Gallery {
 public:
  // `directory` must exist; the root certificate is written there. `page_port`: where whytls will show the
  // gallery. Throws std::system_error or std::runtime_error.
  Gallery(const std::string& directory, std::int64_t now, std::uint16_t page_port);

  [[nodiscard]] const std::vector<Shown>& shown() const { return shown_; }
  [[nodiscard]] const std::string& root_file() const { return root_file_; }
  // A configuration of whytls: a forward listener on `proxy_port`, and the gallery on the page port.
  [[nodiscard]] std::string configuration(std::uint16_t proxy_port) const;
  // One line for each server: name, URL through whytls, URL of the server itself, what is wrong.
  [[nodiscard]] std::string table() const;

 private:
  void show(Exhibit exhibit, const GalleryShop& shop);

  std::uint16_t page_port_;
  std::string root_file_;
  std::vector<Shown> shown_;
  std::vector<std::unique_ptr<Peer>> peers_;
  RefusingPort refusing_port_;
  std::unique_ptr<Peer> index_;
};

// The page that lists all servers.
[[nodiscard]] std::string gallery_page(const std::vector<Shown>& shown, std::uint16_t page_port);

}  // namespace whytls::support
