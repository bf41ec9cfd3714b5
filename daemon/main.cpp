// The code map, in the order in which an event walks through:
//   bus/          hears a notification, takes the changes out of the outbox, brings what is derived up to date
//   tracking/     which assets are held, which history is missing, the backfill queue and its worker
//   performance/  reads what figures rest on, has them computed, writes and announces them
//   market/       asks providers over HTTPS and reads their answers
//   valuation/    computes figures: pure
//   schedule/     what runs by the clock
//   service/      command line, configuration, schema, systemd
//   db/, base/    the door to PostgreSQL; time, log, tasks

#include "base/log.hpp"
#include "base/spawn.hpp"
#include "bus/drain.hpp"
#include "bus/listener.hpp"
#include "db/lane.hpp"
#include "market/provider_market.hpp"
#include "performance/snapshot_worker.hpp"
#include "schedule/schedule.hpp"
#include "service/calendars.hpp"
#include "service/command_line.hpp"
#include "service/migrate.hpp"
#include "service/providers.hpp"
#include "service/schema_files.hpp"
#include "service/systemd.hpp"
#include "tracking/backfill_worker.hpp"
#include "tracking/stored_budgets.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <csignal>

namespace portfoliod {

namespace asio = boost::asio;

namespace {

/// Waits for the word to stop, then lets every task end and works off what is left.
asio::awaitable<void> supervise(asio::signal_set& signals, Tasks& tasks, bus::Drain& drain) {
    boost::system::error_code task_failed; // the set is cancelled then
    co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, task_failed));
    log::info("stopping");
    service::notify_stopping("stopping");
    tasks.stop();
    co_await tasks.join();
    try {
        co_await drain.drain_all();
    } catch (db::Error const& e) {
        log::warning(fmt::format("stopped with changes left for the next start: {}", e.what()));
    }
}

int run_daemon(service::Config const& config) {
    auto const session = [&](char const* what) {
        return db::SessionOptions{config.database.url, fmt::format("portfoliod {}", what),
                                  config.database.statement_time_max,
                                  config.database.answer_time_max};
    };
    auto const& files = service::schema_files();
    {
        // Refuse to start rather than write into a schema this version does not know.
        db::Session first{session("start")};
        auto transaction = first.begin();
        service::require_schema(transaction, files);
    }

    asio::io_context loop{1};
    auto const executor = loop.get_executor();
    SystemClock const clock;
    auto exit_code = 0;

    asio::signal_set signals{loop, SIGTERM, SIGINT};
    auto tasks = Tasks{executor, [&](std::string_view task, std::exception_ptr const& error) {
                           // A mistake of ours: stop cleanly and let systemd start afresh.
                           log::error(fmt::format("{} failed: {}", task, describe(error)));
                           exit_code = 1;
                           signals.cancel();
                       }};

    // An insert never waits behind long work: the drain has a lane of its own. A batch takes its changes out of the outbox in
    // the transaction that works them off, so that a crash of the server undoes both or neither.
    auto drain_session = session("drain");
    drain_session.await_disk = false;
    db::Lane drain_lane{std::move(drain_session), 1};
    db::Lane work_lane{session("work"), config.database.workers - 1};
    // Opens no session unless there is another daemon whose doorbell is waited for.
    db::Lane doorbell_lane{session("doorbell"), 1};

    auto budgets = tracking::StoredBudgets{work_lane};
    auto market = market::ProviderMarket{executor,
                                         service::load_providers(config),
                                         service::routes(config),
                                         clock,
                                         {.budgets = &budgets}};
    auto const calendars = service::load_calendars(config);
    auto doorbell = bus::Doorbell{executor, drain_lane, doorbell_lane, config.doorbell};
    auto drain = bus::Drain{executor, drain_lane,      doorbell,
                            clock,    config.backfill, config.schedule.fallback_poll};
    auto worker =
        tracking::BackfillWorker{executor, work_lane, market, clock, config.backfill, tasks};
    auto snapshots =
        performance::SnapshotWorker{executor, work_lane, clock, config.schedule.fallback_poll};
    auto schedule =
        schedule::Schedule{executor, work_lane,       market,          calendars, snapshots,
                           clock,    config.schedule, config.backfill, tasks};
    auto listener = bus::Listener{executor,
                                  session("listener"),
                                  clock,
                                  {.changed = [&] { drain.ring(); },
                                   .doorbell_taken = [&] { drain.ring_for_silence(); },
                                   .backfill_requested = [&] { worker.ring(); },
                                   .assume_everything_was_missed =
                                       [&] {
                                           drain.ring_for_everything();
                                           worker.ring();
                                           snapshots.ring();
                                       },
                                   .leadership = [&](bool leads) { schedule.lead(leads); }},
                                  config.heartbeat};
    drain.on_jobs_queued([&] { worker.ring(); });
    drain.on_snapshots_due([&] { snapshots.ring(); });
    snapshots.on_put_back([&] { drain.ring(); });
    doorbell.on_free([&] { drain.ring(); });

    tasks.spawn("drain", drain.run());
    tasks.spawn("doorbell", doorbell.watch());
    tasks.spawn("backfill", worker.run());
    tasks.spawn("snapshots", snapshots.run());
    tasks.spawn("listener", listener.run());
    schedule.start();

    auto supervision = Tasks{executor, [&](std::string_view task, std::exception_ptr const& error) {
                                 log::error(fmt::format("{} failed: {}", task, describe(error)));
                                 exit_code = 1;
                                 loop.stop();
                             }};
    supervision.spawn("supervision", supervise(signals, tasks, drain));
    log::info("portfoliod " PORTFOLIOD_VERSION " started");
    service::notify_ready("started");
    loop.run();
    log::info("stopped");
    return exit_code;
}

} // namespace

} // namespace portfoliod

int main(int argc, char** argv) {
    return portfoliod::service::run_command_line(argc, argv, portfoliod::run_daemon);
}
