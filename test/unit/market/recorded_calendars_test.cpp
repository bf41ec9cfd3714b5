// The calendars against lists of every session, recorded elsewhere; they are no part of the project and may be absent.
#include "unit/market/calendars.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <sstream>

namespace portfoliod::market {

namespace {

std::filesystem::path reference() {
    return std::filesystem::path{PROJECT_DIR} / "../shared/reference";
}

bool absent() {
    if (std::filesystem::exists(reference() / "SOURCES.md")) return false;
    MESSAGE("skipped: no recorded lists of sessions beside the project");
    return true;
}

/// "2026-11-24 14:30:00", from "2026-11-24T14:30:00Z"
std::string instant(std::string text) {
    return text.empty() ? "" : to_text(parse_instant(text.substr(0, 19)).value());
}

std::string text_of(Session const& session) {
    auto text = to_text(session.open) + " " + to_text(session.close);
    if (session.pause)
        text += " " + to_text(session.pause->start) + " " + to_text(session.pause->end);
    return text;
}

/// Date → open, close, and the break where there is one.
std::map<Day, std::string> recorded_sessions(std::string const& name) {
    std::map<Day, std::string> sessions;
    std::istringstream lines{read_file(reference() / name)};
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
        std::vector<std::string> cells;
        std::istringstream columns{line};
        for (std::string cell; std::getline(columns, cell, ',');) cells.push_back(cell);
        REQUIRE(cells.size() >= 3);
        auto text = instant(cells[1]) + " " + instant(cells[2]);
        if (cells.size() == 5) text += " " + instant(cells[3]) + " " + instant(cells[4]);
        sessions.emplace(parse_day(cells[0].substr(0, 10)).value(), text);
    }
    return sessions;
}

/// Every day from the first recorded session to the last: traded or not, and when.
void check(std::string const& name, std::string const& file, std::size_t sessions_min) {
    if (absent()) return;
    auto const calendar = shipped(name);
    auto const recorded = recorded_sessions(file);
    REQUIRE(recorded.size() >= sessions_min);
    auto const last = recorded.rbegin()->first;
    for (auto date = recorded.begin()->first; date <= last; date += std::chrono::days{1}) {
        auto const expected = recorded.find(date);
        auto const session = calendar.session(date);
        CAPTURE(to_text(date));
        CHECK((session ? text_of(*session) : "closed") ==
              (expected != recorded.end() ? expected->second : "closed"));
    }
}

} // namespace

TEST_CASE("recorded: every session of New York since 1990") {
    check("XNYS", "calendar_xnys.csv", 8324);
}

TEST_CASE("recorded: every session of London since 1990") {
    check("XLON", "calendar_xlon.csv", 8515);
}

TEST_CASE("recorded: every session of Xetra since 1990") {
    check("XETR", "calendar_xetr.csv", 8498);
}

TEST_CASE("recorded: every session of Tokyo since 2000") {
    check("XTKS", "calendar_xtks.csv", 6613);
}

TEST_CASE("recorded: every whole day on which New York was closed since 1990, by another list") {
    if (absent()) return;
    auto const xnys = shipped("XNYS");
    std::map<Day, bool> closed;
    std::istringstream lines{read_file(reference() / "nyse_full_day_holidays_since_1928.csv")};
    int month = 0;
    int date = 0;
    int year = 0;
    char slash = '/';
    while (lines >> month >> slash >> date >> slash >> year)
        closed[Day{std::chrono::year{year} / month / date}] = true;
    REQUIRE(closed.size() > 800);
    for (auto at = day("1990-01-01"); at <= closed.rbegin()->first; at += std::chrono::days{1}) {
        auto const weekday = std::chrono::weekday{at};
        if (weekday == std::chrono::Saturday || weekday == std::chrono::Sunday) continue;
        CAPTURE(to_text(at));
        CHECK(xnys.session(at).has_value() == !closed.contains(at));
    }
}

} // namespace portfoliod::market
