#include "schedule/quotes.hpp"

#include "base/log.hpp"
#include "tracking/price_store.hpp"
#include "tracking/story.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace portfoliod::schedule {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;

/// In so many steps an interval's requests are spread; each looks at the tables once.
constexpr auto looks_per_interval = 20;
constexpr auto shortest_step = milliseconds{1000};
constexpr auto longest_step = milliseconds{30'000};

milliseconds step_of(milliseconds interval) {
    return std::clamp(interval / looks_per_interval, shortest_step, longest_step);
}

/// Whether another try in a while is worth it.
bool may_come_later(market::OutcomeKind kind) {
    using enum market::OutcomeKind;
    return kind == rate_limited || kind == transient || kind == malformed;
}

} // namespace

std::vector<Held> held_assets(db::Transaction& transaction) {
    std::vector<Held> held;
    for (auto const row :
         transaction.execute("SELECT asset_id, symbol, asset_type, exchange, native_currency, "
                             "last_tracked_at FROM portfoliod.quotable_assets()"))
        held.push_back(
            {{row.integer(0), row.string(1), row.string(2), row.string(3), row.string(4)},
             row.maybe(&db::Row::instant, 5)});
    return held;
}

Quotes::Quotes(db::Lane& lane, market::Market& market, market::Calendars const& calendars,
               Clock const& clock, std::chrono::seconds interval, tracking::Policy policy,
               Tasks& tasks)
    : lane_(lane)
    , market_(market)
    , calendars_(calendars)
    , clock_(clock)
    , interval_(interval)
    , policy_(std::move(policy))
    , tasks_(tasks)
    , rota_(interval)
    , tally_{clock.now()} {}

void Quotes::change(std::chrono::seconds interval, tracking::Policy policy) {
    interval_ = interval;
    policy_ = std::move(policy);
    rota_.change(interval_);
    stretched_.clear(); // said again, by the new measure
}

asio::awaitable<void> Quotes::look() {
    next_look_ = interval_; // should the database fail us
    auto read = [](db::Transaction& transaction) { return held_assets(transaction); };
    auto const held = co_await lane_.transact(read);
    auto const now = clock_.now();
    auto listed = list(held, now);
    say_who_rests(listed);
    plan_next_look(listed, now);
    std::erase_if(listed, [&](Listed const& one) { return busy_.contains(one.pace.provider); });
    auto const turns = rota_.take_turns(listed, now);
    if (turns.empty()) say_what_came(now);
    if (turns.empty()) co_return;

    std::vector<int> ids;
    for (auto const& turn : turns)
        for (auto const& asset : turn.assets) ids.push_back(asset.id);
    auto note = [&ids, now](db::Transaction& transaction) {
        transaction.execute("SELECT portfoliod.note_quotes($1, $2)", {ids, now});
    };
    co_await lane_.transact(note);
    if (tally_.asked == 0) tally_.since = now;
    for (auto const id : ids) attempts_.insert_or_assign(id, Attempt{now, true});
    for (auto const& turn : turns) {
        say_what_stretches(turn);
        busy_.insert(turn.provider);
        tasks_.spawn(fmt::format("quotes of {}", turn.provider), ask(turn));
    }
    say_what_came(now);
}

std::vector<Listed> Quotes::list(std::vector<Held> const& held, Instant now) {
    std::map<market::Calendar const*, Trading> trading;
    std::map<int, Attempt> still_held;
    std::vector<Listed> listed;
    listed.reserve(held.size());
    for (auto const& [asset, asked] : held) {
        auto const& calendar = calendars_.of(asset);
        auto known = trading.find(&calendar);
        if (known == trading.end())
            known = trading.emplace(&calendar, trading_at(calendar, now)).first;
        Listed one{asset, market_.quote_pace(asset), known->second, asked};
        if (auto const attempt = attempts_.find(asset.id); attempt != attempts_.end()) {
            one.asked = std::max(asked.value_or(attempt->second.at), attempt->second.at);
            one.failed = attempt->second.failed;
            still_held.insert(*attempt);
        }
        listed.push_back(std::move(one));
    }
    attempts_ = std::move(still_held);
    return listed;
}

asio::awaitable<void> Quotes::ask(Turn turn) {
    struct Done {
        Quotes& quotes;
        std::string const& provider;

        ~Done() { quotes.busy_.erase(provider); }
    } const done{*this, turn.provider};

    std::vector<market::PriceAnswer> answers;
    try {
        auto pending = market_.quotes(turn.assets);
        answers = co_await std::move(pending);
    } catch (std::exception const& e) {
        // The market throws for nothing but a stop; should it ever, the next turn asks again.
        if (is_cancellation(std::current_exception())) throw;
        log::happened(Happening::quotes_broke,
                      fmt::format("quotes of {} failed: {}", turn.provider, e.what()),
                      {{"PROVIDER", turn.provider}});
        co_return;
    }
    for (std::size_t i = 0; i < turn.assets.size(); ++i) {
        auto taking = take(turn.assets[i], std::move(answers[i]));
        if (!co_await std::move(taking)) co_return;
    }
}

/// False when the database is gone.
asio::awaitable<bool> Quotes::take(market::Asset asset, market::PriceAnswer answer) {
    ++tally_.asked;
    auto const kind = answer.outcome.kind;
    if (kind != market::OutcomeKind::ok) {
        note(asset, may_come_later(kind));
        if (kind == market::OutcomeKind::empty) co_return true;
        tally_.failure = fmt::format("{}: {}", asset.symbol, answer.outcome.message);
        log::debug(fmt::format("no quote of {}", tally_.failure), {{"ASSET_ID", asset.id}});
        co_return true;
    }
    // A copy: the policy may change while a database thread goes by it.
    auto keep = [this, &asset, &answer, policy = policy_](db::Transaction& transaction) {
        tracking::store_prices(transaction, {{asset.id, answer}}, tracking::Finality::provisional,
                               clock_.today(), policy);
        return tracking::just_doubted(transaction, {asset.id})[asset.id];
    };
    try {
        auto const doubts = co_await lane_.transact(keep);
        note(asset, false); // not before: the answer may be lost with the connection
        tracking::tell({asset, 0, answer.source}, doubts);
        ++tally_.came;
        on_quotes_();
    } catch (db::Error const& e) {
        // One quote that cannot be stored must not keep the assets behind it from theirs.
        tally_.failure = fmt::format("{}: {}", asset.symbol, e.what());
        co_return !e.connection_lost;
    }
    co_return true;
}

void Quotes::note(market::Asset const& asset, bool failed) {
    if (auto const attempt = attempts_.find(asset.id); attempt != attempts_.end())
        attempt->second.failed = failed;
}

/// While nothing is traded the tables are looked at once in the interval: somebody may buy what never had a price.
void Quotes::plan_next_look(std::vector<Listed> const& listed, Instant now) {
    auto const step = step_of(interval_);
    next_look_ = interval_;
    for (auto const& one : listed) {
        if (Rota::wanted(one, now)) next_look_ = step;
        if (!one.trading.changes_at) continue;
        auto const left = std::chrono::ceil<milliseconds>(*one.trading.changes_at - now);
        next_look_ = std::clamp(left, step, next_look_);
    }
}

void Quotes::say_who_rests(std::vector<Listed> const& listed) {
    std::map<std::string, int> closed;
    std::map<std::string, std::optional<Instant>> until;
    for (auto const& one : listed) {
        auto const& calendar = calendars_.of(one.asset);
        if (one.trading.open) {
            if (resting_.erase(calendar.name()) > 0)
                log::happened(
                    Happening::calendar_opened,
                    fmt::format("{} is open: quotes of what is traded there", calendar.name()),
                    {{"CALENDAR", calendar.name()}});
        } else if (!resting_.contains(calendar.name())) {
            ++closed[calendar.name()];
            until[calendar.name()] = calendar.next_open(clock_.now());
        }
    }
    for (auto const& [name, assets] : closed) {
        resting_.insert(name);
        log::happened(
            Happening::calendar_closed,
            fmt::format("{} is closed until {}: no more than the day's last quotes of {} assets",
                        name, until[name] ? to_text(*until[name]) : "further notice", assets),
            {{"CALENDAR", name}});
    }
}

void Quotes::say_what_stretches(Turn const& turn) {
    if (turn.interval <= interval_) {
        stretched_.erase(turn.provider);
        return;
    }
    if (!stretched_.insert(turn.provider).second) return;
    log::happened(
        Happening::quotes_stretched,
        fmt::format("quotes come every {} s instead of {}: the limits of {} allow no more",
                    std::chrono::ceil<std::chrono::seconds>(turn.interval).count(),
                    std::chrono::ceil<std::chrono::seconds>(interval_).count(), turn.provider),
        {{"PROVIDER", turn.provider}});
}

/// One line for each interval in which anything was asked.
void Quotes::say_what_came(Instant now) {
    if (tally_.since > now) tally_.since = now;
    if (tally_.asked == 0 || now < tally_.since + interval_) return;
    auto const text = fmt::format("{} of {} quotes came", tally_.came, tally_.asked);
    log::Fields counts{{"ASKED", tally_.asked}, {"CAME", tally_.came}};
    if (tally_.failure.empty())
        log::happened(Happening::quotes_came, text, std::move(counts));
    else
        log::happened(Happening::quotes_missing,
                      fmt::format("{}; the last without: {}", text, tally_.failure),
                      std::move(counts));
    tally_ = {now};
}

} // namespace portfoliod::schedule
