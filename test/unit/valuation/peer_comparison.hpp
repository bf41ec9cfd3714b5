#pragma once

#include "unit/valuation/peer_books.hpp"

#include <filesystem>

/// The figures a case expects, against those of the books.
namespace portfoliod::valuation::test {

json::object read_peer_cases(std::filesystem::path const& path);

/// Checks every figure that is ours; how many there were.
std::size_t compare_case(json::object const& peer, PeerBooks& books);

/// "" for a case that can be compared.
std::string why_skipped(json::object const& peer);

/// Cases that are stated in words or as expressions; each has its test case in peer_file_test.cpp.
std::set<std::string> const& peer_cases_by_hand();

} // namespace portfoliod::valuation::test
