#include "policy/ledger/keyed_hash.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace whytls::ledger {
namespace {

static_assert(std::endian::native == std::endian::little, "words are read as they stand in memory");

constexpr int kRoundsPerWord = 2;
constexpr int kFinalRounds = 4;

std::uint64_t word_at(const void* bytes) {
  std::uint64_t out = 0;
  std::memcpy(&out, bytes, sizeof out);
  return out;
}

struct State {
  std::uint64_t a, b, c, d;

  void round() {
    a += b;
    b = std::rotl(b, 13) ^ a;
    a = std::rotl(a, 32);
    c += d;
    d = std::rotl(d, 16) ^ c;
    a += d;
    d = std::rotl(d, 21) ^ a;
    c += b;
    b = std::rotl(b, 17) ^ c;
    c = std::rotl(c, 32);
  }
  void rounds(int count) {
    for (int i = 0; i < count; ++i) round();
  }
  void take(std::uint64_t word) {
    d ^= word;
    rounds(kRoundsPerWord);
    a ^= word;
  }
  [[nodiscard]] std::uint64_t folded() const { return a ^ b ^ c ^ d; }
};

// Each text with its length before it, so that no two lists of texts read the same.
void append(std::string& out, std::string_view text) {
  const std::uint64_t length = text.size();
  out.append(reinterpret_cast<const char*>(&length), sizeof length);
  out.append(text);
}

template <typename Number>
char* put(char* at, Number number) {
  std::memcpy(at, &number, sizeof number);
  return at + sizeof number;
}

char* put_text(char* at, std::string_view text) {
  at = put(at, static_cast<std::uint16_t>(text.size()));
  return std::copy(text.begin(), text.end(), at);
}

// On the stack: this is done for every handshake.
using PlaceBuffer = std::array<char, 2 * kMaxHost + 16>;

char* put_endpoint(char* at, std::string_view host, std::uint16_t port) {
  return put_text(put(at, port), host.substr(0, kMaxHost));
}

std::string_view filled(const PlaceBuffer& buffer, const char* end) {
  return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

}  // namespace

Hash128 keyed_hash(const HashKey& key, std::string_view bytes) {
  const std::uint64_t k0 = word_at(key.data());
  const std::uint64_t k1 = word_at(key.data() + sizeof k0);
  State state{k0 ^ 0x736f6d6570736575U, k1 ^ 0x646f72616e646f6dU ^ 0xeeU, k0 ^ 0x6c7967656e657261U,
              k1 ^ 0x7465646279746573U};
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) state.take(word_at(bytes.data() + at));
  std::uint64_t last = static_cast<std::uint64_t>(bytes.size()) << 56U;
  for (std::size_t i = 0; at + i < bytes.size(); ++i) {
    last |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  }
  state.take(last);
  Hash128 out;
  state.c ^= 0xeeU;
  state.rounds(kFinalRounds);
  out.low = state.folded();
  state.b ^= 0xddU;
  state.rounds(kFinalRounds);
  out.high = state.folded();
  return out;
}

Fingerprints fingerprints_of(const HashKey& key, const tls::Certificate& certificate) {
  std::string both;
  append(both, certificate.issuer);
  append(both, certificate.serial_hex);
  std::string names;
  for (const tls::AltName& name : certificate.names) {
    names += static_cast<char>(name.kind);
    append(names, name.value);
  }
  Fingerprints out;
  out.issuer_serial = keyed_hash(key, both);
  out.issuer = keyed_hash(key, certificate.issuer).low;
  out.serial = keyed_hash(key, certificate.serial_hex).low;
  out.subject = keyed_hash(key, certificate.subject).low;
  out.names = keyed_hash(key, names).low;
  return out;
}

Hash128 endpoint_hash(const HashKey& key, std::string_view host, std::uint16_t port) {
  PlaceBuffer buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): only what was written is read
  return keyed_hash(key, filled(buffer, put_endpoint(buffer.data(), host, port)));
}

PlaceHashes hashes_of(const HashKey& key, const Place& place) {
  PlaceBuffer buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): only what was written is read
  char* end = put_endpoint(buffer.data(), place.host, place.port);
  PlaceHashes out;
  out.endpoint = keyed_hash(key, filled(buffer, end));
  end = put_text(end, std::string_view(place.address).substr(0, kMaxHost));
  out.place = keyed_hash(key, filled(buffer, end));
  return out;
}

}  // namespace whytls::ledger
