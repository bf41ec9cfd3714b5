#include "db/session.hpp"
#include "service/advice.hpp"
#include "service/calendars.hpp"
#include "service/commands.hpp"
#include "service/inquiry.hpp"
#include "service/migrate.hpp"
#include "service/providers.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <map>
#include <set>

namespace portfoliod::service {

namespace {

/// What a provider is asked for, when it is in several routes: the first of these.
constexpr std::array routes_in_order = {"stock", "crypto",       "commodity",
                                        "bond",  "rates_latest", "rates_history"};

std::string count(std::size_t rows) { return fmt::format("{} row{}", rows, rows == 1 ? "" : "s"); }

class Check {
  public:
    explicit Check(Config const& config) : config_(config) {}

    int run(bool probe) {
        files();
        database();
        if (probe) ask_all();
        return wrong_ == 0 ? 0 : 1;
    }

  private:
    void good(std::string_view what, std::string const& text) {
        fmt::print("{:<15} good: {}\n", what, text);
    }

    void bad(std::string_view what, std::string const& text) {
        ++wrong_;
        fmt::print("{:<15} WRONG: {}\n", what, text);
    }

    /// Throws ConfigError with file, line and key for a file, a route or a calendar that is wrong: without them nothing else can be looked at.
    void files() {
        Inquiry const all{config_, "", clock_};
        good("providers",
             fmt::format("{} files in {}, and every route names one of them",
                         load_providers(config_).size(), config_.providers_dir.string()));
        static_cast<void>(load_calendars(config_));
        good("calendars",
             fmt::format("every one that is named is in {}", config_.calendars_dir.string()));
    }

    void database() {
        try {
            session_.emplace(db::SessionOptions{config_.database.url, "portfoliod check"});
            auto transaction = session_->begin();
            good("database", server(transaction));
            require_schema(transaction, schema_files());
            good("schema", "as this version of portfoliod needs it");
        } catch (db::Error const& e) {
            bad(session_ ? "schema" : "database", with_advice(e));
        } catch (Failure const& e) {
            bad(session_ ? "schema" : "database", e.what());
        }
    }

    static std::string server(db::Transaction& transaction) {
        auto const row =
            transaction
                .execute(
                    "SELECT current_setting('server_version'), current_database(), current_user")
                .one();
        return fmt::format("PostgreSQL {}, database {}, as {}", row.text(0), row.text(1),
                           row.text(2));
    }

    /// What providers in use serve: each is asked for the first it has a route for.
    void ask_all() {
        std::set<std::string> asked;
        for (auto const* const route : routes_in_order)
            for (auto const& name : config_.routes.at(route))
                if (asked.insert(name).second) ask(name, route);
    }

    void ask(std::string const& provider, std::string const& route) {
        auto const started = std::chrono::steady_clock::now();
        Inquiry inquiry{config_, provider, clock_};
        auto const [outcome, about] = answer(inquiry, route);
        auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(
            std::chrono::steady_clock::now() - started);
        if (outcome.kind == market::OutcomeKind::ok)
            good(provider, fmt::format("{}, in {} ms", about, took.count()));
        else
            bad(provider, fmt::format("{}: {}{}", about, market::to_text(outcome.kind),
                                      outcome.message.empty() ? "" : ", " + outcome.message));
    }

    std::pair<market::Outcome, std::string> answer(Inquiry& inquiry, std::string const& route) {
        auto const yesterday = clock_.today() - std::chrono::days{1};
        auto const week = DayRange{yesterday - std::chrono::days{6}, yesterday};
        if (route == "rates_latest" || route == "rates_history") {
            auto const* const currency = "EUR";
            auto const found = route == "rates_latest" ? inquiry.rates_latest(currency)
                                                       : inquiry.rates_history(currency, week);
            return {found.outcome, fmt::format("{} of {}", count(found.rows.size()), currency)};
        }
        auto const asset = example(route);
        auto const found = inquiry.history(asset, week);
        return {found.outcome, fmt::format("{} of {}", count(found.rows.size()), asset.symbol)};
    }

    /// What most people hold of this type, else what the starter catalogue has first.
    market::Asset example(std::string const& asset_type) {
        if (session_ && session_->usable()) {
            auto transaction = session_->begin();
            auto const rows = transaction.execute(
                "SELECT a.id, a.symbol, a.asset_type, coalesce(a.exchange, ''), a.native_currency "
                "FROM assets a LEFT JOIN tracked_assets t ON t.asset_id = a.id "
                "WHERE a.asset_type = $1 AND a.is_active "
                "ORDER BY t.tracking_users DESC NULLS LAST, a.id LIMIT 1",
                {asset_type});
            if (!rows.empty()) {
                auto const row = rows.one();
                return {row.integer(0), row.string(1), row.string(2), row.string(3), row.string(4)};
            }
        }
        static std::map<std::string, market::Asset> const known{
            {"stock", {0, "AAPL", "stock", "NASDAQ", "USD"}},
            {"crypto", {0, "BTC", "crypto", "crypto", "USD"}},
            {"commodity", {0, "GOLD", "commodity", "COMEX", "USD"}},
            {"bond", {0, "TBB", "bond", "NYSE", "USD"}}};
        return known.at(asset_type);
    }

    Config const& config_;
    SystemClock const clock_;
    std::optional<db::Session> session_;
    int wrong_ = 0;
};

} // namespace

int check(Config const& config, bool probe) { return Check{config}.run(probe); }

} // namespace portfoliod::service
