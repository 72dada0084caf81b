# The rules that a machine can check: one test for each script in tests/lint/.
#
# A script runs in the root of the project, prints "FILE:LINE: what is wrong" and
# ends with 1; 77 means skipped, for the reason that it prints.
file(GLOB rules CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/lint/*.sh)
foreach(rule IN LISTS rules)
    get_filename_component(name ${rule} NAME_WE)
    add_test(NAME lint/${name} COMMAND sh ${rule} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
    set_tests_properties(lint/${name} PROPERTIES LABELS lint TIMEOUT 600 SKIP_RETURN_CODE 77
        ENVIRONMENT "CMAKE_GENERATOR=${CMAKE_GENERATOR};KAN_BUILD=${PROJECT_BINARY_DIR};KAN_LIB=$<TARGET_FILE:kan>;KAN_CC=${CMAKE_C_COMPILER};KAN_SANITIZE=${KAN_SANITIZE}")
endforeach()

# These build the project again, as it is installed.
if(TEST lint/install-shared)
    set_tests_properties(lint/install-shared PROPERTIES LABELS "lint;slow")
endif()
