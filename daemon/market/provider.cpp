#include "market/provider.hpp"

#include "market/rates.hpp"

#include <fmt/format.h>

#include <deque>
#include <iterator>
#include <utility>

// GCC 12 inlines Asio's allocation of a coroutine's frame into the caller and not its release, and
// takes the two for a mismatch.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

namespace portfoliod::market {

namespace asio = boost::asio;

namespace {

/// How long a provider that refuses us is not asked.
constexpr std::chrono::milliseconds denied_pause = std::chrono::hours{1};

bool answered(Outcome const& outcome) {
    return outcome.kind == OutcomeKind::ok || outcome.kind == OutcomeKind::empty;
}

template <class Item>
void append(std::vector<Item>& to, std::vector<Item>& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

void add_part(PriceAnswer& whole, PriceAnswer part) {
    append(whole.rows, part.rows);
    append(whole.splits, part.splits);
    append(whole.dividends, part.dividends);
    append(whole.doubtful, part.doubtful);
    whole.source = std::move(part.source);
    whole.unadjusted = whole.unadjusted || part.unadjusted;
    whole.tells_splits = whole.tells_splits || part.tells_splits;
    if (part.outcome.kind == OutcomeKind::ok) whole.outcome.kind = OutcomeKind::ok;
    if (whole.outcome.message.empty()) whole.outcome.message = std::move(part.outcome.message);
}

PriceAnswer refused(std::string const& provider, Outcome outcome) {
    PriceAnswer answer;
    answer.outcome = std::move(outcome);
    answer.source = provider;
    return answer;
}

/// The batch cut in two; a request of its own for each.
std::vector<QuoteBatch> halves(Declaration const& provider, std::vector<Asset> const& assets,
                               QuoteBatch const& batch) {
    auto const middle = batch.assets.begin() + static_cast<std::ptrdiff_t>(batch.assets.size() / 2);
    std::vector<QuoteBatch> both;
    for (auto const& part :
         {std::vector(batch.assets.begin(), middle), std::vector(middle, batch.assets.end())}) {
        std::vector<Asset> some;
        for (auto const index : part) some.push_back(assets[index]);
        for (auto& half : plan_quotes(provider, some).batches) {
            for (auto& index : half.assets) index = part[index];
            both.push_back(std::move(half));
        }
    }
    return both;
}

/// A request about several currencies cut in two, for the same days.
std::vector<Question> halves(Declaration const& provider, Question const& whole, Day today) {
    auto const& names = whole.currencies;
    auto const middle = names.begin() + static_cast<std::ptrdiff_t>(names.size() / 2);
    std::vector<Question> both;
    for (auto const& some :
         {std::vector(names.begin(), middle), std::vector(middle, names.end())}) {
        auto plan = whole.days ? plan_rates_history(provider, some, *whole.days, today)
                               : plan_rates_latest(provider, some);
        append(both, plan.questions);
    }
    return both;
}

} // namespace

Provider::Provider(Declaration declaration, Surroundings const& surroundings,
                   std::chrono::milliseconds wait_max)
    : declaration_(std::move(declaration))
    , client_(surroundings.client)
    , clock_(surroundings.clock)
    , budgets_(surroundings.budgets)
    , on_request_(surroundings.on_request)
    , wait_max_(wait_max)
    , limiter_(declaration_.limits, clock_)
    , allotment_(declaration_.name, limiter_, budgets_)
    , admission_(surroundings.timers, limiter_, allotment_)
    , breaker_(clock_) {}

ProviderState Provider::state() {
    return {declaration_.name, limiter_.windows(), standing(), limiter_.under_way(),
            admission_.waiting()};
}

template <class Answer>
asio::awaitable<Answer> Provider::noted(asio::awaitable<Answer> asking) {
    auto answer = co_await std::move(asking);
    auto noting = note_standing();
    co_await std::move(noting);
    co_return answer;
}

asio::awaitable<PriceAnswer> Provider::history(Asset const& asset, DayRange range) {
    return noted(prices(plan_history(declaration_, asset, range, clock_.today()), asset));
}

asio::awaitable<RateAnswer> Provider::rates_history(std::vector<std::string> const& currencies,
                                                    DayRange range) {
    return noted(
        rates(plan_rates_history(declaration_, currencies, range, clock_.today()), currencies));
}

asio::awaitable<RateAnswer> Provider::rates_latest(std::vector<std::string> const& currencies) {
    return noted(rates(plan_rates_latest(declaration_, currencies), currencies));
}

asio::awaitable<Provider::Asked> Provider::ask(Question question) {
    auto noting = note_standing();
    co_await std::move(noting);
    // Looked at before the line, so as not to use up the limits, and after it, for it may have
    // broken meanwhile.
    if (auto outcome = left_alone()) co_return *outcome;
    auto const permit = co_await admission_.acquire(wait_max_);
    if (!permit) co_return no_permit();
    if (auto outcome = left_alone()) co_return *outcome;
    breaker_.started();
    Reply reply;
    try {
        auto const client = client_; // a reload may replace it meanwhile
        auto request =
            client->get(Url::parse(declaration_.base_url + question.target), question.headers);
        auto response = co_await std::move(request);
        reply.status = response.status;
        reply.body = std::move(response.body);
        if (response.retry_after)
            reply.retry_after = parse_retry_after(*response.retry_after, clock_.now());
    } catch (HttpsError const& error) {
        co_return no_answer(error);
    }
    co_return reply;
}

asio::awaitable<PriceAnswer> Provider::prices(Plan plan, Asset asset) {
    if (plan.refusal) co_return refused(declaration_.name, *plan.refusal);
    PriceAnswer whole;
    whole.outcome.kind = OutcomeKind::empty;
    whole.served = plan.served;
    for (auto const& question : plan.questions) {
        auto pending = ask(question);
        auto const asked = co_await std::move(pending);
        auto part = read(question, asset, asked);
        // A history with a hole would count as complete, so it is all windows or nothing.
        if (!answered(part.outcome)) co_return refused(declaration_.name, part.outcome);
        add_part(whole, std::move(part));
    }
    co_return whole;
}

asio::awaitable<std::vector<PriceAnswer>> Provider::quotes(std::vector<Asset> assets) {
    return noted(quotes_of(std::move(assets)));
}

asio::awaitable<std::vector<PriceAnswer>> Provider::quotes_of(std::vector<Asset> assets) {
    std::vector<PriceAnswer> answers(assets.size());
    auto plan = plan_quotes(declaration_, assets);
    for (auto& [asset, outcome] : plan.refusals)
        answers[asset] = refused(declaration_.name, std::move(outcome));
    std::deque<QuoteBatch> open{plan.batches.begin(), plan.batches.end()};
    for (; !open.empty(); open.pop_front()) {
        auto const& batch = open.front();
        auto pending = ask(batch.question);
        auto const asked = co_await std::move(pending);
        auto quotes = read(batch, assets, asked);
        if (quotes.refusal && batch.assets.size() > 1 &&
            quotes.refusal->kind == OutcomeKind::unknown_symbol) {
            // One unknown name spoils the whole request: halves leave out the others from its fate.
            for (auto& half : halves(declaration_, assets, batch)) open.push_back(std::move(half));
            continue;
        }
        for (std::size_t i = 0; i < batch.assets.size(); ++i)
            answers[batch.assets[i]] = quotes.refusal ? refused(declaration_.name, *quotes.refusal)
                                                      : std::move(quotes.answers[i]);
    }
    co_return answers;
}

asio::awaitable<RateAnswer> Provider::rates(Plan plan, std::vector<std::string> currencies) {
    RateAnswer whole;
    whole.source = declaration_.name;
    whole.served = plan.served;
    if (plan.refusal) whole.outcome = *plan.refusal;
    if (plan.refusal) co_return whole;
    whole.outcome.kind = OutcomeKind::empty;
    std::vector<QuotedRate> quoted;
    std::deque<Question> open{plan.questions.begin(), plan.questions.end()};
    for (; !open.empty(); open.pop_front()) {
        auto const& question = open.front();
        auto pending = ask(question);
        auto const asked = co_await std::move(pending);
        auto part = read(question, asked);
        if (part.outcome.kind == OutcomeKind::unknown_symbol && question.currencies.size() > 1) {
            // As with quotes: one unknown currency must not spoil the others' rates.
            for (auto& half : halves(declaration_, question, clock_.today()))
                open.push_back(std::move(half));
            continue;
        }
        bool const goes_on =
            answered(part.outcome) || part.outcome.kind == OutcomeKind::unknown_symbol;
        if (whole.outcome.message.empty() || !goes_on) whole.outcome = part.outcome;
        if (!goes_on) co_return whole;
        append(quoted, part.rates);
    }
    whole.rows = cross_to_usd(quoted, currencies);
    if (!whole.rows.empty()) {
        whole.outcome.kind = OutcomeKind::ok;
    } else if (!quoted.empty()) {
        whole.outcome = {OutcomeKind::unknown_symbol,
                         fmt::format("{}: no rate of {} to the dollar", declaration_.name,
                                     fmt::join(currencies, ", ")),
                         {}};
    }
    co_return whole;
}

Quotes Provider::read(QuoteBatch const& batch, std::vector<Asset> const& assets,
                      Asked const& asked) {
    if (auto const* const outcome = std::get_if<Outcome>(&asked)) return {*outcome, {}};
    auto quotes = read_quotes(declaration_, batch, assets, std::get<Reply>(asked), clock_.now());
    heed(quotes.refusal.value_or(Outcome{}));
    return quotes;
}

PriceAnswer Provider::read(Question const& question, Asset const& asset, Asked const& asked) {
    if (auto const* const outcome = std::get_if<Outcome>(&asked))
        return refused(declaration_.name, *outcome);
    auto answer = read_prices(declaration_, question, asset, std::get<Reply>(asked), clock_.now());
    heed(answer.outcome);
    return answer;
}

QuotedRates Provider::read(Question const& question, Asked const& asked) {
    if (auto const* const outcome = std::get_if<Outcome>(&asked)) return {*outcome, {}};
    auto answer = read_rates(declaration_, question, std::get<Reply>(asked), clock_.now());
    heed(answer.outcome);
    return answer;
}

void Provider::sent(OutcomeKind outcome) {
    if (on_request_ != nullptr && *on_request_) (*on_request_)(declaration_.name, outcome);
}

/// A provider that says "too many" or keeps failing is left alone by every caller, not only by this
/// one.
void Provider::heed(Outcome const& outcome) {
    sent(outcome.kind);
    if (outcome.kind == OutcomeKind::transient) return failed(outcome);
    breaker_.succeeded();
    bool const concerns_all = outcome.scope == Scope::provider;
    if (outcome.kind == OutcomeKind::rate_limited && concerns_all) {
        limiter_.throttled(outcome.wait);
        note(outcome.message);
    } else if (outcome.kind == OutcomeKind::denied && concerns_all) {
        denied_until_ = limiter_.uptime() + denied_pause;
        note(outcome.message);
    } else {
        bool const was_slow = limiter_.pace() < 1;
        limiter_.answered();
        // Once in any case: a process before this one may have left a problem that is mended since.
        bool const first = !std::exchange(has_answered_well_, true);
        if (first || !problem_.empty() || (was_slow && limiter_.pace() == 1)) note("");
    }
}

void Provider::note(std::string problem) {
    problem_ = std::move(problem);
    is_news_ = true;
}

void Provider::failed(Outcome const& outcome) {
    breaker_.failed();
    // A 503 may say for how long.
    if (outcome.wait) limiter_.pause(*outcome.wait);
    note(outcome.message);
}

Standing Provider::standing() {
    return {limiter_.paused_for(), limiter_.pace(), breaker_.failures(), breaker_.wait(), problem_};
}

asio::awaitable<void> Provider::note_standing() {
    if (budgets_ == nullptr || !std::exchange(is_news_, false)) co_return;
    auto noting = budgets_->note(declaration_.name, standing());
    if (!co_await std::move(noting)) is_news_ = true;
}

/// Waiting for a broken provider uses up nobody's attempts, hence not `transient`.
std::optional<Outcome> Provider::left_alone() {
    if (auto const left = denied_until_ - limiter_.uptime(); left.count() > 0)
        return Outcome{OutcomeKind::rate_limited,
                       fmt::format("{} refuses us: {}; asked again within the hour, or after a "
                                   "restart",
                                   declaration_.name, problem_),
                       std::chrono::ceil<std::chrono::seconds>(left)};
    auto const wait = std::chrono::ceil<std::chrono::seconds>(breaker_.wait());
    if (wait == std::chrono::seconds{0}) return std::nullopt;
    return Outcome{OutcomeKind::rate_limited,
                   fmt::format("{} failed several times in a row; asked again in {} s",
                               declaration_.name, wait.count()),
                   wait};
}

Outcome Provider::no_permit() {
    auto const wait = std::chrono::ceil<std::chrono::seconds>(limiter_.wait());
    if (!allotment_.reachable())
        return {OutcomeKind::rate_limited,
                fmt::format("{} is not asked while its budget cannot be written down: the database "
                            "does not answer",
                            declaration_.name),
                wait};
    return {OutcomeKind::rate_limited,
            fmt::format("the limits of {} are used up; free again in {} s", declaration_.name,
                        wait.count()),
            wait};
}

Outcome Provider::no_answer(HttpsError const& error) {
    auto const* const what = error.kind == HttpsError::Kind::certificate
                                 ? "its certificate was not accepted"
                                 : "no answer";
    Outcome outcome{OutcomeKind::transient,
                    fmt::format("{}: {}: {}", declaration_.name, what, error.what()),
                    {}};
    sent(outcome.kind);
    failed(outcome);
    return outcome;
}

} // namespace portfoliod::market
