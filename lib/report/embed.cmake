# Write a text file as a C array, and its SHA-256 as a Content-Security-Policy names it.
#   cmake -D IN=report.css -D OUT=report_css.c -D NAME=kan_report_css -P embed.cmake
file(READ ${IN} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\t\\1\n" bytes "${bytes}")

# Base64 of the digest, three bytes at a time; 32 bytes leave two at the end.
file(SHA256 ${IN} digest)
set(alphabet ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/)
set(base64 "")
foreach(at RANGE 0 60 6)
    string(SUBSTRING "${digest}0000" ${at} 6 group)
    foreach(shift 18 12 6 0)
        math(EXPR index "(0x${group} >> ${shift}) & 63")
        string(SUBSTRING ${alphabet} ${index} 1 char)
        string(APPEND base64 ${char})
    endforeach()
endforeach()
string(SUBSTRING ${base64} 0 43 base64)

file(WRITE ${OUT}
"/* Made from a file by embed.cmake; do not edit. */
#include \"report/html.h\"

const char ${NAME}[] = {
${bytes}\t0
};
const char ${NAME}_hash[] = \"sha256-${base64}=\";
")
