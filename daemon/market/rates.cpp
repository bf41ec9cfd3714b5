#include "market/rates.hpp"

#include "market/decimal_text.hpp"

#include <boost/multiprecision/cpp_int.hpp>

#include <algorithm>
#include <map>
#include <optional>

namespace portfoliod::market {

namespace {

using boost::multiprecision::cpp_int;

// exchange_rates holds NUMERIC(28,16).
constexpr std::size_t whole_digits_max = 12;
constexpr std::size_t fraction_digits = 16;

cpp_int power_of_ten(std::size_t exponent) {
    cpp_int power = 1;
    for (; exponent > 0; --exponent) power *= 10;
    return power;
}

/// How many of one currency a unit of another costs, exactly.
struct Ratio {
    cpp_int top;
    cpp_int bottom;

    [[nodiscard]] Ratio inverse() const { return {bottom, top}; }

    [[nodiscard]] Ratio times(Ratio const& other) const {
        return {top * other.top, bottom * other.bottom};
    }
};

/// Nothing for what is no positive decimal.
std::optional<Ratio> ratio(std::string const& decimal) {
    auto const plain = plain_decimal(decimal);
    if (!plain || !is_positive(*plain)) return std::nullopt;
    auto const point = std::min(plain->find('.'), plain->size());
    auto const fraction = plain->substr(std::min(point + 1, plain->size()));
    auto digits = plain->substr(0, point) + fraction;
    // A leading zero would make cpp_int read octal.
    digits = digits.substr(digits.find_first_not_of('0'));
    return Ratio{cpp_int{digits}, power_of_ten(fraction.size())};
}

/// Nothing when it rounds to zero or its whole part is too long.
std::optional<std::string> rounded(Ratio const& ratio) {
    cpp_int const scaled = ratio.top * power_of_ten(fraction_digits);
    cpp_int const quotient = (2 * scaled + ratio.bottom) / (2 * ratio.bottom);
    if (quotient == 0) return std::nullopt;
    auto digits = quotient.str();
    if (digits.size() <= fraction_digits)
        digits = std::string(fraction_digits + 1 - digits.size(), '0') + digits;
    auto const whole_size = digits.size() - fraction_digits;
    if (whole_size > whole_digits_max) return std::nullopt;
    auto fraction = digits.substr(whole_size);
    fraction.resize(fraction.find_last_not_of('0') + 1);
    digits.resize(whole_size);
    return fraction.empty() ? digits : digits + "." + fraction;
}

/// Everything quoted at one timestamp: the price of a base in each quote.
class Board {
  public:
    void add(QuotedRate const& rate) {
        auto price = ratio(rate.rate);
        if (!price || rate.base == rate.quote) return;
        prices_[rate.base].insert_or_assign(rate.quote, *price);
        costs_[rate.quote].insert_or_assign(rate.base, price->inverse());
    }

    [[nodiscard]] std::optional<Ratio> to_usd(std::string const& currency) const {
        if (auto direct = price(currency, "USD")) return direct;
        for (auto const* const side : {&prices_, &costs_}) {
            auto const legs = side->find(currency);
            if (legs == side->end()) continue;
            for (auto const& [through, leg] : legs->second)
                if (auto const usd = price(through, "USD")) return leg.times(*usd);
        }
        return std::nullopt;
    }

  private:
    using Legs = std::map<std::string, std::map<std::string, Ratio>>;

    /// As quoted, or the other way round.
    [[nodiscard]] std::optional<Ratio> price(std::string const& of, std::string const& in) const {
        for (auto const* const side : {&prices_, &costs_}) {
            auto const legs = side->find(of);
            if (legs == side->end()) continue;
            auto const leg = legs->second.find(in);
            if (leg != legs->second.end()) return leg->second;
        }
        return std::nullopt;
    }

    Legs prices_; ///< base → quote → quote per base
    Legs costs_;  ///< quote → base → base per quote
};

void cross(Board const& board, Instant timestamp, std::vector<std::string> const& wanted,
           std::vector<RateRow>& rows) {
    for (auto const& currency : wanted) {
        if (currency == "USD") continue;
        auto const exact = board.to_usd(currency);
        auto text = exact ? rounded(*exact) : std::nullopt;
        if (text) rows.push_back({currency, timestamp, std::move(*text)});
    }
}

} // namespace

std::vector<RateRow> cross_to_usd(std::vector<QuotedRate> const& rates,
                                  std::vector<std::string> const& wanted) {
    std::vector<QuotedRate const*> in_time;
    in_time.reserve(rates.size());
    for (auto const& rate : rates) in_time.push_back(&rate);
    // By time, and in their own order within it: they lie side by side in one vector.
    std::ranges::sort(in_time, [](auto const* a, auto const* b) {
        return a->timestamp != b->timestamp ? a->timestamp < b->timestamp : a < b;
    });
    std::vector<RateRow> rows;
    for (auto at = in_time.begin(); at != in_time.end();) {
        auto const timestamp = (*at)->timestamp;
        Board board; // one at a time: all days of all currencies would be 100 MB
        for (; at != in_time.end() && (*at)->timestamp == timestamp; ++at) board.add(**at);
        cross(board, timestamp, wanted, rows);
    }
    return rows;
}

} // namespace portfoliod::market
