# The style sheet of the HTML report as an array.
set(css ${CMAKE_CURRENT_LIST_DIR}/assets/report.css)
set(css_c ${CMAKE_CURRENT_BINARY_DIR}/report_css.c)
add_custom_command(OUTPUT ${css_c}
    COMMAND ${CMAKE_COMMAND} -D IN=${css} -D OUT=${css_c} -D NAME=kan_report_css
            -P ${CMAKE_CURRENT_LIST_DIR}/embed.cmake
    DEPENDS ${css} ${CMAKE_CURRENT_LIST_DIR}/embed.cmake VERBATIM)
target_sources(kan PRIVATE ${css_c})
