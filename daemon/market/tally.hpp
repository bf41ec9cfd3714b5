#pragma once

#include "market/answer.hpp"
#include "market/declaration.hpp"

#include <cstddef>
#include <string>

namespace portfoliod::market {

/// What became of an answer's rows.
struct Tally {
    std::size_t rows = 0;
    std::size_t kept = 0;
    std::size_t blank = 0;   ///< null, or declared as missing: no trading that day
    std::size_t outside = 0; ///< not asked for, or a bar still open
    std::size_t absent = 0;  ///< without the place where the figure should stand
    std::size_t broken = 0;  ///< no date, no number
    std::size_t refused = 0; ///< a number no price can be
    std::string complaint;   ///< about the first row not used

    void note(std::size_t& count, std::string what) {
        ++count;
        if (complaint.empty()) complaint = std::move(what);
    }
};

/// What the rows amount to. Without a single usable one: what the file says of that, else
/// `malformed` when figures were lacking or unreadable, else `empty`.
Outcome conclude(Declaration const& provider, RequestRule const& rule, Tally const& tally);

} // namespace portfoliod::market
