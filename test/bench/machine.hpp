#pragma once

#include <filesystem>
#include <string>

namespace portfoliod::bench {

/// What explains a reference that is not as fast as it was where the goals were set: processors, load, and how long a flush to this
/// folder's disk takes.
std::string machine(std::filesystem::path const& folder);

} // namespace portfoliod::bench
