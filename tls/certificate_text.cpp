// to_text: a certificate in the form of `openssl x509 -text`.
#include <algorithm>
#include <optional>

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

// Walks through the fields of a TBSCertificate (RFC 5280, 4.1). X509_print wants a parsed certificate, and
// that decodes the public key first, which costs more than a whole page and is not shown.
class Fields {
 public:
  explicit Fields(const std::string& der)
      : at_(reinterpret_cast<const unsigned char*>(der.data())), end_(at_ + der.size()) {}

  // Goes into the constructed value that comes next, if it has this tag; the rest is what it holds.
  bool enter(int tag, int kind) {
    const unsigned char* content = at_;
    const auto found = next(&content);
    if (!found || found->tag != tag || found->kind != kind) return false;
    at_ = content;
    end_ = content + found->length;
    return true;
  }
  // True when it was there and was left behind.
  bool skip(int tag, int kind) {
    const unsigned char* content = at_;
    const auto found = next(&content);
    if (!found || found->tag != tag || found->kind != kind) return false;
    at_ = content + found->length;
    return true;
  }
  // The next value, by OpenSSL's function for its type; nullptr when it is none.
  template <typename Pointer, typename Read>
  Pointer read(Read function) {
    const unsigned char* after = at_;
    Pointer value(function(nullptr, &after, end_ - at_));
    if (value) at_ = after;
    return value;
  }
  // What is inside of the next value, which is left behind.
  Fields inner(int tag, int kind) {
    Fields copy = *this;
    if (!copy.enter(tag, kind)) copy.at_ = copy.end_;
    (void)skip(tag, kind);
    return copy;
  }

 private:
  struct Head {
    int tag;
    int kind;
    long length;
  };
  [[nodiscard]] std::optional<Head> next(const unsigned char** content) const {
    constexpr int kError = 0x80;
    constexpr int kIndefinite = 0x21;
    Head head{};
    const int result = ASN1_get_object(content, &head.length, &head.tag, &head.kind, end_ - at_);
    if ((result & kError) != 0 || result == kIndefinite) return std::nullopt;
    return head;
  }

  const unsigned char* at_;
  const unsigned char* end_;
};

void print_validity(BIO* bio, Fields validity) {
  for (const char* label : {"Not Before: ", "Not After : "}) {
    const auto time = validity.read<Asn1TimePtr>(d2i_ASN1_TIME);
    BIO_printf(bio, "%*s%s", static_cast<int>(kNameIndent), "", label);
    if (time) ASN1_TIME_print(bio, time.get());  // says itself what makes no sense
    BIO_puts(bio, "\n");
  }
}

void print_name(BIO* bio, const char* label, const X509_NAME* name) {
  BIO_printf(bio, "%*s%s: ", static_cast<int>(kHeadingIndent), "", label);
  X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE);
  BIO_puts(bio, "\n");
}

void print_serial(BIO* bio, const ASN1_INTEGER* serial) {
  BIO_printf(bio, "%*sSerial Number:\n%*s%s", static_cast<int>(kHeadingIndent), "",
             static_cast<int>(kNameIndent), "",
             ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER ? " (Negative)" : "");
  const unsigned char* const bytes = ASN1_STRING_get0_data(serial);
  for (int i = 0; i < ASN1_STRING_length(serial); ++i) BIO_printf(bio, i == 0 ? "%02x" : ":%02x", bytes[i]);
  BIO_puts(bio, "\n");
}

}  // namespace

std::string to_text(const std::string& der) {
  const QueueMark mark;
  if (der.size() > kMaxCertificateMessage) return {};
  Fields fields(der);
  const BioPtr memory(BIO_new(BIO_s_mem()));
  BIO* const bio = memory.get();
  if (bio == nullptr || !fields.enter(V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL) ||
      !fields.enter(V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL)) {
    return {};
  }
  const auto version = fields.inner(0, V_ASN1_CONTEXT_SPECIFIC).read<Asn1IntegerPtr>(d2i_ASN1_INTEGER);
  const auto serial = fields.read<Asn1IntegerPtr>(d2i_ASN1_INTEGER);
  const auto algorithm = fields.read<X509AlgorPtr>(d2i_X509_ALGOR);
  const auto issuer = fields.read<X509NamePtr>(d2i_X509_NAME);
  const Fields validity = fields.inner(V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
  const auto subject = fields.read<X509NamePtr>(d2i_X509_NAME);
  if (!serial || !algorithm || !issuer || !subject) return {};
  const long number = version ? ASN1_INTEGER_get(version.get()) : 0;
  constexpr long kNewest = 2;  // v3
  BIO_puts(bio, "Certificate:\n    Data:\n        Version: ");
  if (number >= 0 && number <= kNewest) {
    BIO_printf(bio, "%ld (0x%lx)\n", number + 1, static_cast<unsigned long>(number));
  } else {
    BIO_printf(bio, "Unknown (%ld)\n", number);
  }
  print_serial(bio, serial.get());
  BIO_printf(bio, "%*sSignature Algorithm: ", static_cast<int>(kHeadingIndent), "");
  i2a_ASN1_OBJECT(bio, algorithm->algorithm);
  BIO_puts(bio, "\n");
  print_name(bio, "Issuer", issuer.get());
  BIO_printf(bio, "%*sValidity\n", static_cast<int>(kHeadingIndent), "");
  print_validity(bio, validity);
  print_name(bio, "Subject", subject.get());
  std::string out(held_by(bio));
  (void)fields.skip(V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);  // the key
  for (const int unique_id : {1, 2}) (void)fields.skip(unique_id, V_ASN1_CONTEXT_SPECIFIC);
  const auto extensions =
      fields.inner(3, V_ASN1_CONTEXT_SPECIFIC).read<X509ExtensionsPtr>(d2i_X509_EXTENSIONS);
  const int count = extensions ? sk_X509_EXTENSION_num(extensions.get()) : 0;
  if (count > 0) out.append(kHeadingIndent, ' ').append("X509v3 extensions:\n");
  for (int i = 0; i < count; ++i) append_extension(sk_X509_EXTENSION_value(extensions.get(), i), out);
  return out;
}

}  // namespace whytls::tls
