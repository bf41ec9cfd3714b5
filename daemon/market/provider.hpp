#pragma once

#include "base/time.hpp"
#include "market/admission.hpp"
#include "market/answer.hpp"
#include "market/breaker.hpp"
#include "market/declaration.hpp"
#include "market/https.hpp"
#include "market/limiter.hpp"
#include "market/outcome.hpp"
#include "market/parse.hpp"
#include "market/request.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace portfoliod::market {

/// One provider, asked within its limits. No call throws for what the provider did; a cancelled
/// task does end with operation_aborted.
class Provider {
  public:
    /// `client` and `clock` outlive it. A request that would have to wait longer than `wait_max`
    /// for the limits is not made: its outcome is `rate_limited`.
    Provider(boost::asio::any_io_executor executor, Declaration declaration, HttpsClient& client,
             Clock const& clock, std::chrono::milliseconds wait_max);
    Provider(Provider const&) = delete;
    Provider& operator=(Provider const&) = delete;
    ~Provider() = default;

    [[nodiscard]] Declaration const& declaration() const { return declaration_; }

    // Not coroutines themselves: what these are given need not outlive the call.
    boost::asio::awaitable<PriceAnswer> history(Asset const& asset, DayRange range);
    boost::asio::awaitable<PriceAnswer> quote(Asset const& asset);
    /// One answer for each, in their order.
    boost::asio::awaitable<std::vector<PriceAnswer>> quotes(std::vector<Asset> assets);
    boost::asio::awaitable<RateAnswer> rates_history(std::vector<std::string> const& currencies,
                                                     DayRange range);
    boost::asio::awaitable<RateAnswer> rates_latest(std::vector<std::string> const& currencies);

  private:
    /// The reply, or why there is none.
    using Asked = std::variant<Reply, Outcome>;

    boost::asio::awaitable<Asked> ask(Question question);
    boost::asio::awaitable<PriceAnswer> prices(Plan plan, Asset asset);
    boost::asio::awaitable<RateAnswer> rates(Plan plan, std::vector<std::string> currencies);

    Quotes read(QuoteBatch const& batch, std::vector<Asset> const& assets, Asked const& asked);
    PriceAnswer read(Question const& question, Asset const& asset, Asked const& asked);
    QuotedRates read(Question const& question, Asked const& asked);
    void heed(Outcome const& outcome);
    std::optional<Outcome> left_alone();
    Outcome no_permit();
    Outcome no_answer(HttpsError const& error);

    Declaration declaration_;
    HttpsClient& client_;
    Clock const& clock_;
    std::chrono::milliseconds wait_max_;
    Limiter limiter_;
    Admission admission_;
    Breaker breaker_;
};

} // namespace portfoliod::market
