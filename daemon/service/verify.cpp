#include "bus/drain.hpp"
#include "db/session.hpp"
#include "performance/snapshots.hpp"
#include "service/commands.hpp"
#include "service/kept_page.hpp"
#include "service/position_count.hpp"
#include "tracking/needs.hpp"
#include "valuation/decimal.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

namespace portfoliod::service {

namespace {

using valuation::Cents;
using valuation::Money;
using valuation::Price;
using valuation::Quantity;
using valuation::Rate;

constexpr int portfolios_per_page = 200; // whose trades are in memory at once

/// What a portfolio's trades come to.
struct Sums {
    CountedMoney money;
    Money cost; ///< of what is held, as far as it is known
    bool cost_known = true;
    bool oversold = false;
};

/// The rounding of the figures, and of averages along the way.
bool about_equal(Money const& a, Money const& b) {
    static auto const cent = Money::parse("0.01");
    return magnitude(a - b) <= cent;
}

bool same(CountedMoney const& a, CountedMoney const& b) {
    return about_equal(a.invested, b.invested) && about_equal(a.proceeds, b.proceeds) &&
           about_equal(a.fees, b.fees) && about_equal(a.realized, b.realized) &&
           a.complete == b.complete;
}

/// Collects what differs, and mends it when asked to.
class Verification {
  public:
    Verification(db::Transaction& transaction, Config const& config, Day today)
        : transaction_(transaction), config_(config), today_(today) {}

    /// Everything that follows from trades, portfolio by portfolio. Figures only when nothing waits to be worked off.
    void positions(bool figures_too) {
        figures_too_ = figures_too;
        auto const splits = read_splits(transaction_, today_);
        for (auto last = 0;;) {
            // By those there are: ids may be far apart.
            auto const ids = transaction_.execute(
                "SELECT min(id), max(id) FROM (SELECT id FROM portfolios WHERE id > $1 "
                "ORDER BY id LIMIT $2) AS next",
                {last, portfolios_per_page});
            if (ids.one().is_null(0)) return;
            last = ids.one().integer(1);
            page(ids.one().integer(0), last, splits);
        }
    }

    void counts() {
        for (auto const row :
             transaction_.execute("SELECT asset_id, symbol, coalesce(kept::text, 'none'), counted "
                                  "FROM portfoliod.verify_counts()")) {
            say(fmt::format("asset {} ({}): tracking_users is {}, {} users hold it", row.integer(0),
                            row.string(1), row.string(2), row.string(3)));
            assets_to_recount_.push_back(row.integer(0));
        }
    }

    void ranges() {
        for (auto const row : transaction_.execute(
                 "SELECT asset_id, symbol, missing FROM portfoliod.verify_ranges($1, $2::interval)",
                 {today_, config_.backfill.history_before_purchase})) {
            say(fmt::format("asset {} ({}): history is missing and nobody asks for it: {}",
                            row.integer(0), row.string(1), row.string(2)));
            assets_to_load_.push_back(row.integer(0));
        }
    }

    void values() {
        for (auto const row : transaction_.execute(
                 "SELECT portfolio_id, kept, recomputed FROM portfoliod.verify_values()")) {
            say(fmt::format("portfolio {}: current_value_usd is {}, its positions are worth {}",
                            row.integer(0), row.string(1), row.string(2)));
            portfolios_to_value_.insert(row.integer(0));
        }
    }

    void snapshots() {
        for (auto const row : transaction_.execute(
                 "SELECT portfolio_id, problem FROM portfoliod.verify_snapshots($1)", {today_})) {
            say(fmt::format("portfolio {}: {}", row.integer(0), row.string(1)));
            portfolios_to_rebuild_.insert(row.integer(0));
        }
    }

    /// Leaves in the outbox what the drain has to do then.
    void repair(db::Transaction& transaction) const {
        for (auto const& [portfolio, asset] : positions_to_replay_)
            transaction.execute("SELECT portfoliod.repair_position($1, $2)", {portfolio, asset});
        // Counts follow the positions that were just mended.
        auto recounted = assets_to_recount_;
        for (auto const& [portfolio, asset] : positions_to_replay_) recounted.push_back(asset);
        auto const held = tracking::recount(transaction, recounted).held_back;
        transaction.execute("SELECT portfoliod.come_back_to('{}', $1, 'infinity')", {held});
        tracking::request_missing_history(transaction, assets_to_load_, today_, config_.backfill);
        // As if rates had changed since ever: no checkpoint of theirs is kept.
        if (!portfolios_to_value_.empty())
            transaction.execute(
                "SELECT portfoliod.come_back_to($1, '{}', '1900-01-01')",
                {std::vector(portfolios_to_value_.begin(), portfolios_to_value_.end())});
        for (auto const portfolio : portfolios_to_rebuild_)
            performance::mark_snapshots_since(transaction, portfolio, performance::beginning);
    }

    /// A line each.
    [[nodiscard]] std::vector<std::string> const& differences() const { return differences_; }

    [[nodiscard]] int counted() const { return counted_; }

  private:
    void page(int first, int last, CountedSplits const& splits) {
        auto const kept = read_page(transaction_, first, last);
        std::map<int, Sums> sums;
        for (auto const& [key, trades] : read_trades(transaction_, first, last)) {
            auto const found = splits.find(key.second);
            PositionCount count{found == splits.end() ? nullptr : &found->second};
            count_through(count, key, trades, kept);
            auto& portfolio = sums[key.first];
            portfolio.money += count.money();
            portfolio.cost += count.cost().value_or(Money{});
            portfolio.cost_known = portfolio.cost_known && count.cost();
            compare(key, count, kept.positions);
            portfolio.oversold = portfolio.oversold || count.oversold();
            counted_positions_.insert(key);
        }
        for (auto const& [key, position] : kept.positions)
            if (!counted_positions_.contains(key)) {
                say(fmt::format("{}: there is a position and no trade", label(key)));
                positions_to_replay_.push_back(key);
            }
        counted_ += static_cast<int>(counted_positions_.size());
        counted_positions_.clear();
        if (!figures_too_) return;
        // Of one without trades the figures are zeros.
        for (auto const& [portfolio, figures] : kept.figures) sums.try_emplace(portfolio);
        for (auto const& [portfolio, sum] : sums) compare(portfolio, sum, kept.figures);
    }

    /// All trades, with a look at the checkpoint when the last of those it counts is in.
    void count_through(PositionCount& count, PositionKey const& key,
                       std::vector<CountedTrade> const& trades, KeptPage const& kept) {
        auto const found = kept.checkpoints.find(key);
        auto const* checkpoint =
            figures_too_ && found != kept.checkpoints.end() ? &found->second : nullptr;
        for (auto const& trade : trades) {
            if (checkpoint != nullptr && trade.at > checkpoint->through) {
                compare(key, count, *checkpoint);
                checkpoint = nullptr;
            }
            count.add(trade);
        }
        if (checkpoint != nullptr) compare(key, count, *checkpoint);
    }

    void compare(PositionKey const& key, PositionCount& count, KeptCheckpoint const& checkpoint) {
        if (count.oversold()) return; // said of the position
        auto const cost = count.cost();
        if (count.held() == checkpoint.held && same(count.money(), checkpoint.money) &&
            cost.has_value() == checkpoint.cost.has_value() &&
            (!cost || about_equal(*cost, *checkpoint.cost)))
            return;
        say(fmt::format("{}: the checkpoint of {} holds other sums than the trades until then make",
                        label(key), portfoliod::to_text(checkpoint.through)));
        portfolios_to_value_.insert(key.first);
    }

    void compare(PositionKey const& key, PositionCount& count,
                 std::map<PositionKey, CountedPosition> const& kept) {
        auto const expected = count.end(today_);
        if (count.oversold()) {
            say(fmt::format("{}: more is sold than held; correct its transactions", label(key)));
            return;
        }
        auto const found = kept.find(key);
        if (found != kept.end() && found->second == expected) return;
        auto const text = [](CountedPosition const& position) {
            return fmt::format("{} at {} since {}", position.quantity.to_text(),
                               position.average.to_text(),
                               portfoliod::to_text(position.first_purchase));
        };
        say(fmt::format("{}: the position is {}, its trades make {}", label(key),
                        found == kept.end() ? "missing" : text(found->second), text(expected)));
        positions_to_replay_.push_back(key);
    }

    void compare(int portfolio, Sums const& sums, std::map<int, KeptFigures> const& figures) {
        if (sums.oversold) return; // cannot be valued
        auto const found = figures.find(portfolio);
        if (found == figures.end()) {
            say(fmt::format("portfolio {}: it has trades and no figures; where it cannot be "
                            "valued, the journal says why",
                            portfolio));
            portfolios_to_value_.insert(portfolio);
            return;
        }
        auto const& kept = found->second;
        compare(portfolio, "total_invested_usd", kept.invested, sums.money.invested);
        compare(portfolio, "fees_usd", kept.fees, sums.money.fees);
        compare(portfolio, "realized_gain_usd", kept.realized, sums.money.realized);
        // What one of them takes from a value without a rate is not known here; the value itself is judged by values().
        if (!kept.incomplete && sums.cost_known)
            compare(portfolio, "unrealized_gain_usd", kept.unrealized,
                    kept.value.round_to<40>() - sums.cost);
    }

    void compare(int portfolio, char const* figure, Cents const& kept, Money const& counted) {
        if (about_equal(kept.round_to<40>(), counted)) return;
        say(fmt::format("portfolio {}: {} is {}, its trades make {}", portfolio, figure,
                        kept.to_text(), counted.round_to<2>().to_text()));
        portfolios_to_value_.insert(portfolio);
    }

    static std::string label(PositionKey const& key) {
        return fmt::format("portfolio {}, asset {}", key.first, key.second);
    }

    void say(std::string difference) { differences_.push_back(std::move(difference)); }

    db::Transaction& transaction_;
    Config const& config_;
    Day today_;
    bool figures_too_ = false;
    int counted_ = 0;
    std::vector<std::string> differences_;
    std::set<PositionKey> counted_positions_; ///< of the page
    std::vector<PositionKey> positions_to_replay_;
    std::vector<int> assets_to_recount_;
    std::vector<int> assets_to_load_;
    std::set<int> portfolios_to_value_;
    std::set<int> portfolios_to_rebuild_;
};

template <class Work>
auto in_transaction(db::Session& session, Work const& work) {
    auto transaction = session.begin();
    auto done = work(transaction);
    transaction.commit();
    return done;
}

/// Works off what waits, as the daemon does, whether one runs or not: changes, snapshots, and the figures that rest on them.
void work_off(db::Session& session, Config const& config, Day today) {
    auto const changes = [&](db::Transaction& transaction) {
        return bus::drain_batch(transaction, today, config.backfill).more;
    };
    while (in_transaction(session, changes)) {
    }
    in_transaction(session, [today](db::Transaction& transaction) {
        return performance::mark_missing_snapshots(transaction, today);
    });
    performance::compute_all_due(session, SystemClock{});
}

/// Everything of one moment: a trade that commits in between is no difference. Returns how many changes wait to be worked off.
std::int64_t judge(db::Transaction& transaction, Verification& verification) {
    transaction.execute_script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
    auto const waiting =
        transaction.execute("SELECT count(*) FROM portfoliod.pending_changes").one().bigint(0);
    verification.positions(waiting == 0);
    if (waiting > 0) return waiting;
    verification.counts();
    verification.ranges();
    verification.values();
    verification.snapshots();
    return 0;
}

} // namespace

int verify(Config const& config, bool repair) {
    db::Session session{
        {config.database.url, "portfoliod verify", std::chrono::seconds{std::chrono::hours{1}}}};
    auto const today = std::chrono::floor<std::chrono::days>(SystemClock{}.now());
    if (repair) work_off(session, config, today);
    auto transaction = session.begin();
    Verification verification{transaction, config, today};
    auto const waiting = judge(transaction, verification);
    transaction.commit();
    for (auto const& difference : verification.differences()) fmt::print("{}\n", difference);
    if (waiting > 0)
        fmt::print("{} changes are not worked off yet, so counts, ranges and values were not "
                   "compared; is the daemon running?\n",
                   waiting);
    auto const found = verification.differences().size();
    if (found == 0) {
        fmt::print("{} positions {}are as the transactions say\n", verification.counted(),
                   waiting == 0 ? "and what follows from them " : "");
        return waiting == 0 ? 0 : 1;
    }
    if (!repair) {
        fmt::print("{} differences; to mend them: portfoliod verify --repair\n", found);
        return 1;
    }
    auto mending = session.begin();
    verification.repair(mending);
    mending.commit();
    // Figures follow in the same breath: no daemon need be running, nor be told.
    work_off(session, config, today);
    auto again = session.begin();
    Verification left{again, config, today};
    judge(again, left);
    again.commit();
    for (auto const& difference : left.differences()) fmt::print("left: {}\n", difference);
    fmt::print("{} differences, {} left\n", found, left.differences().size());
    return left.differences().empty() ? 0 : 1;
}

} // namespace portfoliod::service
