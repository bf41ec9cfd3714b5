// portfoliod import-assets: a listing of assets as exchanges publish them becomes the catalogue, and can be loaded again.
#include "support/daemon.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <fstream>

using namespace portfoliod;

namespace {

constexpr auto header = "symbol,name,asset_type,exchange,native_currency,metadata\n";

struct Import {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    std::filesystem::path file = daemon.folder() / "assets.csv";

    int operator()(std::string const& text, std::string const& more = "") {
        std::ofstream{file} << text;
        return load(file, more);
    }

    int load(std::filesystem::path const& listing, std::string const& more = "") {
        listing_ = listing;
        return daemon.run(fmt::format("import-assets {} {}", listing.string(), more));
    }

    /// The output with the file's name in front of its lines taken away.
    [[nodiscard]] std::string said() const {
        auto text = daemon.output();
        auto const name = listing_.string();
        for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos;)
            text.replace(at, name.size(), "F");
        return text;
    }

    std::string assets() { return database.value("SELECT count(*) FROM assets"); }

    /// As a session plans it right after the import.
    std::string plan_of_search(std::string const& words) {
        std::string plan;
        for (auto const row : database.run(
                 "EXPLAIN SELECT symbol FROM assets WHERE to_tsvector('english', name || ' ' || "
                 "symbol) @@ websearch_to_tsquery('english', '" +
                 words + "')"))
            plan += row.string(0) + "\n";
        return plan;
    }

    std::string found(std::string const& words) {
        return database.value(
            "SELECT string_agg(symbol, ' ' ORDER BY symbol) FROM assets WHERE "
            "to_tsvector('english', name || ' ' || symbol) @@ websearch_to_tsquery('english', $1)",
            {words});
    }

  private:
    std::filesystem::path listing_;
};

std::filesystem::path reference(std::string const& name) {
    return std::filesystem::path{PROJECT_DIR} / "../shared/reference" / name;
}

} // namespace

TEST_CASE("a listing of 12,000 assets is loaded within seconds, found by its words, and a second "
          "time changes nothing") {
    Import import;
    std::string listing = "\xEF\xBB\xBF";
    listing += header;
    listing += "BRK.B,\"Berkshire Hathaway Inc., Class B\",stock,NYSE,USD,\r\n"
               "IT,\"Gartner, Inc. \"\"Common\"\" Stock\",STOCK,NYSE,USD,"
               "\"{\"\"isin\"\": \"\"US3666511072\"\"}\"\r\n"
               "BTC,Bitcoin,crypto,,USD,\r\n"
               "EL,Est\xC3\xA9"
               "e Lauder Companies (The),stock,NYSE,USD,\r\n";
    for (auto i = 4; i < 12'000; ++i)
        listing += fmt::format("S{0},\"Company {0}, Class {1}\",stock,{2},USD,\r\n", i,
                               static_cast<char>('A' + i % 26), i % 2 == 0 ? "NASDAQ" : "NYSE");
    listing += "File Creation Time: 0731202621:31,,,,,\r\n,,,,,\r\n\r\n";
    auto const begin = std::chrono::steady_clock::now();
    CHECK(import(listing) == 0);
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{20}); // 1 s undisturbed
    CHECK(import.said() == "F: no asset, left out: line 12002\n"
                           "12000 assets: 12000 added, 0 updated, 0 as they were\n");
    CHECK(import.assets() == "12000");
    auto const plan = import.plan_of_search("berkshire hathaway");
    CHECK_MESSAGE(plan.find("idx_assets_search") != std::string::npos, plan);
    CHECK(import.found("berkshire class b") == "BRK.B");
    CHECK(import.found("estée") == "EL");
    CHECK(import.found("company 11999") == "S11999");
    CHECK(import.database.value("SELECT name || asset_type || metadata FROM assets WHERE symbol = "
                                "'IT'") ==
          R"(Gartner, Inc. "Common" Stockstock{"isin": "US3666511072"})");
    CHECK(import.database.value("SELECT exchange IS NULL FROM assets WHERE symbol = 'BTC'") == "t");
    auto const before = import.database.value("SELECT sum(xmin::text::bigint) FROM assets");
    CHECK(import(listing) == 0);
    CHECK(import.said() == "F: no asset, left out: line 12002\n"
                           "12000 assets: 0 added, 0 updated, 12000 as they were\n");
    CHECK(import.database.value("SELECT sum(xmin::text::bigint) FROM assets") == before);
    listing.replace(listing.find("Bitcoin"), 7, "bitcoin");
    CHECK(import(listing) == 0);
    CHECK(import.said().ends_with("12000 assets: 0 added, 1 updated, 11999 as they were\n"));
}

TEST_CASE("every line of a listing that is wrong is named with its reason, and nothing is loaded") {
    Import import;
    CHECK(import(std::string{header} +
                 "A,Good,stock,NYSE,USD,\n"
                 ",No symbol,stock,NYSE,USD,\n"
                 "B,,stock,NYSE,USD,\n"
                 "C,Fund,ETF,NYSE,USD,\n"
                 "D,Pence,stock,LSE,GBp,\n"
                 "E,Small,stock,NYSE,usd,\n"
                 "F,Short,stock,NYSE\n"
                 "G,\"M\xFCller\",stock,XETRA,EUR,\n"
                 "H,List,bond,,USD,[1]\n"
                 "I,Broken,bond,,USD,{\"\n"
                 "J,Null character,bond,,USD,\"{\"\"a\"\": \"\"\\u0000\"\"}\"\n" +
                 std::string(51, 'S') + ",Long,stock,NYSE,USD,\nL," + std::string(256, 'n') +
                 ",stock,NYSE,USD,\n") == 1);
    CHECK(import.said() ==
          "F:3: symbol is empty\n"
          "F:4: name is empty\n"
          "F:5: asset_type 'ETF' is none of stock, crypto, commodity, bond; funds of all kinds are "
          "stock\n"
          "F:6: native_currency 'GBp' is a minor unit; write GBP, and prices in GBP\n"
          "F:7: native_currency 'usd' is no ISO 4217 code such as USD\n"
          "F:8: has 4 cells where the header has 6\n"
          "F:9: is not in UTF-8; save the file in that encoding\n"
          "F:10: metadata '[1]' is no JSON object such as {\"isin\": \"US0378331005\"}\n"
          "F:11: metadata '{\"' is no JSON object such as {\"isin\": \"US0378331005\"}\n"
          "F:12: metadata E'{\"a\": \"\\\\u0000\"}' is no JSON object such as {\"isin\": "
          "\"US0378331005\"}\n"
          "F:13: symbol has 51 characters, more than 50\n"
          "F:14: name has 256 characters, more than 255\n"
          "portfoliod: nothing was imported: 12 things are to be mended\n");
    CHECK(import.assets() == "0");
    CHECK(import(header) == 1);
    CHECK(import.said() == "F: has no line with an asset\n"
                           "portfoliod: nothing was imported: 1 thing is to be mended\n");
    CHECK(import("") == 2);
}

TEST_CASE("a listing with names of its own is loaded by saying what they mean") {
    Import import;
    auto const listing = "Ticker,Security,Currency,Sector\nA,\"Agilent, Inc.\",USD,Health\n"
                         "A,Agilent,USD,Health\n";
    CHECK(import(listing) == 1);
    CHECK(import.said() ==
          "F:1: there is no column symbol, name, asset_type, only Ticker, Security, Currency, "
          "Sector. Say which one it is with --column 'symbol=ITS NAME HERE', or what holds for all "
          "lines with --value symbol=VALUE\n"
          "portfoliod: nothing was imported: 1 thing is to be mended\n");
    auto const meaning = "--column symbol=ticker --column name=Security --value asset_type=stock "
                         "--value exchange=NYSE";
    CHECK(import(listing, meaning) == 0);
    CHECK(import.said() == "F: columns left out: Sector\n"
                           "F: 1 lines name an asset that a later line names again; the last "
                           "counts\n1 assets: 1 added, 0 updated, 0 as they were\n");
    CHECK(import.database.value("SELECT concat_ws('|', symbol, name, asset_type, exchange, "
                                "native_currency) FROM assets") == "A|Agilent|stock|NYSE|USD");
    CHECK(import(listing, "--column name=Nmae") == 1);
    CHECK_MESSAGE(import.said().find("F:1: no column is called 'Nmae'; there are Ticker, ") !=
                      std::string::npos,
                  import.said());
    CHECK(import(listing, "--column sector=Sector") == 2);
    CHECK(import.said() ==
          "portfoliod: --column 'sector=Sector' is no NAME=VALUE with one of the names symbol, "
          "name, asset_type, exchange, native_currency, metadata\n");
    CHECK(import(listing, "--value name=A --value name=B") == 2);
}

TEST_CASE("recorded: the listings of the American exchanges are loaded whole, twice") {
    auto const nasdaq = reference("nasdaq_listed_symbols.csv");
    if (!std::filesystem::exists(nasdaq)) {
        MESSAGE("skipped: the recorded listings are not here");
        return;
    }
    Import import;
    auto const fixed = std::string{"--value asset_type=stock --value native_currency=USD "};
    for (auto const* const result : {"{0} added, 0 updated, 0", "0 added, 0 updated, {0}"}) {
        auto const load = [&](std::string const& name, std::string const& more, int assets) {
            CHECK(import.load(reference(name), fixed + more) == 0);
            auto const summary = fmt::format("{} assets: {} as they were\n", assets,
                                             fmt::format(fmt::runtime(result), assets));
            CHECK_MESSAGE(import.said().find(summary) != std::string::npos, import.said());
        };
        load("nasdaq_listed_symbols.csv", "--column 'name=Company Name' --value exchange=NASDAQ",
             5569);
        load("nyse_other_listed.csv",
             "--column 'symbol=ACT Symbol' --column 'name=Security Name' --value exchange=NYSE",
             7543);
        load("sp500_constituents.csv", "--column name=Security --value exchange=US", 503);
    }
    CHECK(import.assets() == "13615");
    CHECK(import.database.value("SELECT name FROM assets WHERE symbol = 'BRK.B' AND exchange = "
                                "'NYSE'") == "Berkshire Hathaway Inc. New Common Stock");
    CHECK(import.database.value("SELECT name FROM assets WHERE symbol = 'AAL' AND exchange = "
                                "'NASDAQ'") == "American Airlines Group, Inc.");
    auto const plan = import.plan_of_search("zymeworks");
    CHECK_MESSAGE(plan.find("idx_assets_search") != std::string::npos, plan);
    CHECK(import.found("zymeworks") == "ZYME");
}
