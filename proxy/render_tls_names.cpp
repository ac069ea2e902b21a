#include "proxy/render_tls_names.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "proxy/render_parts.h"

namespace whytls::proxy {
namespace {

struct Row {
  std::uint16_t number;
  std::string_view name;
};

// Sorted by number.
constexpr std::array kCipherSuites = {
    Row{0x0001, "TLS_RSA_WITH_NULL_MD5"},
    Row{0x0002, "TLS_RSA_WITH_NULL_SHA"},
    Row{0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5"},
    Row{0x0004, "TLS_RSA_WITH_RC4_128_MD5"},
    Row{0x0005, "TLS_RSA_WITH_RC4_128_SHA"},
    Row{0x0008, "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA"},
    Row{0x0009, "TLS_RSA_WITH_DES_CBC_SHA"},
    Row{0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"},
    Row{0x0013, "TLS_DHE_DSS_WITH_3DES_EDE_CBC_SHA"},
    Row{0x0015, "TLS_DHE_RSA_WITH_DES_CBC_SHA"},
    Row{0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"},
    Row{0x002c, "TLS_PSK_WITH_NULL_SHA"},
    Row{0x002d, "TLS_DHE_PSK_WITH_NULL_SHA"},
    Row{0x002e, "TLS_RSA_PSK_WITH_NULL_SHA"},
    Row{0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA"},
    Row{0x0032, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA"},
    Row{0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"},
    Row{0x0034, "TLS_DH_Anon_WITH_AES_128_CBC_SHA"},
    Row{0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"},
    Row{0x0038, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA"},
    Row{0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"},
    Row{0x003a, "TLS_DH_Anon_WITH_AES_256_CBC_SHA"},
    Row{0x003b, "TLS_RSA_WITH_NULL_SHA256"},
    Row{0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256"},
    Row{0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256"},
    Row{0x0040, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA256"},
    Row{0x0041, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA"},
    Row{0x0044, "TLS_DHE_DSS_WITH_CAMELLIA_128_CBC_SHA"},
    Row{0x0045, "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA"},
    Row{0x0046, "TLS_DH_Anon_WITH_CAMELLIA_128_CBC_SHA"},
    Row{0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256"},
    Row{0x006a, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA256"},
    Row{0x006b, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"},
    Row{0x006c, "TLS_DH_Anon_WITH_AES_128_CBC_SHA256"},
    Row{0x006d, "TLS_DH_Anon_WITH_AES_256_CBC_SHA256"},
    Row{0x0084, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA"},
    Row{0x0087, "TLS_DHE_DSS_WITH_CAMELLIA_256_CBC_SHA"},
    Row{0x0088, "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA"},
    Row{0x0089, "TLS_DH_Anon_WITH_CAMELLIA_256_CBC_SHA"},
    Row{0x008c, "TLS_PSK_WITH_AES_128_CBC_SHA"},
    Row{0x008d, "TLS_PSK_WITH_AES_256_CBC_SHA"},
    Row{0x0090, "TLS_DHE_PSK_WITH_AES_128_CBC_SHA"},
    Row{0x0091, "TLS_DHE_PSK_WITH_AES_256_CBC_SHA"},
    Row{0x0094, "TLS_RSA_PSK_WITH_AES_128_CBC_SHA"},
    Row{0x0095, "TLS_RSA_PSK_WITH_AES_256_CBC_SHA"},
    Row{0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256"},
    Row{0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384"},
    Row{0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"},
    Row{0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"},
    Row{0x00a2, "TLS_DHE_DSS_WITH_AES_128_GCM_SHA256"},
    Row{0x00a3, "TLS_DHE_DSS_WITH_AES_256_GCM_SHA384"},
    Row{0x00a6, "TLS_DH_Anon_WITH_AES_128_GCM_SHA256"},
    Row{0x00a7, "TLS_DH_Anon_WITH_AES_256_GCM_SHA384"},
    Row{0x00a8, "TLS_PSK_WITH_AES_128_GCM_SHA256"},
    Row{0x00a9, "TLS_PSK_WITH_AES_256_GCM_SHA384"},
    Row{0x00aa, "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256"},
    Row{0x00ab, "TLS_DHE_PSK_WITH_AES_256_GCM_SHA384"},
    Row{0x00ac, "TLS_RSA_PSK_WITH_AES_128_GCM_SHA256"},
    Row{0x00ad, "TLS_RSA_PSK_WITH_AES_256_GCM_SHA384"},
    Row{0x00ae, "TLS_PSK_WITH_AES_128_CBC_SHA256"},
    Row{0x00af, "TLS_PSK_WITH_AES_256_CBC_SHA384"},
    Row{0x00b0, "TLS_PSK_WITH_NULL_SHA256"},
    Row{0x00b1, "TLS_PSK_WITH_NULL_SHA384"},
    Row{0x00b2, "TLS_DHE_PSK_WITH_AES_128_CBC_SHA256"},
    Row{0x00b3, "TLS_DHE_PSK_WITH_AES_256_CBC_SHA384"},
    Row{0x00b4, "TLS_DHE_PSK_WITH_NULL_SHA256"},
    Row{0x00b5, "TLS_DHE_PSK_WITH_NULL_SHA384"},
    Row{0x00b6, "TLS_RSA_PSK_WITH_AES_128_CBC_SHA256"},
    Row{0x00b7, "TLS_RSA_PSK_WITH_AES_256_CBC_SHA384"},
    Row{0x00b8, "TLS_RSA_PSK_WITH_NULL_SHA256"},
    Row{0x00b9, "TLS_RSA_PSK_WITH_NULL_SHA384"},
    Row{0x00ba, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA256"},
    Row{0x00bd, "TLS_DHE_DSS_WITH_CAMELLIA_128_CBC_SHA256"},
    Row{0x00be, "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA256"},
    Row{0x00bf, "TLS_DH_Anon_WITH_CAMELLIA_128_CBC_SHA256"},
    Row{0x00c0, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA256"},
    Row{0x00c3, "TLS_DHE_DSS_WITH_CAMELLIA_256_CBC_SHA256"},
    Row{0x00c4, "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA256"},
    Row{0x00c5, "TLS_DH_Anon_WITH_CAMELLIA_256_CBC_SHA256"},
    Row{0x00ff, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"},
    Row{0x1301, "TLS_AES_128_GCM_SHA256"},
    Row{0x1302, "TLS_AES_256_GCM_SHA384"},
    Row{0x1303, "TLS_CHACHA20_POLY1305_SHA256"},
    Row{0x5600, "TLS_FALLBACK_SCSV"},
    Row{0xc006, "TLS_ECDHE_ECDSA_WITH_NULL_SHA"},
    Row{0xc007, "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"},
    Row{0xc008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA"},
    Row{0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
    Row{0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"},
    Row{0xc010, "TLS_ECDHE_RSA_WITH_NULL_SHA"},
    Row{0xc011, "TLS_ECDHE_RSA_WITH_RC4_128_SHA"},
    Row{0xc012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"},
    Row{0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
    Row{0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"},
    Row{0xc015, "TLS_ECDH_Anon_WITH_NULL_SHA"},
    Row{0xc018, "TLS_ECDH_Anon_WITH_AES_128_CBC_SHA"},
    Row{0xc019, "TLS_ECDH_Anon_WITH_AES_256_CBC_SHA"},
    Row{0xc01d, "TLS_SRP_SHA_WITH_AES_128_CBC_SHA"},
    Row{0xc01e, "TLS_SRP_SHA_RSA_WITH_AES_128_CBC_SHA"},
    Row{0xc01f, "TLS_SRP_SHA_DSS_WITH_AES_128_CBC_SHA"},
    Row{0xc020, "TLS_SRP_SHA_WITH_AES_256_CBC_SHA"},
    Row{0xc021, "TLS_SRP_SHA_RSA_WITH_AES_256_CBC_SHA"},
    Row{0xc022, "TLS_SRP_SHA_DSS_WITH_AES_256_CBC_SHA"},
    Row{0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"},
    Row{0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"},
    Row{0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"},
    Row{0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"},
    Row{0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
    Row{0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
    Row{0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
    Row{0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
    Row{0xc035, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA"},
    Row{0xc036, "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA"},
    Row{0xc037, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256"},
    Row{0xc038, "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384"},
    Row{0xc039, "TLS_ECDHE_PSK_WITH_NULL_SHA"},
    Row{0xc03a, "TLS_ECDHE_PSK_WITH_NULL_SHA256"},
    Row{0xc03b, "TLS_ECDHE_PSK_WITH_NULL_SHA384"},
    Row{0xc050, "TLS_RSA_WITH_ARIA_128_GCM_SHA256"},
    Row{0xc051, "TLS_RSA_WITH_ARIA_256_GCM_SHA384"},
    Row{0xc052, "TLS_DHE_RSA_WITH_ARIA_128_GCM_SHA256"},
    Row{0xc053, "TLS_DHE_RSA_WITH_ARIA_256_GCM_SHA384"},
    Row{0xc056, "TLS_DHE_DSS_WITH_ARIA_128_GCM_SHA256"},
    Row{0xc057, "TLS_DHE_DSS_WITH_ARIA_256_GCM_SHA384"},
    Row{0xc05c, "TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256"},
    Row{0xc05d, "TLS_ECDHE_ECDSA_WITH_ARIA_256_GCM_SHA384"},
    Row{0xc060, "TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256"},
    Row{0xc061, "TLS_ECDHE_RSA_WITH_ARIA_256_GCM_SHA384"},
    Row{0xc06a, "TLS_PSK_WITH_ARIA_128_GCM_SHA256"},
    Row{0xc06b, "TLS_PSK_WITH_ARIA_256_GCM_SHA384"},
    Row{0xc06c, "TLS_DHE_PSK_WITH_ARIA_128_GCM_SHA256"},
    Row{0xc06d, "TLS_DHE_PSK_WITH_ARIA_256_GCM_SHA384"},
    Row{0xc06e, "TLS_RSA_PSK_WITH_ARIA_128_GCM_SHA256"},
    Row{0xc06f, "TLS_RSA_PSK_WITH_ARIA_256_GCM_SHA384"},
    Row{0xc072, "TLS_ECDHE_ECDSA_WITH_CAMELLIA_128_CBC_SHA256"},
    Row{0xc073, "TLS_ECDHE_ECDSA_WITH_CAMELLIA_256_CBC_SHA384"},
    Row{0xc076, "TLS_ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256"},
    Row{0xc077, "TLS_ECDHE_RSA_WITH_CAMELLIA_256_CBC_SHA384"},
    Row{0xc094, "TLS_PSK_WITH_CAMELLIA_128_CBC_SHA256"},
    Row{0xc095, "TLS_PSK_WITH_CAMELLIA_256_CBC_SHA384"},
    Row{0xc096, "TLS_DHE_PSK_WITH_CAMELLIA_128_CBC_SHA256"},
    Row{0xc097, "TLS_DHE_PSK_WITH_CAMELLIA_256_CBC_SHA384"},
    Row{0xc098, "TLS_RSA_PSK_WITH_CAMELLIA_128_CBC_SHA256"},
    Row{0xc099, "TLS_RSA_PSK_WITH_CAMELLIA_256_CBC_SHA384"},
    Row{0xc09a, "TLS_ECDHE_PSK_WITH_CAMELLIA_128_CBC_SHA256"},
    Row{0xc09b, "TLS_ECDHE_PSK_WITH_CAMELLIA_256_CBC_SHA384"},
    Row{0xc09c, "TLS_RSA_WITH_AES_128_CCM"},
    Row{0xc09d, "TLS_RSA_WITH_AES_256_CCM"},
    Row{0xc09e, "TLS_DHE_RSA_WITH_AES_128_CCM"},
    Row{0xc09f, "TLS_DHE_RSA_WITH_AES_256_CCM"},
    Row{0xc0a0, "TLS_RSA_WITH_AES_128_CCM_8"},
    Row{0xc0a1, "TLS_RSA_WITH_AES_256_CCM_8"},
    Row{0xc0a2, "TLS_DHE_RSA_WITH_AES_128_CCM_8"},
    Row{0xc0a3, "TLS_DHE_RSA_WITH_AES_256_CCM_8"},
    Row{0xc0a4, "TLS_PSK_WITH_AES_128_CCM"},
    Row{0xc0a5, "TLS_PSK_WITH_AES_256_CCM"},
    Row{0xc0a6, "TLS_DHE_PSK_WITH_AES_128_CCM"},
    Row{0xc0a7, "TLS_DHE_PSK_WITH_AES_256_CCM"},
    Row{0xc0a8, "TLS_PSK_WITH_AES_128_CCM_8"},
    Row{0xc0a9, "TLS_PSK_WITH_AES_256_CCM_8"},
    Row{0xc0aa, "TLS_PSK_DHE_WITH_AES_128_CCM_8"},
    Row{0xc0ab, "TLS_PSK_DHE_WITH_AES_256_CCM_8"},
    Row{0xc0ac, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM"},
    Row{0xc0ad, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM"},
    Row{0xc0ae, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8"},
    Row{0xc0af, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8"},
    Row{0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    Row{0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"},
    Row{0xccaa, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256"},
    Row{0xccab, "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256"},
    Row{0xccac, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256"},
    Row{0xccad, "TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256"},
    Row{0xccae, "TLS_RSA_PSK_WITH_CHACHA20_POLY1305_SHA256"},
};

constexpr std::array kGroups = {
    Row{0x0013, "secp192r1"},
    Row{0x0015, "secp224r1"},
    Row{0x0017, "secp256r1"},
    Row{0x0018, "secp384r1"},
    Row{0x0019, "secp521r1"},
    Row{0x001a, "brainpoolP256r1"},
    Row{0x001b, "brainpoolP384r1"},
    Row{0x001c, "brainpoolP512r1"},
    Row{0x001d, "x25519"},
    Row{0x001e, "x448"},
    Row{0x0100, "ffdhe2048"},
    Row{0x0101, "ffdhe3072"},
    Row{0x0102, "ffdhe4096"},
    Row{0x0103, "ffdhe6144"},
    Row{0x0104, "ffdhe8192"},
    Row{0x11eb, "SecP256r1MLKEM768"},
    Row{0x11ec, "X25519MLKEM768"},
    Row{0x11ed, "SecP384r1MLKEM1024"},
    Row{0x6399, "X25519Kyber768Draft00"},
};

constexpr std::array kSignatureAlgorithms = {
    Row{0x0101, "rsa_pkcs1_md5"},
    Row{0x0201, "rsa_pkcs1_sha1"},
    Row{0x0202, "dsa_sha1"},
    Row{0x0203, "ecdsa_sha1"},
    Row{0x0301, "rsa_pkcs1_sha224"},
    Row{0x0302, "dsa_sha224"},
    Row{0x0303, "ecdsa_sha224"},
    Row{0x0401, "rsa_pkcs1_sha256"},
    Row{0x0402, "dsa_sha256"},
    Row{0x0403, "ecdsa_secp256r1_sha256"},
    Row{0x0501, "rsa_pkcs1_sha384"},
    Row{0x0502, "dsa_sha384"},
    Row{0x0503, "ecdsa_secp384r1_sha384"},
    Row{0x0601, "rsa_pkcs1_sha512"},
    Row{0x0602, "dsa_sha512"},
    Row{0x0603, "ecdsa_secp521r1_sha512"},
    Row{0x0804, "rsa_pss_rsae_sha256"},
    Row{0x0805, "rsa_pss_rsae_sha384"},
    Row{0x0806, "rsa_pss_rsae_sha512"},
    Row{0x0807, "ed25519"},
    Row{0x0808, "ed448"},
    Row{0x0809, "rsa_pss_pss_sha256"},
    Row{0x080a, "rsa_pss_pss_sha384"},
    Row{0x080b, "rsa_pss_pss_sha512"},
    Row{0x081a, "ecdsa_brainpoolP256r1tls13_sha256"},
    Row{0x081b, "ecdsa_brainpoolP384r1tls13_sha384"},
    Row{0x081c, "ecdsa_brainpoolP512r1tls13_sha512"},
};

constexpr bool by_number(const Row& a, const Row& b) {
  return a.number < b.number;
}
static_assert(std::is_sorted(kCipherSuites.begin(), kCipherSuites.end(), by_number));
static_assert(std::is_sorted(kGroups.begin(), kGroups.end(), by_number));
static_assert(std::is_sorted(kSignatureAlgorithms.begin(), kSignatureAlgorithms.end(), by_number));

// RFC 8701: 0x?a?a with equal bytes.
bool is_grease(std::uint16_t number) {
  return (number & 0x0f0fU) == 0x0a0aU && (number >> 8U) == (number & 0xffU);
}

template <std::size_t Size>
std::string name_in(const std::array<Row, Size>& table, std::uint16_t number) {
  const auto found = std::lower_bound(table.begin(), table.end(), Row{number, {}}, by_number);
  if (found != table.end() && found->number == number) return std::string(found->name);
  return (is_grease(number) ? "GREASE " : "") + parts::hex_number(number);
}

}  // namespace

std::string cipher_suite_name(std::uint16_t number) {
  return name_in(kCipherSuites, number);
}

std::string group_name(std::uint16_t number) {
  return name_in(kGroups, number);
}

std::string signature_algorithm_name(std::uint16_t number) {
  return name_in(kSignatureAlgorithms, number);
}

}  // namespace whytls::proxy
