#include "service/stored_figures.hpp"

#include "base/log.hpp"
#include "base/timeout.hpp"

#include <boost/asio/redirect_error.hpp>
#include <fmt/format.h>

namespace portfoliod::service {

namespace asio = boost::asio;

namespace {

asio::awaitable<void> until_cancelled(asio::steady_timer& timer) {
    boost::system::error_code cancelled;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

} // namespace

std::int64_t StoredFigures::Figures::total(std::string_view name, std::string_view part) const {
    auto sum = 0.0;
    for (auto const& row : rows)
        if (row.name == name && (part.empty() || row.part == part)) sum += row.value;
    return static_cast<std::int64_t>(sum);
}

StoredFigures::StoredFigures(asio::any_io_executor const& executor, db::Lane& lane, Tasks& tasks)
    : lane_(lane), tasks_(tasks), read_(executor, asio::steady_timer::time_point::max()) {}

bool StoredFigures::fresh(std::chrono::milliseconds age_max) const {
    return figures_ && std::chrono::steady_clock::now() - figures_->read_at <= age_max;
}

asio::awaitable<std::optional<StoredFigures::Figures>>
StoredFigures::get(std::chrono::milliseconds age_max, std::chrono::milliseconds wait_max) {
    if (fresh(age_max)) co_return figures_;
    auto const asked_at = std::chrono::steady_clock::now();
    // A call of the database cannot be cut short: it goes on by itself, and whoever asks next has it.
    if (!std::exchange(reading_, true)) tasks_.spawn("figures", read());
    try {
        auto done = until_cancelled(read_);
        co_await with_timeout(std::move(done), wait_max);
    } catch (TimedOut const&) {
        co_return std::nullopt;
    }
    if (!figures_ || figures_->read_at + age_max < asked_at) co_return std::nullopt; // it failed
    co_return figures_;
}

asio::awaitable<void> StoredFigures::read() {
    struct Done {
        StoredFigures& figures;

        ~Done() {
            figures.reading_ = false;
            figures.read_.cancel();
        }
    } const done{*this};

    auto ask = [](db::Transaction& transaction) {
        std::vector<Row> rows;
        for (auto const row :
             transaction.execute("SELECT name, label, part, value FROM portfoliod.figures()"))
            rows.push_back({row.string(0), row.string(1), row.string(2), std::stod(row.string(3))});
        return rows;
    };
    try {
        auto rows = co_await lane_.transact(ask);
        figures_ = Figures{std::move(rows), std::chrono::steady_clock::now()};
    } catch (db::Error const& e) {
        // Whoever asked says so in its own way.
        log::debug(fmt::format("figures could not be read: {}", e.what()),
                   {{"SQLSTATE", e.sqlstate}});
    }
}

} // namespace portfoliod::service
