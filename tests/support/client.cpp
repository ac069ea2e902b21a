#include "tests/support/client.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <strings.h>

#include <array>
#include <charconv>
#include <stdexcept>

namespace whytls::support {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

Response read_head(std::string head) {
  Response response;
  response.head = std::move(head);
  std::string_view rest = response.head;
  const auto take_line = [&rest] {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    return line;
  };
  const std::string_view start = take_line();
  if (start.size() >= 12) std::from_chars(start.data() + 9, start.data() + 12, response.status);
  for (std::string_view line = take_line(); !line.empty(); line = take_line()) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
    response.fields.emplace_back(line.substr(0, colon), value);
  }
  return response;
}

std::size_t to_number(std::string_view digits, int base) {
  std::size_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  return value;
}

void trust(SSL_CTX* context, const ClientTls& options) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), options.now);
  const std::unique_ptr<BIO, decltype(&BIO_free)> pem(
      BIO_new_mem_buf(options.trusted_pem->data(), static_cast<int>(options.trusted_pem->size())), &BIO_free);
  while (X509* certificate = PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr)) {
    X509_STORE_add_cert(store, certificate);
    X509_free(certificate);
  }
  ERR_clear_error();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
}

void check_name(SSL* ssl, const std::string& name) {
  std::array<unsigned char, 16> raw{};
  X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
  if (inet_pton(AF_INET, name.c_str(), raw.data()) == 1 ||
      inet_pton(AF_INET6, name.c_str(), raw.data()) == 1) {
    X509_VERIFY_PARAM_set1_ip_asc(param, name.c_str());
  } else {
    X509_VERIFY_PARAM_set1_host(param, name.c_str(), name.size());
  }
}

}  // namespace

std::string Response::field(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (same_name(key, name)) return value;
  }
  return {};
}

Client::Client(std::uint16_t port, std::chrono::milliseconds budget)
    : wire_(connect_to_loopback(port), nullptr, budget) {}

bool Client::start_tls(const ClientTls& options) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free);
  SSL_CTX_set_min_proto_version(context.get(), options.min_version);
  SSL_CTX_set_max_proto_version(context.get(), options.max_version);
  if (SSL_CTX_set_cipher_list(context.get(), options.ciphers.c_str()) != 1 ||
      (!options.ciphersuites.empty() &&
       SSL_CTX_set_ciphersuites(context.get(), options.ciphersuites.c_str()) != 1)) {
    throw std::runtime_error("client: OpenSSL refuses the ciphers");
  }
  if (options.trusted_pem) trust(context.get(), options);
  SSL* ssl = SSL_new(context.get());
  if (!options.sni.empty()) SSL_set_tlsext_host_name(ssl, options.sni.c_str());
  if (!options.name_to_check.empty()) check_name(ssl, options.name_to_check);
  SSL_set_connect_state(ssl);
  tls_ = std::make_unique<TlsEnd>(ssl, &wire_, options.editor);
  return tls_->handshake();
}

bool Client::send(std::string_view bytes) {
  return tls_ ? tls_->send(bytes) : wire_.send(bytes);
}

bool Client::send_until_answered(std::string_view bytes) {
  if (tls_) return tls_->send_until_answered(bytes, &input_);
  return wire_.send_until_readable(&bytes) != Wire::Sending::failed;
}

Arrival Client::more() {
  return tls_ ? tls_->receive(&input_) : wire_.receive(&input_);
}

Response Client::receive(std::string_view method) {
  Response response;
  do {
    std::size_t end = 0;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
      if (more() != Arrival::data) return {};
    }
    response = read_head(input_.substr(0, end + 4));
    input_.erase(0, end + 4);
  } while (response.status >= 100 && response.status < 200 && response.status != 101);
  const bool bodiless = method == "HEAD" || response.status == 204 || response.status == 304 ||
                        (method == "CONNECT" && response.status == 200);
  const auto wait_until_buffered = [this](std::size_t size) {
    while (input_.size() < size) {
      if (more() != Arrival::data) return false;
    }
    return true;
  };
  const auto take = [this, &response](std::size_t size) {
    response.body += input_.substr(0, size);
    input_.erase(0, size);
  };
  if (bodiless) {
    response.complete = true;
  } else if (same_name(response.field("Transfer-Encoding"), "chunked")) {
    for (;;) {
      std::size_t line = 0;
      while ((line = input_.find("\r\n")) == std::string::npos) {
        if (more() != Arrival::data) return response;
      }
      const std::size_t size = to_number(std::string_view(input_).substr(0, line), 16);
      input_.erase(0, line + 2);
      if (!wait_until_buffered(size + 2)) return response;
      take(size);
      input_.erase(0, 2);
      if (size == 0) break;
    }
    response.complete = true;
  } else if (const std::string length = response.field("Content-Length"); !length.empty()) {
    response.complete = wait_until_buffered(to_number(length, 10));
    take(to_number(length, 10));
  } else {
    Arrival arrival = Arrival::data;
    while (arrival == Arrival::data) arrival = more();
    response.complete = arrival == Arrival::end;
    take(input_.size());
  }
  return response;
}

Response Client::request(std::string_view method, std::string_view target, std::string_view host,
                         std::string_view fields) {
  std::string head;
  head.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: ").append(host);
  head.append("\r\n").append(fields).append("\r\n");
  if (!send(head)) return {};
  return receive(method);
}

Response Client::open_tunnel(std::string_view authority) {
  return request("CONNECT", authority, authority);
}

std::string Client::receive_all() {
  while (more() == Arrival::data) {
  }
  return std::exchange(input_, {});
}

Arrival Client::wait_for_end() {
  Arrival arrival = Arrival::data;
  while (arrival == Arrival::data) arrival = more();
  return arrival;
}

}  // namespace whytls::support
