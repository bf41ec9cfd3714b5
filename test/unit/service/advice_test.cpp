#include "service/advice.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;
using service::Connects;

namespace {

std::string refused(std::string const& why, Connects connects = Connects::as_service) {
    return service::with_advice(
        {"connection to server on socket \"/run/postgresql/.s.PGSQL.5432\" failed: " + why, "",
         true},
        connects);
}

bool says(std::string const& text, std::string const& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("what a server answers to a newcomer is followed by what to do") {
    CHECK(says(refused("FATAL: role \"portfoliod\" does not exist"),
               "does not exist (migrate makes it: su - postgres -c 'portfoliod migrate')"));
    CHECK(says(refused("FATAL: role \"root\" does not exist"), "runuser -u portfoliod -- "));
    CHECK(says(refused("FATAL: role \"root\" does not exist", Connects::as_owner),
               "su - postgres -c 'portfoliod migrate'"));
    CHECK(says(refused("FATAL: database \"books\" does not exist"), "createdb books"));
    CHECK(says(refused("No such file or directory Is the server running locally and accepting "
                       "connections on that socket?"),
               "pg_lsclusters"));
    CHECK(
        says(refused("FATAL: Peer authentication failed for user \"portfoliod\""), "database.url"));
    auto const denied = db::Error{"ERROR: permission denied for function x", "42501", false};
    CHECK(says(service::with_advice(denied), "GRANT portfoliod TO you"));
    CHECK(says(service::with_advice(denied, Connects::as_owner), "su - postgres"));
}

TEST_CASE("other messages are left as they are") {
    CHECK(service::with_advice({"ERROR: division by zero", "22012", false}) ==
          "ERROR: division by zero");
    CHECK(refused("FEHLER: Rolle »root« existiert nicht").ends_with("existiert nicht"));
}
