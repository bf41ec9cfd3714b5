// Prices that nobody believes, with the real daemon between a real database and real HTTPS.
#include "support/daemon.hpp"
#include "support/ledger.hpp"
#include "support/waiting.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace portfoliod;
using std::chrono::days;

namespace {

/// A file with an answer in Yahoo's shape: these closes, one a day up to yesterday.
class Chart {
  public:
    explicit Chart(std::vector<std::string> const& closes) {
        std::string stamps;
        std::string figures;
        auto day = yesterday() - days{static_cast<int>(closes.size()) - 1};
        for (auto const& close : closes) {
            auto const opens = day.time_since_epoch() + std::chrono::hours{16};
            stamps +=
                fmt::format("{}{}", stamps.empty() ? "" : ",", std::chrono::seconds{opens}.count());
            figures += (figures.empty() ? "" : ",") + close;
            day += days{1};
        }
        std::ofstream{file_} << fmt::format(
            R"({{"chart":{{"result":[{{"meta":{{"currency":"USD","symbol":"ACME","exchangeTimezoneName":)"
            R"("America/New_York","dataGranularity":"1d"}},"timestamp":[{0}],"indicators":{{"quote":)"
            R"([{{"open":[{1}],"high":[{1}],"low":[{1}],"close":[{1}],"volume":[{1}]}}]}}}}],"error":null}}}})",
            stamps, figures);
    }

    Chart(Chart const&) = delete;
    Chart& operator=(Chart const&) = delete;

    ~Chart() { std::filesystem::remove(file_); }

    static Day yesterday() { return SystemClock{}.today() - days{1}; }

    [[nodiscard]] std::string rule() const { return "ACME=" + file_.string(); }

  private:
    std::filesystem::path file_ = std::filesystem::temp_directory_path() /
                                  fmt::format("portfoliod-chart-{}.json", ::getpid());
};

} // namespace

TEST_CASE("a zero and an absurd close are set aside with their day covered, and one that is "
          "accepted counts") {
    Chart const chart{{"100", "0", "101", "102", "5000"}};
    test::Database database;
    test::MarketServer market{{.replay = {chart.rule()}}};
    test::Daemon daemon{database, market};
    test::Waiting waiting{database};
    daemon.start();
    auto const portfolio = test::add_portfolio(database, "ann@example.org");
    auto const asset = test::add_asset(database, "ACME", "stock", "NYSE", "USD");
    test::buy(database, portfolio, asset, "10", "100", to_text(Chart::yesterday() - days{3}));
    waiting.until("SELECT status FROM portfolio_performance_cache", "final");
    auto const aside =
        "SELECT string_agg(trim_scale(value) || ' ' || reason, ', ' ORDER BY price_date) FROM "
        "portfoliod.quarantine WHERE accepted_at IS NULL";
    auto const doubts =
        fmt::format("0 not above zero, 5000 more than 20 times the previous close, 102 on {}",
                    to_text(Chart::yesterday() - days{1}));
    CHECK(database.value(aside) == doubts);
    CHECK(database.value("SELECT current_value_usd FROM portfolio_performance_cache") == "1020.00");
    CHECK(database.value("SELECT upper(range_max) - 1 FROM portfoliod.price_coverage, "
                         "range_merge(served) AS range_max") == to_text(Chart::yesterday()));
    CHECK(database.value("SELECT count(*) FROM portfolio_problems WHERE kind = 'quarantine'") ==
          "2");

    // The same answer once more.
    database.run("UPDATE backfill_queue SET status = 'pending'");
    waiting.until("SELECT status FROM backfill_queue", "completed");
    CHECK(database.value(aside) == doubts);

    database.run("SELECT portfoliod.accept(id) FROM portfoliod.quarantine WHERE value = 5000");
    waiting.until("SELECT current_value_usd FROM portfolio_performance_cache", "50000.00");
    CHECK(daemon.stop() == 0);
}
