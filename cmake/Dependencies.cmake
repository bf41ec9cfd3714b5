# Everything here is a package of Debian 12 and of Debian 13; .ci/packages installs them.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(date REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(PQXX REQUIRED IMPORTED_TARGET libpqxx)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(SIMDJSON REQUIRED IMPORTED_TARGET simdjson)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)

# Flags of every target of ours. GCC inlines only the first half of the allocation of Asio's coroutine frames, and then takes their own
# operator new and operator delete for a mismatch (GCC 14 with Boost 1.83, depending on a function's size); AddressSanitizer,
# which sees what is really called, finds none.
add_library(portfoliod_options INTERFACE)
target_compile_options(portfoliod_options INTERFACE -Wall -Wextra -Wpedantic
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_GREATER_EQUAL:$<CXX_COMPILER_VERSION>,13>>:-Wno-mismatched-new-delete>
  $<$<BOOL:${PORTFOLIOD_WERROR}>:-Werror>)
target_include_directories(portfoliod_options INTERFACE ${CMAKE_SOURCE_DIR}/daemon)
target_compile_definitions(portfoliod_options INTERFACE PORTFOLIOD_VERSION="${PROJECT_VERSION}")
if(PORTFOLIOD_SANITIZE)
  target_compile_options(portfoliod_options INTERFACE -fsanitize=${PORTFOLIOD_SANITIZE}
    -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(portfoliod_options INTERFACE -fsanitize=${PORTFOLIOD_SANITIZE})
endif()

# Asio, its TLS part and Beast compiled once: they are most of the build time otherwise.
add_library(portfoliod_asio STATIC ${CMAKE_SOURCE_DIR}/cmake/asio.cpp)
target_compile_definitions(portfoliod_asio PUBLIC BOOST_ASIO_SEPARATE_COMPILATION
  BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(portfoliod_asio PUBLIC Boost::headers OpenSSL::SSL Threads::Threads)
target_include_directories(portfoliod_asio SYSTEM PUBLIC ${Boost_INCLUDE_DIRS})

add_library(portfoliod_json STATIC ${CMAKE_SOURCE_DIR}/cmake/json.cpp)
target_link_libraries(portfoliod_json PUBLIC Boost::headers)
target_include_directories(portfoliod_json SYSTEM PUBLIC ${Boost_INCLUDE_DIRS})

if(PORTFOLIOD_SANITIZE)
  target_compile_options(portfoliod_asio PRIVATE -fsanitize=${PORTFOLIOD_SANITIZE})
  target_compile_options(portfoliod_json PRIVATE -fsanitize=${PORTFOLIOD_SANITIZE})
endif()
