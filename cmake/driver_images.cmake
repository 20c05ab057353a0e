# The driver's three forms from one source: an ELF shared object for this machine, and openvswitch.sys by clang (which
# ships) and by mingw's g++ (a second opinion). Nothing here is for programs.
#   ovs_driver_object()  the shared object, target openvswitch_driver
#   ovs_driver_images()  both .sys, target driver_images; needs the cross compilers of scripts/packages (use "check");
#     and target driver_coverage_image, a third that counts which lines it runs, for scripts/coverage
set(OVS_IMPORTS ${PROJECT_SOURCE_DIR}/src/emulator/sdk/facts/functions.inc)
set(OVS_MAKE_IMPORTS ${PROJECT_SOURCE_DIR}/cmake/make_imports)

# A Windows driver's sources as ELF: 16-bit wchar_t, as its string literals have on Windows.
function(ovs_driver_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(ovs_${name} STATIC ${ARG_SOURCES})
  target_compile_options(ovs_${name} PRIVATE -fshort-wchar)
  target_link_libraries(ovs_${name} PUBLIC ovs_nt_sdk ${ARG_DEPENDS})
  list(TRANSFORM ARG_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  set_property(GLOBAL APPEND PROPERTY OVS_DRIVER_SOURCES ${ARG_SOURCES})
endfunction()

# ovs_import_stubs(VARIABLE LIBRARIES...): a source with the slots for what those libraries import.
function(ovs_import_stubs output)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  set(stubs ${CMAKE_CURRENT_BINARY_DIR}/import_stubs.cc)
  list(TRANSFORM ARGN REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE archives)
  add_custom_command(OUTPUT ${stubs}
    COMMAND ${Python3_EXECUTABLE} ${OVS_MAKE_IMPORTS} ${OVS_IMPORTS} --stubs ${stubs} --used-by ${archives}
    DEPENDS ${OVS_MAKE_IMPORTS} ${OVS_IMPORTS} ${ARGN}
    VERBATIM)
  set(${output} ${stubs} PARENT_SCOPE)
endfunction()

function(ovs_driver_object)
  ovs_import_stubs(stubs ovs_driver ovs_platform_nt)
  add_library(openvswitch_driver MODULE ${stubs})
  set(exports ${PROJECT_SOURCE_DIR}/cmake/driver/exports.map)
  target_link_libraries(openvswitch_driver PRIVATE ovs_nt_sdk "$<LINK_LIBRARY:WHOLE_ARCHIVE,ovs_driver,ovs_platform_nt>")
  target_link_options(openvswitch_driver PRIVATE LINKER:--version-script=${exports} LINKER:--gc-sections)
  if(NOT CMAKE_CXX_FLAGS_DEBUG MATCHES sanitize)
    target_link_options(openvswitch_driver PRIVATE LINKER:-z,defs)  # a sanitizer's runtime is the loading program's
  endif()
  set_target_properties(openvswitch_driver PROPERTIES
    PREFIX "" OUTPUT_NAME openvswitch LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/driver LINK_DEPENDS ${exports})
endfunction()

set(OVS_MINGW_CXX_INCLUDE /usr/lib/gcc/x86_64-w64-mingw32/12-posix/include/c++)

# ovs_image_objects(COMPILER OUTPUT-VARIABLE SOURCES...): objects of an image, built in and named relative to the build
# folder, so that where that is leaves no trace in them.
function(ovs_image_objects compiler output)
  file(STRINGS ${PROJECT_SOURCE_DIR}/cmake/driver/common.flags common)
  file(STRINGS ${PROJECT_SOURCE_DIR}/cmake/driver/${compiler}.flags own)
  set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/cmake/driver/common.flags ${PROJECT_SOURCE_DIR}/cmake/driver/${compiler}.flags)
  # clang writes its command line into the debug information: no path of it may be absolute.
  file(RELATIVE_PATH root ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR})
  set(sdk ${root}/src/emulator/sdk)
  set(flags ${own} ${common} -ffile-prefix-map=${root}/= -I${root}/src -I${sdk} -I${sdk}/target/pe
    -isystem ${root}/cmake/kernel_include)
  if(NOT compiler STREQUAL mingw)
    list(APPEND flags -isystem ${OVS_MINGW_CXX_INCLUDE} -isystem ${OVS_MINGW_CXX_INCLUDE}/x86_64-w64-mingw32)
  endif()
  if(compiler STREQUAL mingw)
    list(APPEND flags -fdebug-prefix-map=${PROJECT_BINARY_DIR}=.)  # g++ keeps this one to itself
  endif()
  set(objects "")
  foreach(source IN LISTS ARGN)
    file(RELATIVE_PATH name ${PROJECT_SOURCE_DIR}/src ${source})
    set(relative ${root}/src/${name})
    string(REPLACE "/" "_" name ${name})
    set(object driver/${compiler}/${name}.o)
    add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/${object}
      COMMAND ${CMAKE_CXX_COMPILER_LAUNCHER} ${OVS_IMAGE_CXX_${compiler}} ${flags} -MD -MF ${object}.d -c ${relative} -o ${object}
      DEPENDS ${source}
      DEPFILE ${PROJECT_BINARY_DIR}/${object}.d
      WORKING_DIRECTORY ${PROJECT_BINARY_DIR} COMMENT "${compiler}: ${name}" VERBATIM)
    list(APPEND objects ${object})
  endforeach()
  set(${output} ${objects} PARENT_SCOPE)
endfunction()

# Import libraries from the definitions, and the version resource. llvm-rc takes a name that begins with a slash for an
# option (/check is /c, the code page), so that it gets relative ones.
function(ovs_image_parts)
  set(folder ${PROJECT_BINARY_DIR}/driver)
  set(version ${PROJECT_SOURCE_DIR}/src/driver/image/version.rc)
  file(RELATIVE_PATH version_from_folder ${folder} ${version})
  set(definitions ntoskrnl hal ndis)
  list(TRANSFORM definitions PREPEND ${folder}/imports/)
  list(TRANSFORM definitions APPEND .def)
  add_custom_command(OUTPUT ${definitions}
    COMMAND ${Python3_EXECUTABLE} ${OVS_MAKE_IMPORTS} ${OVS_IMPORTS} --definitions ${folder}/imports
    DEPENDS ${OVS_MAKE_IMPORTS} ${OVS_IMPORTS} VERBATIM)
  foreach(module ntoskrnl hal ndis)
    set(definition ${folder}/imports/${module}.def)
    add_custom_command(OUTPUT ${folder}/imports/${module}.lib ${folder}/imports/lib${module}_imports.a
      COMMAND ${LLVM_DLLTOOL} -m i386:x86-64 -d ${module}.def -l ${module}.lib
      COMMAND ${MINGW_DLLTOOL} --deterministic-libraries --temp-prefix ${module} -d ${module}.def -l lib${module}_imports.a
      DEPENDS ${definition} WORKING_DIRECTORY ${folder}/imports VERBATIM)
  endforeach()
  add_custom_command(OUTPUT ${folder}/version.res ${folder}/version.o
    COMMAND ${LLVM_RC} -no-preprocess /fo version.res ${version_from_folder}
    COMMAND ${MINGW_WINDRES} ${version_from_folder} -O coff -o version.o
    DEPENDS ${version} WORKING_DIRECTORY ${folder} VERBATIM)
endfunction()

# Windows Server 2012 is 6.02.
function(ovs_link_clang objects)
  set(image driver/clang/openvswitch)
  string(REPLACE ";" "\n" lines "${objects}")
  file(WRITE ${PROJECT_BINARY_DIR}/${image}.rsp "${lines}\n")
  add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/${image}.sys ${PROJECT_BINARY_DIR}/${image}.pdb
    COMMAND ${LLD_LINK} /nologo /driver:wdm /tsaware:no /guard:cf /subsystem:native,6.02 /entry:DriverEntry /nodefaultlib
      /base:0x140000000 /dynamicbase /nxcompat /highentropyva /opt:ref /brepro
      /debug /pdb:${image}.pdb /pdbaltpath:openvswitch.pdb /pdbsourcepath:/ovs /out:${image}.sys
      @${image}.rsp driver/version.res driver/imports/ntoskrnl.lib driver/imports/hal.lib driver/imports/ndis.lib
    DEPENDS ${objects} driver/version.res driver/imports/ntoskrnl.lib driver/imports/hal.lib driver/imports/ndis.lib
    WORKING_DIRECTORY ${PROJECT_BINARY_DIR} COMMENT "clang: openvswitch.sys" VERBATIM)
endfunction()

function(ovs_link_mingw objects)
  set(image driver/mingw/openvswitch)
  string(REPLACE ";" "\n" lines "${objects}")
  file(WRITE ${PROJECT_BINARY_DIR}/${image}.rsp "${lines}\n")
  add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/${image}.sys
    COMMAND ${OVS_IMAGE_CXX_mingw} -nostdlib -nostartfiles -o ${image}.sys @${image}.rsp driver/version.o
      -Wl,--subsystem,native:6.2 -Wl,--major-os-version,6,--minor-os-version,2 -Wl,--entry,DriverEntry
      -Wl,--image-base,0x140000000 -Wl,--dynamicbase,--nxcompat,--high-entropy-va,--wdmdriver -Wl,--exclude-all-symbols
      -Wl,--gc-sections -Wl,--no-insert-timestamp -Ldriver/imports -lndis_imports -lhal_imports -lntoskrnl_imports
    DEPENDS ${objects} driver/version.o driver/imports/ntoskrnl.lib driver/imports/hal.lib driver/imports/ndis.lib
    WORKING_DIRECTORY ${PROJECT_BINARY_DIR} COMMENT "mingw: openvswitch.sys" VERBATIM)
endfunction()

# What nobody calls stays in it, to be counted as not run.
function(ovs_link_coverage objects)
  set(image driver/coverage/openvswitch)
  string(REPLACE ";" "\n" lines "${objects}")
  file(WRITE ${PROJECT_BINARY_DIR}/${image}.rsp "${lines}\n")
  add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/${image}.sys
    COMMAND ${LLD_LINK} /nologo /lldmingw /driver:wdm /subsystem:native,6.02 /entry:DriverEntry /nodefaultlib
      /base:0x140000000 /dynamicbase /nxcompat /highentropyva /opt:noref /brepro /debug:dwarf /out:${image}.sys
      @${image}.rsp driver/imports/ntoskrnl.lib driver/imports/hal.lib driver/imports/ndis.lib
    DEPENDS ${objects} driver/imports/ntoskrnl.lib driver/imports/hal.lib driver/imports/ndis.lib
    WORKING_DIRECTORY ${PROJECT_BINARY_DIR} COMMENT "coverage: openvswitch.sys" VERBATIM)
endfunction()

function(ovs_driver_images)
  if(NOT OVS_DRIVER_IMAGES)
    return()
  endif()
  find_program(OVS_IMAGE_CXX_clang clang++-14)
  find_program(OVS_IMAGE_CXX_mingw x86_64-w64-mingw32-g++-posix)
  find_program(LLD_LINK lld-link-14)
  find_program(LLVM_DLLTOOL llvm-dlltool-14)
  find_program(LLVM_RC llvm-rc-14)
  find_program(MINGW_DLLTOOL x86_64-w64-mingw32-dlltool)
  find_program(MINGW_WINDRES x86_64-w64-mingw32-windres)
  foreach(tool OVS_IMAGE_CXX_clang OVS_IMAGE_CXX_mingw LLD_LINK LLVM_DLLTOOL LLVM_RC MINGW_DLLTOOL MINGW_WINDRES)
    if(NOT ${tool})
      message(STATUS "openvswitch.sys is not built: no ${tool} (scripts/install_packages check)")
      return()
    endif()
  endforeach()
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  foreach(folder clang mingw coverage imports)
    file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/driver/${folder})
  endforeach()
  ovs_kernel_sources(engine)
  get_property(driver GLOBAL PROPERTY OVS_DRIVER_SOURCES)
  set(facts ${PROJECT_SOURCE_DIR}/src/emulator/sdk/facts_check.cc)
  ovs_image_parts()
  foreach(compiler clang mingw)
    ovs_image_objects(${compiler} objects ${engine} ${driver} ${facts} ${PROJECT_SOURCE_DIR}/src/platform/nt/image/${compiler}.cc)
    cmake_language(CALL ovs_link_${compiler} "${objects}")
  endforeach()
  set(OVS_IMAGE_CXX_coverage ${OVS_IMAGE_CXX_clang})
  set(image ${PROJECT_SOURCE_DIR}/src/platform/nt/image)
  ovs_image_objects(coverage objects ${engine} ${driver} ${image}/mingw.cc ${image}/profile.cc)
  ovs_link_coverage("${objects}")
  add_custom_target(driver_coverage_image DEPENDS ${PROJECT_BINARY_DIR}/driver/coverage/openvswitch.sys)
  add_custom_target(driver_images ALL
    DEPENDS ${PROJECT_BINARY_DIR}/driver/clang/openvswitch.sys ${PROJECT_BINARY_DIR}/driver/mingw/openvswitch.sys)
endfunction()
