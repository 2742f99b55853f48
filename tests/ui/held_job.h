// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <memory>
#include <semaphore>

#include "jobs/job.h"

// Works until it is let go, or stopped.
class HeldJob final : public plimsoll::ui::Job {
public:
    HeldJob(const QString& title, bool queued, QObject* parent = nullptr) : Job(parent) {
        announce({title, QStringLiteral("plimsoll-cli %1").arg(title), queued});
    }
    void run(bool fails = false) {
        start<int>(
            [gate = gate_, fails](plimsoll::ProgressSink& progress,
                                  const std::stop_token& stop) -> plimsoll::Result<int> {
                progress.announce(100);
                progress.advance(40);
                while (!gate->try_acquire_for(std::chrono::milliseconds(5)))
                    if (stop.stop_requested()) return plimsoll::cancelled();
                if (fails) return plimsoll::fail(plimsoll::Errc::Io, "the disk is full");
                return 1;
            },
            [this](const plimsoll::Result<int>& outcome) {
                if (outcome) setResult(QStringLiteral("all went well"));
            });
    }
    void letGo() { gate_->release(); }

private:
    std::shared_ptr<std::binary_semaphore> gate_ = std::make_shared<std::binary_semaphore>(0);
};
