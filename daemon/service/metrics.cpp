#include "service/metrics.hpp"

#include "base/log.hpp"
#include "service/exposition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <unistd.h>

namespace portfoliod::service {

namespace {

double seconds(std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
}

double resident_bytes() {
    std::ifstream file{"/proc/self/statm"};
    double size = 0;
    double resident = 0;
    file >> size >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

void tell_process(Exposition& page, Instant started) {
    page.family("portfoliod_build_info", "gauge", "Always 1; which version runs.");
    page.sample(1, {{"version", PORTFOLIOD_VERSION}});
    page.single("process_start_time_seconds", "gauge", "When the daemon was started, Unix time.",
                std::chrono::duration<double>(started.time_since_epoch()).count());
    page.single("process_resident_memory_bytes", "gauge", "Memory in use.", resident_bytes());
    page.family(
        "portfoliod_happenings_total", "counter",
        "What the journal tells, by kind; docs/JOURNAL.md lists them. Those count too that were "
        "not written because like lines had just been.");
    for (auto const& kind : happenings())
        page.sample(static_cast<double>(log::count(kind.happening)),
                    {{"happening", std::string{kind.name}}});
    page.single("portfoliod_database_reconnects_total", "counter",
                "How often the listening connection was lost and made again.",
                static_cast<double>(log::count(Happening::database_back)));
}

/// One of the figures that the tables know: rows of that name as samples, labelled.
void tell(Exposition& page, StoredFigures::Figures const& figures, std::string_view row_name,
          std::string_view name, std::string_view help, std::string_view label = "",
          std::string_view part = "") {
    page.family(name, "gauge", help);
    for (auto const& row : figures.rows) {
        if (row.name != row_name) continue;
        Exposition::Labels labels;
        if (!label.empty()) labels.emplace_back(label, row.label);
        if (!part.empty()) labels.emplace_back(part, row.part);
        page.sample(row.value, labels);
    }
}

void tell_stored(Exposition& page, StoredFigures::Figures const& figures) {
    tell(page, figures, "outbox", "portfoliod_outbox_changes",
         "Changes that are not worked off yet.");
    tell(page, figures, "jobs", "portfoliod_backfill_jobs",
         "Jobs of the queues of price and rate history, by status.", "queue", "status");
    tell(page, figures, "assets_tracked", "portfoliod_assets_tracked",
         "Assets that somebody holds.");
    tell(page, figures, "quotes_age", "portfoliod_quotes_age_seconds",
         "Since a quote of anything held was last asked for, by any daemon; absent before the "
         "first.");
    tell(page, figures, "budget_left", "portfoliod_provider_requests_left",
         "What is left of a provider's limit, by the length of its window.", "provider",
         "window_seconds");
    tell(page, figures, "portfolios", "portfoliod_portfolios",
         "Portfolios by the status of their current figures; none: they have none yet.", "status");
    tell(page, figures, "cache_age", "portfoliod_performance_cache_age_seconds",
         "Since the current figures of the portfolio were computed for which that is longest ago.");
    tell(page, figures, "snapshot_lag", "portfoliod_snapshot_lag_seconds",
         "From the newest snapshot to yesterday, of the portfolio that is furthest behind; whole "
         "days.");
    tell(page, figures, "quarantined", "portfoliod_quarantined_prices",
         "Prices that were not believed and wait for a person.");
}

} // namespace

void Metrics::drained(std::int64_t changes, bool all, std::chrono::nanoseconds took) {
    if (all) {
        looked_at_ = Steady::now() - took;
        filled_at_.reset();
    }
    if (changes <= 0) return;
    changes_ += changes;
    ++batches_all_;
    batches_s_ += seconds(took);
    auto const* const bound = std::ranges::lower_bound(bounds_s, seconds(took));
    if (bound != bounds_s.end()) ++batches_.at(static_cast<std::size_t>(bound - bounds_s.begin()));
}

void Metrics::requested(std::string const& provider, market::OutcomeKind outcome) {
    ++requests_[{provider, outcome}];
}

double Metrics::outbox_age_s(std::int64_t depth) {
    auto const now = Steady::now();
    if (depth == 0) {
        filled_at_.reset();
        return 0;
    }
    if (!filled_at_) filled_at_ = now;
    // What was there when a look began is gone since.
    return seconds(now - std::max(looked_at_, *filled_at_));
}

std::string Metrics::page(Condition const& condition,
                          std::optional<StoredFigures::Figures> const& figures) {
    Exposition page;
    tell_process(page, started_);
    page.single("portfoliod_ready", "gauge", "1 when /readyz says so.",
                not_ready_because(condition).empty() ? 1 : 0);
    page.single("portfoliod_leader", "gauge",
                "1 for the one daemon on the database that runs the schedule.",
                condition.leads ? 1 : 0);
    page.single("portfoliod_loop_lag_seconds", "gauge",
                "How late the event loop came to its last timer.", seconds(lag_));
    page.single("portfoliod_changes_drained_total", "counter",
                "Changes taken out of the outbox and worked off.", static_cast<double>(changes_));
    page.family("portfoliod_drain_duration_seconds", "histogram",
                "How long a batch of changes took, from taking them to the commit.");
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < bounds_s.size(); ++i) {
        below += batches_.at(i);
        page.sample(static_cast<double>(below), {{"le", fmt::format("{}", bounds_s.at(i))}},
                    "_bucket");
    }
    page.sample(static_cast<double>(batches_all_), {{"le", "+Inf"}}, "_bucket");
    page.sample(batches_s_, {}, "_sum");
    page.sample(static_cast<double>(batches_all_), {}, "_count");
    page.family(
        "portfoliod_provider_requests_total", "counter",
        "Requests sent to providers, by how they were answered; docs/PROVIDERS.md explains the "
        "outcomes.");
    for (auto const& [what, count] : requests_)
        page.sample(static_cast<double>(count),
                    {{"provider", what.first}, {"outcome", market::to_text(what.second)}});
    page.single(
        "portfoliod_database_up", "gauge",
        "1 when the tables answered; without them the figures that only they know are absent.",
        figures && condition.connected ? 1 : 0);
    if (!figures) return page.text();
    page.single("portfoliod_outbox_oldest_age_seconds", "gauge",
                "How long the oldest change may have waited: since this daemon last worked all "
                "off, or first "
                "saw that there are any; the outbox itself keeps no times.",
                outbox_age_s(figures->total("outbox")));
    tell_stored(page, *figures);
    return page.text();
}

} // namespace portfoliod::service
