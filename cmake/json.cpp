// Boost.JSON, compiled once here: it is then there in whichever version of Boost's headers the build found.
#include <boost/json/src.hpp>
