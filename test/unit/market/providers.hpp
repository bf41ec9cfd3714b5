#pragma once

#include "base/time.hpp"
#include "market/declaration.hpp"
#include "market/parse.hpp"
#include "market/request.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

/// What the tests of this room share: the declarations that are installed, and questions put to
/// them.
namespace portfoliod::market {

inline std::filesystem::path provider_files() {
    return std::filesystem::path{PROJECT_DIR} / "conf/providers";
}

/// Supported or an example, with a key where it needs one.
inline Declaration declared(std::string const& name) {
    auto const file = name + ".yaml";
    bool const supported = std::filesystem::exists(provider_files() / file);
    auto declaration = load_declaration(provider_files() / (supported ? "" : "examples") / file);
    if (!declaration.key_name.empty()) declaration.key_value = "KEY";
    return declaration;
}

/// Those that are installed, examples among them.
inline std::vector<Declaration> all_declared() {
    std::vector<Declaration> all;
    for (auto const& entry : std::filesystem::recursive_directory_iterator{provider_files()})
        if (entry.path().extension() == ".yaml")
            all.push_back(declared(entry.path().stem().string()));
    return all;
}

/// A declaration written in the test itself.
inline Declaration declared_as(std::string const& yaml) {
    return load_declaration(yaml::Node::parse(yaml, "test.yaml"), "test");
}

inline Day day(char const* text) { return parse_day(text).value(); }

inline DayRange range(char const* first, char const* last) { return {day(first), day(last)}; }

/// Its splits are all known.
inline Asset stock(std::string symbol, std::string exchange = "NASDAQ",
                   std::string currency = "USD") {
    return {1, std::move(symbol), "stock", std::move(exchange), std::move(currency), Day{}};
}

inline Asset coin(std::string symbol, std::string currency = "USD") {
    return {2, std::move(symbol), "crypto", "", std::move(currency)};
}

/// Long after every day the tests ask for.
inline Instant const later = parse_instant("2026-11-23 12:00:00").value();

inline Day later_day() { return std::chrono::floor<std::chrono::days>(later); }

inline PriceAnswer history(Declaration const& provider, Asset const& asset, DayRange days,
                           Reply const& reply, Instant now = later) {
    auto const plan =
        plan_history(provider, asset, days, std::chrono::floor<std::chrono::days>(now));
    if (plan.refusal) return {*plan.refusal, provider.name, {}, {}, {}, {}};
    return read_prices(provider, plan.questions.front(), asset, reply, now);
}

inline PriceAnswer quote(Declaration const& provider, Asset const& asset, Reply const& reply,
                         Instant now = later) {
    PriceAnswer refused;
    refused.source = provider.name;
    auto const plan = plan_quotes(provider, {asset});
    if (!plan.refusals.empty()) refused.outcome = plan.refusals.front().second;
    if (!plan.refusals.empty()) return refused;
    auto const quotes = read_quotes(provider, plan.batches.front(), {asset}, reply, now);
    if (quotes.refusal) refused.outcome = *quotes.refusal;
    return quotes.refusal ? refused : quotes.answers.front();
}

inline QuotedRates rates(Declaration const& provider, Gives gives, std::string const& currency,
                         DayRange days, Reply const& reply, Instant now = later) {
    auto const today = std::chrono::floor<std::chrono::days>(now);
    auto const plan = gives == Gives::rates_latest
                          ? plan_rates_latest(provider, {currency})
                          : plan_rates_history(provider, {currency}, days, today);
    if (plan.refusal) return {*plan.refusal, {}};
    return read_rates(provider, plan.questions.front(), reply, now);
}

inline Reply ok(std::string body) { return {200, std::move(body), {}}; }

/// Bodies recorded from the providers; they are no part of the project and may be absent.
inline std::filesystem::path fixtures() {
    return std::filesystem::path{PROJECT_DIR} / "../shared/fixtures";
}

inline std::string read_file(std::filesystem::path const& file) {
    std::ifstream stream{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

inline Reply recorded(std::string const& name, int status = 200) {
    return {status, read_file(fixtures() / name), {}};
}

} // namespace portfoliod::market
