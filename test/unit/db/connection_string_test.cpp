#include "db/session.hpp"

#include <doctest/doctest.h>

using namespace portfoliod;

TEST_CASE("the user's own words come after the defaults, and so win") {
    auto const text = db::connection_string({"host=/run/x connect_timeout=3", "portfoliod drain"});
    CHECK(text.find("application_name='portfoliod drain'") != std::string::npos);
    CHECK(text.find("connect_timeout=10") < text.find("connect_timeout='3'"));
    CHECK(text.find("host='/run/x'") != std::string::npos);
}

TEST_CASE("a URI serves as well, and quotes in a value survive") {
    auto const text = db::connection_string({"postgresql://ann:it%27s@localhost:5433/books", "t"});
    CHECK(text.find("password='it\\'s'") != std::string::npos);
    CHECK(text.find("port='5433'") != std::string::npos);
    CHECK(text.find("dbname='books'") != std::string::npos);
}

TEST_CASE("nonsense is a configuration error that names the key") {
    CHECK_THROWS_AS(db::connection_string({"host", "t"}), ConfigError);
    try {
        db::connection_string({"host", "t"});
    } catch (ConfigError const& e) {
        CHECK(std::string_view{e.what()}.starts_with(
            "database.url is not a PostgreSQL connection string"));
    }
}

TEST_CASE("an array literal quotes what needs it") {
    CHECK(std::string_view{db::Param{std::vector<int>{1, 2}}.c_str()} == "{1,2}");
    CHECK(std::string_view{db::Param{std::vector<std::string>{"a\"b", "c\\d", ""}}.c_str()} ==
          R"({"a\"b","c\\d",""})");
    CHECK(db::Param{std::optional<int>{}}.c_str() == nullptr);
}

TEST_CASE("a connection string that cannot be read is not repeated where it may hold a password") {
    auto const complaint = [](std::string const& url) {
        try {
            return portfoliod::db::connection_string({url, "test"});
        } catch (portfoliod::ConfigError const& e) {
            return std::string{e.what()};
        }
    };
    for (auto const* const url :
         {"host=x password=top secret", "postgresql://ann:secret@[x", "host=x passwrd=secret"}) {
        CHECK(complaint(url).find("secret") == std::string::npos);
        CHECK(complaint(url).starts_with("database.url is not a PostgreSQL connection string"));
    }
    CHECK(complaint("hots=x").find("invalid connection option \"hots\"") != std::string::npos);
    CHECK(portfoliod::db::passwords_in("host=x password='a b' sslpassword=c") ==
          std::vector<std::string>{"a b", "c"});
    CHECK(portfoliod::db::passwords_in("postgresql://ann:p%40ss@host/db") ==
          std::vector<std::string>{"p@ss"});
    CHECK(portfoliod::db::passwords_in("nonsense").empty());
}
