#include "base/csv.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace portfoliod;

namespace {

/// Each line as "number: cell|cell"; "end" or "broken" last.
std::vector<std::string> lines(std::string_view text) {
    CsvLines reader{text};
    std::vector<std::string> all;
    for (;;) {
        auto const next = reader.next();
        if (next != CsvLines::Next::line) {
            all.emplace_back(next == CsvLines::Next::end ? "end" : "broken");
            return all;
        }
        all.push_back(fmt::format("{}: {}", reader.number(), fmt::join(reader.cells(), "|")));
    }
}

using Lines = std::vector<std::string>;

} // namespace

TEST_CASE("lines are told apart and numbered whatever ends them") {
    CHECK(lines("a,b\nc,d\n") == Lines{"1: a|b", "2: c|d", "end"});
    CHECK(lines("a,b\r\nc,d") == Lines{"1: a|b", "2: c|d", "end"});
    CHECK(lines("a,b\rc,d\r") == Lines{"1: a|b", "2: c|d", "end"});
    CHECK(lines("\xEF\xBB\xBF"
                "a\n\n\n ,\nb") == Lines{"1: a", "4: |", "5: b", "end"});
    CHECK(lines("") == Lines{"end"});
}

TEST_CASE("a quoted cell keeps commas, line ends, doubled quotes and blanks") {
    CHECK(lines("\"a,1\", b \n\"two\nlines\",\"say \"\"hi\"\" \"\nlast") ==
          Lines{"1: a,1|b", "2: two\nlines|say \"hi\" ", "4: last", "end"});
}

TEST_CASE("a quoted cell that is not closed, or goes on, ends the reading") {
    CHECK(lines("a\n\"b,c\nd") == Lines{"1: a", "broken"});
    CHECK(lines("a\n\"b\"c,d") == Lines{"1: a", "broken"});
}
