#pragma once

#include "db/error.hpp"
#include "db/pqxx.hpp"

#include <string>
#include <string_view>
#include <vector>

/// What differs between the two versions of libpqxx, and how its exceptions become ours. For this
/// room's .cpp files.
namespace portfoliod::db {

/// A server's message without its line breaks.
std::string one_line(std::string_view text);

/// Throws the exception now being handled as an Error.
[[noreturn]] void rethrow_as_error();

template <class Call>
auto translating(Call call) -> decltype(call()) {
    try {
        return call();
    } catch (Failure const&) {
        throw;
    } catch (std::exception const&) {
        rethrow_as_error();
    }
}

/// libpqxx 6 would open a lost connection again on its own, without our LISTENs and settings.
void forbid_reactivation(pqxx::connection& connection);

/// What every session tells the server: to notice within a minute that we are gone without a word,
/// instead of the kernel's two hours, and in seconds when we died while it works for us. Until then it
/// keeps what the session holds: rows, the doorbell, the lead.
inline constexpr auto notice_our_end =
    "SET tcp_keepalives_idle TO 30; SET tcp_keepalives_interval TO 10; "
    "SET tcp_keepalives_count TO 3; SET tcp_user_timeout TO '30s'; "
    "SET client_connection_check_interval TO '2s'";

pqxx::result execute_prepared(pqxx::transaction_base& transaction, std::string const& name,
                              std::vector<char const*> const& values);

pqxx::stream_to open_copy(pqxx::transaction_base& transaction, std::string const& table,
                          std::vector<std::string> const& columns);

} // namespace portfoliod::db
