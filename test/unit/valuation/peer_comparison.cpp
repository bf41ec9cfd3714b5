#include "unit/valuation/peer_comparison.hpp"

#include "unit/valuation/peer_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <regex>
#include <sstream>

namespace portfoliod::valuation::test {

namespace {

std::map<std::string, std::string> const skipped{
    {"gf-fee-activity", "a FEE without a trade"},
    {"rotki-fifo-three-lots", "FIFO figures only"},
    {"wf-fifo-partial-lots-fees", "a TRANSFER_OUT, and FIFO figures"},
};

/// Figures that cannot be compared, of cases whose other figures are.
std::map<std::pair<std::string, std::string>, std::string> const another_method{
    {{"fava-savings-plan", "twr"},
     "values the portfolio right before each purchase; here purchases are at work from the start "
     "of their day"},
};

/// As many digits as the file gives, when it gives fewer than the tolerance asks for.
bool same_fraction(json::value const& expected, long double answer) {
    auto const value = number(expected).value();
    if (std::abs(value - answer) <= 1e-6L) return true;
    auto const text = expected.is_string() ? std::string{expected.get_string()}
                                           : fmt::format("{}", expected.to_number<double>());
    auto const point = text.find('.');
    if (point == std::string::npos) return false;
    auto const digits = text.find_first_not_of("0123456789", point + 1);
    auto const given = (digits == std::string::npos ? text.size() : digits) - point - 1;
    auto const unit = std::pow(10.0L, -static_cast<long double>(given));
    return given >= 3 && given < 6 && std::abs(value - answer) < unit; // some round, some cut off
}

bool agrees(json::value const& expected, Answer const& answer) {
    if (answer.kind == Kind::fraction) return same_fraction(expected, answer.value);
    auto const off = std::abs(number(expected).value() - answer.value);
    return off <= (answer.kind == Kind::quantity ? 1e-11L : 0.01L + 1e-9L);
}

/// One case, and how many of its figures were compared.
class Comparison {
  public:
    Comparison(json::object const& peer, PeerBooks& books)
        : peer_(peer)
        , books_(books)
        , id_(peer.at("id").as_string())
        , method_(peer.at("method").as_string()) {}

    std::size_t run() {
        auto const& expected = peer_.at("expected").as_object();
        for (auto const* key : {"flows", "flows_used"})
            if (expected.contains(key)) return compare_flows(expected, expected.at(key).as_array());
        if (expected.contains("shares_before")) return compare_shares(expected);
        compare_all(expected, whole(peer_));
        return compared_;
    }

  private:
    void compare_all(json::object const& expected, View const& view) {
        for (auto const& [key, value] : expected) compare(std::string{key}, value, view);
    }

    void compare(std::string const& key, json::value const& expected, View const& view) {
        CAPTURE(key);
        if (!not_ours(key, method_).empty() || another_method.contains({id_, key})) return;
        if (key == "bucket_date_UTC") return compare_bucket(expected, view);
        if (key == "net_performance_by_range") return compare_ranges(expected.as_object(), view);
        if (compare_named(key, expected, view)) return;
        if (expected.is_object()) return compare_table(key, expected.as_object(), view);
        compare_figure(plain_key(key, view), expected, view);
    }

    /// Without what only says which of two methods or currencies a figure is of.
    std::string plain_key(std::string key, View const& view) {
        for (std::string const suffix : {"_both", "_moving_average", "_average"})
            if (key.ends_with(suffix)) return key.substr(0, key.size() - suffix.size());
        auto const end = key.rfind('_');
        auto code = end == std::string::npos ? "" : key.substr(end + 1);
        std::ranges::transform(code, code.begin(), [](unsigned char c) { return std::toupper(c); });
        if (code.size() == 3 && key.ends_with("_usd")) {
            in_currency_ = code;
            if (code == view.currency) in_currency_.clear();
            return key.substr(0, end);
        }
        return key;
    }

    void compare_figure(std::string const& key, json::value const& expected, View view) {
        if (!in_currency_.empty()) view.currency = std::exchange(in_currency_, {});
        CAPTURE(key);
        PeerFigures const figures{peer_, view, books_};
        auto answer = figures.figure(key);
        if (key == "abs_period_return_lt") {
            auto const whole_return = figures.figure("twr");
            REQUIRE(whole_return);
            CHECK(std::abs(whole_return->value) < number(expected).value());
            ++compared_;
            return;
        }
        REQUIRE_MESSAGE(answer,
                        "no figure of that name is known: map it or say why it is not ours");
        REQUIRE(number(expected));
        CAPTURE(static_cast<double>(answer->value));
        CAPTURE(json::serialize(expected));
        CHECK(agrees(expected, *answer));
        ++compared_;
    }

    /// Keys that carry a date or a period: on_2021-11-30, value_2010-12-31, irr_2020-05-01…, half_1_2019, pnl_2020.
    bool compare_named(std::string const& key, json::value const& expected, View view) {
        static std::regex const dated{R"((.+)_(\d{4}-\d{2}-\d{2})(_if_terminal.*)?)"};
        static std::regex const half{R"(half_([12])_(\d{4}))"};
        static std::regex const year{R"((.+)_(\d{4}))"};
        static std::regex const split{R"(value_(pre|post)_split(_day)?)"};
        std::smatch found;
        if (std::regex_match(key, found, dated)) {
            view.as_of = day(found[2].str());
            if (found[1] == "on") return compare_all(expected.as_object(), view), true;
            // The same flows with the value a day later: another method's percentage.
            auto const& siblings = peer_.at("expected").as_object();
            auto const unshifted = key + "_if_terminal_flow_not_shifted_one_day";
            if (siblings.contains(unshifted)) return true;
            return compare_figure(found[1], expected, view), true;
        }
        if (std::regex_match(key, found, split)) {
            view.as_of = date(found[1].str() + "-split").value();
            return compare_split_day(expected, view), true;
        }
        if (std::regex_match(key, found, half)) {
            auto const first_half = found[1] == "1";
            view.period = period(found[2].str() + (first_half ? "-01-01" : "-07-01"),
                                 found[2].str() + (first_half ? "-06-30" : "-12-31"));
        } else if (std::regex_match(key, found, year)) {
            view.period = period(found[2].str() + "-01-01", found[2].str() + "-12-31");
        } else {
            return false;
        }
        if (expected.is_object())
            compare_all(expected.as_object(), view);
        else
            compare_figure(found[1], expected, view);
        return true;
    }

    static DayRange period(std::string const& first, std::string const& last) {
        return {.first = day(first) - std::chrono::days{1}, .last = day(last)};
    }

    /// The value of that day as it looks from the end of the case, where later splits are known.
    void compare_split_day(json::value const& expected, View const& view) {
        PeerFigures const figures{peer_, whole(peer_), books_};
        KeptDay const* last = nullptr;
        for (auto const& kept : figures.days())
            if (kept.of.day <= view.as_of) last = &kept;
        REQUIRE(last);
        CHECK(Money::parse(json::serialize(expected)) == last->of.value);
        ++compared_;
    }

    /// One figure by date, month, symbol or currency.
    void compare_table(std::string const& key, json::object const& table, View view) {
        if (key == view.currency) return compare_all(table, view);
        auto const& activities = peer_.at("activities").get_array();
        if (key.size() == 3 && !activities.empty() &&
            activities.front().at("currency").as_string() == key) {
            view.currency = key;
            return compare_all(table, view);
        }
        std::optional<Day> before;
        for (auto const& [row, value] : table) {
            CAPTURE(std::string{row});
            auto of_row = view;
            auto const when = date(std::string_view{row});
            if (when && key == "weekly_delta") {
                of_row.as_of = *when;
                of_row.period = DayRange{.first = before.value_or(Day::min()), .last = *when};
                compare_figure("twr", value, of_row);
            } else if (when) {
                of_row.as_of = *when;
                compare_figure(key, value, of_row);
            } else if (row.size() == 7 && row[4] == '-') {
                of_row.period = month(std::string{row});
                of_row.as_of = std::min(of_row.as_of, of_row.period->last);
                compare_figure(key, value, of_row);
            } else {
                of_row.symbol = row;
                compare_symbol(key, value, of_row);
            }
            before = when;
        }
    }

    static DayRange month(std::string const& text) {
        auto const first = day(text + "-01");
        return {.first = first - std::chrono::days{1},
                .last = months_before(first, -1) - std::chrono::days{1}};
    }

    void compare_symbol(std::string const& key, json::value const& expected, View const& view) {
        if (key != "pct_1dp") return compare_figure(key, expected, view);
        auto const answer = PeerFigures{peer_, view, books_}.figure("pct");
        REQUIRE(answer);
        CHECK(std::abs(answer->value * 100 - number(expected).value()) <= 0.05L);
        ++compared_;
    }

    /// The range starts at the end of the day before it.
    void compare_ranges(json::object const& ranges, View view) {
        auto const last = view.as_of;
        std::chrono::year_month_day const ymd{last};
        auto const one = std::chrono::days{1};
        std::map<std::string, Day> const starts{
            {"1d", last - one},
            {"wtd", last - (std::chrono::weekday{last} - std::chrono::Monday) - one},
            {"mtd", Day{ymd.year() / ymd.month() / 1} - one},
            {"ytd", Day{ymd.year() / 1 / 1} - one},
            {"1y", months_before(last, 12)},
            {"5y", months_before(last, 60)},
            {"max", Day{}}};
        for (auto const& [name, value] : ranges) {
            REQUIRE_MESSAGE(starts.contains(std::string{name}), "which range is ",
                            std::string{name});
            view.period = DayRange{.first = starts.at(std::string{name}), .last = last};
            compare_figure("net_performance", value, view);
        }
    }

    void compare_bucket(json::value const& expected, View const& view) {
        auto const flow = books_.on(portfolio(peer_, view), view.as_of, {}).first_flow;
        REQUIRE(flow);
        CHECK(portfoliod::to_text(*flow) == std::string{expected.as_string()});
        ++compared_;
    }

    /// Payments below 0, as the file has them.
    std::size_t compare_flows(json::object const& expected, json::array const& rows) {
        std::vector<CashFlow> flows;
        for (auto const& row : rows)
            flows.push_back({.day = day(row.at(0).as_string()),
                             .usd = -static_cast<double>(number(row.at(1)).value())});
        auto const rate = xirr(flows, Money{}, flows.back().day);
        REQUIRE(rate);
        CHECK(std::abs(static_cast<long double>(rate->units()) / 1'000'000 -
                       number(expected.at("irr")).value()) <= 1e-6L);
        return 1;
    }

    std::size_t compare_shares(json::object const& expected) {
        auto const term = [&](char const* key) { return json::serialize(expected.at(key)); };
        Portfolio held;
        held.trades = {buy("2024-01-01", {term("shares_before"), "1"})};
        held.splits = {split("2024-02-01", term("new"), term("old"))};
        held.market.assets[1].currency = "USD";
        auto const now = books_.on(held, held.today, {});
        CHECK(now.quantity == number(expected.at("shares_after")));
        return 1;
    }

    json::object const& peer_;
    PeerBooks& books_;
    std::string id_;
    std::string method_;
    std::string in_currency_;
    std::size_t compared_ = 0;
};

} // namespace

json::object read_peer_cases(std::filesystem::path const& path) {
    std::ifstream file{path};
    std::stringstream text;
    text << file.rdbuf();
    return json::parse(text.str()).as_object();
}

std::size_t compare_case(json::object const& peer, PeerBooks& books) {
    return Comparison{peer, books}.run();
}

std::string why_skipped(json::object const& peer) {
    std::string const id{peer.at("id").as_string()};
    if (auto const found = skipped.find(id); found != skipped.end()) return found->second;
    auto const other = other_types(peer);
    if (other.empty() || cash_only(peer)) return "";
    if (id == "pp-irr-pre-tax-dividend" || peer.at("expected").as_object().contains("flows"))
        return "";
    return "an activity of type " + *other.begin();
}

std::set<std::string> const& peer_cases_by_hand() {
    static std::set<std::string> const ids{"pp-transfers-do-not-change-twr",
                                           "wf-small-seed-then-large-deposit",
                                           "wf-negative-value-rejected"};
    return ids;
}

} // namespace portfoliod::valuation::test
