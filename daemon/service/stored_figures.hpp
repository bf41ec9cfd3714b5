#pragma once

#include "base/spawn.hpp"
#include "db/lane.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace portfoliod::service {

/// The figures that only the tables know, read by one statement, at most once in a few seconds
/// whoever asks. Used from the loop's thread only.
class StoredFigures {
  public:
    /// A row of portfoliod.figures().
    struct Row {
        std::string name;
        std::string label; ///< "" = none
        std::string part;  ///< a second label
        double value;
    };

    struct Figures {
        std::vector<Row> rows;
        std::chrono::steady_clock::time_point read_at;

        /// The sum of the rows of this name (and, if one is given, of this second label).
        [[nodiscard]] std::int64_t total(std::string_view name, std::string_view part = "") const;
    };

    /// `lane` has one thread and does nothing else, and its statements a short limit; both outlive
    /// the tasks.
    StoredFigures(boost::asio::any_io_executor const& executor, db::Lane& lane, Tasks& tasks);

    /// Not older than `age_max`; nothing when the database does not give them within `wait_max`.
    boost::asio::awaitable<std::optional<Figures>> get(std::chrono::milliseconds age_max,
                                                       std::chrono::milliseconds wait_max);

  private:
    boost::asio::awaitable<void> read();
    [[nodiscard]] bool fresh(std::chrono::milliseconds age_max) const;

    db::Lane& lane_;
    Tasks& tasks_;
    boost::asio::steady_timer read_; ///< never expires; cancelled when a reading has ended
    std::optional<Figures> figures_;
    bool reading_ = false;
};

} // namespace portfoliod::service
