#include "db/session.hpp"
#include "service/commands.hpp"
#include "service/fetch_report.hpp"
#include "service/inquiry.hpp"
#include "tracking/backfill_queue.hpp"
#include "tracking/price_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace portfoliod::service {

namespace {

/// What the command is about, and where it stands in the database.
struct Subject {
    std::optional<market::Asset> asset; ///< nothing: a currency
    std::string currency;
    bool is_known = false; ///< by the catalogue: its rows could be stored
};

bool is_currency(std::string const& text) {
    return text.size() == 3 &&
           std::ranges::all_of(text, [](unsigned char c) { return std::isupper(c) != 0; });
}

[[noreturn]] void fail_unknown(Fetch const& fetch) {
    throw Failure{fmt::format("{}{} is not in the catalogue: load it with import-assets, or say "
                              "what it is with --type and "
                              "--currency",
                              fetch.what, fetch.exchange.empty() ? "" : " on " + fetch.exchange)};
}

[[noreturn]] void fail_ambiguous(Fetch const& fetch, db::Rows const& rows) {
    std::string exchanges;
    for (auto const row : rows)
        exchanges += fmt::format("{}{}", exchanges.empty() ? "" : ", ", row.text(3));
    throw ConfigError{
        fmt::format("{} stands on {}: say which with --exchange", fetch.what, exchanges)};
}

Subject look_up(db::Session& session, Fetch const& fetch) {
    auto transaction = session.begin();
    auto const rows = transaction.execute(
        "SELECT id, symbol, asset_type, coalesce(exchange, ''), native_currency, "
        "portfoliod.splits_known_since(id, (now() AT TIME ZONE 'UTC')::date) FROM assets "
        "WHERE symbol = $1 AND ($2 = '' OR exchange = $2) ORDER BY id",
        {fetch.what, fetch.exchange});
    if (rows.size() > 1) fail_ambiguous(fetch, rows);
    if (rows.empty() && fetch.exchange.empty() && is_currency(fetch.what))
        return {std::nullopt, fetch.what, true};
    if (rows.empty()) fail_unknown(fetch);
    auto const row = rows.one();
    return {
        market::Asset{row.integer(0), row.string(1), row.string(2), row.string(3), row.string(4)},
        "", true};
}

/// The days asked for; nothing = the latest.
std::optional<DayRange> range_of(Fetch const& fetch, Day today) {
    auto const day = [](char const* option, std::string const& text) {
        auto const found = parse_day(text);
        if (!found) throw ConfigError{fmt::format("{} '{}' is no day: YYYY-MM-DD", option, text)};
        return *found;
    };
    if (fetch.from.empty() && fetch.to.empty()) return std::nullopt;
    if (fetch.from.empty()) throw ConfigError{"--to needs --from"};
    auto const first = day("--from", fetch.from);
    auto const last = fetch.to.empty() ? today - std::chrono::days{1} : day("--to", fetch.to);
    if (last < first)
        throw ConfigError{fmt::format("--from {} is after --to {}", to_text(first), to_text(last))};
    return DayRange{first, last};
}

bool answered(market::Outcome const& outcome) {
    return outcome.kind == market::OutcomeKind::ok || outcome.kind == market::OutcomeKind::empty;
}

/// What becomes of a question that nobody answered, in the daemon.
std::string put_off(market::Outcome const& outcome, tracking::Policy const& policy) {
    constexpr auto middling = 0.5; // of the jitter
    auto const how = tracking::put_off_for(outcome, 0, policy, middling);
    switch (how.verdict) {
    case tracking::Verdict::rate_limited:
        return fmt::format("would ask again in about {} s; that uses up no attempt",
                           how.wait.count());
    case tracking::Verdict::transient:
        return fmt::format("would ask again in about {} s, {} times in all, each later",
                           how.wait.count(), policy.max_attempts);
    case tracking::Verdict::unserved:
        return "would mark these days as failed, ask for newer ones as ever, and try again every "
               "twelve "
               "hours, for the route may have grown";
    case tracking::Verdict::permanent:
        break;
    }
    return "would mark the job as failed, to be retried by hand when the cause is mended";
}

/// Stores the answer as the daemon would, says how many rows that changed, and undoes it: no other way tells so exactly.
class Rehearsal {
  public:
    Rehearsal(db::Session& session, Config const& config, Day today)
        : transaction_(session.begin()), config_(config), today_(today) {}

    /// `range` nothing: a quote.
    std::string store(market::Asset const& asset, market::PriceAnswer const& answer,
                      std::optional<DayRange> const& range) {
        using tracking::Finality;
        if (range)
            tracking::store_events(transaction_, asset.id, answer.served.value_or(*range), answer);
        auto const changed = tracking::store_prices(transaction_, {{asset.id, answer}},
                                                    range ? Finality::final : Finality::provisional,
                                                    today_, config_.backfill);
        return said(changed.front(), answer.rows.size());
    }

    std::string store(market::RateAnswer const& answer) {
        return said(tracking::store_rates(transaction_, answer.source, answer.rows),
                    answer.rows.size());
    }

  private:
    static std::string said(int changed, std::size_t rows) {
        if (rows == 0) return "would take note that there is nothing for these days";
        return fmt::format("would store {} of {} rows{}", changed, rows,
                           std::cmp_less(changed, rows)
                               ? ": the others are known, typed by hand, final already or not "
                                 "believed"
                               : "");
    }

    db::Transaction transaction_;
    Config const& config_;
    Day today_;
};

class FetchCommand {
  public:
    FetchCommand(Config const& config, Fetch const& fetch)
        : config_(config)
        , fetch_(fetch)
        , range_(range_of(fetch, clock_.today()))
        , inquiry_(config, fetch.provider, clock_) {}

    int run() {
        auto const subject = find_subject();
        FetchReport report{subject.asset, subject.currency, range_};
        auto const outcome =
            subject.asset ? ask_prices(subject, report) : ask_rates(subject, report);
        report.asked(inquiry_.heard());
        fmt::print("{}", fetch_.json ? report.json() : report.text());
        return answered(outcome) ? 0 : 1;
    }

  private:
    Subject find_subject() {
        if (fetch_.asset_type.empty() != fetch_.currency.empty())
            throw ConfigError{"--type and --currency go together"};
        if (!fetch_.asset_type.empty())
            return {
                market::Asset{0, fetch_.what, fetch_.asset_type, fetch_.exchange, fetch_.currency},
                "", false};
        session_.emplace(db::SessionOptions{config_.database.url, "portfoliod fetch"});
        return look_up(*session_, fetch_);
    }

    market::Outcome ask_prices(Subject const& subject, FetchReport& report) {
        auto const answer =
            range_ ? inquiry_.history(*subject.asset, *range_) : inquiry_.quote(*subject.asset);
        report.answer(answer);
        if (!answered(answer.outcome)) {
            report.consequence(put_off(answer.outcome, config_.backfill));
        } else if (subject.is_known) {
            Rehearsal rehearsal{*session_, config_, clock_.today()};
            report.consequence(rehearsal.store(*subject.asset, answer, range_));
        }
        return answer.outcome;
    }

    market::Outcome ask_rates(Subject const& subject, FetchReport& report) {
        auto const answer = range_ ? inquiry_.rates_history(subject.currency, *range_)
                                   : inquiry_.rates_latest(subject.currency);
        report.answer(answer);
        if (!answered(answer.outcome))
            report.consequence(put_off(answer.outcome, config_.backfill));
        else
            report.consequence(Rehearsal{*session_, config_, clock_.today()}.store(answer));
        return answer.outcome;
    }

    Config const& config_;
    Fetch const& fetch_;
    SystemClock const clock_;
    std::optional<DayRange> range_;
    Inquiry inquiry_;
    std::optional<db::Session> session_;
};

} // namespace

int fetch(Config const& config, Fetch const& fetch) { return FetchCommand{config, fetch}.run(); }

} // namespace portfoliod::service
