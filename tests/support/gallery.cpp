#include "tests/support/gallery.h"

#include <algorithm>
#include <iterator>

namespace whytls::support {
namespace {

void move_to(CertificateSpec& spec, std::int64_t now) {
  spec.not_before += now - kTestNow;
  spec.not_after += now - kTestNow;
}

CertificateSpec moved(CertificateSpec spec, std::int64_t now) {
  move_to(spec, now);
  return spec;
}

std::string url(const Shown& shown, std::uint16_t page_port) {
  return "http://" + shown.host + ":" + std::to_string(page_port) + "/";
}

std::string upstream(const Shown& shown) {
  return "https://" + shown.host + ":" + std::to_string(shown.port);
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

std::string not_found() {
  return "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nnot found\n";
}

}  // namespace

GalleryShop::GalleryShop(std::int64_t now)
    : now_(now),
      root_(self_sign(moved(root_spec("whytls Gallery Root"), now))),
      intermediate_(issue(moved(intermediate_spec("whytls Gallery Intermediate"), now), root_)),
      foreign_root_(self_sign(moved(root_spec("A Root That Nobody Knows"), now))) {}

CertificateSpec GalleryShop::leaf(const std::string& host) const {
  return moved(leaf_spec(host), now_);
}

CertificateSpec GalleryShop::ca(CertificateSpec spec) const {
  return moved(std::move(spec), now_);
}

std::vector<Credential> GalleryShop::chain(const std::string& host, const Change& change) const {
  CertificateSpec spec = leaf(host);
  if (change) change(spec);
  return {issue(spec, intermediate_), intermediate_};
}

Gallery::Gallery(const std::string& directory, std::int64_t now, std::uint16_t page_port)
    : page_port_(page_port), root_file_(directory + "/gallery-root.pem") {
  const GalleryShop shop(now);
  write_file(root_file_, shop.root().pem());
  for (const auto& group :
       {certificate_exhibits, chain_exhibits, handshake_exhibits, connection_exhibits, http_exhibits}) {
    for (Exhibit& exhibit : group()) show(std::move(exhibit), shop);
  }
  index_ = std::make_unique<Peer>(
      serve_http({.answer = [page = gallery_page(shown_, page_port_)](const std::string& head) {
        const bool wants_head = head.starts_with("HEAD ");
        const std::string response =
            head.starts_with("GET / ") || head.starts_with("HEAD / ") ? page : not_found();
        return wants_head ? response.substr(0, response.find("\r\n\r\n") + 4) : response;
      }}));
}

void Gallery::show(Exhibit exhibit, const GalleryShop& shop) {
  Shown shown{.exhibit = std::move(exhibit), .host = {}, .port = refusing_port_.port(), .route_options = {}};
  shown.host = shown.exhibit.name + ".localhost";
  if (shown.exhibit.behaviour) {
    peers_.push_back(std::make_unique<Peer>(shown.exhibit.behaviour(shop, shown.host)));
    shown.port = peers_.back()->port();
  }
  if (shown.exhibit.route_options) shown.route_options = shown.exhibit.route_options(shop, shown.host);
  shown_.push_back(std::move(shown));
}

std::string Gallery::configuration(std::uint16_t proxy_port) const {
  std::string toml =
      "# Written by whytls-gallery. The ports of the servers are others at each start.\n\n"
      "[timeouts]\nhandshake  = \"3s\"\nfirst_byte = \"3s\"\n\n"
      "[policy.gallery]\nextends = \"browser\"\n"
      "trust   = { system = true, ca_files = [\"" +
      root_file_ +
      "\"] }\n"
      "# Under a CA of one's own these are warnings, and there would be no page.\n"
      "on.cert_key_identifier = \"refuse\"\non.cert_name_form      = \"refuse\"\n"
      "on.cert_profile        = \"refuse\"\non.cert_serial         = \"refuse\"\n\n"
      "[[listener]]\nname   = \"forward\"\nmode   = \"forward\"\npolicy = \"gallery\"\nlisten = "
      "\"127.0.0.1:" +
      std::to_string(proxy_port) +
      "\"\n\n"
      "[[listener]]\nname   = \"gallery\"\nmode   = \"reverse\"\npolicy = \"gallery\"\nlisten = "
      "\"127.0.0.1:" +
      std::to_string(page_port_) +
      "\"\n\n"
      "# The list of all servers.\n[[listener.route]]\nupstream = \"http://127.0.0.1:" +
      std::to_string(index_->port()) + "\"\n";
  for (const Shown& shown : shown_) {
    toml += "\n# ";
    toml.append(shown.exhibit.what).append("\n[[listener.route]]\nhost     = \"").append(shown.host);
    toml.append("\"\nupstream = \"").append(upstream(shown)).append("\"\n").append(shown.route_options);
  }
  return toml;
}

std::string Gallery::table() const {
  std::size_t name = 0;
  std::size_t address = 0;
  std::size_t server = 0;
  for (const Shown& shown : shown_) {
    name = std::max(name, shown.exhibit.name.size());
    address = std::max(address, url(shown, page_port_).size());
    server = std::max(server, upstream(shown).size());
  }
  constexpr std::size_t kGap = 2;
  std::string out = padded("name", name + kGap) + padded("through whytls", address + kGap) +
                    padded("the server itself", server + kGap) + "what is wrong\n";
  for (const Shown& shown : shown_) {
    out += padded(shown.exhibit.name, name + kGap) + padded(url(shown, page_port_), address + kGap) +
           padded(upstream(shown), server + kGap);
    out.append(shown.exhibit.what).append("\n");
  }
  return out;
}

}  // namespace whytls::support
