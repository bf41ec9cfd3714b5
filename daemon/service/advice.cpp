#include "service/advice.hpp"

#include <fmt/format.h>

#include <string_view>

namespace portfoliod::service {

namespace {

/// X of `what "X" does not exist`; "" when the message is another. A connection that is refused has no SQLSTATE, so that the words
/// are all there is; a server that says them in another language gets no advice.
std::string missing(std::string_view message, std::string_view what) {
    auto const before = fmt::format("FATAL: {} \"", what);
    auto const at = message.find(before);
    if (at == std::string_view::npos) return "";
    auto const name = message.substr(at + before.size());
    auto const end = name.find("\" does not exist");
    return end == std::string_view::npos ? "" : std::string{name.substr(0, end)};
}

std::string advice(db::Error const& error, Connects connects) {
    auto const message = std::string_view{error.what()};
    constexpr auto as_owner = "run it as the owner of the database: su - postgres -c 'portfoliod "
                              "migrate'";
    auto const owner = connects == Connects::as_owner;
    if (error.sqlstate == "42501") // insufficient_privilege
        return owner ? as_owner
                     : "run it as the service is run: runuser -u portfoliod -- portfoliod …, or "
                       "have its role granted: GRANT portfoliod TO you";
    if (auto const role = missing(message, "role"); role == "portfoliod")
        return "migrate makes it: su - postgres -c 'portfoliod migrate'";
    else if (!role.empty())
        return owner ? as_owner
                     : "commands connect as whoever types them; as the service: runuser -u "
                       "portfoliod -- portfoliod …";
    if (auto const database = missing(message, "database"); !database.empty())
        return fmt::format("make it: su - postgres -c 'createdb {} && portfoliod migrate', or "
                           "correct database.url",
                           database);
    if (message.find("Is the server running") != std::string_view::npos)
        return "pg_lsclusters shows the servers of this host and their ports; another port than "
               "5432 belongs into database.url";
    if (message.find("Peer authentication failed") != std::string_view::npos)
        return "the user of database.url is not the one who connects: leave it out, or use a "
               "password";
    return "";
}

} // namespace

std::string with_advice(db::Error const& error, Connects connects) {
    auto const what = advice(error, connects);
    return what.empty() ? error.what() : fmt::format("{} ({})", error.what(), what);
}

} // namespace portfoliod::service
