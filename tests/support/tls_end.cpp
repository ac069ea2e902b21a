#include "tests/support/tls_end.h"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>

namespace whytls::support {
namespace {

constexpr std::size_t kRecord = 16384;  // the largest plaintext of one record (RFC 8446, 5.1)

}  // namespace

TlsEnd::TlsEnd(SSL* ssl, Wire* wire, FlightEditor editor)
    : ssl_(ssl, &SSL_free),
      wire_(wire),
      editor_(std::move(editor)),
      in_(BIO_new(BIO_s_mem())),
      out_(BIO_new(BIO_s_mem())) {
  // An empty input means "wait", not "the end".
  BIO_set_mem_eof_return(in_, -1);
  SSL_set_bio(ssl, in_, out_);
}

std::string TlsEnd::pending_output() {
  std::string bytes(BIO_ctrl_pending(out_), '\0');
  if (!bytes.empty()) BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
  return bytes;
}

bool TlsEnd::flush() {
  Flight flight{.number = flights_, .bytes = pending_output(), .ending = {}};
  if (flight.bytes.empty()) return true;
  ++flights_;
  if (editor_) editor_(flight);
  ended_ = flight.ending;
  return wire_->send(flight.bytes) && !ended_;
}

Arrival TlsEnd::feed() {
  std::string bytes;
  const Arrival arrival = wire_->receive(&bytes);
  if (!bytes.empty()) BIO_write(in_, bytes.data(), static_cast<int>(bytes.size()));
  return arrival;
}

void TlsEnd::note_failure() {
  if (failure_ == 0) failure_ = ERR_peek_error();
  ERR_clear_error();
}

bool TlsEnd::handshake() {
  for (;;) {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl());
    const int error = SSL_get_error(ssl(), result);
    if (result != 1 && error != SSL_ERROR_WANT_READ) note_failure();
    if (!flush()) return false;
    if (result == 1) return true;
    if (error != SSL_ERROR_WANT_READ || feed() != Arrival::data) return false;
  }
}

// One SSL_read; gives SSL_get_error's number.
int TlsEnd::read_decrypted(std::string* out) {
  std::array<char, kRecord> buffer{};
  ERR_clear_error();
  const int count = SSL_read(ssl(), buffer.data(), static_cast<int>(buffer.size()));
  const int error = SSL_get_error(ssl(), count);
  if (count > 0) out->append(buffer.data(), static_cast<std::size_t>(count));
  if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ && error != SSL_ERROR_ZERO_RETURN)
    note_failure();
  return error;
}

Arrival TlsEnd::receive(std::string* out) {
  for (;;) {
    const int error = read_decrypted(out);
    if (!flush()) return Arrival::reset;
    if (error == SSL_ERROR_NONE) return Arrival::data;
    if (error == SSL_ERROR_ZERO_RETURN) return Arrival::end;
    if (error != SSL_ERROR_WANT_READ) return Arrival::reset;
    const Arrival arrival = feed();
    if (arrival != Arrival::data) return arrival;
  }
}

bool TlsEnd::send(std::string_view plaintext) {
  while (!plaintext.empty()) {
    ERR_clear_error();
    const std::size_t size = std::min(plaintext.size(), kRecord);
    const int count = SSL_write(ssl(), plaintext.data(), static_cast<int>(size));
    if (count <= 0) {
      note_failure();
      return false;
    }
    plaintext.remove_prefix(static_cast<std::size_t>(count));
    if (!flush()) return false;
  }
  return true;
}

bool TlsEnd::send_until_answered(std::string_view plaintext, std::string* answer) {
  for (; !plaintext.empty(); plaintext.remove_prefix(std::min(plaintext.size(), kRecord))) {
    const std::size_t size = std::min(plaintext.size(), kRecord);
    if (SSL_write(ssl(), plaintext.data(), static_cast<int>(size)) <= 0) {
      note_failure();
      return false;
    }
    const std::string bytes = pending_output();
    std::string_view rest = bytes;
    for (;;) {
      const Wire::Sending sending = wire_->send_until_readable(&rest);
      if (sending == Wire::Sending::done) break;
      if (sending == Wire::Sending::failed || feed() != Arrival::data) return false;
      // Session tickets are no answer.
      if (read_decrypted(answer) == SSL_ERROR_NONE) return true;
    }
  }
  return true;
}

void TlsEnd::close_politely() {
  ERR_clear_error();
  SSL_shutdown(ssl());
  wire_->send(pending_output());
  ERR_clear_error();
  wire_->close_politely();
}

}  // namespace whytls::support
