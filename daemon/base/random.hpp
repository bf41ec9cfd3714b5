#pragma once

namespace portfoliod {

/// Evenly distributed in [0, 1); any thread. For jitter, not for secrets.
double random_share();

} // namespace portfoliod
