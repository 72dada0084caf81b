# One target for each fuzz_<name>.c, which defines LLVMFuzzerTestOneInput.
#
# replay_<name>, with any compiler, runs testdata/fuzz/<name>/* as the test
# fuzz/<name>; fuzz_<name>, with KAN_BUILD_FUZZERS, looks for new inputs.
file(GLOB targets CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/fuzz_*.c)

function(kan_fuzz_program program)
    add_executable(${program} ${ARGN})
    target_include_directories(${program} PRIVATE ${PROJECT_SOURCE_DIR}/lib ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${program} PRIVATE kan_whole kan_options)
    set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
        ${PROJECT_BINARY_DIR}/fuzz)
endfunction()

add_custom_target(kan_fuzzers)
foreach(source IN LISTS targets)
    get_filename_component(stem ${source} NAME_WE)
    string(REGEX REPLACE "^fuzz_" "" name ${stem})
    kan_fuzz_program(replay_${name} ${source} ${CMAKE_CURRENT_LIST_DIR}/replay.c)
    add_test(NAME fuzz/${name}
        COMMAND replay_${name} ${PROJECT_SOURCE_DIR}/testdata/fuzz/${name})
    set_tests_properties(fuzz/${name} PROPERTIES LABELS fuzz TIMEOUT 300)
    if(KAN_BUILD_FUZZERS)
        kan_fuzz_program(fuzz_${name} ${source})
        add_dependencies(kan_fuzzers fuzz_${name})
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    endif()
endforeach()
