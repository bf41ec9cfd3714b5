#pragma once

#include "db/session.hpp"
#include "market/answer.hpp"
#include "tracking/needs.hpp"

#include <map>
#include <string>
#include <vector>

/// What the journal is told of an asset, so that `journalctl ASSET_ID=5` is its story. To be called when the
/// transaction in which it happened is committed.
namespace portfoliod::tracking {

void tell(std::vector<Holders> const& changed);
void tell(std::vector<QueuedJob> const& queued);

/// A price that went into quarantine.
struct Doubt {
    Day date;
    std::string value;
    std::string reason;
};

/// The doubts that this transaction has had about the prices of each of these assets, or as many as are told at once.
std::map<int, std::vector<Doubt>> just_doubted(db::Transaction& transaction,
                                               std::vector<int> const& assets);

/// Whose answer it was; `job` 0: a quote.
struct Answered {
    market::Asset asset;
    int job = 0;
    std::string provider;
};

void tell(Answered const& answered, std::vector<Doubt> const& doubts);
void tell(Answered const& answered, std::vector<market::Split> const& splits);

} // namespace portfoliod::tracking
