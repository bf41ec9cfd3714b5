// Any bytes as the body of any provider's answer: no declaration may crash on them, and what it does read are prices and rates
// that the database would take.
#include "market/parse.hpp"
#include "market/rates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string_view>

using namespace portfoliod;
using namespace portfoliod::market;

namespace {

constexpr std::string_view secret = "KEYTHATISNEVERSAID";

Day const today = parse_day("2026-11-23").value();
Instant const now = parse_instant("2026-11-23 12:00:00").value();
DayRange const asked{parse_day("1999-01-01").value(), parse_day("2026-11-22").value()};

std::vector<Asset> const assets = {{1, "AAPL", "stock", "NASDAQ", "USD"},
                                   {2, "VOD", "stock", "LSE", "GBP"},
                                   {3, "BTC", "crypto", "", "USD"},
                                   {4, "GOLD", "commodity", "COMEX", "USD"}};

std::vector<std::string> const currencies = {"EUR", "GBP", "JPY"};

[[noreturn]] void wrong(Declaration const& provider, std::string_view what, std::string_view text) {
    fmt::print(stderr, "{}: {}: '{}'\n", provider.name, what, text);
    std::abort();
}

/// Every declaration there is, with a key for those that need one.
std::vector<Declaration> load_all() {
    std::vector<Declaration> all;
    for (auto const& entry :
         std::filesystem::recursive_directory_iterator{PROJECT_DIR "/conf/providers"}) {
        if (entry.path().extension() != ".yaml") continue;
        auto& declaration = all.emplace_back(load_declaration(entry.path()));
        if (!declaration.key_name.empty()) declaration.key_value = secret;
    }
    return all;
}

bool is_decimal(std::string_view text, std::size_t whole_max, std::size_t fraction_max) {
    auto const point = std::min(text.find('.'), text.size());
    auto const whole = text.substr(0, point);
    auto const fraction = point < text.size() ? text.substr(point + 1) : std::string_view{"0"};
    auto const digits = [](std::string_view part) {
        return !part.empty() && part.find_first_not_of("0123456789") == part.npos;
    };
    return digits(whole) && digits(fraction) && whole.size() <= whole_max &&
           fraction.size() <= fraction_max && text.find_first_of("123456789") != text.npos;
}

void check_outcome(Declaration const& provider, Outcome const& outcome, bool has_rows) {
    if (has_rows && outcome.kind != OutcomeKind::ok)
        wrong(provider, "rows with the outcome", to_text(outcome.kind));
    if (!has_rows && outcome.kind == OutcomeKind::ok) wrong(provider, "ok without a row", "");
    if (outcome.message.size() > 2000) wrong(provider, "a message without end", outcome.message);
    if (outcome.message.find(secret) != outcome.message.npos)
        wrong(provider, "the key is told", outcome.message);
    if (std::ranges::any_of(outcome.message, [](unsigned char c) { return c < ' ' || c == 0x7f; }))
        wrong(provider, "a control character", outcome.message);
}

void check_prices(Declaration const& provider, Question const& question,
                  PriceAnswer const& answer) {
    check_outcome(provider, answer.outcome, !answer.rows.empty() || !answer.doubtful.empty());
    for (std::size_t i = 0; i < answer.rows.size(); ++i) {
        auto const& row = answer.rows[i];
        if (i > 0 && row.date <= answer.rows[i - 1].date)
            wrong(provider, "days out of order", portfoliod::to_text(row.date));
        if (question.days && !question.days->contains(row.date))
            wrong(provider, "a day nobody asked for", portfoliod::to_text(row.date));
        for (auto const& figure : {row.open, row.high, row.low, std::optional{row.close}})
            if (figure && !is_decimal(*figure, 16, 12)) wrong(provider, "no price", *figure);
    }
    for (auto const& split : answer.splits)
        if (!is_decimal(split.numerator, 400, 400) || !is_decimal(split.denominator, 400, 400))
            wrong(provider, "no split", split.numerator + ":" + split.denominator);
}

void check_rates(Declaration const& provider, QuotedRates const& answer) {
    check_outcome(provider, answer.outcome, !answer.rates.empty());
    std::map<std::pair<std::string, Instant>, int> seen;
    for (auto const& row : cross_to_usd(answer.rates, currencies)) {
        if (!is_decimal(row.rate_to_usd, 12, 16)) wrong(provider, "no rate", row.rate_to_usd);
        if (++seen[{row.currency, row.timestamp}] > 1)
            wrong(provider, "two rates at once", row.currency);
    }
}

void read_as(Declaration const& provider, std::string const& body) {
    for (auto const status : {200, 404})
        for (auto const& asset : assets) {
            Reply const reply{status, body, {}};
            auto const history = plan_history(provider, asset, asked, today);
            if (!history.questions.empty()) {
                auto const& question = history.questions.front();
                check_prices(provider, question,
                             read_prices(provider, question, asset, reply, now));
            }
            for (auto const& batch : plan_quotes(provider, {asset}).batches)
                for (auto const& answer : read_quotes(provider, batch, {asset}, reply, now).answers)
                    check_prices(provider, batch.question, answer);
        }
    for (auto const& plan : {plan_rates_history(provider, currencies, asked, today),
                             plan_rates_latest(provider, currencies)})
        if (!plan.questions.empty())
            check_rates(provider,
                        read_rates(provider, plan.questions.front(), {200, body, {}}, now));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static auto const providers = load_all();
    std::string const body{reinterpret_cast<char const*>(data), size};
    for (auto const& provider : providers) read_as(provider, body);
    return 0;
}
