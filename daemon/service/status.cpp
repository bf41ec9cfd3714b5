#include "db/session.hpp"
#include "service/commands.hpp"
#include "service/status_text.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace portfoliod::service {

namespace {

constexpr int problems_max = 20; // more are counted

} // namespace

int status(Config const& config, bool json) {
    db::Session session{{config.database.url, "portfoliod status"}};
    auto transaction = session.begin();
    auto const report =
        transaction.execute("SELECT portfoliod.status_report($1)", {problems_max}).one().string(0);
    transaction.commit();
    if (json)
        fmt::print("{}\n", report);
    else
        fmt::print("{}", status_text(report, ::isatty(STDOUT_FILENO) == 1));
    return 0;
}

} // namespace portfoliod::service
