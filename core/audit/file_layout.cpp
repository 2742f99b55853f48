// SPDX-License-Identifier: GPL-3.0-or-later
#include "audit/file_layout.h"

#include <algorithm>
#include <utility>

#include "audit/outside.h"
#include "audit/view_bytes.h"
#include "zip/zip_reader.h"

namespace plimsoll {

namespace {

struct Span {
    std::uint64_t begin;
    std::uint64_t end;
    std::uint32_t what;  // a tensor, a storage or a record
    friend bool operator<(const Span& a, const Span& b) { return a.begin < b.begin; }
};

// Goes through sorted spans as the places that are asked for ascend.
class Cursor {
public:
    explicit Cursor(const std::vector<Span>& spans) : at_(spans.begin()), end_(spans.end()) {}
    // The first span that ends behind this place, or none.
    const Span* behind(std::uint64_t place) {
        while (at_ != end_ && at_->end <= place) ++at_;
        return at_ == end_ ? nullptr : &*at_;
    }

private:
    std::vector<Span>::const_iterator at_;
    std::vector<Span>::const_iterator end_;
};

class LayoutBuilder {
public:
    LayoutBuilder(std::shared_ptr<const Checkpoint> checkpoint, FileId file)
        : table_(checkpoint->tensors), source_(checkpoint->files[file.index()]) {
        layout_.file = file;
        layout_.bytes = source_.bytes;
        layout_.checkpoint = std::move(checkpoint);
    }

    FileLayout build(const std::stop_token& stop) {
        findStorages();
        findRecords();
        if (!findTensors(stop)) return {};
        Cursor storages(storages_);
        Cursor records(records_);
        std::uint64_t reached = 0;
        for (const Span& span : tensors_) {
            const std::uint64_t begin = std::max(span.begin, reached);
            if (span.end <= begin) continue;
            fill(reached, begin, storages, records);
            add({begin, TensorId(span.what), 0, FilePart::Kind::Tensor});
            reached = span.end;
        }
        fill(reached, layout_.bytes, storages, records);
        addUp();
        return std::move(layout_);
    }

private:
    using Kind = FilePart::Kind;

    // Storages that overlap become one: what matters is which bytes belong to any.
    void findStorages() {
        firstView_.assign(table_.storages().size(), TensorId());
        for (const StorageExtent& extent : storageExtents(table_)) {
            if (extent.file != layout_.file) continue;
            const std::uint64_t end = std::min(extent.end, layout_.bytes);
            if (extent.begin >= end) continue;
            extents_.push_back({extent.begin, end, extent.storage.index()});
            if (!storages_.empty() && extent.begin < storages_.back().end) {
                storages_.back().end = std::max(storages_.back().end, end);
            } else {
                storages_.push_back({extent.begin, end, extent.storage.index()});
            }
        }
    }

    // Members of the archive in which no storage begins.
    void findRecords() {
        const auto archive = source_.mapping->bytes();
        if (!ZipReader::looksLikeZip(archive)) return;
        const auto zip = ZipReader::open(archive);
        if (!zip) return;
        std::vector<Span> members;
        const auto entries = zip->entries();
        for (std::uint32_t i = 0; i < entries.size(); ++i)
            members.push_back({entries[i].headerOffset, entries[i].regionEnd, i});
        std::sort(members.begin(), members.end());
        Cursor storages(storages_);
        for (const Span& member : members) {
            const Span* storage = storages.behind(member.begin);
            if (storage != nullptr && storage->begin < member.end) continue;
            records_.push_back({member.begin, member.end, static_cast<std::uint32_t>(layout_.records.size())});
            layout_.records.emplace_back(entries[member.what].name);
        }
    }

    bool findTensors(const std::stop_token& stop) {
        for (std::uint32_t i = 0; i < table_.size(); ++i) {
            if (i % 65'536 == 0 && stop.stop_requested()) return false;
            const StorageId storage = table_.storageId(TensorId(i));
            TensorId& first = firstView_[storage.index()];
            if (!first.valid()) first = TensorId(i);
            const Storage& place = table_.storage(storage);
            if (place.encoding == StorageEncoding::Raw && place.file == layout_.file) addView(TensorId(i), place);
        }
        for (const Span& extent : extents_) {
            const TensorId first = firstView_[extent.what];
            const bool raw = table_.storage(StorageId(extent.what)).encoding == StorageEncoding::Raw;
            if (!raw && first.valid()) tensors_.push_back({extent.begin, extent.end, first.index()});
        }
        // By row where they begin together: the first row has the bytes.
        std::stable_sort(tensors_.begin(), tensors_.end());
        return !stop.stop_requested();
    }

    void addView(TensorId tensor, const Storage& place) {
        const ViewBytes view = viewBytes(table_, tensor);
        const std::uint64_t end = std::min(place.offset + view.end(), layout_.bytes);
        if (view.run > 0 && place.offset + view.begin < end)
            tensors_.push_back({place.offset + view.begin, end, tensor.index()});
    }

    void fill(std::uint64_t from, std::uint64_t to, Cursor& storages, Cursor& records) {
        while (from < to) {
            const Span* storage = storages.behind(from);
            const bool inside = storage != nullptr && storage->begin <= from;
            const std::uint64_t end = storage == nullptr ? to : std::min(to, inside ? storage->end : storage->begin);
            if (inside) {
                add({from, {}, 0, Kind::Unused});
            } else {
                const bool first = storages_.empty() || from < storages_.front().begin;
                fillOutside(from, end,
                            first                ? Kind::Before
                            : storage == nullptr ? Kind::After
                                                 : Kind::Between,
                            records);
            }
            from = end;
        }
    }

    void fillOutside(std::uint64_t from, std::uint64_t to, Kind kind, Cursor& records) {
        while (from < to) {
            const Span* record = records.behind(from);
            const bool inside = record != nullptr && record->begin <= from;
            const std::uint64_t end = record == nullptr ? to : std::min(to, inside ? record->end : record->begin);
            add(inside ? FilePart{from, {}, record->what, Kind::Record} : FilePart{from, {}, 0, kind});
            from = end;
        }
    }

    void addUp() {
        for (std::size_t i = 0; i < layout_.parts.size(); ++i) {
            const std::uint64_t bytes = layout_.end(i) - layout_.parts[i].begin;
            if (layout_.parts[i].kind == Kind::Unused) {
                layout_.unusedBytes += bytes;
            } else if (layout_.parts[i].kind != Kind::Tensor) {
                layout_.outsideBytes += bytes;
            }
        }
    }

    void add(const FilePart& part) { layout_.parts.push_back(part); }

    const TensorTable& table_;
    const SourceFile& source_;
    FileLayout layout_;
    std::vector<Span> extents_;   // of storages, as they are
    std::vector<Span> storages_;  // merged
    std::vector<Span> records_;
    std::vector<Span> tensors_;
    std::vector<TensorId> firstView_;  // by storage
};

}  // namespace

std::size_t FileLayout::partAt(std::uint64_t offset) const noexcept {
    const auto after = std::ranges::upper_bound(parts, offset, {}, &FilePart::begin);
    return after == parts.begin() ? 0 : static_cast<std::size_t>(after - parts.begin()) - 1;
}

std::optional<std::size_t> FileLayout::partOf(TensorId tensor) const noexcept {
    const auto found = std::ranges::find_if(
        parts, [tensor](const FilePart& part) { return part.kind == FilePart::Kind::Tensor && part.tensor == tensor; });
    if (found == parts.end()) return std::nullopt;
    return static_cast<std::size_t>(found - parts.begin());
}

std::string FileLayout::words(std::size_t part) const {
    const OutsideWords outside = outsideWords(checkpoint->format);
    switch (parts[part].kind) {
        case FilePart::Kind::Tensor:
            return std::string(checkpoint->tensors.name(parts[part].tensor));
        case FilePart::Kind::Unused:
            return "in a storage, used by no tensor";
        case FilePart::Kind::Record:
            return records[parts[part].record];
        case FilePart::Kind::Before:
            return std::string(outside.before);
        case FilePart::Kind::Between:
            return std::string(outside.between);
        case FilePart::Kind::After:
            return std::string(outside.after);
    }
    return {};
}

FileLayout layOutFile(std::shared_ptr<const Checkpoint> checkpoint, FileId file, const std::stop_token& stop) {
    if (!checkpoint || !checkpoint->files[file.index()].mapping) return {};
    return LayoutBuilder(std::move(checkpoint), file).build(stop);
}

}  // namespace plimsoll
