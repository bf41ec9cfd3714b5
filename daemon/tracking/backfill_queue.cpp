#include "tracking/backfill_queue.hpp"

#include "tracking/price_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace portfoliod::tracking {

namespace {

constexpr int rate_jobs_max = 40; // what the largest batch of any provider takes

// A transaction of its own costs an answer of a year a quarter of its time; this many rows are stored in some 30 ms.
constexpr std::size_t rows_together_max = 2'000;

char const* to_text(Verdict verdict) {
    switch (verdict) {
    case Verdict::rate_limited:
        return "rate_limited";
    case Verdict::transient:
        return "transient";
    case Verdict::unserved:
        return "unserved";
    case Verdict::permanent:
        return "permanent";
    }
    return "transient";
}

/// An asset that somebody holds must not hold up others: alone it gives up soon and is stored later. With others at once, and sooner than
/// the server looks for deadlocks, which a person who writes to two of them in another order would be blamed for.
void limit_waits(db::Transaction& transaction, bool is_alone) {
    transaction.execute("SELECT set_config('lock_timeout', $1, true)", {is_alone ? "1s" : "100ms"});
}

/// Before the commit: all that notify wait for each other there while the disk writes.
void lift_limit(db::Transaction& transaction) {
    transaction.execute("SELECT set_config('lock_timeout', '0', true)");
}

/// The jobs that are still ours, until the transaction ends.
std::set<int> hold(db::Transaction& transaction, std::span<Fetched<PriceJob> const> fetched) {
    std::vector<int> jobs;
    std::vector<std::string> tokens;
    for (auto const& one : fetched) {
        jobs.push_back(one.job.id);
        tokens.push_back(one.job.token);
    }
    std::set<int> held;
    for (auto const row : transaction.execute(
             "SELECT job FROM portfoliod.hold_backfill($1, $2) AS job", {jobs, tokens}))
        held.insert(row.integer(0));
    return held;
}

std::optional<Day> served_from(market::PriceAnswer const& answer) {
    return answer.served ? std::optional{answer.served->first} : std::nullopt;
}

/// The last day of which the answer says anything.
std::optional<Day> last_day(market::PriceAnswer const& answer) {
    std::optional<Day> last;
    for (auto const& row : answer.rows) last = std::max(last.value_or(row.date), row.date);
    for (auto const& price : answer.doubtful)
        last = std::max(last.value_or(price.date), price.date);
    return last;
}

} // namespace

std::vector<int> RateJobs::ids() const {
    std::vector<int> ids;
    for (auto const& job : jobs) ids.push_back(job.id);
    return ids;
}

std::vector<std::string> RateJobs::currencies() const {
    std::vector<std::string> currencies;
    for (auto const& job : jobs) currencies.push_back(job.currency);
    std::ranges::sort(currencies);
    currencies.erase(std::ranges::unique(currencies).begin(), currencies.end());
    return currencies;
}

DayRange RateJobs::range() const {
    auto whole = jobs.front().range;
    for (auto const& job : jobs) {
        whole.first = std::min(whole.first, job.range.first);
        whole.last = std::max(whole.last, job.range.last);
    }
    return whole;
}

std::optional<PriceJob> claim_price_job(db::Transaction& transaction, Policy const& policy,
                                        UnderWay const& under_way) {
    std::vector<std::string> begun;
    std::vector<std::string> filled;
    for (auto const& [type, jobs] : under_way) {
        begun.push_back(type);
        if (jobs >= policy.concurrency - 1) filled.push_back(type);
    }
    auto const rows =
        transaction.execute("SELECT job_id, token, asset_id, symbol, asset_type, exchange, "
                            "native_currency, start_date, end_date, attempts, "
                            "splits_known_since FROM portfoliod.claim_backfill($1, $2, $3)",
                            {policy.lease, begun, filled});
    if (rows.empty()) return std::nullopt;
    auto const row = rows.one();
    return PriceJob{row.integer(0),
                    row.string(1),
                    {row.integer(2), row.string(3), row.string(4), row.string(5), row.string(6),
                     row.maybe(&db::Row::day, 10)},
                    {row.day(7), row.day(8)},
                    row.integer(9)};
}

std::optional<RateJobs> claim_rate_jobs(db::Transaction& transaction, Policy const& policy) {
    auto const rows =
        transaction.execute("SELECT job_id, token, currency_code, start_date, end_date, attempts "
                            "FROM portfoliod.claim_rate_backfill($1, $2)",
                            {policy.lease, rate_jobs_max});
    if (rows.empty()) return std::nullopt;
    RateJobs claimed;
    for (auto const row : rows) {
        claimed.token = row.string(1);
        claimed.jobs.push_back({row.integer(0), row.string(2), {row.day(3), row.day(4)}});
        claimed.attempts = std::max(claimed.attempts, row.integer(5));
    }
    // In the order in which everybody locks coverage.
    std::ranges::sort(claimed.jobs, {}, &RateJobs::Job::currency);
    return claimed;
}

PutOff put_off_for(market::Outcome const& outcome, int attempts, Policy const& policy,
                   double random) {
    using market::OutcomeKind;
    auto const backed_off = std::chrono::ceil<std::chrono::seconds>(
        policy.backoff.wait(std::max(attempts, 0) + 1, random));
    switch (outcome.kind) {
    case OutcomeKind::rate_limited:
        return {Verdict::rate_limited,
                std::max(outcome.wait.value_or(std::chrono::seconds{0}), backed_off),
                outcome.message};
    case OutcomeKind::out_of_range:
        return {Verdict::unserved, std::chrono::seconds{0},
                outcome.message + "; these days stay missing unless a provider that reaches back "
                                  "further is added to the route"};
    // A key is mended some day: it must not keep newer days from being asked for, nor these for ever.
    case OutcomeKind::denied:
        return {Verdict::unserved, std::chrono::seconds{0}, outcome.message};
    case OutcomeKind::unknown_symbol:
    case OutcomeKind::refused:
        return {Verdict::permanent, std::chrono::seconds{0}, outcome.message};
    case OutcomeKind::ok:
    case OutcomeKind::empty:
    case OutcomeKind::transient:
    case OutcomeKind::malformed:
        break;
    }
    // A 503 may say for how long.
    return {Verdict::transient,
            std::max(outcome.wait.value_or(std::chrono::seconds{0}), backed_off), outcome.message};
}

std::string put_off(db::Transaction& transaction, std::string_view queue,
                    std::vector<int> const& jobs, std::string const& token, PutOff const& how) {
    auto const rows = transaction.execute(
        "SELECT status FROM portfoliod.put_off_backfill($1, $2, $3, $4, $5, $6)",
        {queue, jobs, token, to_text(how.verdict), how.wait, how.message});
    return rows.empty() ? std::string{} : rows[0].string(0);
}

void give_back(db::Transaction& transaction, std::string_view queue, std::vector<int> const& jobs,
               std::string const& token) {
    transaction.execute("SELECT portfoliod.give_back_backfill($1, $2, $3)", {queue, jobs, token});
}

std::vector<std::size_t> stored_together(std::vector<Storable> const& waiting) {
    std::vector<std::size_t> chosen;
    std::set<int> assets;
    std::size_t rows = 0;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
        auto const& one = waiting[i];
        auto const is_first = chosen.empty();
        if (!is_first && (one.alone || rows + one.rows > rows_together_max)) continue;
        if (!assets.insert(one.asset_id).second) continue;
        chosen.push_back(i);
        rows += one.rows;
        if (is_first && one.alone) break;
    }
    return chosen;
}

std::vector<std::optional<Stored>> complete(db::Transaction& transaction,
                                            std::span<Fetched<PriceJob> const> fetched, Day today,
                                            Policy const& policy) {
    limit_waits(transaction, fetched.size() == 1);
    // First the claims, then the rows: a job that was taken over stores nothing.
    auto const held = hold(transaction, fetched);
    std::vector<std::optional<Stored>> stored(fetched.size());
    std::vector<PricesOf> prices;
    std::vector<int> assets;
    for (std::size_t i = 0; i < fetched.size(); ++i) {
        auto const& [job, answer, asked_at, answered_at] = fetched[i];
        if (!held.contains(job.id)) continue;
        // Splits before prices: they say which steps are none, and in which shares the prices are.
        stored[i].emplace().splits_changed =
            store_events(transaction, job.asset.id, answer.served.value_or(job.range), answer);
        prices.push_back({job.asset.id, answer});
        assets.push_back(job.asset.id);
    }
    if (assets.empty()) return stored;
    auto const changed = store_prices(transaction, prices, Finality::final, today, policy);
    auto doubts = just_doubted(transaction, assets);
    auto changed_at = changed.begin();
    for (std::size_t i = 0; i < fetched.size(); ++i) {
        if (!stored[i]) continue;
        auto const& [job, answer, asked_at, answered_at] = fetched[i];
        stored[i]->rows_changed = *changed_at++;
        stored[i]->doubts = std::move(doubts[job.asset.id]);
        transaction.execute(
            "SELECT portfoliod.complete_backfill($1, $2, $3, $4, $5, $6)",
            {job.id, job.token, served_from(answer), last_day(answer), answer.rows.size(), today});
    }
    lift_limit(transaction);
    return stored;
}

std::optional<Stored> complete(db::Transaction& transaction, Fetched<RateJobs> const& fetched,
                               Day today) {
    auto const& [jobs, answer, asked_at, answered_at] = fetched;
    limit_waits(transaction, true);
    auto ours = false;
    // A batch asks from the earliest day of any of its jobs: who asked for less may have got it all.
    auto const served_from = [&answer = answer](DayRange const& range) -> std::optional<Day> {
        if (!answer.served || answer.served->first <= range.first) return std::nullopt;
        return answer.served->first;
    };
    for (auto const& job : jobs.jobs) {
        std::optional<Day> last_row;
        auto rows = 0;
        for (auto const& row : answer.rows) {
            auto const day = std::chrono::floor<std::chrono::days>(row.timestamp);
            if (row.currency != job.currency || !job.range.contains(day)) continue;
            last_row = std::max(last_row.value_or(day), day);
            ++rows;
        }
        ours = transaction
                   .execute("SELECT portfoliod.complete_rate_backfill($1, $2, $3, $4, $5, $6)",
                            {job.id, jobs.token, served_from(job.range), last_row, rows, today})
                   .one()
                   .boolean(0) ||
               ours;
    }
    if (!ours) return std::nullopt;
    auto const changed = store_rates(transaction, answer.source, answer.rows);
    lift_limit(transaction);
    return Stored{changed};
}

std::optional<std::chrono::milliseconds> time_to_next_job(db::Transaction& transaction) {
    auto const row = transaction.execute("SELECT portfoliod.next_backfill_in()").one();
    if (row.is_null(0)) return std::nullopt;
    return std::chrono::milliseconds{row.bigint(0)};
}

} // namespace portfoliod::tracking
