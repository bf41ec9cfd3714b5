#pragma once

#include "market/answer.hpp"
#include "service/inquiry.hpp"

#include <optional>
#include <string>
#include <vector>

namespace portfoliod::service {

/// What `portfoliod fetch` prints, for people or as JSON. Decimals are text in both.
class FetchReport {
  public:
    /// About this asset, or, without one, about this currency; `range` nothing = the latest.
    FetchReport(std::optional<market::Asset> asset, std::string currency,
                std::optional<DayRange> range);

    void answer(market::PriceAnswer answer);
    void answer(market::RateAnswer answer);

    void asked(std::vector<Heard> heard) { heard_ = std::move(heard); }

    /// What the daemon would do, as a predicate.
    void consequence(std::string text) { consequence_ = std::move(text); }

    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::string json() const;

  private:
    [[nodiscard]] std::string title() const;
    [[nodiscard]] std::string price_table() const;
    [[nodiscard]] std::string rate_table() const;
    [[nodiscard]] std::string source() const;

    std::optional<market::Asset> asset_;
    std::string currency_;
    std::optional<DayRange> range_;
    std::vector<Heard> heard_;
    market::PriceAnswer prices_;
    market::RateAnswer rates_;
    std::string consequence_;
};

} // namespace portfoliod::service
