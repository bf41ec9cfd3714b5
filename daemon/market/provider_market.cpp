#include "market/provider_market.hpp"

#include "base/error.hpp"
#include "base/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace portfoliod::market {

namespace asio = boost::asio;

namespace {

bool answered(Outcome const& outcome) {
    return outcome.kind == OutcomeKind::ok || outcome.kind == OutcomeKind::empty;
}

/// Of several failures, the one that most deserves another try comes first: time heals the first
/// three, the user the next one, nobody the rest.
std::size_t rank(OutcomeKind kind) {
    using enum OutcomeKind;
    constexpr std::array order = {ok,     empty,        rate_limited, transient,     malformed,
                                  denied, out_of_range, refused,      unknown_symbol};
    return 2 * static_cast<std::size_t>(std::ranges::find(order, kind) - order.begin());
}

/// Of an "empty" that is not believed: after what time heals, before what it does not.
std::size_t doubted_rank() { return rank(OutcomeKind::malformed) + 1; }

/// No currency is without rates for longer: an empty answer about more days, or about the latest, comes from a provider that lacks
/// them, and the next one is asked.
constexpr auto days_without_rates_max = 10;

bool may_be_empty(std::optional<DayRange> const& range) {
    return range && (range->last - range->first).count() < days_without_rates_max;
}

void log_failure(Provider const& provider, Outcome const& outcome) {
    log::debug(outcome.message,
               {{"PROVIDER", provider.declaration().name}, {"OUTCOME", to_text(outcome.kind)}});
}

/// How long a job waits at most for a provider that wants to be left alone while another one only failed for the moment.
constexpr auto wait_beside_failure = std::chrono::minutes{5};

/// What a walk along a route has come to.
template <class Answer>
class Walk {
  public:
    Walk(std::string const& route, MarketOptions const& options) : heard_(options.heard) {
        best_.outcome = {OutcomeKind::refused,
                         fmt::format("no provider is configured: set routes.{}", route),
                         {}};
    }

    /// True when this answer ends the walk, which one that is not `believed` never does.
    bool take(Provider const& provider, Answer answer, bool believed = true) {
        bool const done = answered(answer.outcome) && believed;
        if (!answered(answer.outcome)) log_failure(provider, answer.outcome);
        if (heard_) heard_(provider.declaration().name, answer.outcome);
        if (answer.outcome.kind == OutcomeKind::transient) one_may_soon_answer_ = true;
        auto const its_rank = believed ? rank(answer.outcome.kind) : doubted_rank();
        if (done || !asked_ || better(answer, its_rank)) {
            best_ = std::move(answer);
            best_rank_ = its_rank;
        }
        asked_ = true;
        return done;
    }

    Answer result() {
        auto& [kind, message, wait, scope] = best_.outcome;
        if (kind == OutcomeKind::rate_limited && one_may_soon_answer_ && wait)
            wait = std::min<std::chrono::seconds>(*wait, wait_beside_failure);
        return std::move(best_);
    }

  private:
    [[nodiscard]] bool better(Answer const& answer, std::size_t its_rank) const {
        if (its_rank != best_rank_) return its_rank < best_rank_;
        return answer.outcome.wait && best_.outcome.wait &&
               *answer.outcome.wait < *best_.outcome.wait;
    }

    decltype(MarketOptions::heard) const& heard_;
    Answer best_;
    std::size_t best_rank_ = 0;
    bool asked_ = false;
    bool one_may_soon_answer_ = false;
};

} // namespace

ProviderMarket::ProviderMarket(asio::any_io_executor executor,
                               std::vector<Declaration> declarations, Routes const& routes,
                               Clock const& clock, MarketOptions options)
    : executor_(std::move(executor))
    , clock_(clock)
    , options_(std::move(options))
    , steady_timers_(executor_) {
    change(std::move(declarations), routes);
}

void ProviderMarket::change(std::vector<Declaration> declarations, Routes const& routes) {
    auto fresh = set_up(std::move(declarations), routes);
    for (auto& [provider, client] : fresh.clients) provider->use(std::move(client));
    fresh.clients.clear();
    setup_ = std::move(fresh);
}

ProviderMarket::Setup ProviderMarket::set_up(std::vector<Declaration> declarations,
                                             Routes const& routes) {
    Timers& timers = options_.timers != nullptr ? *options_.timers : steady_timers_;
    Setup setup;
    // One for each CA file: a TLS context holds all trusted certificates.
    std::map<std::optional<std::filesystem::path>, std::shared_ptr<HttpsClient>> clients;
    for (auto& declaration : declarations) {
        auto& client = clients[declaration.ca_file];
        if (!client)
            client = std::make_shared<HttpsClient>(executor_, declaration.ca_file, options_.https);
        auto const name = declaration.name;
        auto const known = setup_.providers.find(name);
        if (known != setup_.providers.end() && known->second->declaration() == declaration) {
            setup.providers.insert(*known);
            setup.clients.emplace_back(known->second.get(), client);
            continue;
        }
        Surroundings const surroundings{client, clock_, timers, options_.budgets,
                                        &options_.on_request};
        setup.providers.emplace(name, std::make_shared<Provider>(std::move(declaration),
                                                                 surroundings, options_.wait_max));
    }
    auto const route = [&setup](std::string const& what, std::vector<std::string> const& names) {
        Route route;
        for (auto const& name : names) {
            auto const found = setup.providers.find(name);
            if (found == setup.providers.end())
                throw ConfigError{fmt::format(
                    "routes.{}: there is no provider '{}'; add {}.yaml to providers_dir", what,
                    name, name)};
            route.push_back(found->second);
        }
        return route;
    };
    for (auto const& [type, names] : routes.prices) setup.prices.emplace(type, route(type, names));
    setup.rates_latest = route("rates_latest", routes.rates_latest);
    setup.rates_history = route("rates_history", routes.rates_history);
    return setup;
}

void ProviderMarket::close_idle() {
    for (auto const& [name, provider] : setup_.providers) provider->close_idle();
}

std::vector<ProviderState> ProviderMarket::states() const {
    std::vector<ProviderState> states;
    for (auto const& [name, provider] : setup_.providers) states.push_back(provider->state());
    return states;
}

ProviderMarket::Route const& ProviderMarket::price_route(std::string const& asset_type) const {
    static Route const none;
    auto const found = setup_.prices.find(asset_type);
    return found == setup_.prices.end() ? none : found->second;
}

asio::awaitable<PriceAnswer> ProviderMarket::history(Asset asset, DayRange range) {
    Walk<PriceAnswer> walk{asset.asset_type, options_};
    auto const route = price_route(asset.asset_type); // a copy: it may change meanwhile
    for (auto const& provider : route) {
        auto pending = provider->history(asset, range);
        auto answer = co_await std::move(pending);
        if (walk.take(*provider, std::move(answer))) break;
    }
    co_return walk.result();
}

QuotePace ProviderMarket::quote_pace(Asset const& asset) const {
    auto const& route = price_route(asset.asset_type);
    if (route.empty()) return {};
    auto const& first = route.front()->declaration();
    return {first.name, 2 * lasting_spacing(first.limits), quotes_together(first, asset)};
}

asio::awaitable<std::vector<PriceAnswer>> ProviderMarket::quotes(std::vector<Asset> assets) {
    std::map<std::string, std::vector<std::size_t>> by_type;
    for (std::size_t i = 0; i < assets.size(); ++i) by_type[assets[i].asset_type].push_back(i);
    std::vector<PriceAnswer> answers(assets.size());
    for (auto const& [type, indices] : by_type) {
        std::vector<Asset> of_type;
        for (auto const index : indices) of_type.push_back(assets[index]);
        auto pending = quotes_along(price_route(type), type, std::move(of_type));
        auto found = co_await std::move(pending);
        for (std::size_t i = 0; i < indices.size(); ++i) answers[indices[i]] = std::move(found[i]);
    }
    co_return answers;
}

/// Each provider is asked for what those before it could not answer.
asio::awaitable<std::vector<PriceAnswer>>
ProviderMarket::quotes_along(Route route, std::string asset_type, std::vector<Asset> assets) {
    std::vector<Walk<PriceAnswer>> walks(assets.size(), Walk<PriceAnswer>{asset_type, options_});
    std::vector<std::size_t> open(assets.size());
    std::iota(open.begin(), open.end(), std::size_t{0});
    for (auto const& provider : route) {
        std::vector<Asset> some;
        for (auto const index : open) some.push_back(assets[index]);
        auto pending = provider->quotes(std::move(some));
        auto answers = co_await std::move(pending);
        std::vector<std::size_t> left;
        for (std::size_t i = 0; i < open.size(); ++i)
            if (!walks[open[i]].take(*provider, std::move(answers[i]))) left.push_back(open[i]);
        open = std::move(left);
        if (open.empty()) break;
    }
    std::vector<PriceAnswer> best;
    for (auto& walk : walks) best.push_back(walk.result());
    co_return best;
}

asio::awaitable<RateAnswer> ProviderMarket::rates_history(std::vector<std::string> currencies,
                                                          DayRange range) {
    return rates_along(setup_.rates_history, "rates_history", std::move(currencies), range);
}

asio::awaitable<RateAnswer> ProviderMarket::rates_latest(std::vector<std::string> currencies) {
    return rates_along(setup_.rates_latest, "rates_latest", std::move(currencies), {});
}

/// Each provider is asked for the currencies that those before it do not have.
asio::awaitable<RateAnswer> ProviderMarket::rates_along(Route route, std::string name,
                                                        std::vector<std::string> currencies,
                                                        std::optional<DayRange> range) {
    Walk<RateAnswer> walk{name, options_};
    RateAnswer whole;
    std::erase(currencies, "USD");
    for (auto const& provider : route) {
        auto pending = range ? provider->rates_history(currencies, *range)
                             : provider->rates_latest(currencies);
        auto answer = co_await std::move(pending);
        for (auto& row : answer.rows) {
            std::erase(currencies, row.currency);
            row.source = answer.source;
        }
        whole.rows.insert(whole.rows.end(), answer.rows.begin(), answer.rows.end());
        if (answered(answer.outcome) && whole.outcome.message.empty())
            whole.outcome.message = answer.outcome.message;
        // Who reaches back less far than the others speaks for the whole.
        if (answered(answer.outcome) && answer.served &&
            (!whole.served || whole.served->first < answer.served->first))
            whole.served = answer.served;
        bool const complete = answer.rows.empty() || currencies.empty();
        bool const believed = answer.outcome.kind != OutcomeKind::empty || may_be_empty(range);
        if (walk.take(*provider, std::move(answer), believed) && complete) break;
    }
    auto best = walk.result();
    if (whole.rows.empty()) co_return best;
    whole.outcome.kind = OutcomeKind::ok;
    whole.source = whole.rows.front().source;
    co_return whole;
}

} // namespace portfoliod::market
