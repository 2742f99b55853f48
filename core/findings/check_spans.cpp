// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/checked.h"
#include "checkpoint/words.h"
#include "findings/check_parts.h"

namespace plimsoll {

namespace {

class SpanCheck {
public:
    SpanCheck(const CheckContext& context, const Checkpoint& checkpoint) : context_(context), checkpoint_(checkpoint) {}

    void run() {
        std::uint64_t absent = 0;
        std::vector<std::vector<Span>> byFile(checkpoint_.files.size());
        const auto storages = checkpoint_.tensors.storages();
        for (const Storage& storage : storages) {
            if (storage.encoding == StorageEncoding::Absent && storage.bytes > 0) ++absent;
            if (storage.encoding != StorageEncoding::Raw && storage.encoding != StorageEncoding::Deflated) continue;
            if (!storage.file.valid() || !checkpoint_.files[storage.file.index()].mapping) continue;
            place(storage);
            count(storage);
            byFile[storage.file.index()].push_back({storage.offset, storage.offset + storage.storedBytes, &storage});
        }
        for (auto& spans : byFile) overlaps(spans);
        // Legacy torch files never align anything.
        const bool aligns = checkpoint_.format != Format::TorchLegacy;
        for (std::uint32_t i = 0; aligns && i < checkpoint_.tensors.size(); ++i) alignment(TensorId(i));
        if (misaligned_ > kShown)
            context_.find(rules::kAlignment, {}, fmt::format("{} more tensors like these", misaligned_ - kShown));
        if (absent > 0)
            context_.notDone({}, fmt::format("the bytes of {}", countText(absent, "storage")),
                             "the file does not hold them");
        context_.report.done.push_back(fmt::format("the spans of {}", countText(storages.size(), "storage")));
    }

private:
    struct Span {
        std::uint64_t begin;
        std::uint64_t end;
        const Storage* storage;
        friend bool operator<(const Span& a, const Span& b) {
            return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
        }
    };
    static constexpr std::uint64_t kShown = 20;

    [[nodiscard]] Place placeOf(const Storage& storage) const {
        return {checkpoint_.files[storage.file.index()].relativePath, std::string(storage.key), storage.offset, false};
    }

    void place(const Storage& storage) const {
        const std::uint64_t fileBytes = checkpoint_.files[storage.file.index()].bytes;
        if (!fitsWithin(storage.offset, storage.storedBytes, fileBytes)) {
            context_.find(rules::kTensorRange, placeOf(storage),
                          fmt::format("storage {} of {} bytes ends behind the file's {}", inQuotes(storage.key),
                                      storage.storedBytes, fileBytes));
        }
    }

    // A legacy file states each storage's element count before its bytes.
    void count(const Storage& storage) const {
        if (storage.headerCount == Storage::kNoHeader) return;
        std::array<std::byte, 8> bytes{};
        const auto read = checkpoint_.files[storage.file.index()].mapping->file().readAt(storage.headerOffset, bytes);
        const auto stated = ByteCursor(bytes).read<std::uint64_t>();
        Place place = placeOf(storage);
        place.offset = storage.headerOffset;
        if (!read)
            context_.find(rules::kReadFailed, std::move(place), read.error().what);
        else if (*stated != storage.headerCount) {
            context_.find(rules::kTensorRange, std::move(place),
                          fmt::format("storage {} announces {} elements, the pickle {}", inQuotes(storage.key), *stated,
                                      storage.headerCount));
        }
    }

    // A storage inside another is a view of it; one that starts in another and ends behind it is not.
    void overlaps(std::vector<Span>& spans) const {
        std::sort(spans.begin(), spans.end());
        const Span* outer = nullptr;
        for (const Span& span : spans) {
            if (span.begin == span.end) continue;
            if (outer != nullptr && span.begin < outer->end && span.end > outer->end) {
                context_.find(rules::kTensorOverlap, placeOf(*span.storage),
                              fmt::format("storage {} begins {} bytes before {} ends", inQuotes(span.storage->key),
                                          outer->end - span.begin, inQuotes(outer->storage->key)));
            }
            if (outer == nullptr || span.end > outer->end) outer = &span;
        }
    }

    void alignment(TensorId id) {
        const TensorTable& table = checkpoint_.tensors;
        const auto offset = table.fileOffset(id);
        const std::uint32_t bits = bitWidth(table.dtype(id));
        if (!offset || bits < 16 || bits % 8 != 0 || *offset % (bits / 8) == 0 || table.nbytes(id) == 0) return;
        if (++misaligned_ > kShown) return;
        const auto& storage = table.storage(id);
        context_.find(
            rules::kAlignment,
            {checkpoint_.files[storage.file.index()].relativePath, std::string(table.name(id)), *offset, false},
            fmt::format("tensor {} of {}-byte elements does not start at a multiple of that: mapped, it is slower "
                        "to use",
                        inQuotes(table.name(id)), bits / 8));
    }

    const CheckContext& context_;
    const Checkpoint& checkpoint_;
    std::uint64_t misaligned_ = 0;
};

}  // namespace

void checkSpans(const CheckContext& context, const Checkpoint& checkpoint) {
    SpanCheck(context, checkpoint).run();
}

}  // namespace plimsoll
