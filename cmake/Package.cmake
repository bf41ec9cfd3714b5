# What belongs to the program besides itself: data, pages, completions, the unit; and the .deb that `cpack -G DEB` makes of all of it.

# portfoliod_compressed(FILE NAME DESTINATION): as NAME.gz, without name and time inside, so that the same text makes the same file.
function(portfoliod_compressed file name destination)
  set(out ${CMAKE_BINARY_DIR}/pages/${name}.gz)
  add_custom_command(OUTPUT ${out} COMMAND ${CMAKE_COMMAND} -E copy ${CMAKE_SOURCE_DIR}/${file} ${CMAKE_BINARY_DIR}/pages/${name}
    COMMAND gzip -9nf ${CMAKE_BINARY_DIR}/pages/${name} DEPENDS ${CMAKE_SOURCE_DIR}/${file} VERBATIM)
  set_property(GLOBAL APPEND PROPERTY portfoliod_pages ${out})
  install(FILES ${out} DESTINATION ${destination})
endfunction()

set(doc ${CMAKE_INSTALL_DATADIR}/doc/portfoliod)
install(TARGETS portfoliod RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY conf/providers conf/calendars conf/catalogue DESTINATION ${CMAKE_INSTALL_DATADIR}/portfoliod)
install(FILES README.md package/copyright DESTINATION ${doc})
install(DIRECTORY docs/ DESTINATION ${doc})
install(FILES completions/portfoliod.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME portfoliod)
install(FILES completions/portfoliod.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions RENAME _portfoliod)
install(FILES completions/portfoliod.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES systemd/sysusers.conf DESTINATION lib/sysusers.d RENAME portfoliod.conf)
install(FILES systemd/tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME portfoliod.conf)
portfoliod_compressed(man/portfoliod.1 portfoliod.1 ${CMAKE_INSTALL_MANDIR}/man1)
portfoliod_compressed(man/portfoliod.yaml.5 portfoliod.yaml.5 ${CMAKE_INSTALL_MANDIR}/man5)
portfoliod_compressed(package/changelog changelog ${doc})
get_property(pages GLOBAL PROPERTY portfoliod_pages)
add_custom_target(pages ALL DEPENDS ${pages})

# The unit names the program where it was put, which is known when it is installed.
install(CODE "
  file(READ \"${CMAKE_SOURCE_DIR}/systemd/portfoliod.service\" unit)
  string(REPLACE /usr/bin/portfoliod \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/portfoliod\" unit \"\${unit}\")
  string(REPLACE /usr/share/doc \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/doc\" unit \"\${unit}\")
  file(WRITE \"${CMAKE_BINARY_DIR}/installed/portfoliod.service\" \"\${unit}\")")
install(FILES ${CMAKE_BINARY_DIR}/installed/portfoliod.service DESTINATION lib/systemd/system)

# A conffile of the package. By hand it is not installed: it would overwrite what somebody wrote, and the program needs none.
install(FILES conf/portfoliod.yaml DESTINATION /etc/portfoliod COMPONENT configuration EXCLUDE_FROM_ALL)

set(CPACK_PACKAGE_NAME portfoliod)
set(CPACK_PACKAGE_CONTACT "The portfoliod authors <portfoliod@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "back end of a portfolio tracker, on PostgreSQL")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"A daemon for people who keep their books in psql: trades are typed as SQL;
positions, price history, exchange rates and figures follow by themselves.
.
It needs PostgreSQL 15 or later, on this host or another, and loses nothing
when it, PostgreSQL or a provider of prices is down: it catches up.")
set(CPACK_INSTALL_CMAKE_PROJECTS "${CMAKE_BINARY_DIR};portfoliod;Unspecified;/"
  "${CMAKE_BINARY_DIR};portfoliod;configuration;/")
set(CPACK_SET_DESTDIR ON)                                # for /etc
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)                  # portfoliod_VERSION_ARCH.deb
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd, tzdata, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "postgresql (>= 15)")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
file(WRITE ${CMAKE_BINARY_DIR}/package/conffiles "/etc/portfoliod/portfoliod.yaml\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_BINARY_DIR}/package/conffiles ${CMAKE_SOURCE_DIR}/package/postinst
  ${CMAKE_SOURCE_DIR}/package/prerm ${CMAKE_SOURCE_DIR}/package/postrm)
include(CPack)
