# Makes page_assets.cpp: the templates, styles and scripts of the failure page and of the reference of codes as string
# constants.
#   cmake -D PAGE_DIR=... -D OUTPUT=... -P embed.cmake

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
without_blanks("${css}" short_css)

set(source "// Made from proxy/page/ by embed.cmake.\n#include \"proxy/page_assets.h\"\n\nnamespace whytls::proxy {\n\n")
string(APPEND source "const char* const kPageTemplate = R\"page(${html})page\";\n")
string(APPEND source "const char* const kPageStyle = R\"page(${short_css})page\";\n")
string(APPEND source "const char* const kPageStyleSource = R\"page(${css})page\";\n")
string(APPEND source "const char* const kPageScript = R\"page(${js})page\";\n")
string(APPEND source "const char* const kCodesTemplate = R\"page(${codes_html})page\";\n")
string(APPEND source "const char* const kCodesStyle = R\"page(${codes_css})page\";\n")
string(APPEND source "const char* const kCodesScript = R\"page(${codes_js})page\";\n\n}  // namespace whytls::proxy\n")
file(WRITE "${OUTPUT}" "${source}")
