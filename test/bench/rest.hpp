#pragma once

#include "bench/report.hpp"

namespace portfoliod::bench {

/// What the daemon costs while nothing happens and no exchange is open: memory and wake-ups.
void rest(Report& report);

} // namespace portfoliod::bench
