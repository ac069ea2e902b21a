# Makes page_assets.cpp: the template, the style and the script of the failure page as string constants, and the
# Content-Security-Policy that allows exactly this style and this script by their SHA-256.
#   cmake -D PAGE_DIR=... -D OUTPUT=... -P embed.cmake

# Base64 of a hex string of 64 digits, as CSP wants a hash.
function(base64_of_sha256 hex result)
  set(alphabet "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  set(text "")
  string(APPEND hex "0000") # 34 bytes; the last two characters that they make are replaced by padding
  foreach(i RANGE 0 60 6)
    string(SUBSTRING "${hex}" ${i} 6 group)
    foreach(shift 18 12 6 0)
      math(EXPR index "(0x${group} >> ${shift}) & 63")
      string(SUBSTRING "${alphabet}" ${index} 1 letter)
      string(APPEND text "${letter}")
    endforeach()
  endforeach()
  string(SUBSTRING "${text}" 0 43 text)
  set(${result} "${text}=" PARENT_SCOPE)
endfunction()

# The blanks of a style sheet that only its readers need: every page carries it.
function(without_blanks css result)
  string(REGEX REPLACE "[\n ]*\n[\n ]*" "\n" css "${css}")
  string(REGEX REPLACE "([{};:,]) +" "\\1" css "${css}")
  string(REGEX REPLACE ";? *}" "}" css "${css}")
  string(REPLACE " {" "{" css "${css}")
  set(${result} "${css}" PARENT_SCOPE)
endfunction()

foreach(part html css js)
  file(READ "${PAGE_DIR}/codes.${part}" codes_${part})
  file(READ "${PAGE_DIR}/page.${part}" ${part})
endforeach()
without_blanks("${css}" css)
string(SHA256 css_hex "${css}")
string(SHA256 js_hex "${js}")
base64_of_sha256("${css_hex}" style_hash)
base64_of_sha256("${js_hex}" script_hash)
set(policy "default-src 'none'; style-src 'sha256-${style_hash}'; script-src 'sha256-${script_hash}'; ")
string(APPEND policy "base-uri 'none'; form-action 'none'; frame-ancestors 'self'")

set(source "// Made from proxy/page/ by embed.cmake.\n#include \"proxy/page_assets.h\"\n\nnamespace whytls::proxy {\n\n")
string(APPEND source "const char* const kPageTemplate = R\"page(${html})page\";\n")
string(APPEND source "const char* const kPageStyle = R\"page(${css})page\";\n")
string(APPEND source "const char* const kPageScript = R\"page(${js})page\";\n")
string(APPEND source "const char* const kCodesTemplate = R\"page(${codes_html})page\";\n")
string(APPEND source "const char* const kCodesStyle = R\"page(${codes_css})page\";\n")
string(APPEND source "const char* const kCodesScript = R\"page(${codes_js})page\";\n")
string(APPEND source "const char* const kPageSecurityPolicy = \"${policy}\";\n\n}  // namespace whytls::proxy\n")
file(WRITE "${OUTPUT}" "${source}")
