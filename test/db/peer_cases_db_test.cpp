#include "support/peer_tables.hpp"
#include "unit/valuation/peer_comparison.hpp"

using namespace portfoliod;
using namespace valuation::test;

namespace {

/// Why a case is not for the tables.
std::string nothing_to_type(json::object const& peer) {
    if (peer_cases_by_hand().contains(std::string{peer.at("id").as_string()}))
        return "stated in words; in peer_file_test.cpp";
    if (cash_only(peer)) return "movements of cash alone";
    auto const& expected = peer.at("expected").as_object();
    if (expected.contains("flows") || expected.contains("flows_used"))
        return "a rate of return of given payments, without trades";
    return why_skipped(peer);
}

/// Of the file's first edition.
constexpr std::size_t least_compared = 42;

} // namespace

TEST_CASE("every case of other trackers' own tests has their figures in the tables too") {
    auto const path = std::filesystem::path{PROJECT_DIR} / "../shared/cases/peer_cases.json";
    if (!std::filesystem::exists(path)) {
        MESSAGE("skipped: no cases/peer_cases.json beside the project");
        return;
    }
    test::PeerTables tables;
    std::size_t compared = 0;
    std::size_t figures = 0;
    auto const file = read_peer_cases(path);
    for (auto const& element : file.at("cases").as_array()) {
        auto const& peer = element.as_object();
        std::string const id{peer.at("id").as_string()};
        CAPTURE(id);
        if (auto const reason = nothing_to_type(peer); !reason.empty()) {
            MESSAGE(id, ": skipped: ", reason);
            continue;
        }
        std::size_t of_case = 0;
        CHECK_NOTHROW(of_case = compare_case(peer, tables));
        CHECK_MESSAGE(of_case > 0, "none of its figures was compared: skip it with a reason");
        figures += of_case;
        if (of_case > 0) ++compared;
    }
    MESSAGE(compared, " cases, ", figures, " figures");
    CHECK(compared >= least_compared);
}
