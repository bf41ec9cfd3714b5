#include "base/happening.hpp"

#include <algorithm>
#include <iterator>

namespace portfoliod {

namespace {

using log::Level;

constexpr HappeningKind kinds[] = {
    {Happening::started, "started", "5d4ffb55231d41e59457f478b115755b", Level::info, false,
     "VERSION"},
    {Happening::ready, "ready", "29890d5dc7bd488aa23abd9956e9da81", Level::info, false, ""},
    {Happening::stopping, "stopping", "d41499c69f124689a45b02a802b2ed96", Level::info, false, ""},
    {Happening::stopped, "stopped", "9415583d2ed14fd488c43ac43f8b6f26", Level::info, false, ""},
    {Happening::stopped_with_changes_left, "stopped_with_changes_left",
     "15b63922f0cd4250879b33b11720ec80", Level::warning, false, "SQLSTATE"},
    {Happening::stopped_waiting, "stopped_waiting", "3a2759afcf8b4c40a13d256ad829a6db",
     Level::warning, false, ""},
    {Happening::task_failed, "task_failed", "5ef7a3380fce4574a8d4b02cf14452c8", Level::error, false,
     ""},
    {Happening::reloaded, "reloaded", "f3af4b19bdfb4a60b2d51c29eee1021e", Level::notice, false, ""},
    {Happening::reload_refused, "reload_refused", "f85c8c51aebe4f73a55f16016a8c26ee", Level::error,
     false, ""},
    {Happening::restart_needed, "restart_needed", "e0588a9beb58400699e20ebf10c6954e",
     Level::warning, false, ""},
    {Happening::web_listening, "web_listening", "24c0f73158774aa39b9153015fe62126", Level::info,
     false, ""},
    {Happening::web_failed, "web_failed", "c192a2ece22b4a1b85b5d3b6f2435322", Level::error, true,
     ""},
    {Happening::database_awaited, "database_awaited", "164eac697c9747a9b300152ec3504eed",
     Level::warning, false, ""},
    {Happening::listening, "listening", "0121a47eb8ab493584182986078f81f8", Level::info, false, ""},
    {Happening::database_lost, "database_lost", "b01591f11fff4287a65e73c2fc95f65b", Level::warning,
     false, ""},
    {Happening::database_back, "database_back", "af2a4a0af92b41fead500762d3c4c5c0", Level::notice,
     false, "DURATION_USEC"},
    {Happening::changes_not_worked_off, "changes_not_worked_off",
     "ddf1e7e8f101460c9c61c5e1e05e2bcb", Level::error, true, "SQLSTATE"},
    {Happening::held_up, "held_up", "b524f793f36b46ec80dcaba7778288a2", Level::warning, false, ""},
    {Happening::history_missing, "history_missing", "b54d034fc05d432a8347e2d5785bcd71", Level::info,
     false, "JOBS"},
    {Happening::asset_tracked, "asset_tracked", "f14cfc99625c4feeba0b34df7bd861b5", Level::info,
     false, "ASSET_ID USERS"},
    {Happening::asset_released, "asset_released", "9369ad589b7742d18e0bc8cb0c72b977", Level::info,
     false, "ASSET_ID"},
    {Happening::job_queued, "job_queued", "bb464cd7409946b8810af352728eca5b", Level::info, false,
     "ASSET_ID CURRENCY JOB_ID"},
    {Happening::claim_failed, "claim_failed", "29815be0386d43be830d2d6c79a68d55", Level::error,
     true, "SQLSTATE"},
    {Happening::history_loaded, "history_loaded", "47c08e7035514aa6afbab3160a9956a3", Level::info,
     false, "ASSET_ID CURRENCY JOB_ID PROVIDER ROWS CHANGED DURATION_USEC"},
    {Happening::history_put_off, "history_put_off", "9137140dcfe64beda5ac3eacdc76f26d", Level::info,
     true, "ASSET_ID CURRENCY JOB_ID PROVIDER OUTCOME"},
    {Happening::history_failed, "history_failed", "e923a4af1cbb40f29f520671e3d9c1e6",
     Level::warning, false, "ASSET_ID CURRENCY JOB_ID PROVIDER OUTCOME"},
    {Happening::history_not_stored, "history_not_stored", "578d58ff4dd3479590fe4420a6ec7063",
     Level::error, true, "ASSET_ID CURRENCY JOB_ID SQLSTATE"},
    {Happening::job_given_back, "job_given_back", "b291a6d8e2bf4aeebca3f5ec3baf8bbc", Level::info,
     false, "ASSET_ID CURRENCY JOB_ID"},
    {Happening::job_left_claimed, "job_left_claimed", "a2a28ad8798d469ab0bb9743b021786d",
     Level::warning, false, "ASSET_ID CURRENCY JOB_ID SQLSTATE"},
    {Happening::split_found, "split_found", "5331dfac779245d187f31201798e5cf4", Level::notice,
     false, "ASSET_ID JOB_ID PROVIDER"},
    {Happening::price_doubted, "price_doubted", "eec13a1498c748a687068c9a1f5a9ea3", Level::warning,
     false, "ASSET_ID JOB_ID PROVIDER"},
    {Happening::percentage_too_large, "percentage_too_large", "9cd28c513b0e4aedb12724b4b763ec16",
     Level::notice, true, "PORTFOLIO_ID"},
    {Happening::portfolio_not_valued, "portfolio_not_valued", "72c24d3a7f184f7faccc732904d96881",
     Level::error, true, "PORTFOLIO_ID"},
    {Happening::snapshots_written, "snapshots_written", "4b46feb6e46e4e2ab2673d5ee4c06571",
     Level::info, false, "PORTFOLIOS DAYS CHANGED DURATION_USEC"},
    {Happening::snapshots_moved, "snapshots_moved", "b1408abac0254befb3fad865956c550b",
     Level::notice, false, "PORTFOLIO_ID DAYS"},
    {Happening::snapshots_wait, "snapshots_wait", "2a02516c751b499d8e6278d1cc9ab730", Level::error,
     true, "SQLSTATE"},
    {Happening::run_failed, "run_failed", "0015d6ae2fb14b4192081be77e296d8c", Level::warning, true,
     "TASK SQLSTATE"},
    {Happening::quotes_came, "quotes_came", "21a79209dfbc442f85a6b5eadf65cada", Level::info, false,
     "ASKED CAME"},
    {Happening::quotes_missing, "quotes_missing", "8c0263b4339a4f73b34bda912815cd81",
     Level::warning, true, "ASKED CAME"},
    {Happening::quotes_broke, "quotes_broke", "dca55027125045e6ba6c0522537222a6", Level::error,
     true, "PROVIDER"},
    {Happening::calendar_opened, "calendar_opened", "2dd285dd86c648ef8a011bf1ad047a65", Level::info,
     false, "CALENDAR"},
    {Happening::calendar_closed, "calendar_closed", "e613a073ef6143faa9c22cbd9a87025d", Level::info,
     false, "CALENDAR"},
    {Happening::quotes_stretched, "quotes_stretched", "70ae875685af4684ac1981ebff368823",
     Level::notice, false, "PROVIDER"},
    {Happening::rates_came, "rates_came", "35dfa2da8d334e39a04d6ad947888c93", Level::info, false,
     "PROVIDER ROWS"},
    {Happening::rates_missing, "rates_missing", "916ff8a3ad9546e682d23471fe2ab027", Level::warning,
     true, "OUTCOME"},
    {Happening::upkeep_done, "upkeep_done", "74eea2827b02471a9d157d1afe30b807", Level::info, false,
     "JOBS BARS RATES"},
    {Happening::budget_not_charged, "budget_not_charged", "55281564858b4bfa9323b5747927e675",
     Level::error, true, "PROVIDER SQLSTATE"},
};
static_assert(std::size(kinds) == happenings_count);

} // namespace

std::span<HappeningKind const> happenings() { return kinds; }

HappeningKind const& kind_of(Happening happening) {
    return kinds[static_cast<std::size_t>(happening)];
}

bool is_declared(HappeningKind const& kind, std::string_view field) {
    for (auto rest = kind.fields; !rest.empty();) {
        auto const end = std::min(rest.find(' '), rest.size());
        if (rest.substr(0, end) == field) return true;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
}

} // namespace portfoliod
