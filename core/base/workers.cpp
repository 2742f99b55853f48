// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/workers.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace plimsoll {

Result<void> runWorkers(std::size_t count, unsigned threads, const std::function<ItemWork()>& makeWork,
                        const std::stop_token& stop) {
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    std::optional<Error> firstError;
    const auto worker = [&] {
        const ItemWork work = makeWork();
        for (std::size_t item = next++; item < count && !stop.stop_requested(); item = next++) {
            auto done = work(item);
            if (done) continue;
            next = count;
            const std::lock_guard lock(mutex);
            if (!firstError) firstError = std::move(done.error());
        }
    };
    if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
    const auto others = std::min<std::size_t>(threads, count);
    {
        std::vector<std::jthread> pool;
        for (std::size_t i = 1; i < others; ++i) pool.emplace_back(worker);
        worker();
    }
    if (firstError) return fail(std::move(*firstError));
    if (stop.stop_requested()) return cancelled();
    return {};
}

}  // namespace plimsoll
