# One test for each tests/cli/<name>.sh; run.sh tells how it is judged.
file(GLOB cases CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.sh)
list(REMOVE_ITEM cases ${CMAKE_CURRENT_LIST_DIR}/run.sh)
foreach(case IN LISTS cases)
    get_filename_component(name ${case} NAME_WE)
    add_test(NAME cli/${name} COMMAND sh ${CMAKE_CURRENT_LIST_DIR}/run.sh ${case})
    set_tests_properties(cli/${name} PROPERTIES LABELS cli TIMEOUT 300 SKIP_RETURN_CODE 77
        ENVIRONMENT "KAN_BIN=${PROJECT_BINARY_DIR}/bin;KAN_SOURCE=${PROJECT_SOURCE_DIR};KAN_TESTDATA=${PROJECT_SOURCE_DIR}/testdata;KAN_FIXTURES=${KAN_FIXTURES}")
endforeach()
