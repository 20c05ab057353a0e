# How every file of the project is compiled, and the two functions by which a folder says what it builds.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(ovs_profile INTERFACE)
target_include_directories(ovs_profile INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(ovs_profile INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror -fno-exceptions -fno-rtti -fno-strict-aliasing
  -ffunction-sections -fdata-sections
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)

# ovs_library(NAME [HOSTED] SOURCES files... [DEPENDS libraries...])
#   A static library ovs_NAME. HOSTED: may use the C++ library; without it the folder is also compiled for the kernel.
function(ovs_library name)
  cmake_parse_arguments(ARG "HOSTED" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(ovs_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(ovs_${name} PUBLIC ovs_profile ${ARG_DEPENDS})
  if(NOT ARG_HOSTED)
    set_property(GLOBAL APPEND PROPERTY OVS_KERNEL_LIBRARIES ovs_${name})
  endif()
endfunction()

# ovs_kernel_sources(VARIABLE): what a driver compiles of the freestanding libraries: everything but the text forms
# (x_text.cc), which are for people.
function(ovs_kernel_sources output)
  get_property(libraries GLOBAL PROPERTY OVS_KERNEL_LIBRARIES)
  set(found "")
  foreach(library IN LISTS libraries)
    get_target_property(directory ${library} SOURCE_DIR)
    get_target_property(sources ${library} SOURCES)
    list(FILTER sources EXCLUDE REGEX "_text\\.cc$")
    foreach(source IN LISTS sources)
      cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${directory} NORMALIZE)
      list(APPEND found ${source})
    endforeach()
  endforeach()
  set(${output} ${found} PARENT_SCOPE)
endfunction()

# Writes kernel_sources.txt, one file a line, which scripts/check_kernel_profile compiles as a driver would.
function(ovs_write_kernel_sources)
  ovs_kernel_sources(sources)
  list(JOIN sources "\n" lines)
  file(WRITE ${PROJECT_BINARY_DIR}/kernel_sources.txt "${lines}\n")
endfunction()
cmake_language(DEFER DIRECTORY ${PROJECT_SOURCE_DIR} CALL ovs_write_kernel_sources)

# ovs_test(NAME SOURCES files... [DEPENDS libraries...])
#   A doctest program NAME, one per folder, run by ctest.
find_path(DOCTEST_INCLUDE doctest/doctest.h REQUIRED)
add_library(ovs_doctest_main STATIC ${PROJECT_SOURCE_DIR}/tests/support/doctest_main.cc)
target_compile_options(ovs_doctest_main PRIVATE -fno-exceptions -fno-rtti)
target_compile_definitions(ovs_doctest_main PUBLIC DOCTEST_CONFIG_NO_EXCEPTIONS_BUT_WITH_ALL_ASSERTS)
function(ovs_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ovs_profile ovs_doctest_main ${ARG_DEPENDS})
  add_test(NAME ${name} COMMAND ${name})
endfunction()

# ovs_fmt: libfmt's compiled half, once, under the project's own flags. Hosted folders that use fmt depend on it.
find_path(FMT_INCLUDE fmt/format-inl.h REQUIRED)
add_library(ovs_fmt STATIC ${PROJECT_SOURCE_DIR}/cmake/fmt.cc)
target_compile_options(ovs_fmt PRIVATE -fno-exceptions -fno-rtti)
target_compile_definitions(ovs_fmt PUBLIC FMT_EXCEPTIONS=0)

# ovs_fuzz(NAME SOURCES files... [DEPENDS libraries...])
#   A libFuzzer entry NAME. Under the preset fuzz it is a fuzzer, run by scripts/fuzz; elsewhere a test that replays the
#   inputs kept under tests/fuzz/NAME/: each was a finding, or reaches what others do not.
option(OVS_FUZZ "Build the libFuzzer entries as fuzzers (needs clang)" OFF)
add_library(ovs_fuzz_replay STATIC EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/tests/support/fuzz_replay.cc)
target_compile_options(ovs_fuzz_replay PRIVATE -fno-exceptions -fno-rtti)
function(ovs_fuzz name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ovs_profile ${ARG_DEPENDS})
  if(OVS_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    set_property(GLOBAL APPEND PROPERTY OVS_FUZZERS ${name})
  else()
    target_link_libraries(${name} PRIVATE ovs_fuzz_replay)
    add_test(NAME ${name} COMMAND ${name} ${PROJECT_SOURCE_DIR}/tests/fuzz/${name})
  endif()
endfunction()

# ovs_program(NAME SOURCES files... DEPENDS libraries...)
#   A program people run, in bin/. Carries its own C++ runtime: it starts faster, and runs where no g++ is installed.
function(ovs_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ovs_profile ${ARG_DEPENDS})
  target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc LINKER:--gc-sections)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()
