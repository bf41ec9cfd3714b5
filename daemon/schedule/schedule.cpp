#include "schedule/schedule.hpp"

#include "base/log.hpp"
#include "performance/performance.hpp"
#include "schedule/due.hpp"
#include "tracking/price_store.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portfoliod::schedule {

namespace asio = boost::asio;

namespace {

constexpr int refresh_batch_max = 500;
/// Asked for in one go, so that providers which allow it are asked once for many. They are stored
/// when all of them have been answered.
constexpr std::size_t quotes_at_once = 50;
constexpr auto stand_by = std::chrono::hours{24}; // beginning to lead rings

market::Asset asset(db::Row const& row) {
    return {row.integer(0), row.string(1), row.string(2), row.string(3), row.string(4)};
}

} // namespace

Schedule::Schedule(asio::any_io_executor executor, db::Lane& lane, market::Market& market,
                   Clock const& clock, Intervals intervals, tracking::Policy policy, Tasks& tasks)
    : executor_(std::move(executor))
    , lane_(lane)
    , market_(market)
    , clock_(clock)
    , intervals_(intervals)
    , policy_(std::move(policy))
    , tasks_(tasks) {}

void Schedule::start() {
    auto spawn_every = [this](std::optional<std::chrono::seconds> interval, Action action,
                              char const* name) {
        if (!interval) return;
        auto& leading = waiting_.emplace_back(executor_);
        tasks_.spawn(name, every(*interval, action, name, leading));
    };
    spawn_every(intervals_.exchange_rates, &Schedule::fetch_exchange_rates, "exchange rates");
    spawn_every(intervals_.quotes, &Schedule::fetch_quotes, "quotes");
    spawn_every(intervals_.performance, &Schedule::refresh_performance, "performance refresh");
    if (intervals_.upkeep) {
        auto& leading = waiting_.emplace_back(executor_);
        tasks_.spawn("upkeep", daily(*intervals_.upkeep, &Schedule::keep_up, "upkeep", leading));
    }
}

void Schedule::lead(bool leads) {
    if (leads && !leads_)
        for (auto& task : waiting_) task.ring();
    leads_ = leads;
}

asio::awaitable<void> Schedule::every(std::chrono::seconds interval, Action action,
                                      char const* name, Wakeup& leading) {
    for (;;) {
        if (leads_) co_await attempt(action, name);
        co_await leading.wait_for(leads_ ? std::chrono::milliseconds{interval} : stand_by);
    }
}

asio::awaitable<void> Schedule::daily(std::chrono::minutes time_of_day, Action action,
                                      char const* name, Wakeup& leading) {
    for (;;) {
        auto const due = next_daily(clock_.now(), time_of_day);
        // A clock that is set meanwhile is noticed within the hour.
        while (clock_.now() < due) {
            auto const left = std::chrono::ceil<std::chrono::milliseconds>(due - clock_.now());
            co_await leading.wait_for(
                std::min<std::chrono::milliseconds>(left, std::chrono::hours{1}));
        }
        while (leads_ && !co_await attempt(action, name))
            co_await leading.wait_for(std::chrono::minutes{5});
    }
}

asio::awaitable<bool> Schedule::attempt(Action action, char const* name) {
    try {
        auto run = (this->*action)();
        co_await std::move(run);
        co_return true;
    } catch (db::Error const& e) {
        log::warning(fmt::format("{} failed and will be tried again: {}", name, e.what()),
                     {{"SQLSTATE", e.sqlstate}});
    }
    co_return false;
}

asio::awaitable<void> Schedule::fetch_quotes() {
    auto list = [](db::Transaction& transaction) {
        std::vector<market::Asset> assets;
        for (auto const row :
             transaction.execute("SELECT asset_id, symbol, asset_type, exchange, native_currency "
                                 "FROM portfoliod.quotable_assets() ORDER BY asset_id"))
            assets.push_back(asset(row));
        return assets;
    };
    auto const assets = co_await lane_.transact(list);
    auto answered = 0;
    std::string failure;
    std::vector<market::PriceAnswer> answers;
    for (std::size_t i = 0; i < assets.size(); ++i) {
        if (i % quotes_at_once == 0) {
            auto const last = std::min(i + quotes_at_once, assets.size());
            auto pending = market_.quotes({assets.begin() + static_cast<std::ptrdiff_t>(i),
                                           assets.begin() + static_cast<std::ptrdiff_t>(last)});
            answers = co_await std::move(pending);
        }
        auto const& asset = assets[i];
        auto const& answer = answers[i % quotes_at_once];
        if (answer.outcome.kind == market::OutcomeKind::ok) {
            auto keep = [this, &asset, &answer](db::Transaction& transaction) {
                tracking::store_prices(transaction, asset.id, answer.source, answer.rows,
                                       tracking::Finality::provisional, clock_.today(), policy_);
            };
            try {
                co_await lane_.transact(keep);
                ++answered;
            } catch (db::Error const& e) {
                if (e.connection_lost) throw;
                // One quote that cannot be stored must not keep the assets behind it from theirs.
                failure = fmt::format("{}: {}", asset.symbol, e.what());
            }
        } else if (answer.outcome.kind != market::OutcomeKind::empty) {
            failure = fmt::format("{}: {}", asset.symbol, answer.outcome.message);
            log::debug(fmt::format("no quote of {}", failure), {{"ASSET_ID", asset.id}});
        }
    }
    if (assets.empty()) co_return;
    if (failure.empty())
        log::info(fmt::format("quotes of {} of {} assets", answered, assets.size()));
    else
        log::warning(fmt::format("quotes of {} of {} assets; the last without: {}", answered,
                                 assets.size(), failure));
}

asio::awaitable<void> Schedule::fetch_exchange_rates() {
    auto list = [](db::Transaction& transaction) {
        std::vector<std::string> currencies;
        for (auto const row : transaction.execute("SELECT portfoliod.currencies_in_use()"))
            currencies.push_back(row.string(0));
        return currencies;
    };
    auto const currencies = co_await lane_.transact(list);
    if (currencies.empty()) co_return;
    auto const answer = co_await market_.rates_latest(currencies);
    if (answer.outcome.kind != market::OutcomeKind::ok) {
        log::warning(fmt::format("no exchange rates: {}", answer.outcome.message));
        co_return;
    }
    auto keep = [&answer](db::Transaction& transaction) {
        tracking::store_rates(transaction, answer.source, answer.rows);
    };
    co_await lane_.transact(keep);
    log::info(fmt::format("exchange rates of {} of {} currencies from {}", answer.rows.size(),
                          currencies.size(), answer.source),
              {{"PROVIDER", answer.source}});
}

asio::awaitable<void> Schedule::refresh_performance() {
    auto last = 0;
    auto changed = 0;
    for (auto more = true; more;) {
        auto batch = [this, &last, &more](db::Transaction& transaction) {
            auto const portfolios =
                performance::portfolios_after(transaction, last, refresh_batch_max);
            more = !portfolios.empty();
            if (more) last = portfolios.back();
            return performance::refresh(transaction, portfolios, clock_.today()).changed;
        };
        changed += co_await lane_.transact(batch);
    }
    log::debug(fmt::format("refreshed all figures, {} portfolios changed", changed));
}

asio::awaitable<void> Schedule::keep_up() {
    auto upkeep = [this](db::Transaction& transaction) {
        auto const row =
            transaction
                .execute("SELECT jobs, bars, rates FROM portfoliod.upkeep($1, $2, ($1::date - "
                         "$3::interval)::date)",
                         {clock_.today(), policy_.keep_completed, policy_.close_only_after})
                .one();
        return fmt::format("{} completed jobs removed, {} old bars reduced to their close, {} "
                           "hourly rates thinned",
                           row.integer(0), row.integer(1), row.integer(2));
    };
    auto const done = co_await lane_.transact(upkeep);
    log::info(fmt::format("upkeep: {}", done));
}

} // namespace portfoliod::schedule
