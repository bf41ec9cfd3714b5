#pragma once

#include "unit/market/providers.hpp"

#include <string>
#include <vector>

/// For each provider, an answer in the shape it documents with figures of our own, and what is to be
/// read from it: so every declaration is tried where no recorded answer is at hand.
namespace portfoliod::market {

struct Sample {
    std::string provider;
    Gives gives;
    Asset asset;          ///< of prices
    std::string currency; ///< of rates
    DayRange days;
    std::string body;
    std::string date;   ///< of the row expected last
    std::string figure; ///< its close or rate
    std::size_t rows;
};

inline std::vector<Sample> samples() {
    auto const days = range("2026-11-02", "2026-11-04");
    auto const bitcoin = coin("BTC");
    auto const apple = stock("AAPL");
    auto const history = Gives::history;
    auto const quote = Gives::quote;
    return {
        {"yahoo", history, stock("BARC", "LSE", "GBP"), "", days,
         R"({"chart":{"result":[{"meta":{"currency":"GBp","symbol":"BARC.L","exchangeTimezoneName":)"
         R"("Europe/London","dataGranularity":"1d"},"timestamp":[1793606400,1793692800],"indicators":)"
         R"({"quote":[{"open":[300,301],"high":[300,301],"low":[300,301],"close":)"
         R"([300.5,302.25],"volume":[10,20]}]}}],"error":null}})",
         "2026-11-03", "3.0225", 2},
        {"yahoo",
         Gives::rates_history,
         {},
         "EUR",
         days,
         R"({"chart":{"result":[{"meta":{"currency":"USD","symbol":"EURUSD=X","instrumentType":)"
         R"("CURRENCY","exchangeTimezoneName":"Europe/London","dataGranularity":"1d"},"timestamp":)"
         R"([1793577600],"indicators":{"quote":[{"close":[1.0850000381469727]}]}}],"error":null}})",
         "2026-11-02",
         "1.085",
         1},
        {"coinbase", history, bitcoin, "", days,
         R"([[1793664000,96000.5,98000,97000,97500.25,812.5],[1793577600,95000,97500,95500,97000,700]])",
         "2026-11-03", "97500.25", 2},
        {"coinbase", quote, bitcoin, "", days,
         R"({"trade_id":7,"price":"97500.25","volume":"812.5","time":"2026-11-03T18:00:00.5Z"})",
         "2026-11-03", "97500.25", 1},
        {"coinbase_rates",
         Gives::rates_latest,
         {},
         "EUR",
         days,
         R"({"data":{"currency":"BTC","rates":{"EUR":"90000","USD":"97500"}}})",
         "2026-11-23",
         "97500",
         2},
        {"kraken", history, bitcoin, "", days,
         R"({"error":[],"result":{"XXBTZUSD":[[1793577600,"1","2","1","1.5","1.4","10.5",3],)"
         R"([1793664000,"97000","98000","96000","97500.2","97400","812.51",9]],"last":1793664000}})",
         "2026-11-03", "97500.2", 2},
        {"kraken", quote, bitcoin, "", days,
         R"({"error":[],"result":{"XXBTZUSD":{"c":["97500.20000","0.1"],"v":["9","99"],)"
         R"("l":["1","1"],"h":["2","2"],"o":"97000"}}})",
         "2026-11-23", "97500.20000", 1},
        {"ecb",
         Gives::rates_history,
         {},
         "GBP",
         days,
         "FREQ,CURRENCY,TIME_PERIOD,OBS_VALUE\nD,GBP,2026-11-02,0.8612\nD,GBP,2026-11-03,0.86\n",
         "2026-11-03",
         "0.86",
         2},
        {"frankfurter",
         Gives::rates_history,
         {},
         "VND",
         days,
         R"([{"date":"2026-11-02","base":"EUR","quote":"VND","rate":30412.5}])",
         "2026-11-02",
         "30412.5",
         1},
        {"binance", history, bitcoin, "", days,
         R"([[1793664000000,"1.0","2.0","1.0","97500.20","10.5",1793750399999,"1",9,"1","1","0"]])",
         "2026-11-03", "97500.20", 1},
        {"binance", quote, bitcoin, "", days,
         R"({"symbol":"BTCUSDT","lastPrice":"97500.20","openPrice":"1","highPrice":"2","lowPrice":"1",)"
         R"("volume":"10.5","closeTime":1793728800000})",
         "2026-11-03", "97500.20", 1},
        {"coingecko", history, bitcoin, "", days,
         R"({"prices":[[1793664000000,97500.123456789],[1793750400000,98000.5]],"market_caps":[],)"
         R"("total_volumes":[[1793664000000,1.5e10],[1793750400000,16000000000.25]]})",
         "2026-11-03", "98000.5", 2},
        {"coingecko", quote, bitcoin, "", days,
         R"({"bitcoin":{"usd":97500.5,"last_updated_at":1793728800}})", "2026-11-03", "97500.5", 1},
        {"fred",
         Gives::rates_history,
         {},
         "JPY",
         days,
         R"({"count":2,"observations":[{"date":"2026-11-02","value":"157.48"},)"
         R"({"date":"2026-11-03","value":"."}]})",
         "2026-11-02",
         "157.48",
         1},
        {"fred",
         history,
         {3, "WTI", "commodity", "", "USD"},
         "",
         days,
         R"({"count":3,"observations":[{"date":"2026-11-02","value":"-36.98"},)"
         R"({"date":"2026-11-03","value":"71.25"},{"date":"2026-11-04","value":"."}]})",
         "2026-11-03",
         "71.25",
         1},
        {"alphavantage", history, stock("VOD", "LSE", "GBP"), "", days,
         R"j({"Meta Data":{"2. Symbol":"VOD.LON"},"Time Series (Daily)":{"2026-11-03":)j"
         R"({"1. open":"70","2. high":"71","3. low":"69","4. close":"70.5000","5. volume":"12"}}})",
         "2026-11-03", "0.705000", 1},
        {"alphavantage", quote, apple, "", days,
         R"({"Global Quote":{"01. symbol":"AAPL","05. price":"230.5000","07. latest trading day":)"
         R"("2026-11-03"}})",
         "2026-11-03", "230.5000", 1},
        {"alphavantage",
         Gives::rates_latest,
         {},
         "EUR",
         days,
         R"({"Realtime Currency Exchange Rate":{"1. From_Currency Code":"EUR","3. To_Currency Code":)"
         R"("USD","5. Exchange Rate":"1.08500000","6. Last Refreshed":"2026-11-03 18:00:00",)"
         R"("7. Time Zone":"UTC"}})",
         "2026-11-03",
         "1.08500000",
         1},
        {"twelvedata", history, stock("BARC", "LSE", "GBP"), "", days,
         R"({"meta":{"symbol":"BARC","interval":"1day","currency":"GBp"},"values":[{"datetime":)"
         R"("2026-11-03","open":"300","high":"303","low":"299","close":"302.25000","volume":"20"}],)"
         R"("status":"ok"})",
         "2026-11-03", "3.0225000", 1},
        {"tiingo", history, apple, "", days,
         R"([{"date":"2026-11-03T00:00:00.000Z","close":230.5,"high":231,"low":229,"open":230,)"
         R"("volume":12,"adjClose":57.625,"divCash":0.25,"splitFactor":4.0}])",
         "2026-11-03", "230.5", 1},
        {"tiingo", quote, bitcoin, "", days,
         R"([{"ticker":"btcusd","baseCurrency":"btc","quoteCurrency":"usd","topOfBookData":)"
         R"([{"lastPrice":97500.5,"lastSaleTimestamp":"2026-11-03T18:00:00.123+00:00"}]}])",
         "2026-11-03", "97500.5", 1},
        {"finnhub", quote, apple, "", days,
         R"({"c":230.5,"d":1,"dp":0.4,"h":231,"l":229,"o":230,"pc":229.5,"t":1793739600})",
         "2026-11-03", "230.5", 1},
        {"eodhd", history, stock("SOL", "JSE", "ZAR"), "", days,
         R"([{"date":"2026-11-03","open":9000,"high":9100,"low":8900,"close":9050.5,)"
         R"("adjusted_close":9050.5,"volume":12}])",
         "2026-11-03", "90.505", 1},
        {"openexchangerates",
         Gives::rates_latest,
         {},
         "EUR",
         days,
         R"({"timestamp":1793728800,"base":"USD","rates":{"EUR":0.921659}})",
         "2026-11-03",
         "0.921659",
         1},
    };
}

} // namespace portfoliod::market
