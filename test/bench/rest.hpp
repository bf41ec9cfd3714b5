#pragma once

#include "bench/report.hpp"

#include <string>

namespace portfoliod::bench {

/// What the daemon costs while nothing happens and no exchange is open: memory and wake-ups.
void rest(Report& report);

/// Runs the bare loop in this process until its input ends: the reference, measured from outside.
void run_bare_loop(std::string const& url);

} // namespace portfoliod::bench
