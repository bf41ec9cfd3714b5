#pragma once

// The one place that includes libpqxx; only the .cpp files of this room include this one.
// Deprecations differ between 6.4.5 (Debian 12) and 7.10 (Debian 13): what either calls old is the
// other's only way.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#include <pqxx/pqxx>
#pragma GCC diagnostic pop
#include <pqxx/version.hxx>
