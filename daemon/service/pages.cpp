#include "service/pages.hpp"

#include "base/secrets.hpp"

#include <fmt/format.h>

namespace portfoliod::service {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// As long a page of metrics may be behind the tables, however many ask for it.
constexpr auto figures_age_max = 5s;
/// Less than the ten seconds after which Prometheus gives up.
constexpr auto figures_wait_max = 3s;

} // namespace

asio::awaitable<WebPage> WebPages::page(std::string path) {
    if (path == "/healthz") co_return WebPage{200, "ok\n"};
    if (path == "/readyz") {
        auto const reason = not_ready_because(condition_);
        if (reason.empty()) co_return WebPage{200, "ready\n"};
        co_return WebPage{503, fmt::format("not ready: {}\n", without_secrets(reason))};
    }
    if (path == "/metrics") {
        auto page = metrics();
        co_return co_await std::move(page);
    }
    co_return WebPage{404, "there are /healthz, /readyz and /metrics\n"};
}

asio::awaitable<WebPage> WebPages::metrics() {
    std::optional<StoredFigures::Figures> figures;
    if (condition_.schema_fits && condition_.connected) {
        auto reading = figures_.get(figures_age_max, figures_wait_max);
        figures = co_await std::move(reading);
    }
    co_return WebPage{200, metrics_.page(condition_, figures),
                      "text/plain; version=0.0.4; charset=utf-8"};
}

} // namespace portfoliod::service
