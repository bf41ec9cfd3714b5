// portfoliod import: a broker's statement goes in as a whole or not at all, and can be imported again.
#include "support/daemon.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>

using namespace portfoliod;

namespace {

/// A portfolio, a few assets, and the program.
struct Import {
    test::Database database;
    test::MarketServer market;
    test::Daemon daemon{database, market};
    int portfolio = test::add_portfolio(database, "ann@example.org");
    int apple = test::add_asset(database, "AAPL", "stock", "NASDAQ", "USD");
    int sap = test::add_asset(database, "SAP", "stock", "XETRA", "EUR");
    int other_sap = test::add_asset(database, "SAP", "stock", "NYSE", "USD");
    std::filesystem::path file = daemon.folder() / "statement.csv";

    int operator()(std::string const& text, std::string const& more = "") {
        std::ofstream{file} << text;
        return daemon.run(
            fmt::format("import {} --portfolio {} {}", file.string(), portfolio, more));
    }

    std::string trades() { return database.value("SELECT count(*) FROM transactions"); }

    /// The output with the file's name in front of its lines taken away.
    [[nodiscard]] std::string said() const {
        auto text = daemon.output();
        auto const name = file.string();
        for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos;)
            text.replace(at, name.size(), "F");
        return text;
    }
};

} // namespace

TEST_CASE("a statement is entered with all its columns, in any order, and only once") {
    Import import;
    auto const statement = "\xEF\xBB\xBFID,Symbol,exchange,Type,Quantity,Price,date,fee,notes\r\n"
                           "T1,AAPL,,buy,10,1.5e2,2024-01-02,1.25,\"first, and \"\"best\"\"\"\r\n"
                           "T3,AAPL,,SELL,4,160.000000000001,2024-03-02 14:30:00,,\r\n"
                           "T2,SAP,XETRA,Buy,0.5,100,2024-02-02T09:00Z,,\r\n"
                           "\r\n";
    CHECK(import(statement, "--dry-run") == 0);
    CHECK(import.said() == "dry run: 3 transactions: 3 would be added, 0 known already\n");
    CHECK(import.trades() == "0");
    CHECK(import(statement) == 0);
    CHECK(import.said() == "3 transactions: 3 added, 0 known already\n");
    CHECK(
        import.database.value(
            "SELECT string_agg(concat_ws(' ', asset_id, transaction_type, trim_scale(quantity), "
            "trim_scale(price), trim_scale(fee), timestamp, notes, external_id), '; ' ORDER BY id) "
            "FROM transactions") ==
        fmt::format("{0} buy 10 150 1.25 2024-01-02 00:00:00 first, and \"best\" T1; "
                    "{0} sell 4 160.000000000001 0 2024-03-02 14:30:00 T3; "
                    "{1} buy 0.5 100 0 2024-02-02 09:00:00 T2",
                    import.apple, import.sap));
    CHECK(test::position(import.database, import.portfolio, import.apple) == "6 150 2024-01-02");
    CHECK(import(statement) == 0);
    CHECK(import.said() == "3 transactions: 0 added, 3 known already\n");
    CHECK(import("date,type,symbol,quantity,price,id\n2024-01-02,buy,AAPL,11,150,T1\n") == 0);
    CHECK(import.said() ==
          "F: known under their id with other contents, and left as they were: lines 2\n"
          "1 transactions: 0 added, 1 known already\n");
    // Equal rows without a reference are two trades.
    auto const bare =
        "date,type,symbol,quantity,price\n2024-05-02,buy,AAPL,1,1\n2024-05-02,buy,AAPL,1,1\n";
    CHECK(import(bare) == 0);
    CHECK(import.trades() == "5");
}

TEST_CASE("every line that is wrong is named with its reason, and nothing is entered") {
    Import import;
    CHECK(import("date,type,symbol,exchange,quantity,price,fee,id\n"
                 "2024-01-02,buy,AAPL,,1,1,,a\n"
                 "02.01.2024,buy,AAPL,,1,1,,\n"
                 "2024-01-02,dividend,AAPL,,1,1,,\n"
                 "2024-01-02,buy,aapl,,1,1,,\n"
                 "2024-01-02,buy,SAP,,1,1,,\n"
                 "2024-01-02,buy,NOPE,NASDAQ,1,1,,\n"
                 "2024-01-02,buy,AAPL,,\"1,000.5\",1,,\n"
                 "2024-01-02,buy,AAPL,,0,1,,\n"
                 "2024-01-02,buy,AAPL,,1,-1,,\n"
                 "2024-01-02,buy,AAPL,,1.0000000000001,1,,\n"
                 "2024-01-02,buy,AAPL,,1,1\n"
                 "2999-01-02,buy,AAPL,,1,1,,\n"
                 "2024-01-02,buy,AAPL,,2,1,,a\n"
                 "2024-01-02,buy,AAPL,,1,1,,\"M\xFCller\"\n") == 1);
    CHECK(import.said() ==
          "F:3: date '02.01.2024' is no YYYY-MM-DD or YYYY-MM-DD HH:MM:SS (UTC)\n"
          "F:4: type 'dividend' is neither buy nor sell\n"
          "F:5: no asset is called 'aapl'; did you mean 'AAPL' on NASDAQ\n"
          "F:6: several assets are called 'SAP', on NYSE, XETRA: say which in a column exchange\n"
          "F:7: no asset is called 'NOPE' on NASDAQ; add it to assets, or load a catalogue: "
          "portfoliod "
          "import-assets\n"
          "F:8: quantity '1,000.5' is no number such as 1234.56, without thousands separators\n"
          "F:9: quantity '0' is not above 0\n"
          "F:10: price '-1' is negative\n"
          "F:11: quantity '1.0000000000001' has more than 12 decimals\n"
          "F:12: has 6 cells where the header has 8\n"
          "F:13: date '2999-01-02' is in the future\n"
          "F:14: id 'a' stands on line 2 too, with other contents\n"
          "F:15: is not in UTF-8; save the file in that encoding\n"
          "portfoliod: nothing was imported: 13 things are to be mended\n");
    CHECK(import.trades() == "0");
}

TEST_CASE("a file that is no statement is refused for what it lacks") {
    Import import;
    CHECK(import("date,typ,symbol,quantity,price\n") == 1);
    CHECK(import.said() == "F:1: unknown column 'typ'; there are date, type, symbol, exchange, "
                           "quantity, price, fee, id, "
                           "notes\nF:1: column 'type' is missing\n"
                           "portfoliod: nothing was imported: 2 things are to be mended\n");
    CHECK(import("date,type,symbol,quantity,price\n") == 1);
    CHECK(import.said() == "F: has no line but its header\n"
                           "portfoliod: nothing was imported: 1 thing is to be mended\n");
    CHECK(import("date,type,symbol,quantity,price\n2024-01-02,buy,AAPL,1,1\n2024-01-02,buy,\"AAPL,"
                 "1,1\n") == 1);
    CHECK(
        import.said() ==
        "F:3: a quoted cell is not closed, or is followed by more text; nothing after it was read\n"
        "portfoliod: nothing was imported: 1 thing is to be mended\n");
    CHECK(import.daemon.run("import /nowhere.csv --portfolio 1") == 2);
    CHECK(import.daemon.run("import " + import.file.string()) == 2);
    CHECK(import("date,type,symbol,quantity,price\n2024-01-02,buy,AAPL,1,1\n", "") == 0);
    CHECK(import.daemon.run("import " + import.file.string() + " --portfolio 4711") == 1);
    CHECK(import.said() ==
          "portfoliod: there is no portfolio 4711; see: SELECT id, name FROM portfolios\n");
}

TEST_CASE("sales of more than is held are all named, in a dry run too, and a sale may stand before "
          "its purchase") {
    Import import;
    auto const oversold = "date,type,symbol,exchange,quantity,price\n"
                          "2024-03-02,sell,AAPL,,3,1\n"
                          "2024-01-02,buy,AAPL,,2,1\n"
                          "2024-01-02,buy,SAP,XETRA,2,1\n"
                          "2024-02-02,sell,SAP,XETRA,2.5,1\n";
    for (auto const* const more : {"--dry-run", ""}) {
        CHECK(import(oversold, more) == 1);
        CHECK_MESSAGE(import.said().find("AAPL: 3 sold at 2024-03-02 00:00:00 but only 2 held") !=
                          std::string::npos,
                      import.said());
        CHECK(import.said().starts_with("F:2: "));
        CHECK(import.said().find("\nF:5: ") != std::string::npos);
        CHECK(import.trades() == "0");
    }
    CHECK(import("date,type,symbol,quantity,price\n2024-03-02,sell,AAPL,2,1\n2024-01-02,buy,AAPL,2,"
                 "1\n") == 0);
    CHECK(test::position(import.database, import.portfolio, import.apple) == "0 0 2024-01-02");
}

TEST_CASE("whoever imports at a terminal sees how far it is, and a file or pipe gets none of it") {
    Import import;
    std::string statement = "date,type,symbol,quantity,price,id\n";
    for (auto trade = 0; trade < 25'000; ++trade)
        statement += fmt::format("2024-01-02 12:{:02}:{:02},buy,AAPL,1,100,T{}\n", trade / 60 % 60,
                                 trade % 60, trade);
    std::ofstream{import.file} << statement;
    auto const command =
        fmt::format("import {} --portfolio {} --dry-run", import.file.string(), import.portfolio);
    auto const shown = import.daemon.run_on_terminal(command);
    CHECK(shown.exit_code == 0);
    constexpr auto anew = "\r\033[K"; // back to the line's beginning, and wipe it
    std::string expected;
    for (auto const* const step :
         {"reading line 2", "reading line 10002", "reading line 20002",
          "checking 10000 of 25000 transactions", "checking 20000 of 25000 transactions",
          "checking 25000 of 25000 transactions", "entering 25000 transactions", ""})
        expected += std::string{anew} + step;
    CHECK(shown.text ==
          expected + "dry run: 25000 transactions: 25000 would be added, 0 known already\r\n");
    CHECK(import.daemon.run(command) == 0);
    CHECK(import.said() == "dry run: 25000 transactions: 25000 would be added, 0 known already\n");
    // Complaints begin on a line of their own.
    std::ofstream{import.file} << "date,type,symbol,quantity,price\n2024-01-02,buy,NOPE,1,1\n";
    auto const refused = import.daemon.run_on_terminal(command);
    CHECK(refused.exit_code == 1);
    CHECK_MESSAGE(refused.text.find(anew + import.file.string() +
                                    ":2: no asset is called 'NOPE'") != std::string::npos,
                  refused.text);
}
