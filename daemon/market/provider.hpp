#pragma once

#include "base/time.hpp"
#include "market/admission.hpp"
#include "market/allotment.hpp"
#include "market/answer.hpp"
#include "market/breaker.hpp"
#include "market/budgets.hpp"
#include "market/declaration.hpp"
#include "market/https.hpp"
#include "market/limiter.hpp"
#include "market/outcome.hpp"
#include "market/parse.hpp"
#include "market/request.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace portfoliod::market {

/// How a provider stands at this moment, for people and for tests.
struct ProviderState {
    std::string name;
    std::vector<WindowUse> windows; ///< as this process has used them
    Standing standing;
    int under_way = 0;
    std::size_t waiting = 0;
};

/// Told of each request that was sent, and how it ended.
using OnRequest = std::function<void(std::string const& provider, OutcomeKind outcome)>;

/// What a Provider goes by; all but its client outlive it.
struct Surroundings {
    std::shared_ptr<HttpsClient> client;
    Clock const& clock;
    Timers& timers;             ///< that go with the clock
    Budgets* budgets = nullptr; ///< absent: the limits are counted in memory alone
    OnRequest const* on_request = nullptr;
};

/// One provider, asked within its limits. No call throws for what the provider did; a cancelled
/// task does end with operation_aborted.
class Provider {
  public:
    /// A request that would have to wait longer than `wait_max` for the limits is not made: its
    /// outcome is `rate_limited`.
    Provider(Declaration declaration, Surroundings const& surroundings,
             std::chrono::milliseconds wait_max);
    Provider(Provider const&) = delete;
    Provider& operator=(Provider const&) = delete;
    ~Provider() = default;

    [[nodiscard]] Declaration const& declaration() const { return declaration_; }

    /// From the next request on: the CA file may hold others now.
    void use(std::shared_ptr<HttpsClient> client) { client_ = std::move(client); }

    void close_idle() { client_->close_idle(); }

    ProviderState state();

    // Not coroutines themselves: what these are given need not outlive the call.
    boost::asio::awaitable<PriceAnswer> history(Asset const& asset, DayRange range);
    /// One answer for each, in their order.
    boost::asio::awaitable<std::vector<PriceAnswer>> quotes(std::vector<Asset> assets);
    boost::asio::awaitable<RateAnswer> rates_history(std::vector<std::string> const& currencies,
                                                     DayRange range);
    boost::asio::awaitable<RateAnswer> rates_latest(std::vector<std::string> const& currencies);

  private:
    /// The reply, or why there is none.
    using Asked = std::variant<Reply, Outcome>;

    boost::asio::awaitable<Asked> ask(Question question);
    boost::asio::awaitable<std::vector<PriceAnswer>> quotes_of(std::vector<Asset> assets);
    boost::asio::awaitable<PriceAnswer> prices(Plan plan, Asset asset);
    boost::asio::awaitable<RateAnswer> rates(Plan plan, std::vector<std::string> currencies);

    Quotes read(QuoteBatch const& batch, std::vector<Asset> const& assets, Asked const& asked);
    PriceAnswer read(Question const& question, Asset const& asset, Asked const& asked);
    QuotedRates read(Question const& question, Asked const& asked);
    void sent(OutcomeKind outcome);
    void heed(Outcome const& outcome);
    void failed(Outcome const& outcome);
    void note(std::string problem);
    Standing standing();
    /// Writes down what a restart must not forget, when there is news of it.
    boost::asio::awaitable<void> note_standing();
    /// The answer, once that is done.
    template <class Answer>
    boost::asio::awaitable<Answer> noted(boost::asio::awaitable<Answer> asking);
    std::optional<Outcome> left_alone();
    Outcome no_permit();
    Outcome no_answer(HttpsError const& error);

    Declaration declaration_;
    std::shared_ptr<HttpsClient> client_;
    Clock const& clock_;
    Budgets* budgets_;
    OnRequest const* on_request_;
    std::chrono::milliseconds wait_max_;
    Limiter limiter_;
    Allotment allotment_;
    Admission admission_;
    Breaker breaker_;
    /// After a denial that concerns all it gives: one request then finds out whether it still holds.
    /// Not noted: whoever mends the key restarts the daemon and need not wait.
    Limiter::Uptime denied_until_{0};
    std::string problem_;
    bool has_answered_well_ = false;
    bool is_news_ = false; ///< of our standing, not noted yet
};

} // namespace portfoliod::market
