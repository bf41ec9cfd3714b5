#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace portfoliod::market {

/// One of a provider's limits: at most requests_max in any stretch of this length.
struct WindowUse {
    std::chrono::milliseconds length{0};
    int requests_max = 0;     ///< as declared
    int requests_max_now = 0; ///< what the pace makes of it in the long run
    int used = 0;             ///< by this process
};

/// How a provider was last found: what a restart must not forget.
struct Standing {
    std::chrono::milliseconds paused_for{0}; ///< it asked to be left alone for so long
    double pace = 1;                         ///< share of its limits that is used, see Limiter
    int failures = 0;                        ///< in a row; counted by the breaker
    std::chrono::milliseconds spared_for{0}; ///< the breaker lets nothing through for so long
    std::string problem = {};                ///< the last answer that was none; "" when all is well
};

/// What the stored budget says to a request for permits.
struct Grant {
    int requests = 0;                  ///< charged: as many may be sent, none of them later than
                                       ///< stored_permit_valid() after the call
    std::chrono::milliseconds wait{0}; ///< when nothing was granted: ask again after this
    bool reachable = true;             ///< false: nothing is known, so nothing may be sent
    Standing standing;                 ///< paused_for and pace, as any process last noted them
};

/// Where the requests that count against a provider's longer windows are written down before they
/// are sent, so that neither a crash nor another daemon exceeds them. Neither call throws for what
/// became of the store.
class Budgets {
  public:
    Budgets() = default;
    Budgets(Budgets const&) = delete;
    Budgets& operator=(Budgets const&) = delete;
    virtual ~Budgets() = default;

    /// Charges up to `wanted` requests to every one of these windows (none shorter than a minute).
    virtual boost::asio::awaitable<Grant> charge(std::string provider,
                                                 std::vector<WindowUse> windows, int wanted) = 0;
    /// True when it is written down.
    virtual boost::asio::awaitable<bool> note(std::string provider, Standing standing) = 0;
};

/// Windows shorter than this are counted in memory alone: forgetting one costs a second's requests.
inline constexpr std::chrono::milliseconds stored_window_min = std::chrono::minutes{1};

/// How long after it was asked for a charged request may still be sent; a store counts it for so
/// much longer.
constexpr std::chrono::milliseconds stored_permit_valid(std::chrono::milliseconds shortest_window) {
    constexpr std::chrono::milliseconds least = std::chrono::milliseconds{1500};
    return shortest_window / 64 < least ? least : shortest_window / 64;
}

} // namespace portfoliod::market
