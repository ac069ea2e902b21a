// Each rule for the form of certificates: broken in one way, found in its place, and what is done by default.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "policy_attempts.h"
#include "tls/openssl.h"

namespace whytls::policy::test {
namespace {

using tls::Certificate;

constexpr int kLeaf = 0;
constexpr int kInter = 1;
constexpr int kRoot = 2;

Attempt of_public_ca() {
  Attempt out = healthy();
  out.handshake.chain.anchor_is_public = true;
  // One second more is one day more, and too long.
  out.handshake.presented[0].not_after -= 1;
  out.handshake.chain.built[0].not_after -= 1;
  return out;
}

using Change = std::function<void(Certificate&)>;

Attempt changed(Attempt attempt, int depth, const Change& change) {
  change(attempt.handshake.chain.built[static_cast<std::size_t>(depth)]);
  if (depth < kRoot) change(attempt.handshake.presented[static_cast<std::size_t>(depth)]);
  return attempt;
}

// "cert_serial@0 the serial number is zero: refuse"
std::vector<std::string> found(const Attempt& attempt) {
  const Policy policy = browser_policy();
  std::vector<std::string> out;
  for (const JudgedFinding& one : decide(diagnose(attempt, policy, kNow), policy, kNow).findings) {
    std::string text(info(one.finding.failure).slug);
    text.append("@").append(std::to_string(one.finding.depth)).append(" ").append(one.finding.fact("fault"));
    out.push_back(text.append(": ").append(name(one.action)));
  }
  return out;
}

struct Row {
  int depth;
  Change change;
  const char* finding;
  bool binds_everybody = true;  // false: public CAs only
};

Change critical(const char* oid) {
  return [oid](Certificate& c) {
    for (tls::Extension& one : c.extensions) {
      if (one.oid == oid) one.is_critical = true;
    }
  };
}
Change uncritical(const char* oid) {
  return [oid](Certificate& c) {
    for (tls::Extension& one : c.extensions) {
      if (one.oid == oid) one.is_critical = false;
    }
  };
}
Change without(const char* oid) {
  return [oid](Certificate& c) {
    std::erase_if(c.extensions, [oid](const tls::Extension& one) { return one.oid == oid; });
  };
}
Change with(const tls::Extension& extension) {
  return [extension](Certificate& c) { c.extensions.push_back(extension); };
}

const std::vector<Row>& rows() {
  static const std::vector<Row> all = {
      {kLeaf, with({"2.5.29.17"}), "cert_profile@0 an extension occurs twice: refuse"},
      {kInter, with({"2.5.29.31", false, true}), "cert_profile@1 a known extension is malformed: refuse"},
      {kInter, [](Certificate& c) { c.version = 1; },
       "cert_profile@1 extensions need a certificate of version 3: refuse"},
      {kLeaf,
       [](Certificate& c) {
         c.version = 1;
         c.extensions.clear();
       },
       "cert_profile@0 the certificate is not of version 3: refuse", false},
      {kLeaf, [](Certificate& c) { c.issuer.clear(); }, "cert_profile@0 the issuer is empty: refuse"},
      {kInter, [](Certificate& c) { c.subject.clear(); },
       "cert_profile@1 the subject of a CA is empty: refuse"},
      {kLeaf, [](Certificate& c) { c.has_well_formed_dates = false; },
       "cert_profile@0 a date is not encoded as it has to be: refuse"},
      {kInter, uncritical("2.5.29.19"), "cert_profile@1 basicConstraints of a CA is not critical: refuse"},
      {kRoot, uncritical("2.5.29.19"), "cert_profile@2 basicConstraints of a CA is not critical: warn"},
      {kLeaf, [](Certificate& c) { c.path_length = 0; },
       "cert_profile@0 a path length without CA:TRUE and keyCertSign: refuse"},
      {kInter, without("2.5.29.15"), "cert_profile@1 a CA without key usage: refuse"},
      {kRoot, without("2.5.29.15"), "cert_profile@2 a CA without key usage: warn"},
      {kLeaf, [](Certificate& c) { *c.key_usage |= 4U; },
       "cert_profile@0 keyCertSign in a certificate that is no CA: refuse"},
      {kLeaf, with({"2.5.29.30", true}),
       "cert_profile@0 name constraints in a certificate that is no CA: refuse"},
      {kInter, [](Certificate& c) { c.name_constraints.emplace().is_empty = true; },
       "cert_profile@1 the name constraints are empty: refuse"},
      {kInter, [](Certificate& c) { c.name_constraints.emplace().malformed_name = ".a.example"; },
       "cert_profile@1 a name of the name constraints is malformed: refuse", false},
      {kInter, [](Certificate& c) { c.name_constraints.emplace().malformed_name = "a b"; },
       "cert_profile@1 a name of the name constraints is malformed: refuse"},
      {kRoot, [](Certificate& c) { c.has_well_formed_dates = false; },
       "cert_profile@2 a date is not encoded as it has to be: warn"},
      {kInter, [](Certificate& c) { c.authority_names_serial = true; },
       "cert_key_identifier@1 the authority key identifier names an issuer and serial number: warn", false},
      {kInter, with({"2.5.29.36"}), "cert_profile@1 the policy constraints are not critical: refuse"},
      {kInter, with({"2.5.29.54"}), "cert_profile@1 inhibitAnyPolicy is not critical: refuse"},
      {kLeaf, with({"1.3.6.1.5.5.7.1.1", true}),
       "cert_profile@0 the authority information access is critical: refuse"},
      {kLeaf, with({"1.3.6.1.5.5.7.1.1", false, true}),
       "cert_profile@0 the authority information access is malformed or empty: refuse"},
      {kLeaf, critical("2.5.29.37"), "cert_profile@0 the extended key usage is critical: refuse", false},
      {kLeaf,
       [](Certificate& c) {
         without("2.5.29.37")(c);
         c.has_extended_key_usage = false;
         c.extended_key_usage.clear();
       },
       "cert_profile@0 the extended key usage is missing: refuse", false},
      {kLeaf, [](Certificate& c) { c.extended_key_usage.emplace_back("anyExtendedKeyUsage"); },
       "cert_profile@0 the extended key usage allows everything: refuse", false},
      {kRoot,
       [](Certificate& c) {
         c.has_extended_key_usage = true;
         c.extended_key_usage = {"serverAuth"};
       },
       "cert_profile@2 a root with an extended key usage: refuse", false},
      {kLeaf, [](Certificate& c) { c.key_bits = 2049; },
       "cert_profile@0 the size of the RSA modulus is no multiple of 8 bits: refuse", false},
      {kInter, [](Certificate& c) { c.rsa_exponent = 1; },
       "cert_profile@1 the exponent of the RSA key is too small or even: refuse", false},
      {kLeaf, [](Certificate& c) { c.key_type = "DSA"; }, "cert_profile@0 a DSA key: refuse", false},

      {kLeaf,
       [](Certificate& c) {
         without("2.5.29.35")(c);
         c.authority_key_id.clear();
       },
       "cert_key_identifier@0 the authority key identifier is missing: refuse"},
      {kInter, without("2.5.29.35"), "cert_key_identifier@1 the authority key identifier is missing: refuse"},
      {kRoot,
       [](Certificate& c) {
         without("2.5.29.35")(c);
         c.self_issued = false;
       },
       "cert_key_identifier@2 the authority key identifier is missing: refuse"},
      {kInter, critical("2.5.29.35"),
       "cert_key_identifier@1 the authority key identifier is critical: refuse"},
      {kLeaf, [](Certificate& c) { c.authority_key_id.clear(); },
       "cert_key_identifier@0 the authority key identifier has no key identifier: refuse"},
      {kLeaf, [](Certificate& c) { c.authority_names_serial = true; },
       "cert_key_identifier@0 the authority key identifier names an issuer and serial number: refuse", false},
      {kRoot, [](Certificate& c) { c.authority_names_serial = true; },
       "cert_key_identifier@2 the authority key identifier names an issuer and serial number: warn", false},
      {kRoot, [](Certificate& c) { c.authority_key_id = "another"; },
       "cert_key_identifier@2 the authority key identifier of a root is not its subject key identifier: "
       "refuse",
       false},
      {kInter, without("2.5.29.14"),
       "cert_key_identifier@1 the subject key identifier of a CA is missing: refuse"},
      {kRoot, without("2.5.29.14"),
       "cert_key_identifier@2 the subject key identifier of a CA is missing: warn"},
      {kLeaf, critical("2.5.29.14"), "cert_key_identifier@0 the subject key identifier is critical: refuse"},

      {kLeaf, [](Certificate& c) { c.serial_hex = "00"; }, "cert_serial@0 the serial number is zero: refuse"},
      {kRoot, [](Certificate& c) { c.serial_hex = "00"; }, "cert_serial@2 the serial number is zero: warn"},
      {kInter, [](Certificate& c) { c.serial_hex = "-0123456789abcdef"; },
       "cert_serial@1 the serial number is negative: refuse"},
      {kLeaf, [](Certificate& c) { c.serial_hex = std::string(42, '7'); },
       "cert_serial@0 the serial number is longer than 20 octets: refuse"},
      {kLeaf, [](Certificate& c) { c.serial_hex = "07"; },
       "cert_serial@0 the serial number has fewer than 64 bits: warn", false},

      {kLeaf,
       [](Certificate& c) {
         c.subject.clear();
         c.subject_cn.clear();
       },
       "cert_name_form@0 the subject is empty and the subject alternative name is not critical: refuse"},
      {kLeaf, critical("2.5.29.17"),
       "cert_name_form@0 the subject alternative name is critical although there is a subject: refuse",
       false},
      {kLeaf, [](Certificate& c) { c.malformed_ip_names = 1; },
       "cert_name_form@0 an IP address has neither 4 nor 16 octets: refuse"},
      {kLeaf,
       [](Certificate& c) {
         c.names.push_back({tls::AltName::Kind::dns, "*.com"});
       },
       "cert_name_form@0 a wildcard stands for all names of a public suffix: refuse"},
      {kLeaf, [](Certificate& c) { c.subject_cn = "b.example"; },
       "cert_name_form@0 the common name is not among the subject alternative names: warn", false},
      {kLeaf, [](Certificate& c) { c.subject_cn = "A.example"; },
       "cert_name_form@0 the common name spells a name otherwise than the subject alternative names: refuse",
       false},
  };
  return all;
}

TEST(Profile, AGoodChainBreaksNoRule) {
  EXPECT_THAT(found(healthy()), testing::IsEmpty());
  EXPECT_THAT(found(of_public_ca()), testing::IsEmpty());
}

TEST(Profile, UnderAPublicCaEachBrokenRuleIsFoundAlone) {
  for (const Row& row : rows())
    EXPECT_THAT(found(changed(of_public_ca(), row.depth, row.change)), testing::ElementsAre(row.finding));
}

TEST(Profile, UnderACaOfTheOwnerTheRulesOfTheWebDoNotBindAndTheOthersWarn) {
  for (const Row& row : rows()) {
    std::string warning = row.finding;
    warning.replace(warning.rfind(": ") + 2, std::string::npos, "warn");
    const auto seen = found(changed(healthy(), row.depth, row.change));
    if (row.binds_everybody) {
      EXPECT_THAT(seen, testing::ElementsAre(warning));
    } else {
      EXPECT_THAT(seen, testing::IsEmpty()) << row.finding;
    }
  }
}

TEST(Profile, NamesThatAreNoneAreQuoted) {
  const std::vector<std::string> bad = {"a_b..c",
                                        ".a.example",
                                        "a.example.",
                                        "b\xc3\xa4.example",
                                        "*.*.example",
                                        "w*.example",
                                        "a b.example",
                                        "-a.example",
                                        "a-.example",
                                        std::string(64, 'a') + ".example",
                                        std::string("a\0b", 3),
                                        ""};
  for (const std::string& text : bad) {
    const Attempt attempt = changed(of_public_ca(), kLeaf, [&text](Certificate& c) {
      c.names.push_back({tls::AltName::Kind::dns, text});
    });
    const Diagnosis diagnosis = diagnose(attempt, browser_policy(), kNow);
    ASSERT_EQ(diagnosis.findings.size(), 1U) << text;
    EXPECT_EQ(diagnosis.findings[0].fact("fault"), "a DNS name is malformed");
    EXPECT_EQ(diagnosis.findings[0].fact("name"), text);
  }
  for (const char* text :
       {"a_b.example", "*.b.example", "xn--bcher-kva.example", "3com.example", "a--b.example"}) {
    EXPECT_THAT(found(changed(of_public_ca(), kLeaf,
                              [text](Certificate& c) {
                                c.names.push_back({tls::AltName::Kind::dns, text});
                              })),
                testing::IsEmpty())
        << text;
  }
}

TEST(Profile, ACommonNameThatMisleadsIsRefused) {
  struct Name {
    const char* cn;
    const char* address;
    bool misleads;
  };
  for (const Name& row :
       {Name{"0xC0A80101", "192.168.1.1", true}, Name{"192.168.001.001", "192.168.1.1", true},
        Name{"3232235777", "192.168.1.1", true}, Name{"2001:DB8:0::1", "2001:db8::1", true},
        Name{"xn--n3h.example", "192.168.1.1", true},
        Name{"b\xc3\xbc"
             "cher.example",
             "192.168.1.1", true},
        Name{"192.168.1.2", "192.168.1.1", false},
        Name{"B\xc3\xbc"
             "cher und mehr",
             "192.168.1.1", false},
        Name{"Example Printer 7", "192.168.1.1", false}, Name{"0xZZ", "192.168.1.1", false}}) {
    const auto seen = found(changed(of_public_ca(), kLeaf, [&row](Certificate& c) {
      c.names.push_back({tls::AltName::Kind::ip, row.address});
      c.subject_cn = row.cn;
    }));
    ASSERT_EQ(seen.size(), 1U) << row.cn;
    EXPECT_EQ(seen[0].ends_with("refuse"), row.misleads) << row.cn;
  }
}

TEST(Profile, AWildcardOfAHosterIsNoneOfAPublicSuffix) {
  for (const char* text : {"*.github.io", "*.s3.amazonaws.com", "*.example.co.uk", "*.home.arpa"}) {
    EXPECT_THAT(found(changed(of_public_ca(), kLeaf,
                              [text](Certificate& c) {
                                c.names.push_back({tls::AltName::Kind::dns, text});
                              })),
                testing::IsEmpty())
        << text;
  }
  EXPECT_THAT(found(changed(of_public_ca(), kLeaf,
                            [](Certificate& c) {
                              c.names.push_back({tls::AltName::Kind::dns, "*.Co.UK"});
                            })),
              testing::SizeIs(1));
}

TEST(Profile, TheSerialNumbersOfCasMayBeShort) {
  EXPECT_THAT(found(changed(of_public_ca(), kInter, [](Certificate& c) { c.serial_hex = "07"; })),
              testing::IsEmpty());
}

TEST(Profile, SerialNumbersOfTwentyOctetsAreAllowed) {
  for (const std::string& serial :
       {std::string(40, 'f'), "00" + std::string(40, 'f'), std::string(12, '1')}) {
    EXPECT_THAT(found(changed(of_public_ca(), kLeaf, [&serial](Certificate& c) { c.serial_hex = serial; })),
                testing::IsEmpty())
        << serial;
  }
}

// The limit is that of the day of issue, and both ends of the period count.
TEST(Profile, TheLengthOfTheValidityIsThatOfTheDayOfIssue) {
  struct Length {
    UnixSeconds issued;
    int days;
  };
  for (const Length& row :
       {Length{1'598'918'399, 825}, Length{1'598'918'400, 398}, Length{1'773'532'799, 398},
        Length{1'773'532'800, 200}, Length{1'805'068'800, 100}, Length{1'868'227'200, 47}}) {
    const auto lasting = [&row](std::int64_t seconds) {
      Attempt attempt = changed(of_public_ca(), kLeaf, [&row, seconds](Certificate& c) {
        c.not_before = row.issued;
        c.not_after = row.issued + seconds - 1;
      });
      const Policy policy = browser_policy();
      std::vector<std::string> out;
      for (const Finding& one : diagnose(attempt, policy, row.issued + 1).findings) {
        if (one.failure == Failure::cert_validity_too_long)
          out.push_back(std::string(one.fact("days")).append("/").append(one.fact("max_days")));
      }
      return out;
    };
    EXPECT_THAT(lasting(row.days * kDay), testing::IsEmpty()) << row.issued;
    EXPECT_THAT(lasting(row.days * kDay + 1),
                testing::ElementsAre(std::to_string(row.days + 1) + "/" + std::to_string(row.days)));
  }
  EXPECT_THAT(found(changed(of_public_ca(), kLeaf, [](Certificate& c) { c.not_after = kNow + 800 * kDay; })),
              testing::ElementsAre("cert_validity_too_long@0 : warn"));
}

TEST(Profile, IsNotCheckedWhereTrustIsTheFault) {
  Attempt attempt = changed(healthy(), kLeaf, [](Certificate& c) { c.serial_hex = "00"; });
  attempt.handshake.chain.anchored = false;
  const Diagnosis diagnosis = diagnose(attempt, browser_policy(), kNow);
  for (const Finding& one : diagnosis.findings) EXPECT_NE(one.failure, Failure::cert_serial);
  const auto check = std::find_if(diagnosis.checks.begin(), diagnosis.checks.end(),
                                  [](const Check& one) { return one.name == std::string_view("profile"); });
  ASSERT_NE(check, diagnosis.checks.end());
  EXPECT_EQ(check->outcome, CheckOutcome::not_checked);
}

TEST(Profile, SeveralFaultsOfOneKindAreSeveralFindings) {
  const auto seen = found(changed(of_public_ca(), kLeaf, [](Certificate& c) {
    c.serial_hex = "-" + std::string(42, '7');
    c.malformed_ip_names = 2;
  }));
  EXPECT_EQ(seen.size(), 3U);
}

// The first certificate of a PEM text.
std::string der_of(const std::string& pem) {
  const tls::BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const tls::X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate.get(), &bytes);
  std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(std::max(size, 0)));
  OPENSSL_free(bytes);
  return der;
}

// A root that browsers trust must not make every site below it unusable.
TEST(Profile, NoRootOfTheSystemIsRefused) {
  const std::filesystem::path folder = "/usr/share/ca-certificates/mozilla";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << folder << " is where Debian has them";
  int roots = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(file.path());
    std::stringstream text;
    text << in.rdbuf();
    Attempt attempt = of_public_ca();
    attempt.handshake.chain.built[kRoot] = tls::read_certificate(der_of(text.str()));
    const UnixSeconds then = attempt.handshake.chain.built[kRoot].not_before + kDay;
    const Policy policy = browser_policy();
    for (const JudgedFinding& one : decide(diagnose(attempt, policy, then), policy, then).findings) {
      EXPECT_FALSE(one.finding.depth == kRoot && one.action == Action::refuse)
          << file.path() << ": " << info(one.finding.failure).slug << " " << one.finding.fact("fault");
    }
    ++roots;
  }
  EXPECT_GT(roots, 100);
}

TEST(Profile, ARuleOfTheOwnerDecides) {
  Policy policy = browser_policy();
  policy.on[static_cast<std::size_t>(Failure::cert_serial)] = Rule{Action::allow, {}, "", {}, "own"};
  const Attempt attempt = changed(of_public_ca(), kLeaf, [](Certificate& c) { c.serial_hex = "00"; });
  EXPECT_EQ(decide(diagnose(attempt, policy, kNow), policy, kNow).decision, Decision::forward);
  policy.on[static_cast<std::size_t>(Failure::cert_serial)]->action = Action::refuse;
  const Attempt own = changed(healthy(), kLeaf, [](Certificate& c) { c.serial_hex = "00"; });
  EXPECT_EQ(decide(diagnose(own, policy, kNow), policy, kNow).decision, Decision::refuse);
}

}  // namespace
}  // namespace whytls::policy::test
