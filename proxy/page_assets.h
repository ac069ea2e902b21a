// The parts of the failure page, embedded at build time from proxy/page/ (see proxy/page/embed.cmake).
#pragma once

namespace whytls::proxy {

extern const char* const kPageTemplate;  // Mustache; escapes what is filled in
extern const char* const kPageStyle;
extern const char* const kPageStyleSource;  // the same for its readers, with all blanks
extern const char* const kPageScript;
// The same of the reference of codes (`whytls codes --html`).
extern const char* const kCodesTemplate;
extern const char* const kCodesStyle;
extern const char* const kCodesScript;

}  // namespace whytls::proxy
