#include "base/error.hpp"
#include "base/run_to_end.hpp"
#include "market/provider_market.hpp"
#include "service/providers.hpp"
#include "support/market_server/market_server.hpp"

#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using namespace portfoliod;

namespace {

class FixedClock final : public Clock {
  public:
    [[nodiscard]] Instant now() const override {
        return parse_instant("2026-11-23 12:00:00").value();
    }
};

/// A folder of provider files, removed at the end.
struct Folder {
    std::filesystem::path path = [] {
        auto pattern = (std::filesystem::temp_directory_path() / "providers.XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        return std::filesystem::path{pattern};
    }();

    Folder() = default;
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;

    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }

    void write(char const* name, std::string const& text) const {
        std::ofstream{path / name} << text;
    }
};

// The worked example of docs/PROVIDERS.md.
constexpr auto acme =
    R"(about: Acme Bank, invented. Prices of its funds in a table, in pence for those in pounds.
base_url: https://api.acme.example
key: ACME_TOKEN
headers: {X-Token: "{key}"}
limits: {per_minute: 30, concurrency: 1}
outcomes:
- {at: /error, has: no such fund, is: unknown_symbol}
requests:
- gives: history
  for: [stock]
  path: /v1/funds/{symbol}/prices
  query: {from: "{from:%Y-%m-%d}", to: "{to:%Y-%m-%d}"}
  window: 365
  genuine: /fund
  rows: /prices/*
  fields: {date: day, close: nav, currency: /fund/unit}
  time: {as: "%d.%m.%Y", zone: Europe/London}
)";

} // namespace

TEST_CASE("a provider is a file: one more in providers_dir is asked like any other") {
    Folder const folder;
    folder.write("body.json",
                 R"({"fund":{"unit":"GBp"},"prices":[{"day":"20.11.2026","nav":"1234.5"},)"
                 R"({"day":"19.11.2026","nav":"1230"}]})");
    folder.write("unknown.json", R"({"error":"no such fund: NOPE"})");
    test::MarketServer server{
        {.replay = {"/v1/funds/ACME1=" + (folder.path / "body.json").string(),
                    "/v1/funds/NOPE=" + (folder.path / "unknown.json").string()}}};
    folder.write("acme.yaml", acme);
    ::setenv("ACME_TOKEN", "from the environment", 1);
    auto const config = service::read_config(yaml::Node::parse(
        fmt::format("providers_dir: \"{}\"\nroutes: {{stock: [acme], crypto: [acme], commodity: "
                    "[acme], bond: [acme], rates_latest: [acme], rates_history: [acme]}}\n"
                    "providers: {{acme: {{base_url: \"{}\", ca_file: \"{}\"}}}}\n",
                    folder.path.string(), server.url(), server.ca_file().string()),
        "portfoliod.yaml"));
    auto declarations = service::load_providers(config);
    REQUIRE(declarations.size() == 1);
    CHECK(declarations.front().key_value == "from the environment");
    ::unsetenv("ACME_TOKEN");

    FixedClock const clock;
    boost::asio::io_context loop;
    market::ProviderMarket of{loop.get_executor(), std::move(declarations), service::routes(config),
                              clock};
    auto const ask = [&](char const* symbol) {
        DayRange const days{parse_day("2026-11-01").value(), parse_day("2026-11-20").value()};
        return run_to_end(loop, of.history({1, symbol, "stock", "LSE", "GBP"}, days));
    };
    auto const answer = ask("ACME1");
    CHECK(answer.outcome.kind == market::OutcomeKind::ok);
    CHECK(answer.source == "acme");
    REQUIRE(answer.rows.size() == 2);
    CHECK(to_text(answer.rows[0].date) == "2026-11-19");
    CHECK(answer.rows[1].close == "12.345");
    CHECK(server.requests().front() == "/v1/funds/ACME1/prices?from=2026-11-01&to=2026-11-20");
    CHECK(ask("NOPE").outcome.kind == market::OutcomeKind::unknown_symbol);
}

TEST_CASE("the worked example of the documentation is the provider that is tested") {
    std::ifstream stream{std::filesystem::path{PROJECT_DIR} / "docs/PROVIDERS.md"};
    std::string const text{std::istreambuf_iterator<char>{stream}, {}};
    CHECK(text.find(acme) != std::string::npos);
}

TEST_CASE("a key of the configuration goes before one of the environment, and may be a variable") {
    Folder const folder;
    folder.write("acme.yaml", acme);
    ::setenv("ACME_TOKEN", "by the file's name", 1);
    ::setenv("MY_TOKEN", "by mine", 1);
    auto const key = [&](std::string const& providers) {
        auto const config = service::read_config(yaml::Node::parse(
            fmt::format("providers_dir: \"{}\"\n{}", folder.path.string(), providers), "c.yaml"));
        return service::load_providers(config).front().key_value;
    };
    CHECK(key("") == "by the file's name");
    CHECK(key("providers: {acme: {key: \"${MY_TOKEN}\"}}") == "by mine");
    CHECK(key("providers: {acme: {key: literal}}") == "literal");
    ::unsetenv("ACME_TOKEN");
    ::unsetenv("MY_TOKEN");
    CHECK(key("") == "");
}

TEST_CASE(
    "address, CA file and headers of the configuration may hold variables, and no half ones") {
    Folder const folder;
    folder.write("acme.yaml", acme);
    ::setenv("ACME_PORT", "8443", 1);
    ::setenv("ACME_PROXY", "Basic abc", 1);
    auto const loaded = [&](std::string const& overrides) {
        auto const config = service::read_config(
            yaml::Node::parse(fmt::format("providers_dir: \"{}\"\nproviders: {{acme: {{{}}}}}",
                                          folder.path.string(), overrides),
                              "c.yaml"));
        return service::load_providers(config).front();
    };
    std::filesystem::copy_file(test::MarketServer{}.ca_file(), folder.path / "8443.pem");
    auto const acme =
        loaded(fmt::format("base_url: \"https://localhost:${{ACME_PORT}}\", ca_file: "
                           "\"{}/${{ACME_PORT}}.pem\", headers: {{X-Proxy: \"${{ACME_PROXY}}\"}}",
                           folder.path.string()));
    CHECK(acme.base_url == "https://localhost:8443");
    CHECK(acme.ca_file->filename() == "8443.pem");
    CHECK(acme.headers.back().second.expand({}) == "Basic abc");
    CHECK_THROWS_WITH_AS(static_cast<void>(loaded("headers: {X-Proxy: \"${ACME_NOTHING}\"}")),
                         "c.yaml:2: providers.acme.headers.X-Proxy: ${ACME_NOTHING} is neither an "
                         "environment variable nor a systemd credential",
                         ConfigError);
    CHECK_THROWS_AS(static_cast<void>(loaded("base_url: \"https://localhost:$ACME_PORT\"")),
                    ConfigError);
    ::setenv("ACME_PROXY", "two\nlines", 1);
    CHECK_THROWS_WITH_AS(static_cast<void>(loaded("headers: {X-Proxy: \"${ACME_PROXY}\"}")),
                         "c.yaml:2: providers.acme.headers.X-Proxy: must be one line", ConfigError);
    ::unsetenv("ACME_PORT");
    ::unsetenv("ACME_PROXY");
}

TEST_CASE("a route or an override that names no provider is told with file, line and key") {
    Folder const folder;
    folder.write("acme.yaml", acme);
    auto const load = [&](std::string const& more) {
        auto const config = service::read_config(yaml::Node::parse(
            fmt::format("providers_dir: \"{}\"\n{}", folder.path.string(), more), "c.yaml"));
        static_cast<void>(service::load_providers(config));
    };
    load("routes: {stock: [acme]}");
    CHECK_THROWS_WITH_AS(load("routes: {stock: [acme, acne]}"),
                         ("c.yaml:2: routes.stock: there is no provider 'acne': no acne.yaml in " +
                          folder.path.string())
                             .c_str(),
                         ConfigError);
    CHECK_THROWS_WITH_AS(
        load("providers: {acne: {key: x}}"),
        ("c.yaml:2: providers.acne: there is no acne.yaml in " + folder.path.string()).c_str(),
        ConfigError);
}

TEST_CASE("a wrong provider file keeps the daemon from starting, with file, line and key") {
    Folder const folder;
    folder.write("acme.yaml", "base_url: https://a.example\nrequests:\n- gives: prices\n");
    auto const config = service::read_config(
        yaml::Node::parse(fmt::format("providers_dir: \"{}\"", folder.path.string()), "c.yaml"));
    CHECK_THROWS_WITH_AS(static_cast<void>(service::load_providers(config)),
                         (folder.path.string() +
                          "/acme.yaml:3: requests[0].gives: must be one of history, quote, "
                          "rates_history, rates_latest, not 'prices'")
                             .c_str(),
                         ConfigError);
}

TEST_CASE("a ca_file that cannot be read is named with file, line and key") {
    Folder const folder;
    folder.write("acme.yaml", acme);
    folder.write("not.pem", "no certificate");
    auto const complaint = [&](std::string const& ca_file) {
        auto const config = service::read_config(yaml::Node::parse(
            fmt::format("providers_dir: \"{}\"\nproviders:\n  acme:\n    ca_file: {}\n",
                        folder.path.string(), ca_file),
            "/etc/portfoliod.yaml"));
        try {
            static_cast<void>(service::load_providers(config));
        } catch (ConfigError const& e) {
            return std::string{e.what()};
        }
        return std::string{};
    };
    CHECK(
        complaint("nowhere.pem")
            .starts_with("/etc/portfoliod.yaml:4: providers.acme.ca_file: /etc/nowhere.pem cannot "
                         "be read as certificates in PEM: No such file or directory"));
    auto const is_none = complaint((folder.path / "not.pem").string());
    CHECK_MESSAGE(is_none.starts_with("/etc/portfoliod.yaml:4: providers.acme.ca_file: "), is_none);
}
