// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "checkpoint/tensor_reader.h"
#include "io/direct_file.h"
#include "load/device.h"
#include "load/lane.h"
#include "load/read_plan.h"
#include "load/strategy.h"
#include "memory/stream_buffers.h"

namespace plimsoll {

namespace {

class Stream {
public:
    Stream(const LoadContext& context, const ModuleTree& tree)
        : context_(context), tree_(tree), plan_(planReads(tree)) {
        for (const SourceFile& file : context.checkpoint->files)
            files_.push_back(file.mapping ? std::make_unique<DirectFile>(file.mapping->file()) : nullptr);
    }

    Result<void> run() {
        TRY_VOID(checkHeaders());
        startThreads();
        if (exception_) std::rethrow_exception(exception_);
        if (failure_) return fail(*std::move(failure_));
        return {};
    }

private:
    // Returns when they have come to their ends.
    void startThreads() {
        std::vector<std::jthread> threads;
        try {
            const std::size_t jobs = plan_.blocks.size() + plan_.gathered.size();
            for (std::size_t n = 0; n < std::min<std::size_t>(jobs, stream_buffers::kThreads); ++n)
                threads.emplace_back([this] { work(); });
        } catch (const std::system_error&) {
            // Under a limit there may be no room for the stack of one more: those that run do its work.
            if (threads.empty()) throw;
        }
    }

    // Each record must start where the zip directory says before its blocks are read past the reader that checks it.
    Result<void> checkHeaders() {
        TensorReader reader(context_.checkpoint);
        for (const auto& slot : tree_.slots())
            TRY_VOID(reader.readStorage(context_.checkpoint->tensors.storageId(slot.tensor), 0, {}));
        return {};
    }

    void work() noexcept {
        Result<void> done;
        std::exception_ptr thrown;
        try {
            done = takeBlocks();
        } catch (...) {
            thrown = std::current_exception();
        }
        if (done && !thrown) return;
        next_ = plan_.blocks.size() + plan_.gathered.size();  // the others find nothing more to do
        const std::scoped_lock lock(mutex_);
        if (failure_ || exception_) return;
        exception_ = std::move(thrown);
        if (!done) failure_ = std::move(done.error());
    }

    Result<void> takeBlocks() {
        const at::NoGradGuard noGradients;  // of this thread
        TRY(const auto lane, makeLane(tree_, context_.device));
        TensorReader reader(context_.checkpoint);
        const Staging staging;
        const std::size_t total = plan_.blocks.size() + plan_.gathered.size();
        for (std::size_t job = next_++; job < total; job = next_++) {
            if (job < plan_.blocks.size())
                TRY_VOID(readBlock(plan_.blocks[job], *lane, staging));
            else
                TRY_VOID(gatherSlot(plan_.gathered[job - plan_.blocks.size()], *lane, reader));
        }
        return lane->finish();
    }

    // Pages that are never used are never there: a thread without whole blocks has no huge one.
    struct Staging {
        PageBuffer whole{static_cast<std::size_t>(stream_buffers::kStagingBytes)};
        PageBuffer ends{DirectFile::kAlignment};  // of what is read in place
    };

    Result<void> readBlock(const Block& block, Lane& lane, const Staging& staging) {
        const auto pieces = plan_.piecesOf(block);
        TRY(const auto place, lane.place(pieces, block.offset, block.bytes));
        DirectFile& file = *files_[block.file.index()];
        TRY_VOID(place.isFinal ? file.readAt(block.offset, place.bytes, staging.whole.bytes())
                               : file.readInto(block.offset, place.bytes, staging.ends.bytes()));
        return lane.deliver(pieces, place.bytes);
    }

    Result<void> gatherSlot(std::size_t slot, Lane& lane, TensorReader& reader) {
        const TensorId id = tree_.slots()[slot].tensor;
        const std::uint64_t elementBytes = at::elementSize(tree_.slots()[slot].stored);
        const std::uint64_t total = context_.checkpoint->tensors.nbytes(id);
        for (std::uint64_t at = 0; at < total; at += stream_buffers::kBlockBytes) {
            const Piece piece{slot, at, 0, std::min(stream_buffers::kBlockBytes, total - at)};
            const std::span pieces(&piece, 1);
            TRY(const auto place, lane.place(pieces, 0, piece.bytes));
            TRY_VOID(reader.readElements(id, at / elementBytes, place.bytes));
            TRY_VOID(lane.deliver(pieces, place.bytes));
        }
        return {};
    }

    const LoadContext& context_;
    const ModuleTree& tree_;
    ReadPlan plan_;
    std::vector<std::unique_ptr<DirectFile>> files_;
    std::atomic<std::size_t> next_ = 0;
    std::mutex mutex_;
    std::optional<Error> failure_;
    std::exception_ptr exception_;  // of torch or an allocation; the first of either stands
};

}  // namespace

Result<ModuleTree> loadStreamed(const LoadContext& context) {
    context.reporter.phase("build");
    TRY(ModuleTree tree, ModuleTree::build(context.checkpoint, ModuleTree::Memory::Meta, context.dtype));
    context.reporter.phase("allocate");
    packAllocations(context.device);
    tree.toEmpty(context.device);
    context.reporter.phase("read");
    TRY_VOID(Stream(context, tree).run());
    return tree;
}

}  // namespace plimsoll
