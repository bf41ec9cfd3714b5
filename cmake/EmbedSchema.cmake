# portfoliod_embed_schema(TARGET): compiles schema/install.list and every file it names into TARGET, so that `migrate` needs no
# folder beside the binary. The generated file is made anew whenever one of them changes.
function(portfoliod_embed_schema target)
  file(GLOB_RECURSE sql CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/schema/*.sql ${CMAKE_SOURCE_DIR}/triggers/*.sql)
  set(out ${CMAKE_BINARY_DIR}/generated/embedded_schema.cpp)
  add_custom_command(OUTPUT ${out}
    COMMAND ${CMAKE_COMMAND} -DSCHEMA_DIR=${CMAKE_SOURCE_DIR}/schema -DOUT=${out}
            -P ${CMAKE_SOURCE_DIR}/cmake/write_embedded_schema.cmake
    DEPENDS ${sql} ${CMAKE_SOURCE_DIR}/schema/install.list
            ${CMAKE_SOURCE_DIR}/cmake/write_embedded_schema.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${out})
endfunction()
