#pragma once

#include "base/time.hpp"
#include "db/session.hpp"
#include "performance/restatements.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

/// portfolio_snapshots: what each portfolio was worth at the end of each UTC day.
namespace portfoliod::performance {

/// Before every day that a trade can have.
inline constexpr auto beginning = Day{std::chrono::year{1900} / 1 / 1};

/// What changed, and from which day on.
struct Touched {
    template <class Subject>
    struct Since {
        Subject subject;
        Day day;
    };

    std::vector<Since<int>> portfolios; ///< their trades
    std::vector<Since<int>> assets;     ///< their closes or splits
    std::vector<Since<std::string>> currencies;
};

/// Notes which snapshots that makes due; of today there is none yet. Returns whether there are any.
/// In the transaction that takes the changes, so that neither is lost without the other.
bool mark_snapshots(db::Transaction& transaction, Touched const& touched, Day today);

/// Notes those that rest on history which this very transaction has queued. Returns whether there are any.
bool mark_awaited_snapshots(db::Transaction& transaction, Day today);

/// Notes those that a midnight should have brought, this one or one that was missed. Returns of how many
/// portfolios.
int mark_missing_snapshots(db::Transaction& transaction, Day today);

/// Notes the portfolio's snapshots from `since` on (before its first trade: from there) until `until`, else to the end; of all portfolios
/// when `portfolio` is 0. Days after `until` follow where they rest on something that turns out changed. Returns of how many portfolios.
int mark_snapshots_since(db::Transaction& transaction, int portfolio, Day since,
                         std::optional<Day> until = {});

/// What one call of compute_due_snapshots() did, or several.
struct SnapshotsWritten {
    std::set<int> portfolios; ///< taken, in however many batches; empty when none is due
    int days = 0;             ///< new or changed
    std::set<int> failed; ///< portfolios that cannot be valued: logged and in portfolio_problems
    Restatements restatements; ///< days with another value than before: to be told after the commit

    SnapshotsWritten& operator+=(SnapshotsWritten const& other);
    /// "10 days written, 2 of them with another value than before"
    [[nodiscard]] std::string days_text() const;
};

/// Computes a batch of due snapshots up to yesterday, and notes that their portfolios' figures are to be refreshed. The batch is
/// bounded, so that memory and the transaction are; the days of one portfolio are in one, so that nobody sees half of them.
/// One transaction at a time does it: the clock is asked when it is its turn.
SnapshotsWritten compute_due_snapshots(db::Transaction& transaction, Clock const& clock);

/// Refreshes the figures of a batch of portfolios whose snapshots were computed. Those that a transaction in progress holds are put into the
/// outbox.
struct FiguresRefreshed {
    int portfolios = 0; ///< taken; 0 when none is due
    bool put_back = false;
};

FiguresRefreshed refresh_due_figures(db::Transaction& transaction, Day today);

/// Both of them, batch by batch, each in a transaction of its own, until nothing is due: for commands that wait for it.
SnapshotsWritten compute_all_due(db::Session& session, Clock const& clock);

} // namespace portfoliod::performance
