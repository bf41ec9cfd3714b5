#include "unit/market/recorded.hpp"
#include "unit/market/samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

/// What holds of every provider's file, supported or example.
namespace portfoliod::market {

namespace {

struct Row {
    std::string date;
    std::string figure;
};

/// What the declaration reads when this is the answer to the sample's question.
std::vector<Row> rows_of(Declaration const& provider, Sample const& sample) {
    std::vector<Row> rows;
    auto const reply = ok(sample.body);
    if (sample.gives == Gives::rates_history || sample.gives == Gives::rates_latest) {
        for (auto const& rate :
             rates(provider, sample.gives, sample.currency, sample.days, reply).rates)
            rows.push_back({portfoliod::to_text(rate.timestamp).substr(0, 10), rate.rate});
        return rows;
    }
    auto const answer = sample.gives == Gives::quote
                            ? quote(provider, sample.asset, reply)
                            : history(provider, sample.asset, sample.days, reply);
    for (auto const& row : answer.rows) rows.push_back({portfoliod::to_text(row.date), row.close});
    return rows;
}

/// Whatever of an answer would be kept: prices, those a person is to judge, splits, dividends.
std::size_t kept(PriceAnswer const& answer) {
    return answer.rows.size() + answer.doubtful.size() + answer.splits.size() +
           answer.dividends.size();
}

/// Every question a file can be made to ask.
std::size_t rows_from(Declaration const& provider, Reply const& reply) {
    auto const days = range("1900-01-01", "2026-11-22");
    auto const last_months = range("2026-08-01", "2026-11-22");
    std::size_t rows = 0;
    for (auto const& asset :
         {stock("AAPL"), stock("BARC", "LSE", "GBP"), coin("BTC"), coin("BTC", "EUR"),
          coin("BNB", "BTC"), Asset{3, "WTI", "commodity", "", "USD"},
          Asset{4, "US10Y", "bond", "", "USD"}}) {
        for (auto const& asked : {days, last_months})
            rows += kept(history(provider, asset, asked, reply));
        rows += kept(quote(provider, asset, reply));
    }
    for (auto const* const currency : {"EUR", "JPY", "AUD"}) {
        rows += rates(provider, Gives::rates_latest, currency, days, reply).rates.size();
        for (auto const& asked : {days, last_months})
            rows += rates(provider, Gives::rates_history, currency, asked, reply).rates.size();
    }
    return rows;
}

/// Whose answer a recorded body is: "kraken" of quoted_errors/kraken_200_….
bool is_from(Declaration const& provider, std::filesystem::path const& body) {
    auto const folder = body.begin()->string();
    if (provider.name == "coinbase_rates") return folder == "coinbase";
    return folder == provider.name;
}

} // namespace

TEST_CASE("every provider's file loads, says what it is, keeps to limits and states its terms") {
    std::set<std::string> names;
    for (auto const& provider : all_declared()) {
        INFO(provider.name);
        names.insert(provider.name);
        CHECK(!provider.about.empty());
        auto const& limits = provider.limits;
        CHECK((limits.per_second || limits.per_minute || limits.per_hour || limits.per_day ||
               limits.per_month));
        auto const folder =
            std::filesystem::exists(provider_files() / (provider.name + ".yaml")) ? "" : "examples";
        auto const text = read_file(provider_files() / folder / (provider.name + ".yaml"));
        CHECK(text.find("# Terms: ") != std::string::npos);
        CHECK(text.find("# Limits: ") != std::string::npos);
        CHECK(text.find("# Checked against ") != std::string::npos);
    }
    CHECK(names == std::set<std::string>{"yahoo", "coinbase", "coinbase_rates", "kraken", "ecb",
                                         "frankfurter", "binance", "coingecko", "fred",
                                         "alphavantage", "twelvedata", "tiingo", "finnhub", "eodhd",
                                         "openexchangerates"});
}

TEST_CASE("every provider's file reads an answer of its own shape to the last digit") {
    std::set<std::string> tried;
    for (auto const& sample : samples()) {
        CAPTURE(sample.provider);
        CAPTURE(sample.body);
        tried.insert(sample.provider);
        auto const rows = rows_of(declared(sample.provider), sample);
        REQUIRE(rows.size() == sample.rows);
        CHECK(rows.back().date == sample.date);
        CHECK(rows.back().figure == sample.figure);
    }
    for (auto const& provider : all_declared()) {
        CAPTURE(provider.name);
        CHECK(tried.contains(provider.name));
    }
}

TEST_CASE("no provider's file reads a row from another provider's answer") {
    for (auto const& provider : all_declared())
        for (auto const& sample : samples()) {
            if (sample.provider == provider.name) continue;
            CAPTURE(provider.name);
            CAPTURE(sample.provider);
            CHECK(rows_from(provider, ok(sample.body)) == 0);
        }
}

TEST_CASE("no provider's file reads a row from a page, an error or half an answer") {
    for (auto const& provider : all_declared()) {
        CAPTURE(provider.name);
        for (auto const* const body :
             {"", "[]", "{}", "null", "<html><body>504 Gateway Time-out</body></html>",
              R"({"error":"unauthorized"})", R"({"error":["EService:Unavailable"]})",
              R"([{"message":"internal error"}])", "date,close\n2026-11-03,1", "No data\n"})
            CHECK(rows_from(provider, ok(body)) == 0);
    }
    for (auto const& sample : samples()) {
        auto const provider = declared(sample.provider);
        CAPTURE(sample.body);
        for (std::size_t size = 0; size + 1 < sample.body.size(); size += 7) {
            auto cut = sample;
            cut.body.resize(size);
            if (cut.body.ends_with('\n')) continue; // a whole table of fewer lines
            CHECK(rows_of(provider, cut).empty());
        }
    }
}

TEST_CASE("no provider's file reads a row from another provider's recorded answers") {
    if (absent()) return;
    auto const providers = all_declared();
    std::size_t bodies = 0;
    for (auto const& entry : std::filesystem::recursive_directory_iterator{fixtures()}) {
        if (!entry.is_regular_file() || entry.path().filename() == "SOURCES.md") continue;
        ++bodies;
        auto const reply = ok(read_file(entry.path()));
        auto const name = std::filesystem::relative(entry.path(), fixtures());
        INFO(name.string());
        for (auto const& provider : providers) {
            INFO(provider.name);
            if (!is_from(provider, name)) CHECK(rows_from(provider, reply) == 0);
        }
    }
    CHECK(bodies > 100);
}

} // namespace portfoliod::market
