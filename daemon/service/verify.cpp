#include "db/session.hpp"
#include "service/commands.hpp"
#include "tracking/needs.hpp"
#include "valuation/decimal.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace portfoliod::service {

namespace {

using valuation::Price;
using valuation::Quantity;

constexpr int portfolios_per_page = 200; // whose trades are in memory at once

struct Split {
    Day ex_date;
    valuation::SplitTerm numerator, denominator;
};

using Splits = std::map<int, std::vector<Split>>; // by asset, in order

struct Position {
    Quantity quantity;
    Price average;
    Day first_purchase;

    friend bool operator==(Position const&, Position const&) = default;
};

using Key = std::pair<int, int>; // portfolio, asset

/// One position counted from its trades, which come in order of time, the buys of one time before
/// its sales. The rules are docs/ARCHITECTURE.md's, the code is nobody else's.
class Count {
  public:
    explicit Count(std::vector<Split> const* splits) : splits_(splits) {}

    void add(Instant at, bool is_buy, Quantity const& quantity, Price const& price) {
        if (at != at_) settle_buys();
        at_ = at;
        split_until(std::chrono::floor<std::chrono::days>(at));
        if (is_buy) {
            bought_ += quantity;
            paid_ += quantity * price;
            return;
        }
        settle_buys();
        position_.quantity -= quantity;
        oversold_ = oversold_ || position_.quantity < Quantity{};
        if (position_.quantity.is_zero()) position_.average = {};
    }

    Position end(Day today) {
        settle_buys();
        split_until(today);
        return position_;
    }

    [[nodiscard]] bool oversold() const { return oversold_; }

  private:
    /// All buys of one time are one sum, rounded once.
    void settle_buys() {
        if (bought_.is_zero()) return;
        if (!first_) position_.first_purchase = std::chrono::floor<std::chrono::days>(*at_);
        first_ = true;
        auto const before = position_.quantity * position_.average;
        position_.quantity += std::exchange(bought_, {});
        position_.average =
            valuation::divide<12>(before + std::exchange(paid_, {}), position_.quantity);
    }

    void split_until(Day day) {
        for (; splits_ && next_ < splits_->size() && (*splits_)[next_].ex_date <= day; ++next_) {
            auto const& split = (*splits_)[next_];
            settle_buys();
            position_.quantity =
                valuation::proportion(position_.quantity, split.numerator, split.denominator);
            position_.average =
                position_.quantity.is_zero()
                    ? Price{}
                    : valuation::proportion(position_.average, split.denominator, split.numerator);
        }
    }

    std::vector<Split> const* splits_;
    std::size_t next_ = 0;
    std::optional<Instant> at_;
    Quantity bought_;
    valuation::Fixed<24> paid_;
    Position position_{};
    bool first_ = false;
    bool oversold_ = false;
};

/// Collects what differs, and mends it when asked to.
class Verification {
  public:
    Verification(db::Transaction& transaction, Config const& config)
        : transaction_(transaction)
        , config_(config)
        , today_(transaction.execute("SELECT (now() AT TIME ZONE 'UTC')::date").one().day(0)) {}

    void positions() {
        Splits splits;
        for (auto const row : transaction_.execute(
                 "SELECT asset_id, ex_date, numerator, denominator FROM asset_splits "
                 "WHERE ex_date <= $1 ORDER BY asset_id, ex_date",
                 {today_}))
            splits[row.integer(0)].push_back({row.day(1), valuation::SplitTerm::parse(row.text(2)),
                                              valuation::SplitTerm::parse(row.text(3))});
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
            portfolios_to_value_.push_back(row.integer(0));
        }
    }

    void repair(db::Transaction& transaction) const {
        for (auto const& [portfolio, asset] : positions_to_replay_)
            transaction.execute("SELECT portfoliod.repair_position($1, $2)", {portfolio, asset});
        // Counts follow the positions that were just mended.
        auto recounted = assets_to_recount_;
        for (auto const& [portfolio, asset] : positions_to_replay_) recounted.push_back(asset);
        auto const held = tracking::recount(transaction, recounted);
        transaction.execute("SELECT portfoliod.come_back_to('{}', $1, 'infinity')", {held});
        tracking::request_missing_history(transaction, assets_to_load_, today_, config_.backfill);
        if (!portfolios_to_value_.empty())
            transaction.execute("SELECT portfoliod.come_back_to($1, '{}', '1900-01-01')",
                                {portfolios_to_value_});
    }

    [[nodiscard]] int differences() const { return differences_; }

    [[nodiscard]] int beyond_repair() const { return beyond_repair_; }

    [[nodiscard]] int counted() const { return counted_; }

  private:
    void page(int first, int last, Splits const& splits) {
        std::map<Key, Position> kept;
        for (auto const row : transaction_.execute(
                 "SELECT portfolio_id, asset_id, quantity, average_buy_price, first_purchase_date "
                 "FROM portfolio_positions WHERE portfolio_id BETWEEN $1 AND $2",
                 {first, last}))
            kept[{row.integer(0), row.integer(1)}] = {Quantity::parse(row.text(2)),
                                                      Price::parse(row.text(3)), row.day(4)};
        std::map<Key, Count> counts;
        for (auto const row :
             transaction_.execute("SELECT portfolio_id, asset_id, timestamp, transaction_type = "
                                  "'buy', quantity, price "
                                  "FROM transactions WHERE portfolio_id BETWEEN $1 AND $2 "
                                  "ORDER BY portfolio_id, asset_id, timestamp, transaction_type",
                                  {first, last})) {
            auto const found = splits.find(row.integer(1));
            counts
                .try_emplace({row.integer(0), row.integer(1)},
                             found == splits.end() ? nullptr : &found->second)
                .first->second.add(row.instant(2), row.boolean(3), Quantity::parse(row.text(4)),
                                   Price::parse(row.text(5)));
        }
        counted_ += static_cast<int>(counts.size());
        for (auto& [key, count] : counts) compare(key, count, kept);
        for (auto const& [key, position] : kept)
            if (!counts.contains(key)) {
                say(fmt::format("{}: there is a position and no trade", label(key)));
                positions_to_replay_.push_back(key);
            }
    }

    void compare(Key const& key, Count& count, std::map<Key, Position> const& kept) {
        auto const expected = count.end(today_);
        if (count.oversold()) {
            say(fmt::format("{}: more is sold than held; correct its transactions", label(key)));
            ++beyond_repair_;
            return;
        }
        auto const found = kept.find(key);
        if (found != kept.end() && found->second == expected) return;
        auto const text = [](Position const& position) {
            return fmt::format("{} at {} since {}", position.quantity.to_text(),
                               position.average.to_text(),
                               portfoliod::to_text(position.first_purchase));
        };
        say(fmt::format("{}: the position is {}, its trades make {}", label(key),
                        found == kept.end() ? "missing" : text(found->second), text(expected)));
        positions_to_replay_.push_back(key);
    }

    static std::string label(Key const& key) {
        return fmt::format("portfolio {}, asset {}", key.first, key.second);
    }

    void say(std::string const& difference) {
        ++differences_;
        fmt::print("{}\n", difference);
    }

    db::Transaction& transaction_;
    Config const& config_;
    Day today_;
    int differences_ = 0;
    int beyond_repair_ = 0;
    int counted_ = 0;
    std::vector<Key> positions_to_replay_;
    std::vector<int> assets_to_recount_;
    std::vector<int> assets_to_load_;
    std::vector<int> portfolios_to_value_;
};

} // namespace

int verify(Config const& config, bool repair) {
    db::Session session{
        {config.database.url, "portfoliod verify", std::chrono::seconds{std::chrono::hours{1}}}};
    auto transaction = session.begin();
    // Everything of one moment: a trade that commits in between is no difference.
    transaction.execute_script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
    Verification verification{transaction, config};
    verification.positions();
    auto const waiting =
        transaction.execute("SELECT count(*) FROM portfoliod.pending_changes").one().bigint(0);
    if (waiting == 0) {
        verification.counts();
        verification.ranges();
        verification.values();
    } else {
        fmt::print("{} changes are not worked off yet, so counts, ranges and values were not "
                   "compared; is the daemon running?\n",
                   waiting);
    }
    transaction.commit();
    if (verification.differences() == 0) {
        fmt::print("{} positions {}are as the transactions say\n", verification.counted(),
                   waiting == 0 ? "and what follows from them " : "");
        return waiting == 0 ? 0 : 1;
    }
    if (!repair) {
        fmt::print("{} differences; to mend them: portfoliod verify --repair\n",
                   verification.differences());
        return 1;
    }
    auto mending = session.begin();
    verification.repair(mending);
    mending.commit();
    fmt::print("{} of {} differences mended; values follow when the daemon runs\n",
               verification.differences() - verification.beyond_repair(),
               verification.differences());
    return verification.beyond_repair() == 0 ? 0 : 1;
}

} // namespace portfoliod::service
