#include "market/document.hpp"
#include "market/selector.hpp"

#include <doctest/doctest.h>

#include <string>

namespace portfoliod::market {

namespace {

std::string text_at(Document const& document, std::string const& pointer) {
    auto const place = resolve(document, pointer);
    return place ? std::string{document.node(*place).text} : "(nothing)";
}

std::string repeated(std::string const& part, int times) {
    std::string text;
    for (int i = 0; i < times; ++i) text += part;
    return text;
}

} // namespace

TEST_CASE("numbers keep the text they were sent as") {
    auto const document =
        Document::from_json(R"({"a": [1.10, 123456789012345678901234567890 , -0.5e-7]})");
    REQUIRE(document);
    CHECK(text_at(*document, "/a/0") == "1.10");
    CHECK(text_at(*document, "/a/1") == "123456789012345678901234567890");
    CHECK(text_at(*document, "/a/2") == "-0.5e-7");
    CHECK(text_at(*document, "/a/3") == "(nothing)");
}

TEST_CASE("keys and texts are unescaped, pointers too") {
    auto const document =
        Document::from_json(R"({"a/b": {"~": "\u00e9\n"}, "": "x", "k\"": null})");
    REQUIRE(document);
    CHECK(text_at(*document, "/a~1b/~0") == "\xC3\xA9\n");
    CHECK(text_at(*document, "/") == "x");
    CHECK(resolve(*document, "/k\""));
}

TEST_CASE("what is no whole JSON document is none") {
    for (std::string const& body :
         {std::string{""}, std::string{"{"}, std::string{"[1,2"}, std::string{"{\"a\":1"},
          std::string{"[1,2]]"}, std::string{"{} {}"}, std::string{"[1 2]"}, std::string{"[tru]"},
          std::string{"[nul]"}, std::string{"[12x]"}, std::string{"\"text\""}, std::string{"12"},
          std::string{"<!DOCTYPE html><html></html>"}, std::string{"[\"\xff\xfe\"]"},
          std::string{"[\"a"}, std::string{"{\"a\" 1}"}, std::string{"[1,]"},
          std::string{"\0\0", 2}}) {
        CAPTURE(body);
        CHECK(!Document::from_json(body));
    }
}

TEST_CASE("a body cut off anywhere is none") {
    std::string const whole = R"({"rows": [[1, "a", null], {"b": true}], "n": 12.5})";
    REQUIRE(Document::from_json(whole));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        CHECK(!Document::from_json(whole.substr(0, size)));
    }
}

TEST_CASE("nesting without end does not use up the stack") {
    CHECK(!Document::from_json(repeated("[", 100'000)));
    CHECK(!Document::from_json(repeated("[", 100'000) + repeated("]", 100'000)));
    CHECK(!Document::from_json(repeated("{\"a\":", 100'000) + "1" + repeated("}", 100'000)));
    CHECK(Document::from_json(repeated("[", 60) + repeated("]", 60)));
}

TEST_CASE("a star matches every index and key, and the row knows what it matched") {
    auto const document = Document::from_json(
        R"({"2024-01-02": {"x": [10, 11]}, "2024-01-03": {"x": [12]}, "total": 3})");
    REQUIRE(document);
    auto const rows = find_rows(*document, "/*/x/*");
    REQUIRE(rows.size() == 3);
    CHECK(rows[1].matched == std::vector<std::string>{"2024-01-02", "1"});
    CHECK(Selector{"@1"}.read(*document, rows[2])->text == "2024-01-03");
    CHECK(Selector{"."}.read(*document, rows[2])->text == "12");
    CHECK(Selector{"=EUR"}.read(*document, rows[2])->text == "EUR");
    CHECK(Selector{"/total"}.read(*document, rows[2])->text == "3");
    CHECK(Selector{"../0"}.read(*document, rows[1])->text == "10");
    CHECK(Selector{"/@1/x/0"}.read(*document, rows[1])->text == "10");
    CHECK(!Selector{"@3"}.read(*document, rows[1]));
    CHECK(!Selector{"/nowhere"}.read(*document, rows[1]));
    CHECK(find_rows(*document, "/total/*").empty());
    CHECK(find_rows(*document, "").size() == 1);
}

TEST_CASE("CSV is an array of objects, however it is written") {
    auto const document = Document::from_csv("\xEF\xBB\xBF"
                                             "Date, USD ,\"a \"\"b\"\"\",\r\n"
                                             "2024-01-02, 1.1 ,\"x,\ny\",\r\n"
                                             "\r\n"
                                             "2024-01-03,,z,\n",
                                             {"Date", "USD"});
    REQUIRE(document);
    CHECK(text_at(*document, "/0/USD") == "1.1");
    CHECK(text_at(*document, "/0/a \"b\"") == "x,\ny");
    CHECK(text_at(*document, "/1/Date") == "2024-01-03");
    CHECK(document->node(*resolve(*document, "/1/USD")).kind == Document::Kind::null);
    CHECK(find_rows(*document, "/*").size() == 2);
}

TEST_CASE("CSV without its columns, with a torn line or a broken quote is none") {
    CHECK(!Document::from_csv("", {"Date"}));
    CHECK(!Document::from_csv("<html>\n<body>\n", {"Date"}));
    CHECK(!Document::from_csv("Date,Rate\n2024-01-02,1\n2024-01-0\n", {"Date", "Rate"}));
    CHECK(!Document::from_csv("Date,Rate\n2024-01-02,1.1", {"Date", "Rate"})); // or was it 1.16?
    CHECK(!Document::from_csv("Date,Rate\n\"2024-01-02,1\n", {"Date", "Rate"}));
    CHECK(!Document::from_csv("Date,Rate\n\"2024\"-01,1\n", {"Date", "Rate"}));
    CHECK(!Document::from_csv("Date,Rate\n2024-01-02,\xff\n", {"Date", "Rate"}));
    CHECK(Document::from_csv("Date,Rate\n", {"Date", "Rate"}));
}

} // namespace portfoliod::market
