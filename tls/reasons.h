// Numbers of OpenSSL's error queue, for those who judge evidence and don't include OpenSSL. They are the
// values of HandshakeEvidence::openssl_reason and openssl_library; tls/constants_check.cpp proves each one at
// build time.
#pragma once

namespace whytls::tls {

// Libraries (ERR_LIB_*).
inline constexpr int kLibraryEvp = 6;
inline constexpr int kLibraryDh = 5;
inline constexpr int kLibraryRsa = 4;
inline constexpr int kLibraryX509 = 11;
inline constexpr int kLibraryAsn1 = 13;
inline constexpr int kLibraryEc = 16;
inline constexpr int kLibrarySsl = 20;
inline constexpr int kLibraryX509v3 = 34;
inline constexpr int kLibraryProvider = 57;

// Reasons that every library may give (ERR_R_*).
inline constexpr int kReasonMallocFailure = 0xC0100;
inline constexpr int kReasonInternalError = 0xC0103;
inline constexpr int kReasonNestedAsn1Error = 0x8010A;

// A reason of library kLibrarySsl that is an alert of the peer is kReasonAlertOffset + the alert's number.
inline constexpr int kReasonAlertOffset = 1000;

// Reasons of library kLibrarySsl (SSL_R_*).
namespace ssl_reason {
inline constexpr int kUnsupportedProtocol = 258;
inline constexpr int kVersionTooLow = 396;
inline constexpr int kVersionTooHigh = 166;
inline constexpr int kWrongVersionNumber = 267;
inline constexpr int kWrongSslVersion = 266;
inline constexpr int kNoProtocolsAvailable = 191;
inline constexpr int kUnsupportedSslVersion = 259;
inline constexpr int kInappropriateFallback = 373;
inline constexpr int kBadProtocolVersionNumber = 116;
inline constexpr int kUnknownProtocol = 252;
inline constexpr int kHttpRequest = 156;
inline constexpr int kHttpsProxyRequest = 155;
inline constexpr int kUnknownSslVersion = 254;
inline constexpr int kUnsafeLegacyRenegotiationDisabled = 338;
inline constexpr int kRenegotiationMismatch = 337;
inline constexpr int kRenegotiationEncodingErr = 336;
inline constexpr int kNoRenegotiation = 339;
inline constexpr int kNoSharedCipher = 193;
inline constexpr int kNoCiphersAvailable = 181;
inline constexpr int kNoCipherMatch = 185;
inline constexpr int kUnknownCipherReturned = 248;
inline constexpr int kWrongCipherReturned = 261;
inline constexpr int kCiphersuiteDigestHasChanged = 218;
inline constexpr int kUnknownCipherType = 249;
inline constexpr int kNoCiphersSpecified = 183;
inline constexpr int kDhKeyTooSmall = 394;
inline constexpr int kBadDhValue = 102;
inline constexpr int kBadEcpoint = 306;
inline constexpr int kBadEccCert = 304;
inline constexpr int kWrongCurve = 378;
inline constexpr int kNoSuitableKeyShare = 101;
inline constexpr int kBadKeyShare = 108;
inline constexpr int kNoSuitableGroups = 295;
inline constexpr int kUnsupportedEllipticCurve = 315;
inline constexpr int kUnknownKeyExchangeType = 250;
inline constexpr int kNoSharedGroups = 410;
inline constexpr int kLegacySigalgDisallowedOrUnsupported = 333;
inline constexpr int kNoSuitableSignatureAlgorithm = 118;
inline constexpr int kNoSharedSignatureAlgorithms = 376;
inline constexpr int kWrongSignatureType = 370;
inline constexpr int kWrongSignatureSize = 265;
inline constexpr int kWrongSignatureLength = 264;
inline constexpr int kBadSignature = 123;
inline constexpr int kDigestCheckFailed = 149;
inline constexpr int kNoSuitableDigestAlgorithm = 297;
inline constexpr int kDecryptionFailed = 147;
inline constexpr int kDecryptionFailedOrBadRecordMac = 281;
inline constexpr int kBadRecordType = 443;
inline constexpr int kBlockCipherPadIsWrong = 129;
inline constexpr int kUnexpectedEofWhileReading = 294;
inline constexpr int kUnexpectedMessage = 244;
inline constexpr int kUnexpectedRecord = 245;
inline constexpr int kUnexpectedCcsMessage = 262;
inline constexpr int kCcsReceivedEarly = 133;
inline constexpr int kBadChangeCipherSpec = 103;
inline constexpr int kLengthMismatch = 159;
inline constexpr int kLengthTooLong = 404;
inline constexpr int kLengthTooShort = 160;
inline constexpr int kBadLength = 271;
inline constexpr int kBadPacketLength = 115;
inline constexpr int kBadPacket = 240;
inline constexpr int kRecordLengthMismatch = 213;
inline constexpr int kRecordTooSmall = 298;
inline constexpr int kPacketLengthTooLong = 198;
inline constexpr int kDataLengthTooLong = 146;
inline constexpr int kEncryptedLengthTooLong = 150;
inline constexpr int kExcessiveMessageSize = 152;
inline constexpr int kBadExtension = 110;
inline constexpr int kUnsolicitedExtension = 217;
inline constexpr int kMissingSupportedGroupsExtension = 209;
inline constexpr int kMissingSigalgsExtension = 112;
inline constexpr int kParseTlsext = 227;
inline constexpr int kBadHandshakeLength = 332;
inline constexpr int kBadHandshakeState = 236;
inline constexpr int kBadHelloRequest = 105;
inline constexpr int kCertificateVerifyFailed = 134;
inline constexpr int kCertLengthMismatch = 135;
inline constexpr int kUnknownCertificateType = 247;
inline constexpr int kWrongCertificateType = 383;
inline constexpr int kBadDataReturnedByCallback = 106;
inline constexpr int kUnableToFindPublicKeyParameters = 239;
inline constexpr int kMissingRsaCertificate = 168;
inline constexpr int kMissingSigningCert = 221;
inline constexpr int kMissingEcdsaSigningCert = 381;
inline constexpr int kPeerDidNotReturnACertificate = 199;
inline constexpr int kNoCertificateSet = 179;
inline constexpr int kNoCertificateAssigned = 177;
inline constexpr int kCertCbError = 377;
inline constexpr int kInvalidCertificateOrAlg = 238;
inline constexpr int kEeKeyTooSmall = 399;
inline constexpr int kCaKeyTooSmall = 397;
inline constexpr int kCaMdTooWeak = 398;
inline constexpr int kBadSrtpMkiValue = 352;
inline constexpr int kBadPskIdentity = 114;
inline constexpr int kBinderDoesNotVerify = 253;
inline constexpr int kAttemptToReuseSessionInDifferentContext = 272;
inline constexpr int kOldSessionCipherNotReturned = 197;
inline constexpr int kOldSessionCompressionAlgorithmNotReturned = 344;
inline constexpr int kUnsupportedCompressionAlgorithm = 257;
inline constexpr int kApplicationDataAfterCloseNotify = 291;
inline constexpr int kTooManyWarnAlerts = 409;
inline constexpr int kTooMuchEarlyData = 164;
inline constexpr int kTooManyKeyUpdates = 132;
inline constexpr int kCallbackFailed = 234;
inline constexpr int kInconsistentExtms = 104;
inline constexpr int kNoApplicationProtocol = 235;
inline constexpr int kInvalidAlert = 205;
inline constexpr int kUnknownAlertType = 246;
}  // namespace ssl_reason

}  // namespace whytls::tls
