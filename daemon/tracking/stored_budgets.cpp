#include "tracking/stored_budgets.hpp"

#include "base/log.hpp"

#include <fmt/format.h>

namespace portfoliod::tracking {

namespace asio = boost::asio;

namespace {

/// When the database is asked again that did not answer.
constexpr auto retry_after = std::chrono::seconds{10};

std::string interval(std::chrono::milliseconds time) {
    return fmt::format("{} milliseconds", time.count());
}

market::Grant charge_now(db::Transaction& transaction, std::string const& provider,
                         std::vector<market::WindowUse> const& windows, int wanted) {
    std::vector<int> lengths;
    std::vector<int> most;
    std::vector<int> most_now;
    for (auto const& window : windows) {
        auto const length = std::chrono::floor<std::chrono::seconds>(window.length);
        lengths.push_back(static_cast<int>(length.count()));
        most.push_back(window.requests_max);
        most_now.push_back(window.requests_max_now);
    }
    auto const row = transaction
                         .execute("SELECT granted, wait_ms, paused_ms, pace FROM "
                                  "portfoliod.charge_provider($1, $2, $3, $4, $5)",
                                  {provider, lengths, most, most_now, wanted})
                         .one();
    market::Grant grant{row.integer(0), std::chrono::milliseconds{row.bigint(1)}, true, {}};
    grant.standing.paused_for = std::chrono::milliseconds{row.bigint(2)};
    grant.standing.pace = std::stod(row.string(3));
    return grant;
}

} // namespace

asio::awaitable<market::Grant>
StoredBudgets::charge(std::string provider, std::vector<market::WindowUse> windows, int wanted) {
    auto charging = [&](db::Transaction& transaction) {
        return charge_now(transaction, provider, windows, wanted);
    };
    try {
        co_return co_await lane_.transact(charging);
    } catch (db::Error const& e) {
        // The listener reports an outage; this is what it means here.
        log::debug(
            fmt::format("{} is not asked: its budget cannot be charged: {}", provider, e.what()),
            {{"PROVIDER", provider}, {"SQLSTATE", e.sqlstate}});
        // A permission lacking is no outage, and nobody else would say it.
        if (!e.may_pass())
            log::happened(Happening::budget_not_charged,
                          fmt::format("the budget of {} cannot be charged: {}", provider, e.what()),
                          {{"PROVIDER", provider}, {"SQLSTATE", e.sqlstate}});
    }
    co_return market::Grant{0, retry_after, false, {}};
}

asio::awaitable<bool> StoredBudgets::note(std::string provider, market::Standing standing) {
    auto noting = [&](db::Transaction& transaction) {
        transaction.execute("SELECT portfoliod.note_provider($1, $2, $3, $4, $5, $6)",
                            {provider, interval(standing.paused_for),
                             fmt::format("{}", standing.pace), standing.failures,
                             interval(standing.spared_for), standing.problem});
    };
    try {
        co_await lane_.transact(noting);
        co_return true;
    } catch (db::Error const& e) {
        log::debug(fmt::format("{}: what it asked for could not be noted: {}", provider, e.what()),
                   {{"PROVIDER", provider}, {"SQLSTATE", e.sqlstate}});
    }
    co_return false;
}

} // namespace portfoliod::tracking
