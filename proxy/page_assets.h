// The parts of the failure page, embedded at build time from proxy/page/ (see proxy/page/embed.cmake).
#pragma once

namespace whytls::proxy {

extern const char* const kPageTemplate;  // Mustache; escapes what is filled in
extern const char* const kPageStyle;
extern const char* const kPageScript;
// Value of Content-Security-Policy: nothing is loaded, and only the style and the script above apply.
extern const char* const kPageSecurityPolicy;

}  // namespace whytls::proxy
