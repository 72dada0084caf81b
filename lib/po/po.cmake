# Catalogues: lib/po/<lang>.po becomes share/locale/<lang>/LC_MESSAGES/kanshiki.mo, in
# the build tree beside bin/ and in the installed tree alike.
find_program(KAN_MSGFMT msgfmt REQUIRED)
set(linguas ja)
set(catalogues "")
foreach(lang IN LISTS linguas)
    set(po ${CMAKE_CURRENT_LIST_DIR}/${lang}.po)
    set(folder ${PROJECT_BINARY_DIR}/share/locale/${lang}/LC_MESSAGES)
    add_custom_command(OUTPUT ${folder}/kanshiki.mo
        COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
        COMMAND ${KAN_MSGFMT} --check --no-hash --endianness=little -o ${folder}/kanshiki.mo ${po}
        DEPENDS ${po} VERBATIM)
    list(APPEND catalogues ${folder}/kanshiki.mo)
    install(FILES ${folder}/kanshiki.mo DESTINATION ${CMAKE_INSTALL_LOCALEDIR}/${lang}/LC_MESSAGES)
endforeach()
add_custom_target(kan_catalogues ALL DEPENDS ${catalogues})
add_dependencies(kan kan_catalogues)
target_compile_definitions(kan PRIVATE KAN_LOCALEDIR="${CMAKE_INSTALL_FULL_LOCALEDIR}")
