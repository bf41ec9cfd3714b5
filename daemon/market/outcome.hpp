#pragma once

#include "market/answer.hpp"
#include "market/declaration.hpp"
#include "market/document.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace portfoliod::market {

/// What came back over HTTPS.
struct Reply {
    int status = 0;
    std::string body;
    std::optional<std::chrono::seconds> retry_after; ///< capped
};

/// What the answer as a whole means: the file's rules in order, then what the status says by
/// itself. Nothing for a success whose rows are to be read. `document` is null when the body could
/// not be read as such.
std::optional<Outcome> judge(Declaration const& provider, Reply const& reply,
                             Document const* document);

/// Retry-After as sent, seconds or an HTTP date, capped at 6 h: a longer one is a mistake or an
/// attack, and asking again after it costs one request.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view text, Instant now);

/// The text without the provider's key, control characters and most of its length: fit for a
/// message.
std::string quotable(Declaration const& provider, std::string_view text);

} // namespace portfoliod::market
