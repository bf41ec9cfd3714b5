#pragma once

#include "unit/market/providers.hpp"

#include <doctest/doctest.h>

#include <string>

namespace portfoliod::market {

inline bool absent() {
    if (std::filesystem::exists(fixtures() / "SOURCES.md")) return false;
    MESSAGE("skipped: no recorded answers beside the project");
    return true;
}

/// An example whose first lines name the request.
inline Reply documented(std::string const& name) {
    auto reply = recorded(name);
    reply.body.erase(0, reply.body.find_first_of("{["));
    return reply;
}

} // namespace portfoliod::market
