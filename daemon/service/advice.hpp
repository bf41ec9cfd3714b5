#pragma once

#include "db/error.hpp"

#include <string>

namespace portfoliod::service {

/// Who a command connects as, by what it is for.
enum class Connects { as_service, as_owner };

/// The server's message and, where that leaves a newcomer alone, what to do about it.
std::string with_advice(db::Error const& error, Connects connects = Connects::as_service);

} // namespace portfoliod::service
