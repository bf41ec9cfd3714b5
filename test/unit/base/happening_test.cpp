#include "base/happening.hpp"
#include "base/log.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

using namespace portfoliod;

namespace {

std::string read(std::string const& file) {
    std::ifstream stream{file};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

std::string with_commas(std::string_view fields) {
    std::string text;
    for (char const c : fields) text += c == ' ' ? std::string{", "} : std::string{c};
    return text.empty() ? "–" : text;
}

/// The row of docs/JOURNAL.md without its last column.
std::string row(HappeningKind const& kind) {
    constexpr std::string_view levels[] = {"", "", "", "error", "warning", "notice", "info"};
    return fmt::format("| `{}` | {} | {} | `{}` | ", kind.name,
                       levels[static_cast<std::size_t>(kind.level)], with_commas(kind.fields),
                       kind.message_id);
}

} // namespace

TEST_CASE("docs/JOURNAL.md lists every kind of happening as the program has it, and no other") {
    auto const docs = read(PROJECT_DIR "/docs/JOURNAL.md");
    for (auto const& kind : happenings()) {
        auto const at = docs.find(row(kind));
        CHECK_MESSAGE(at != std::string::npos, row(kind));
        if (at == std::string::npos) continue;
        auto const rest = docs.substr(at, docs.find('\n', at) - at);
        CHECK_MESSAGE((rest.find("†") != std::string::npos) == kind.repeats, rest);
    }
    auto rows = 0U;
    for (auto at = docs.find("\n| `"); at != std::string::npos; at = docs.find("\n| `", at + 1))
        if (docs.substr(at, docs.find('\n', at + 1) - at).find("` | ") != std::string::npos &&
            docs.compare(at + 4, 1, "P") != 0 && docs[at + 4] >= 'a')
            ++rows;
    CHECK(rows == happenings().size());
}

TEST_CASE("each kind of happening stands at its place, with an id of 128 bits of its own") {
    std::set<std::string_view> ids;
    std::set<std::string_view> names;
    for (auto const& kind : happenings()) {
        CHECK(&kind_of(kind.happening) == &kind);
        CHECK(kind.message_id.size() == 32);
        CHECK(kind.message_id.find_first_not_of("0123456789abcdef") == std::string_view::npos);
        ids.insert(kind.message_id);
        names.insert(kind.name);
    }
    CHECK(ids.size() == happenings().size());
    CHECK(names.size() == happenings().size());
}

TEST_CASE("an entry of the journal has its level, its kind and its fields") {
    auto const line = log::Line{Happening::history_loaded,
                                "loaded AAPL",
                                {{"ASSET_ID", 5}, {"JOB_ID", 7}, {"PROVIDER", "yahoo"}},
                                3,
                                std::chrono::seconds{600}};
    auto const entry = log::journal_entry(line);
    auto const has = [&](std::string const& field) {
        return std::ranges::find(entry, field) != entry.end();
    };
    CHECK(has("MESSAGE=loaded AAPL (repeated 3 times in 10 min)"));
    CHECK(has("PRIORITY=6"));
    CHECK(has("ASSET_ID=5"));
    CHECK(has("JOB_ID=7"));
    CHECK(has("PROVIDER=yahoo"));
    CHECK(has("HAPPENING=history_loaded"));
    CHECK(has("REPEATED=3"));
    CHECK(has(fmt::format("MESSAGE_ID={}", kind_of(Happening::history_loaded).message_id)));
    CHECK(log::plain_text(line, false) == "info: loaded AAPL (repeated 3 times in 10 min)");
    CHECK(log::plain_text({Happening::asset_released, "gone", {{"ASSET_ID", 5}, {"USERS", 0}}},
                          true) == "info: gone [ASSET_ID=5 USERS=0]");
}
