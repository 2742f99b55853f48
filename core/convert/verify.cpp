// SPDX-License-Identifier: GPL-3.0-or-later
#include "convert/verify.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "zip/crc32.h"

namespace plimsoll {

namespace {

class Verification {
public:
    Verification(const EngineJob& job, const PartLedger& ledger, const OutputSet& out, ProgressSink& progress,
                 const std::stop_token& stop)
        : job_(job), ledger_(ledger), out_(out), progress_(progress), stop_(stop), queue_(itemsOf(job)) {}

    Result<void> records() {
        TRY_VOID(runOnThreads(job_.shape.threads, [this](const auto& failed) { return checkItems(failed); }));
        if (stop_.stop_requested()) return cancelled();
        return {};
    }

    Result<void> blobs(std::size_t file, const FinalBlobs& blobs) {
        std::vector<std::byte> found;
        return blobs.visit([&](std::uint64_t offset, std::span<const std::byte> bytes) -> Result<void> {
            if (stop_.stop_requested()) return cancelled();
            found.resize(bytes.size());
            TRY_VOID(out_.readAt(file, offset, found));
            const auto [expected, other] = std::ranges::mismatch(bytes, found);
            if (expected != bytes.end())
                return differs(file, offset + static_cast<std::uint64_t>(expected - bytes.begin()),
                               "another byte than was written");
            progress_.advance(bytes.size());
            return {};
        });
    }

private:
    [[nodiscard]] tl::unexpected<Error> differs(std::size_t file, std::uint64_t offset, const std::string& what) const {
        return fail(Error{Errc::Corrupt, offset, "verification found " + what, job_.files[file].path});
    }

    Result<void> checkItems(const std::function<bool()>& failed) {
        std::vector<std::byte> buffer(static_cast<std::size_t>(job_.shape.blockBytes));
        while (!failed() && !stop_.stop_requested()) {
            const auto item = queue_.next();
            if (!item) break;
            for (std::uint32_t i = 0; i < item->records; ++i) {
                const auto& record = job_.files[item->file].records[item->record + i];
                const auto bytes = item->records > 1 ? record.destinationBytes : item->bytes;
                TRY_VOID(
                    checkPart(item->file, record.destinationOffset + item->offset, bytes, item->firstPart + i, buffer));
            }
        }
        return {};
    }

    Result<void> checkPart(std::uint32_t file, std::uint64_t offset, std::uint64_t bytes, std::uint64_t part,
                           std::span<std::byte> buffer) {
        std::uint32_t crc = 0;
        for (std::uint64_t done = 0; done < bytes;) {
            if (stop_.stop_requested()) return {};
            const auto block =
                buffer.first(static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), bytes - done)));
            TRY_VOID(out_.readAt(file, offset + done, block));
            crc = crc32(crc, block);
            done += block.size();
        }
        const auto expected = ledger_.crcOfPart(part);
        if (crc != expected) {
            return differs(file, offset,
                           fmt::format("other bytes than were written: CRC-32 {:08x} of {} bytes (expected {:08x})",
                                       crc, bytes, expected));
        }
        progress_.advance(bytes);
        return {};
    }

    const EngineJob& job_;
    const PartLedger& ledger_;
    const OutputSet& out_;
    ProgressSink& progress_;
    const std::stop_token& stop_;
    WorkQueue queue_;
};

}  // namespace

Result<void> verifyOutput(const EngineJob& job, const PartLedger& ledger, std::span<const FileBlobs> blobs,
                          const OutputSet& out, ProgressSink& progress, const std::stop_token& stop) {
    out.dropCaches();
    Verification verification(job, ledger, out, progress, stop);
    TRY_VOID(verification.records());
    for (const auto& [file, content] : blobs) TRY_VOID(verification.blobs(file, content));
    return {};
}

}  // namespace plimsoll
