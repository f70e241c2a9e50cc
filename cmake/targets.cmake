# How a library, a plugin and a test are declared here. Each takes NAME, then SOURCES and LIBS.
add_library(millrace_flags INTERFACE)
target_compile_options(millrace_flags INTERFACE -Wall -Wextra -Wconversion $<$<NOT:$<BOOL:${MILLRACE_FUZZ}>>:-Werror> -fno-omit-frame-pointer
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Woverloaded-virtual>)
target_compile_definitions(millrace_flags INTERFACE $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # With optimisation these two of GCC 12 see short strings as unset memory and moved ones as overlapping.
  target_compile_options(millrace_flags INTERFACE -Wno-maybe-uninitialized -Wno-restrict)
endif()

if(MILLRACE_SANITIZE)
  add_compile_options(-fsanitize=${MILLRACE_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MILLRACE_SANITIZE})
endif()
if(MILLRACE_SANITIZE STREQUAL thread)
  add_compile_options(-Wno-tsan) # Asio has fences, which the sanitizer does not see; its mutexes order the same memory
endif()

if(MILLRACE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link) # and clang's warnings are no errors: GCC's are the project's
endif()

find_program(MILLRACE_MOLD mold)
if(MILLRACE_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# A static library; its public headers are included as "<folder>/<file>.hpp" from the root of the project.
function(millrace_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${arg_LIBS} PRIVATE millrace_flags)
endfunction()

# A plugin: a shared object in <build>/plugins that exports exactly one symbol and leaves none undefined. Installed it is
# in lib/millrace/plugins, where the program looks, an EXAMPLE excepted.
function(millrace_plugin name)
  cmake_parse_arguments(arg "EXAMPLE" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name} MODULE ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  set_target_properties(${name} PROPERTIES
    PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins
    INSTALL_RPATH "$ORIGIN/.." # the libraries of dependencies.cmake that are installed too
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_link_libraries(${name} PRIVATE ${arg_LIBS} millrace_flags)
  target_link_options(${name} PRIVATE -Wl,--version-script=${CMAKE_SOURCE_DIR}/plugins/abi/module.map)
  if(NOT MILLRACE_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  set_property(GLOBAL APPEND PROPERTY MILLRACE_PLUGINS ${name})
  if(NOT arg_EXAMPLE)
    install(TARGETS ${name} LIBRARY DESTINATION lib/millrace/plugins COMPONENT plugins)
  endif()
endfunction()

# A GoogleTest program, one ctest entry. LABEL says which run it belongs to: unit, flow or system (default unit). COST is
# how long it takes, in seconds: ctest starts the longest first. SHARDS splits it into as many entries, NAME.1 and so on, for one
# that waits more than it works. Its own code is not optimised, and the checks of
# UndefinedBehaviorSanitizer that would double its compilation are left out of it; the code under test has them all.
function(millrace_test name)
  cmake_parse_arguments(arg "" "COST;LABEL;SHARDS;TIMEOUT" "SOURCES;LIBS;NEEDS" ${ARGN})
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_LIBS} GTest::gtest GTest::gmock GTest::gtest_main millrace_flags)
  target_compile_options(${name} PRIVATE -O0)
  if(MILLRACE_SANITIZE MATCHES undefined)
    target_compile_options(${name} PRIVATE -fno-sanitize=alignment,null,object-size,vptr)
  endif()
  target_compile_definitions(${name} PRIVATE MILLRACE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" MILLRACE_BINARY_DIR="${CMAKE_BINARY_DIR}")
  if(arg_NEEDS)
    add_dependencies(${name} ${arg_NEEDS})
  endif()
  if(NOT arg_COST)
    set(arg_COST 0)
  endif()
  if(NOT arg_SHARDS)
    add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT} COST ${arg_COST})
    return()
  endif()
  foreach(shard RANGE 1 ${arg_SHARDS})
    math(EXPR index "${shard} - 1")
    add_test(NAME ${name}.${shard} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${name}.${shard} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT} COST ${arg_COST}
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${arg_SHARDS};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()
