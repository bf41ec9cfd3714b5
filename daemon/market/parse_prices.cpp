#include "market/currency_unit.hpp"
#include "market/decimal_text.hpp"
#include "market/parse.hpp"
#include "market/selector.hpp"
#include "market/stamp.hpp"
#include "market/tally.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

namespace portfoliod::market {

namespace {

// asset_prices holds NUMERIC(28,12).
constexpr std::size_t whole_digits_max = 16;
constexpr std::size_t fraction_digits_max = 12;

constexpr auto not_above_zero = "not above zero";

/// Reads the rows of one answer about one asset.
class PriceReader {
  public:
    PriceReader(Declaration const& provider, Question const& question, Asset const& asset,
                Document const& document, StampReader stamps)
        : provider_(provider)
        , question_(question)
        , rule_(*question.rule)
        , asset_(asset)
        , document_(document)
        , stamps_(stamps) {}

    PriceAnswer read() {
        auto const close = figure("close");
        auto const currency = figure("currency");
        auto const date = figure("date");
        auto const symbol = figure("symbol");
        optional_ = {figure("open"), figure("high"), figure("low"), figure("volume")};
        answer_.source = provider_.name;
        answer_.unadjusted = rule_.adjusted == RequestRule::Adjusted::none;
        answer_.tells_splits = rule_.splits.has_value();
        if (!fixed_unit()) return std::move(answer_);
        for (auto const& row : find_rows(document_, rule_.rows)) {
            if (rule_.fields.contains("symbol") && !is_ours(symbol.read(document_, row))) continue;
            ++tally_.rows;
            auto const dated = date.read(document_, row);
            auto const stamp = stamps_.read(dated);
            auto const found = close.read(document_, row);
            if (!dated && !stamp) tally_.note(tally_.absent, "without a date");
            if (!dated && !stamp) continue;
            if (!has_figure(stamp, found)) continue;
            if (rule_.fields.contains("currency") && !learn_unit(currency.read(document_, row)))
                return std::move(answer_);
            keep(row, *stamp, *found); // NOLINT(bugprone-unchecked-optional-access): has_figure
        }
        if (auto const* const length = other_length()) {
            answer_.outcome = {OutcomeKind::malformed,
                               fmt::format("{}: {}, not daily bars", provider_.name, length),
                               {}};
            return std::move(answer_);
        }
        read_events();
        conclude_rows();
        return std::move(answer_);
    }

  private:
    struct Optional {
        Figure open, high, low, volume;
    };

    struct Bar {
        Instant stamp;
        PriceRow row;
    };

    Figure figure(std::string const& name) const {
        auto const field = rule_.fields.find(name);
        if (field == rule_.fields.end()) return {};
        return {field->second, question_.variables};
    }

    /// With several symbols in one answer, the row is ours when it bears the name asked for or one
    /// that means it.
    bool is_ours(std::optional<Found> const& name) const {
        if (!name) return false;
        auto const& asked = question_.variables.words.find("symbol")->second;
        if (name->text == asked) return true;
        if (!rule_.batch) return false;
        auto const& named = rule_.batch->named;
        return std::ranges::any_of(named, [&](auto const& known) {
            return known.expand(question_.variables) == name->text;
        });
    }

    bool is_blank(Found const& found) const {
        return found.kind == Document::Kind::null ||
               rule_.missing.contains(std::string{found.text});
    }

    bool has_figure(std::optional<Stamp> const& stamp, std::optional<Found> const& close) {
        if (!stamp) {
            tally_.note(tally_.broken, "without a date that can be read");
            return false;
        }
        dates_.insert(stamp->date);
        ++stamps_seen_;
        if (!close) {
            tally_.note(tally_.absent, "without a close");
            return false;
        }
        if (!is_blank(*close)) return true;
        ++tally_.blank;
        return false;
    }

    /// Some files say what an exchange's prices are in, because the answers do not. False as for
    /// learn_unit(): London lists assets in dollars too.
    bool fixed_unit() {
        auto const unit = rule_.unit_of.find(asset_.exchange);
        if (unit == rule_.unit_of.end()) return true;
        unit_name_ = unit->second;
        unit_ = currency_unit(unit_name_);
        return is_native();
    }

    bool is_native() {
        if (unit_.currency == asset_.native_currency) return true;
        answer_.outcome = {OutcomeKind::refused,
                           fmt::format("currency mismatch: {} says {}, the asset is in {}",
                                       provider_.name, quotable(provider_, unit_name_),
                                       asset_.native_currency),
                           {}};
        return false;
    }

    /// False, with the answer's outcome set, when the row's money is not the asset's.
    bool learn_unit(std::optional<Found> const& found) {
        if (!found || found->kind != Document::Kind::string) {
            answer_.outcome = {OutcomeKind::malformed,
                               provider_.name + ": the answer does not say its currency",
                               {}};
            return false;
        }
        if (found->text == unit_name_) return true;
        unit_name_ = found->text;
        auto const peg = provider_.pegs.find(unit_name_);
        unit_ = peg == provider_.pegs.end() ? currency_unit(unit_name_) : CurrencyUnit{peg->second};
        if (peg != provider_.pegs.end()) answer_.source = provider_.name + "/" + unit_name_;
        return is_native();
    }

    /// In major units, fit for its column; nothing when it is no price, with `why` set.
    std::optional<std::string> price(std::optional<Found> const& found, std::string* why) const {
        auto decimal = amount(found, why);
        if (!decimal || is_positive(*decimal)) return decimal;
        if (why) *why = not_above_zero;
        return std::nullopt;
    }

    /// The same with any sign.
    std::optional<std::string> amount(std::optional<Found> const& found, std::string* why) const {
        auto const say = [why](char const* what) {
            if (why) *why = what;
            return std::nullopt;
        };
        if (!found || is_blank(*found)) return say("absent");
        auto const scalar =
            found->kind == Document::Kind::string || found->kind == Document::Kind::number;
        auto decimal = scalar ? plain_decimal(found->text) : std::nullopt;
        if (!decimal) return say("no number");
        if (rule_.float32) decimal = repair_float32(*decimal);
        decimal = fit(shift_point(*decimal, unit_.places), whole_digits_max, fraction_digits_max);
        if (!decimal) return say("too large");
        return decimal;
    }

    std::optional<std::int64_t> volume(std::optional<Found> const& found) const {
        if (!found || is_blank(*found)) return std::nullopt;
        auto const decimal = plain_decimal(found->text);
        return decimal ? whole_part(*decimal) : std::nullopt;
    }

    /// A quote is wanted just when a bar is not: while the day is open.
    bool wanted(Stamp const& stamp) const {
        if (rule_.gives == Gives::quote) return true;
        return stamps_.is_over(stamp) && (!question_.days || question_.days->contains(stamp.date));
    }

    void keep(Row const& row, Stamp const& stamp, Found const& found) {
        if (!wanted(stamp)) {
            ++tally_.outside;
            return;
        }
        // As a row it would stay the latest price until that day.
        if (stamps_.is_to_come(stamp)) {
            tally_.note(tally_.broken, fmt::format("with a price of {}, which is still to come",
                                                   portfoliod::to_text(stamp.date)));
            return;
        }
        std::string why;
        auto close = price(found, &why);
        if (!close) {
            if (why == not_above_zero) doubt(stamp, found);
            tally_.note(why == "no number" ? tally_.broken : tally_.refused,
                        fmt::format("close '{}' of {} is {}", found.text,
                                    portfoliod::to_text(stamp.date), why));
            return;
        }
        auto const read = [&](Figure const& figure) { return figure.read(document_, row); };
        PriceRow bar{stamp.date,
                     price(read(optional_.open), nullptr),
                     price(read(optional_.high), nullptr),
                     price(read(optional_.low), nullptr),
                     std::move(*close),
                     volume(read(optional_.volume))};
        auto const [at, is_new] = bars_.try_emplace(stamp.date, Bar{stamp.instant, bar});
        if (!is_new && stamp.instant >= at->second.stamp) at->second = {stamp.instant, bar};
    }

    void doubt(Stamp const& stamp, Found const& found) {
        if (auto value = amount(found, nullptr))
            doubtful_.insert_or_assign(stamp.date,
                                       DoubtfulPrice{stamp.date, std::move(*value), not_above_zero,
                                                     fmt::format("close {}", found.text)});
    }

    /// What the bars are when they are not of a day, else null. One more bar of the last day is the
    /// live one; many mean that hours or minutes were sent. Where the answer states its bar length
    /// (`require`) it is believed: there are funds that are valued once a week.
    char const* other_length() const {
        if (rule_.gives != Gives::history || stamps_seen_ < 3) return nullptr;
        if (dates_.size() * 2 < stamps_seen_) return "several bars a day";
        if (dates_.size() < 3 || !rule_.require.empty()) return nullptr;
        if (all_gaps(6, 8)) return "weekly bars";
        return all_gaps(25, 35) ? "monthly bars" : nullptr;
    }

    bool all_gaps(int days_min, int days_max) const {
        auto const is_other = [&](Day a, Day b) {
            return (b - a).count() < days_min || (b - a).count() > days_max;
        };
        return std::ranges::adjacent_find(dates_, is_other) == dates_.end();
    }

    void conclude_rows() {
        for (auto& [date, bar] : bars_) answer_.rows.push_back(std::move(bar.row));
        if (rule_.gives == Gives::quote && answer_.rows.size() > 1)
            answer_.rows.erase(answer_.rows.begin(), answer_.rows.end() - 1);
        for (auto& [date, doubtful] : doubtful_)
            if (!bars_.contains(date)) answer_.doubtful.push_back(std::move(doubtful));
        // What is set aside for a person to judge has answered for its day too.
        tally_.kept = answer_.rows.size() + answer_.doubtful.size();
        answer_.outcome = conclude(provider_, rule_, tally_);
        if (answer_.outcome.kind == OutcomeKind::ok) return;
        answer_.splits.clear();
        answer_.dividends.clear();
    }

    /// Each event's row and its date, those within the asked days.
    std::vector<std::pair<Row, Day>> events(EventRule const& event) const {
        Figure const date{event.date, question_.variables};
        std::vector<std::pair<Row, Day>> found;
        for (auto& row : find_rows(document_, event.rows)) {
            auto const stamp = stamps_.read(date.read(document_, row));
            if (stamp && (!question_.days || question_.days->contains(stamp->date)))
                found.emplace_back(std::move(row), stamp->date);
        }
        return found;
    }

    std::optional<std::string> factor(Field const& field, Row const& row) const {
        auto const found = Figure{field, question_.variables}.read(document_, row);
        auto decimal = found ? plain_decimal(found->text) : std::nullopt;
        if (!decimal || !is_positive(*decimal)) return std::nullopt;
        if (decimal->find('.') == std::string::npos) return decimal;
        decimal->erase(decimal->find_last_not_of('0') + 1); // "4.0" is 4
        if (decimal->ends_with('.')) decimal->pop_back();
        return decimal;
    }

    void read_events() {
        if (rule_.splits)
            for (auto const& [row, date] : events(*rule_.splits))
                add_split(*rule_.splits, row, date);
        if (rule_.dividends)
            for (auto const& [row, date] : events(*rule_.dividends))
                add_dividend(*rule_.dividends, row, date);
    }

    void add_split(EventRule const& event, Row const& row, Day date) {
        auto const& figures = event.figures;
        auto numerator = factor(figures.front(), row);
        auto denominator = figures.size() > 1 ? factor(figures.back(), row) : std::string{"1"};
        if (numerator && denominator && *numerator != *denominator)
            answer_.splits.push_back({date, std::move(*numerator), std::move(*denominator)});
    }

    void add_dividend(EventRule const& event, Row const& row, Day date) {
        Figure const amount{event.figures.front(), question_.variables};
        if (auto text = price(amount.read(document_, row), nullptr))
            answer_.dividends.push_back({date, std::move(*text)});
    }

    Declaration const& provider_;
    Question const& question_;
    RequestRule const& rule_;
    Asset const& asset_;
    Document const& document_;
    StampReader stamps_;
    Optional optional_;
    CurrencyUnit unit_;
    std::string unit_name_;
    std::map<Day, Bar> bars_;
    std::map<Day, DoubtfulPrice> doubtful_;
    std::set<Day> dates_;
    std::size_t stamps_seen_ = 0;
    Tally tally_;
    PriceAnswer answer_;
};

struct Stamped {
    Document document;
    StampReader stamps;
};

std::variant<Outcome, Stamped> open_stamped(Declaration const& provider, RequestRule const& rule,
                                            Reply const& reply, Instant now) {
    auto opened = open_answer(provider, rule, reply);
    if (auto* const outcome = std::get_if<Outcome>(&opened)) return std::move(*outcome);
    auto& document = std::get<Document>(opened);
    auto const stamps = StampReader::open(rule.time, document, now);
    if (!stamps)
        return Outcome{OutcomeKind::malformed,
                       provider.name + ": the answer names no time zone known here",
                       {}};
    return Stamped{std::move(document), *stamps};
}

} // namespace

PriceAnswer read_prices(Declaration const& provider, Question const& question, Asset const& asset,
                        Reply const& reply, Instant now) {
    auto const opened = open_stamped(provider, *question.rule, reply, now);
    if (auto const* const outcome = std::get_if<Outcome>(&opened)) {
        PriceAnswer refused;
        refused.outcome = *outcome;
        refused.source = provider.name;
        return refused;
    }
    auto const& [document, stamps] = std::get<Stamped>(opened);
    return PriceReader{provider, question, asset, document, stamps}.read();
}

Quotes read_quotes(Declaration const& provider, QuoteBatch const& batch,
                   std::vector<Asset> const& assets, Reply const& reply, Instant now) {
    auto const& rule = *batch.question.rule;
    auto const opened = open_stamped(provider, rule, reply, now);
    if (auto const* const outcome = std::get_if<Outcome>(&opened)) return {*outcome, {}};
    auto const& [document, stamps] = std::get<Stamped>(opened);
    Quotes quotes;
    for (auto const index : batch.assets) {
        // Its names as they would be if it had been asked for alone.
        Question const own{&rule, asset_variables(provider, rule, assets[index]), {}, {}, {}};
        quotes.answers.push_back(
            PriceReader{provider, own, assets[index], document, stamps}.read());
    }
    return quotes;
}

} // namespace portfoliod::market
