// The code map, in the order in which an event walks through:
//   bus/          hears a notification, takes the changes out of the outbox, brings what is derived up to date
//   tracking/     which assets are held, which history is missing, the backfill queue and its worker
//   performance/  reads what figures rest on, has them computed, writes and announces them
//   market/       asks providers over HTTPS and reads their answers
//   valuation/    computes figures: pure
//   schedule/     what runs by the clock
//   service/      command line, configuration, schema, systemd, metrics
//   db/, base/    the door to PostgreSQL; time, log, tasks

#include "base/backoff.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/spawn.hpp"
#include "base/wakeup.hpp"
#include "bus/drain.hpp"
#include "bus/listener.hpp"
#include "db/lane.hpp"
#include "market/provider_market.hpp"
#include "performance/snapshot_worker.hpp"
#include "schedule/schedule.hpp"
#include "service/advice.hpp"
#include "service/calendars.hpp"
#include "service/command_line.hpp"
#include "service/condition.hpp"
#include "service/metrics.hpp"
#include "service/migrate.hpp"
#include "service/pages.hpp"
#include "service/providers.hpp"
#include "service/pulse.hpp"
#include "service/reload.hpp"
#include "service/schema_files.hpp"
#include "service/stored_figures.hpp"
#include "service/systemd.hpp"
#include "service/web.hpp"
#include "tracking/backfill_worker.hpp"
#include "tracking/stored_budgets.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <malloc.h>

namespace portfoliod {

namespace asio = boost::asio;

namespace {

/// However long the database keeps us waiting, a stop takes no longer. A daemon that is killed loses
/// nothing either: it only makes others wait for its leases to end.
constexpr auto stop_time_max = std::chrono::seconds{15};

/// Waits for the word to stop, then lets every task end and works off what is left.
asio::awaitable<void> supervise(asio::signal_set& signals, Tasks& tasks, bus::Drain& drain,
                                market::ProviderMarket& market, service::Condition& condition,
                                int const& exit_code) {
    boost::system::error_code task_failed; // the set is cancelled then
    co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, task_failed));
    log::happened(Happening::stopping, "stopping");
    service::notify_stopping();
    condition.stopping = true;
    auto deadline = asio::steady_timer{co_await asio::this_coro::executor, stop_time_max};
    deadline.async_wait([&exit_code](boost::system::error_code cancelled) {
        if (cancelled) return;
        log::happened(
            Happening::stopped_waiting,
            fmt::format("the database has not answered for {} s: stopped without it; what was "
                        "under way is done again at the next start",
                        stop_time_max.count()));
        std::_Exit(exit_code);
    });
    tasks.stop();
    co_await tasks.join();
    market.close_idle();
    if (!condition.schema_fits) co_return;
    try {
        co_await drain.drain_all();
    } catch (db::Error const& e) {
        log::happened(Happening::stopped_with_changes_left,
                      fmt::format("stopped with changes left for the next start: {}", e.what()),
                      {{"SQLSTATE", e.sqlstate}});
    }
}

/// Returns when the database is there and its schema is this version's; throws Failure when it is another's.
asio::awaitable<void> await_schema(db::Lane& lane, Clock const& clock,
                                   service::Condition& condition, service::Pulse& pulse) {
    auto const retry = Backoff{std::chrono::milliseconds{200}, std::chrono::seconds{10}};
    auto look = [](db::Transaction& transaction) {
        service::require_schema(transaction, service::schema_files());
    };
    for (auto failures = 0;;) {
        try {
            co_await lane.transact(look);
            condition.unreachable_since.reset();
            condition.schema_fits = true;
            co_return;
        } catch (db::Error const& e) {
            if (!e.may_pass()) throw;
            // Each reason once: a server that came up without our role is another errand than one that is down.
            if (e.what() != condition.why_unreachable || failures == 0)
                log::happened(Happening::database_awaited,
                              fmt::format("the database cannot be reached yet, retrying: {}",
                                          service::with_advice(e)));
            if (++failures == 1) condition.unreachable_since = clock.now();
            condition.why_unreachable = e.what();
            pulse.ring();
        }
        co_await pause(retry.wait(failures, random_share()));
    }
}

/// First the schema, then everything that rests on it.
asio::awaitable<void> start(asio::awaitable<void> schema_known, std::function<void()> begin) {
    co_await std::move(schema_known);
    begin();
}

/// Each SIGHUP.
asio::awaitable<void> heed_hangups(asio::signal_set& hangup, std::function<void()> reload) {
    for (;;) {
        co_await hangup.async_wait(asio::use_awaitable);
        reload();
    }
}

int run_daemon(std::function<service::Config()> const& read_configuration) {
    auto config = read_configuration();
    log::set_level(config.log_level);
    auto const session = [&](char const* what) {
        return db::SessionOptions{config.database.url, fmt::format("portfoliod {}", what),
                                  config.database.statement_time_max,
                                  config.database.answer_time_max};
    };
    // What is wrong in the files is said before anything begins.
    static_cast<void>(db::connection_string(session("start")));

    asio::io_context loop{1};
    auto const executor = loop.get_executor();
    SystemClock const clock;
    auto exit_code = 0;

    asio::signal_set signals{loop, SIGTERM, SIGINT};
    asio::signal_set hangup{loop, SIGHUP};
    auto tasks = Tasks{executor, [&](std::string_view task, std::exception_ptr const& error) {
                           // A schema that does not fit, or a mistake of ours: stop cleanly and let systemd start afresh.
                           log::happened(Happening::task_failed,
                                         fmt::format("{}: {}", task, describe(error)));
                           exit_code = 1;
                           signals.cancel();
                       }};

    // An insert never waits behind long work: the drain has a lane of its own. A batch takes its changes out of the outbox in
    // the transaction that works them off, so that a crash of the server undoes both or neither.
    auto drain_session = session("drain");
    drain_session.await_disk = false;
    db::Lane drain_lane{std::move(drain_session), 1};
    db::Lane work_lane{session("work"), config.database.workers - 1};
    // Providers stand idle while nothing is claimed, which must not wait for what is being stored. A claim that a crash of the server
    // undoes is a job that waits again: its holder, whose token is nobody's, stores nothing.
    auto claims_session = session("claims");
    claims_session.await_disk = false;
    db::Lane claims_lane{std::move(claims_session), 1};
    // Opens no session unless there is another daemon whose doorbell is waited for.
    db::Lane doorbell_lane{session("doorbell"), 1};
    // Who looks at us need not wait behind our work, nor for long.
    auto figures_session = session("figures");
    figures_session.statement_time_max = std::chrono::seconds{5};
    db::Lane figures_lane{std::move(figures_session), 1};

    service::Condition condition;
    auto metrics = service::Metrics{clock};
    auto figures = service::StoredFigures{executor, figures_lane, tasks};
    auto pulse = service::Pulse{executor, clock, condition, figures, metrics};
    auto pages = service::WebPages{condition, metrics, figures};
    auto web = service::WebServer{executor, tasks,
                                  [&](std::string path) { return pages.page(std::move(path)); }};

    auto budgets = tracking::StoredBudgets{work_lane};
    auto market = market::ProviderMarket{
        executor,
        service::load_providers(config),
        service::routes(config),
        clock,
        {.budgets = &budgets, .on_request = [&](auto const& provider, auto outcome) {
             metrics.requested(provider, outcome);
         }}};
    auto calendars = service::load_calendars(config);
    auto doorbell = bus::Doorbell{executor, drain_lane, doorbell_lane, config.doorbell};
    auto drain = bus::Drain{executor, drain_lane,      doorbell,
                            clock,    config.backfill, config.schedule.fallback_poll};
    auto worker = tracking::BackfillWorker{executor, claims_lane,     work_lane, market,
                                           clock,    config.backfill, tasks};
    auto snapshots =
        performance::SnapshotWorker{executor, work_lane, clock, config.schedule.fallback_poll};
    auto schedule =
        schedule::Schedule{executor, work_lane,       market,          calendars, snapshots,
                           clock,    config.schedule, config.backfill, tasks};
    auto const connected = [&](bool is) {
        condition.connected = is;
        if (is) condition.unreachable_since.reset();
        pulse.ring_for_figures();
    };
    auto listener = bus::Listener{executor,
                                  session("listener"),
                                  clock,
                                  {.changed = [&] { drain.ring(); },
                                   .market_changed = [&] { drain.ring_for_market(); },
                                   .doorbell_taken = [&] { drain.ring_for_silence(); },
                                   .backfill_requested = [&] { worker.ring(); },
                                   .assume_everything_was_missed =
                                       [&] {
                                           connected(true);
                                           drain.ring_for_everything();
                                           worker.ring();
                                           snapshots.ring();
                                       },
                                   .lost =
                                       [&](auto const& why) {
                                           if (!condition.unreachable_since)
                                               condition.unreachable_since = clock.now();
                                           condition.why_unreachable = why;
                                           connected(false);
                                       },
                                   .leadership =
                                       [&](bool leads) {
                                           condition.leads = leads;
                                           schedule.lead(leads);
                                       }},
                                  config.heartbeat};
    drain.on_jobs_queued([&] { worker.ring(); });
    drain.on_snapshots_due([&] { snapshots.ring(); });
    snapshots.on_put_back([&] { drain.ring(); });
    snapshots.while_history_arrives([&] { return worker.busy() || !drain.looked_at_everything(); });
    worker.on_idle([&] { snapshots.ring(); });
    drain.on_batch([&](bus::Drained const& done, std::chrono::nanoseconds took) {
        metrics.drained(done.rows, !done.more, took);
        if (done.rows > 0)
            pulse.ring_for_figures(); // at rest nothing is read for a line that stays
    });
    doorbell.on_free([&] { drain.ring(); });
    schedule.on_quotes([&] {
        condition.last_quotes = clock.now();
        pulse.ring();
    });

    auto const begin = [&] {
        tasks.spawn("drain", drain.run());
        tasks.spawn("doorbell", doorbell.watch());
        tasks.spawn("backfill", worker.run());
        tasks.spawn("snapshots", snapshots.run());
        tasks.spawn("listener", listener.run());
        schedule.start();
        log::happened(Happening::ready, "ready");
        service::notify_ready();
        pulse.ring();
    };
    // What can fail comes first, and then nothing is changed; what follows cannot.
    auto const reload = [&] {
        service::notify_reloading();
        try {
            auto fresh = read_configuration();
            auto providers = service::load_providers(fresh);
            auto new_calendars = service::load_calendars(fresh);
            auto const only_later = service::needs_restart(config, fresh);
            web.prepare(fresh.http);
            market.change(std::move(providers), service::routes(fresh));
            web.listen();
            calendars = std::move(new_calendars);
            drain.change(fresh.backfill, fresh.schedule.fallback_poll);
            worker.change(fresh.backfill);
            schedule.change(fresh.schedule, fresh.backfill);
            snapshots.change(fresh.schedule.fallback_poll);
            log::set_level(fresh.log_level);
            log::happened(Happening::reloaded, "configuration and provider files are read again");
            if (!only_later.empty())
                log::happened(Happening::restart_needed,
                              fmt::format("changed, and holds only after a restart: {}",
                                          fmt::join(only_later, ", ")));
        } catch (Failure const& e) {
            web.stay();
            log::happened(Happening::reload_refused,
                          fmt::format("the configuration stays as it was: {}", e.what()));
        }
        if (condition.schema_fits) service::notify_ready();
    };

    log::happened(Happening::started, "portfoliod " PORTFOLIOD_VERSION " started",
                  {{"VERSION", PORTFOLIOD_VERSION}});
    web.prepare(config.http);
    web.listen();
    tasks.spawn("pulse", pulse.run());
    tasks.spawn("reload", heed_hangups(hangup, reload));
    tasks.spawn("start", start(await_schema(work_lane, clock, condition, pulse), begin));

    auto supervision = Tasks{executor, [&](std::string_view task, std::exception_ptr const& error) {
                                 log::happened(Happening::task_failed,
                                               fmt::format("{}: {}", task, describe(error)));
                                 exit_code = 1;
                                 loop.stop();
                             }};
    supervision.spawn("supervision",
                      supervise(signals, tasks, drain, market, condition, exit_code));
    loop.run();
    log::happened(Happening::stopped, "stopped");
    return exit_code;
}

} // namespace

} // namespace portfoliod

int main(int argc, char** argv) {
    // Each thread's memory would be kept by an arena of its own after a large answer; threads that mostly wait can share.
    mallopt(M_ARENA_MAX, 2);
    return portfoliod::service::run_command_line(argc, argv, portfoliod::run_daemon);
}
