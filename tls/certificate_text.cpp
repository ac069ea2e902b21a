// to_text: a certificate in the form of `openssl x509 -text`.
#include <algorithm>

#include "tls/certificate_reader.h"

namespace whytls::tls {

namespace {

constexpr std::size_t kHeadingIndent = 8;
constexpr std::size_t kNameIndent = 12;
constexpr std::size_t kValueIndent = 16;

// `bio` is a memory BIO; what it holds stays there.
std::string_view held_by(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return size <= 0 ? std::string_view{} : std::string_view{text, static_cast<std::size_t>(size)};
}

// OpenSSL prints names in extensions as they are. One with a newline in it must not look like a line of its
// own: what belongs to a value stays indented as a value.
void append_indented(std::string_view value, std::string& out) {
  while (!value.empty()) {
    const std::size_t end = std::min(value.find('\n'), value.size());
    const std::string_view line = value.substr(0, end);
    const std::size_t blanks = std::min(line.find_first_not_of(' '), line.size());
    if (blanks < line.size()) {
      if (blanks < kValueIndent) out.append(kValueIndent - blanks, ' ');
      out.append(line).append("\n");
    }
    value.remove_prefix(std::min(end + 1, value.size()));
  }
}

void append_extension(X509_EXTENSION* extension, std::string& out) {
  const BioPtr name(BIO_new(BIO_s_mem()));
  const BioPtr value(BIO_new(BIO_s_mem()));
  if (!name || !value) return;
  i2a_ASN1_OBJECT(name.get(), X509_EXTENSION_get_object(extension));
  out.append(kNameIndent, ' ').append(held_by(name.get()));
  out.append(X509_EXTENSION_get_critical(extension) == 1 ? ": critical\n" : ":\n");
  X509V3_EXT_print(value.get(), extension, X509V3_EXT_DUMP_UNKNOWN, static_cast<int>(kValueIndent));
  append_indented(held_by(value.get()), out);
}

}  // namespace

std::string to_text(const std::string& der) {
  const QueueMark mark;
  if (der.size() > kMaxCertificateMessage) return {};
  const X509Ptr certificate = parse_certificate(der);
  const BioPtr memory(BIO_new(BIO_s_mem()));
  if (!certificate || !memory) return {};
  constexpr unsigned long kLeftOut =
      X509_FLAG_NO_PUBKEY | X509_FLAG_NO_EXTENSIONS | X509_FLAG_NO_SIGDUMP | X509_FLAG_NO_AUX;
  // It stops at the first field that makes no sense, e.g. a date; the fields before it and the extensions are
  // worth reading all the same.
  X509_print_ex(memory.get(), certificate.get(), XN_FLAG_ONELINE, kLeftOut);
  std::string out(held_by(memory.get()));
  const int count = X509_get_ext_count(certificate.get());
  if (!out.ends_with('\n')) out.append("\n");
  if (count > 0) out.append(kHeadingIndent, ' ').append("X509v3 extensions:\n");
  for (int i = 0; i < count; ++i) append_extension(X509_get_ext(certificate.get(), i), out);
  return out;
}

}  // namespace whytls::tls
