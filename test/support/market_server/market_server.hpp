#pragma once

#include "support/market_server/certificates.hpp"
#include "support/market_server/misbehaviour.hpp"
#include "support/market_server/prices.hpp"

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portfoliod::test {

struct MarketServerOptions {
    /// Where to keep them; otherwise in a directory removed at the end.
    std::optional<std::filesystem::path> certificates = {};
    std::uint64_t seed = 0;
    std::optional<Day> today = {}; ///< it is 18:00 UTC of this day; otherwise the machine's time
    std::vector<std::string> replay = {}; ///< rules of replay.hpp
    bool only_old_tls = false;            ///< speaks TLS 1.0 and 1.1 only
    unsigned short port = 0;              ///< 0: any free one
};

/// The providers Yahoo, Coinbase (exchange and retail), Kraken, ECB and Frankfurter over TLS on 127.0.0.1, with made-up
/// or recorded prices and every kind of fault. Runs its own thread; every member may be called at
/// any time from any one.
class MarketServer {
  public:
    /// Throws std::runtime_error.
    explicit MarketServer(MarketServerOptions options = {});
    MarketServer(MarketServer const&) = delete;
    MarketServer& operator=(MarketServer const&) = delete;
    ~MarketServer();

    [[nodiscard]] unsigned short port() const;
    /// "https://localhost:PORT" + target
    [[nodiscard]] std::string url(std::string_view target = "") const;
    [[nodiscard]] std::filesystem::path ca_file() const;

    /// What the server would answer with, to compute expectations from.
    [[nodiscard]] Prices const& prices() const;
    [[nodiscard]] Day today() const;
    /// It is then 18:00 UTC of this day, until set anew.
    void set_today(Day day);
    /// Listed among Yahoo's events; prices stay as they are.
    void add_split(std::string symbol, Day day, int numerator, int denominator);
    /// Yahoo has no price of the symbol before this day.
    void list_since(std::string symbol, Day day);

    /// Added behind those that still hold; the first whose path fits is taken.
    void misbehave(Misbehaviour misbehaviour);
    /// Forgets every misbehaviour.
    void behave();
    /// The certificate shown to connections from now on.
    void show(Shown certificate);

    /// The targets asked for, oldest first; requests to /control are not among them. At most the
    /// first 100,000.
    [[nodiscard]] std::vector<std::string> requests() const;
    /// How many requests had a path and query that start with this.
    [[nodiscard]] int count(std::string_view target_prefix) const;
    /// What was wrong with the answer to each of requests().
    [[nodiscard]] std::vector<std::optional<Misbehaviour>> faults() const;
    void forget_requests();
    /// Waits until at least `wanted` such requests have arrived; false when `limit` has passed
    /// first.
    [[nodiscard]] bool wait_for(int wanted, std::string_view target_prefix,
                                std::chrono::milliseconds limit = std::chrono::seconds(10)) const;

    /// How many connections there were so far.
    [[nodiscard]] int connections() const;
    /// Waits until as many are open; false when `limit` has passed first.
    [[nodiscard]] bool
    wait_for_open(int wanted, std::chrono::milliseconds limit = std::chrono::seconds(10)) const;
    /// Closes those that wait for a request, as servers do after a while.
    void close_idle();

  private:
    struct Running;
    std::unique_ptr<Running> running_;
};

} // namespace portfoliod::test
