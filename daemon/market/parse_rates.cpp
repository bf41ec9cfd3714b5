#include "market/decimal_text.hpp"
#include "market/parse.hpp"
#include "market/selector.hpp"
#include "market/stamp.hpp"
#include "market/tally.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace portfoliod::market {

namespace {

/// Reads the rows of one answer about currencies.
class RateReader {
  public:
    RateReader(Declaration const& provider, Question const& question, Document const& document,
               StampReader stamps)
        : provider_(provider)
        , question_(question)
        , rule_(*question.rule)
        , document_(document)
        , stamps_(stamps)
        , base_(figure("base"))
        , quote_(figure("quote"))
        , rate_(figure("rate"))
        , date_(figure("date")) {}

    QuotedRates read() {
        for (auto const& row : find_rows(document_, rule_.rows)) {
            ++tally_.rows;
            keep(row);
        }
        // The later stamp of a day counts; answers by date are taken in their own order.
        std::ranges::sort(found_, [](auto const& a, auto const& b) {
            return std::tie(a.stamp, a.position) < std::tie(b.stamp, b.position);
        });
        QuotedRates answer;
        for (auto& found : found_) answer.rates.push_back(std::move(found.rate));
        tally_.kept = answer.rates.size();
        answer.outcome = conclude(provider_, rule_, tally_);
        return answer;
    }

  private:
    struct Stamped {
        Instant stamp;
        std::size_t position;
        QuotedRate rate;
    };

    Figure figure(std::string const& name) const {
        auto const field = rule_.fields.find(name);
        if (field == rule_.fields.end()) return {};
        return {field->second, question_.variables};
    }

    std::optional<std::string> decimal(Found const& found) const {
        if (found.kind != Document::Kind::string && found.kind != Document::Kind::number)
            return std::nullopt;
        auto const plain = plain_decimal(found.text);
        return plain && rule_.float32 ? repair_float32(*plain) : plain;
    }

    void keep(Row const& row) {
        auto const base = base_.read(document_, row);
        auto const quote = quote_.read(document_, row);
        auto const rate = rate_.read(document_, row);
        if (!base || !quote || !rate) {
            tally_.note(tally_.absent, "without a pair and its rate");
            return;
        }
        auto const stamp = stamps_.read(date_.read(document_, row));
        if (!stamp) {
            tally_.note(tally_.broken, "without a date that can be read");
            return;
        }
        if (rate->kind == Document::Kind::null || rule_.missing.contains(std::string{rate->text}))
            ++tally_.blank;
        else if (question_.days && !question_.days->contains(stamp->date))
            ++tally_.outside;
        else if (stamps_.is_to_come(*stamp)) // it would stay the latest until that day
            tally_.note(tally_.broken, fmt::format("with a rate of {}, which is still to come",
                                                   portfoliod::to_text(stamp->date)));
        else
            add(*stamp, {{}, std::string{base->text}, std::string{quote->text}, {}}, *rate);
    }

    void add(Stamp const& stamp, QuotedRate rate, Found const& figure) {
        auto text = decimal(figure);
        if (!text || !is_positive(*text)) {
            tally_.note(text ? tally_.refused : tally_.broken,
                        fmt::format("{}/{} '{}' of {} is no rate", rate.base, rate.quote,
                                    figure.text, portfoliod::to_text(stamp.date)));
            return;
        }
        rate.timestamp = rule_.gives == Gives::rates_history ? Instant{stamp.date} : stamp.instant;
        rate.rate = std::move(*text);
        found_.push_back({stamp.instant, found_.size(), std::move(rate)});
    }

    Declaration const& provider_;
    Question const& question_;
    RequestRule const& rule_;
    Document const& document_;
    StampReader stamps_;
    Figure base_, quote_, rate_, date_;
    std::vector<Stamped> found_;
    Tally tally_;
};

} // namespace

QuotedRates read_rates(Declaration const& provider, Question const& question, Reply const& reply,
                       Instant now) {
    auto opened = open_answer(provider, *question.rule, reply);
    if (auto* const outcome = std::get_if<Outcome>(&opened)) return {std::move(*outcome), {}};
    auto const& document = std::get<Document>(opened);
    auto const stamps = StampReader::open(question.rule->time, document, now);
    if (!stamps)
        return {{OutcomeKind::malformed,
                 provider.name + ": the answer names no time zone known here",
                 {}},
                {}};
    return RateReader{provider, question, document, *stamps}.read();
}

} // namespace portfoliod::market
