#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace portfoliod {

namespace log {

/// syslog's numbers, which are journald's PRIORITY.
enum class Level { error = 3, warning = 4, notice = 5, info = 6, debug = 7 };

} // namespace log

/// Everything noteworthy that can happen, once. The journal has a MESSAGE_ID for each, the metrics a
/// counter; docs/JOURNAL.md says what each means, and a test compares.
enum class Happening : std::size_t {
    started,
    ready,
    stopping,
    stopped,
    stopped_with_changes_left,
    stopped_waiting,
    task_failed,
    reloaded,
    reload_refused,
    restart_needed,
    web_listening,
    web_failed,
    database_awaited,
    listening,
    database_lost,
    database_back,
    changes_not_worked_off,
    held_up,
    history_missing,
    asset_tracked,
    asset_released,
    job_queued,
    claim_failed,
    history_loaded,
    history_put_off,
    history_failed,
    history_not_stored,
    job_given_back,
    job_left_claimed,
    split_found,
    price_doubted,
    percentage_too_large,
    portfolio_not_valued,
    snapshots_written,
    snapshots_moved,
    snapshots_wait,
    run_failed,
    quotes_came,
    quotes_missing,
    quotes_broke,
    calendar_opened,
    calendar_closed,
    quotes_stretched,
    rates_came,
    rates_missing,
    upkeep_done,
    budget_not_charged,
};

inline constexpr auto happenings_count =
    static_cast<std::size_t>(Happening::budget_not_charged) + 1;

struct HappeningKind {
    Happening happening;
    std::string_view name;
    std::string_view message_id; ///< 128 bits in hexadecimal, for journald; never changes
    log::Level level;
    /// Comes again and again while what causes it lasts: such lines are counted, see log::Repeats.
    bool repeats;
    std::string_view fields; ///< which it may have, with spaces between
};

/// In the order of the enumeration.
std::span<HappeningKind const> happenings();

HappeningKind const& kind_of(Happening happening);

bool is_declared(HappeningKind const& kind, std::string_view field);

} // namespace portfoliod
