#include "db/failure.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace portfoliod::db {

namespace {

/// Classes after which this session is of no more use: the server ends it (57P…), the connection
/// failed (08…), or it is no longer the server that takes writes (25006, after a failover).
bool ends_the_session(std::string_view sqlstate) {
    return sqlstate.starts_with("57P") || sqlstate.starts_with("08") || sqlstate == "25006";
}

/// Without the statements and call stacks the server adds: they are in its own log, and too long for a journal's line.
std::string_view without_context(std::string_view text) {
    for (auto const* const part : {"\nQUERY: ", "\nCONTEXT: "})
        text = text.substr(0, text.find(part));
    return text;
}

} // namespace

std::string one_line(std::string_view text) {
    std::string line;
    for (char const c : text) {
        auto const space = c == '\n' || c == '\r' || c == '\t' || c == ' ';
        if (!space)
            line += c;
        else if (!line.empty() && line.back() != ' ')
            line += ' ';
    }
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
}

void rethrow_as_error() {
    try {
        throw;
        // For these two libpqxx 6 has types, and loses the SQLSTATE.
    } catch (pqxx::deadlock_detected const& e) {
        throw Error{one_line(without_context(e.what())), "40P01", false};
    } catch (pqxx::serialization_failure const& e) {
        throw Error{one_line(without_context(e.what())), "40001", false};
    } catch (pqxx::sql_error const& e) {
        // A connection that dies inside a statement has no SQLSTATE.
        auto const& state = e.sqlstate();
        throw Error{one_line(without_context(e.what())), state,
                    state.empty() || ends_the_session(state)};
    } catch (pqxx::broken_connection const& e) {
        // What libpqxx says when it finds the connection gone explains nothing.
        auto const text = one_line(e.what());
        auto const found_gone = text.find("not connected") != std::string::npos;
        throw Error{found_gone ? "the connection was lost" : text, "", true};
    } catch (pqxx::in_doubt_error const& e) {
        throw Error{one_line(e.what()), "", true};
    } catch (std::exception const& e) {
        throw Error{one_line(e.what()), "", false};
    }
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

#if PQXX_VERSION_MAJOR < 7

void forbid_reactivation(pqxx::connection& connection) { connection.inhibit_reactivation(true); }

pqxx::result execute_prepared(pqxx::transaction_base& transaction, std::string const& name,
                              std::vector<char const*> const& values) {
    return transaction.exec_prepared(name, pqxx::prepare::make_dynamic_params(values));
}

pqxx::stream_to open_copy(pqxx::transaction_base& transaction, std::string const& table,
                          std::vector<std::string> const& columns) {
    return pqxx::stream_to{transaction, table, columns};
}

#else

void forbid_reactivation(pqxx::connection&) {}

pqxx::result execute_prepared(pqxx::transaction_base& transaction, std::string const& name,
                              std::vector<char const*> const& values) {
    pqxx::params params;
    params.reserve(values.size());
    for (char const* value : values) params.append(value);
    return transaction.exec(pqxx::prepped{name}, params);
}

pqxx::stream_to open_copy(pqxx::transaction_base& transaction, std::string const& table,
                          std::vector<std::string> const& columns) {
    return pqxx::stream_to::raw_table(transaction, table,
                                      fmt::format("{}", fmt::join(columns, ",")));
}

#endif

#pragma GCC diagnostic pop

} // namespace portfoliod::db
