#include "schedule/schedule.hpp"

#include "base/log.hpp"
#include "performance/performance.hpp"
#include "schedule/due.hpp"
#include "tracking/price_store.hpp"

#include <fmt/format.h>

#include <set>

namespace portfoliod::schedule {

namespace asio = boost::asio;

namespace {

constexpr int refresh_batch_max = 500;
constexpr std::chrono::milliseconds stand_by = std::chrono::hours{24}; // what matters rings
constexpr auto quotes_while_off = std::chrono::minutes{5};

} // namespace

Schedule::Schedule(asio::any_io_executor executor, db::Lane& lane, market::Market& market,
                   market::Calendars const& calendars, performance::SnapshotWorker& snapshots,
                   Clock const& clock, Intervals intervals, tracking::Policy policy, Tasks& tasks)
    : executor_(std::move(executor))
    , lane_(lane)
    , market_(market)
    , calendars_(calendars)
    , snapshots_(snapshots)
    , clock_(clock)
    , intervals_(intervals)
    , policy_(std::move(policy))
    , tasks_(tasks)
    , quotes_(lane_, market_, calendars_, clock_, intervals_.quotes.value_or(quotes_while_off),
              policy_, tasks_) {}

void Schedule::start() {
    auto waiting = [this]() -> Wakeup& { return waiting_.emplace_back(executor_); };
    tasks_.spawn("exchange rates",
                 every(&Intervals::exchange_rates, &Schedule::fetch_exchange_rates,
                       "exchange rates", waiting()));
    tasks_.spawn("quotes", get_quotes(waiting()));
    tasks_.spawn("midnight", each_midnight(waiting()));
    tasks_.spawn("performance refresh",
                 every(&Intervals::performance, &Schedule::refresh_performance,
                       "performance refresh", waiting()));
    tasks_.spawn("upkeep", daily(&Intervals::upkeep, &Schedule::keep_up, "upkeep", waiting()));
}

void Schedule::lead(bool leads) {
    if (leads && !leads_) {
        ++led_;
        for (auto& task : waiting_) task.ring();
    }
    leads_ = leads;
}

void Schedule::change(Intervals intervals, tracking::Policy policy) {
    intervals_ = intervals;
    policy_ = std::move(policy);
    quotes_.change(intervals_.quotes.value_or(quotes_while_off), policy_);
    for (auto& task : waiting_) task.ring();
}

/// Whoever begins to lead runs at once: nobody knows what was missed.
asio::awaitable<void> Schedule::every(Interval<std::chrono::seconds> interval, Action action,
                                      char const* name, Wakeup& leading) {
    using Steady = std::chrono::steady_clock;
    auto ran_at = Steady::time_point{};
    for (auto led = 0;;) {
        auto const time = intervals_.*interval;
        auto const due = time && (led != led_ || Steady::now() >= ran_at + *time);
        if (leads_ && due) {
            led = led_;
            co_await attempt_and_note(action, name);
            ran_at = Steady::now();
            continue; // the interval may have changed meanwhile
        }
        auto wait = stand_by;
        if (leads_ && time)
            wait = std::chrono::ceil<std::chrono::milliseconds>(ran_at + *time - Steady::now());
        co_await leading.wait_for(wait);
    }
}

// Also when this daemon begins to lead, and once an hour: midnights that nobody saw, portfolios loaded past the triggers, a clock
// that is set.
asio::awaitable<void> Schedule::each_midnight(Wakeup& leading) {
    for (;;) {
        auto wait = std::chrono::milliseconds{stand_by};
        if (leads_) {
            auto const now = clock_.now();
            auto const midnight = next_daily(now, std::chrono::minutes{0});
            auto const done =
                co_await attempt_and_note(&Schedule::mark_missing_snapshots, "snapshots");
            wait = std::min<std::chrono::milliseconds>(
                std::chrono::ceil<std::chrono::milliseconds>(midnight - now),
                done ? std::chrono::hours{1} : std::chrono::minutes{1});
        }
        co_await leading.wait_for(wait);
    }
}

asio::awaitable<std::string> Schedule::mark_missing_snapshots() {
    auto mark = [this](db::Transaction& transaction) {
        return performance::mark_missing_snapshots(transaction, clock_.today());
    };
    if (co_await lane_.transact(mark) > 0) snapshots_.ring();
    co_return "";
}

asio::awaitable<void> Schedule::get_quotes(Wakeup& leading) {
    for (;;) {
        auto const asks = [this] { return leads_ && intervals_.quotes; };
        if (asks()) co_await attempt(&Schedule::look_for_quotes, "quotes");
        co_await leading.wait_for(asks() ? quotes_.next_look() : stand_by);
    }
}

asio::awaitable<void> Schedule::daily(Interval<std::chrono::minutes> time_of_day, Action action,
                                      char const* name, Wakeup& leading) {
    for (auto set = intervals_.*time_of_day;; set = intervals_.*time_of_day) {
        auto const due = set ? std::optional{next_daily(clock_.now(), *set)} : std::nullopt;
        // A clock that is set meanwhile is noticed within the hour.
        while (set == intervals_.*time_of_day && !(due && clock_.now() >= *due)) {
            auto const left =
                due ? std::chrono::ceil<std::chrono::milliseconds>(*due - clock_.now()) : stand_by;
            co_await leading.wait_for(
                std::min<std::chrono::milliseconds>(left, std::chrono::hours{1}));
        }
        if (set != intervals_.*time_of_day) continue;
        while (leads_ && !co_await attempt_and_note(action, name))
            co_await leading.wait_for(std::chrono::minutes{5});
    }
}

asio::awaitable<bool> Schedule::attempt(Action action, char const* name) {
    std::string problem;
    auto running = run(action, name, problem);
    co_return co_await std::move(running);
}

asio::awaitable<bool> Schedule::attempt_and_note(Action action, char const* name) {
    auto const started = clock_.now();
    std::string problem;
    auto running = run(action, name, problem);
    auto const done = co_await std::move(running);
    auto note = [name, started, &problem](db::Transaction& transaction) {
        auto const failure = problem.empty() ? std::nullopt : std::optional{problem};
        transaction.execute("SELECT portfoliod.note_run($1, $2, $3)", {name, started, failure});
    };
    try {
        co_await lane_.transact(note);
    } catch (db::Error const& e) {
        log::debug(fmt::format("the run of {} is not noted: {}", name, e.what()));
    }
    co_return done;
}

asio::awaitable<bool> Schedule::run(Action action, char const* name, std::string& problem) {
    try {
        auto running = (this->*action)();
        problem = co_await std::move(running);
        co_return true;
    } catch (db::Error const& e) {
        problem = e.what();
        log::happened(Happening::run_failed,
                      fmt::format("{} failed and will be tried again: {}", name, e.what()),
                      {{"TASK", name}, {"SQLSTATE", e.sqlstate}});
    }
    co_return false;
}

asio::awaitable<std::string> Schedule::look_for_quotes() {
    auto looking = quotes_.look();
    co_await std::move(looking);
    co_return "";
}

asio::awaitable<std::string> Schedule::fetch_exchange_rates() {
    auto list = [](db::Transaction& transaction) {
        std::vector<std::string> currencies;
        for (auto const row : transaction.execute("SELECT portfoliod.currencies_in_use()"))
            currencies.push_back(row.string(0));
        return currencies;
    };
    auto const currencies = co_await lane_.transact(list);
    if (currencies.empty()) co_return "";
    auto const answer = co_await market_.rates_latest(currencies);
    if (answer.outcome.kind != market::OutcomeKind::ok) {
        log::happened(Happening::rates_missing,
                      fmt::format("no exchange rates: {}", answer.outcome.message),
                      {{"OUTCOME", market::to_text(answer.outcome.kind)}});
        co_return answer.outcome.message;
    }
    auto keep = [&answer](db::Transaction& transaction) {
        tracking::store_rates(transaction, answer.source, answer.rows);
    };
    co_await lane_.transact(keep);
    log::happened(Happening::rates_came,
                  fmt::format("exchange rates of {} of {} currencies from {}", answer.rows.size(),
                              currencies.size(), answer.source),
                  {{"PROVIDER", answer.source}, {"ROWS", answer.rows.size()}});
    co_return "";
}

/// Once for each calendar that anything held follows.
std::vector<Trading> Schedule::trading_of(std::vector<Held> const& held) const {
    std::set<market::Calendar const*> calendars;
    for (auto const& one : held) calendars.insert(&calendars_.of(one.asset));
    std::vector<Trading> trading;
    for (auto const* const calendar : calendars)
        trading.push_back(trading_at(*calendar, clock_.now()));
    return trading;
}

asio::awaitable<std::string> Schedule::refresh_performance() {
    auto read = [](db::Transaction& transaction) { return held_assets(transaction); };
    auto const held = co_await lane_.transact(read);
    auto const now = clock_.now();
    if (!refresh_due(trading_of(held), refreshed_at_, now)) co_return "";
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
    refreshed_at_ = now;
    log::debug(fmt::format("refreshed all figures, {} portfolios changed", changed));
    co_return "";
}

asio::awaitable<std::string> Schedule::keep_up() {
    struct Done {
        int jobs, bars, rates;
    };

    auto upkeep = [this, policy = policy_](db::Transaction& transaction) {
        auto const row =
            transaction
                .execute("SELECT jobs, bars, rates FROM portfoliod.upkeep($1, $2, ($1::date - "
                         "$3::interval)::date)",
                         {clock_.today(), policy.keep_completed, policy.close_only_after})
                .one();
        return Done{row.integer(0), row.integer(1), row.integer(2)};
    };
    auto const done = co_await lane_.transact(upkeep);
    log::happened(Happening::upkeep_done,
                  fmt::format("upkeep: {} completed jobs removed, {} old bars reduced to their "
                              "close, {} hourly rates thinned",
                              done.jobs, done.bars, done.rates),
                  {{"JOBS", done.jobs}, {"BARS", done.bars}, {"RATES", done.rates}});
    co_return "";
}

} // namespace portfoliod::schedule
