// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "checkpoint/tensor_reader.h"
#include "findings/check_report.h"
#include "findings/rules.h"
#include "io/mapped_file.h"
#include "tensor/stats.h"
#include "zip/zip_reader.h"

namespace plimsoll {

// What the parts of a check share.
struct CheckContext {
    CheckReport& report;
    unsigned threads = 0;
    ProgressSink& progress;
    std::stop_token stop;

    void find(const Rule& rule, Place place, std::string message) const {
        report.findings.emplace_back(rule, std::move(place), std::move(message));
    }
    void notDone(Place place, std::string what, std::string why) const {
        report.notDone.push_back({std::move(place), std::move(what), std::move(why)});
    }
};

// Elements of a tensor that lie in a row in a file, in little-endian order: their values can be summed by whoever reads
// that part of it for another reason.
struct ElementRun {
    const MappedFile* file = nullptr;
    std::uint64_t at = 0;       // in the file: of the first element, or of the deflated data that it is in
    std::uint64_t skipped = 0;  // deflated: content before the first element
    std::uint64_t bytes = 0;    // of elements
    TensorId tensor;
    bool deflated = false;
    std::uint64_t memberAt = kNoOffset;  // where known: the data of the zip member that it must be in
};

// The values of every tensor.
class ValueCheck {
public:
    ValueCheck(CheckContext& context, std::shared_ptr<const Checkpoint> checkpoint);

    // Of the tensors that wholly consist of such; none of the others.
    [[nodiscard]] std::vector<ElementRun> runs() const;
    [[nodiscard]] DType dtype(TensorId id) const { return checkpoint_->tensors.dtype(id); }
    // Somebody else reads it: add() is told what its runs hold, or readApart() that they could not be read.
    void leaveOut(TensorId id) { state_[id.index()] = State::Elsewhere; }
    // Safe from any thread.
    void add(TensorId id, const TensorStats& part);
    void readApart(TensorId id);

    // Bytes that run() will read.
    [[nodiscard]] std::uint64_t bytes() const;
    // Reads what was not left out, and judges all.
    //   errors  Cancelled
    [[nodiscard]] Result<void> run();

private:
    enum class State : std::uint8_t { Skipped, Here, Elsewhere };
    // A run of elements of one tensor.
    struct Piece {
        TensorId tensor;
        std::uint64_t first = 0;  // element
        std::uint64_t elements = 0;
    };
    // What the pieces of a tensor add up to.
    struct Summary {
        std::uint64_t count = 0;
        std::uint64_t nan = 0;
        std::uint64_t inf = 0;
        std::uint64_t zero = 0;
        double min = std::numeric_limits<double>::infinity();
        double max = -std::numeric_limits<double>::infinity();
    };
    struct Failure {
        std::uint64_t first = 0;  // element of the piece
        std::string what;
    };

    void addRuns(TensorId id, std::vector<ElementRun>& runs) const;
    void cut(TensorId id);
    [[nodiscard]] Result<void> read(const Piece& piece, TensorReader& reader, std::span<std::byte> buffer);
    void judge(TensorId id) const;
    [[nodiscard]] Place placeOf(TensorId id) const;

    CheckContext& context_;
    std::shared_ptr<const Checkpoint> checkpoint_;
    std::string valuesDone_;  // for the report
    std::vector<Piece> pieces_;
    std::mutex mutex_;           // of what follows
    std::vector<State> state_;   // of each row
    std::vector<Summary> sums_;  // of each row
    std::map<std::uint32_t, Failure> failures_;
};

// The zip members of all files: headers, gaps, CRC-32. Files that are no zip archives are passed over.
class ZipCheck {
public:
    explicit ZipCheck(CheckContext& context) : context_(context) {}

    // Reads directories and headers of an archive, or of several in a row.
    //   name  of the file, for places
    void addFile(const std::string& name, const std::shared_ptr<const MappedFile>& mapping);
    // Has the values summed of the tensors whose elements all lie in members: each byte is read once for both.
    void sumValues(ValueCheck& values);
    // Bytes that run() will read.
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
    // The CRC-32 of every member.
    //   errors  Cancelled
    [[nodiscard]] Result<void> run();

private:
    // A member whose header is sound.
    struct Member {
        std::uint32_t file = 0;
        std::string_view name;
        std::uint64_t data = 0;    // offset in the file
        std::uint64_t stored = 0;  // bytes there
        std::uint64_t bytes = 0;   // of content
        std::uint32_t crc = 0;
        std::uint32_t firstPiece = 0;
        bool deflated = false;
    };
    struct File {
        std::string name;
        std::shared_ptr<const MappedFile> mapping;
    };
    // A part of a stored member, or a whole deflated one.
    struct Piece {
        std::uint32_t member = 0;
        std::uint64_t offset = 0;  // in the content
        std::uint64_t bytes = 0;
        std::uint32_t crc = 0;  // result
        bool failed = false;    // result
    };
    // Elements of a tensor in a piece; sorted by piece, then by offset.
    struct Part {
        std::uint32_t piece = 0;
        TensorId tensor;
        std::uint64_t offset = 0;  // in the content
        std::uint64_t bytes = 0;
    };
    class PartSums;

    void addArchive(const ZipReader& zip, std::uint64_t at);
    void addMember(const ZipEntry& entry, std::uint64_t data, std::uint64_t at);
    void gap(const ZipEntry& entry, std::uint64_t dataEnd, std::uint64_t at);
    void cutIntoPieces(Member& member);
    [[nodiscard]] const Member* memberOf(const ElementRun& run) const;
    // False, and nothing is added, where one of the runs of a tensor lies in no member.
    [[nodiscard]] bool addParts(std::span<const ElementRun> runs);
    [[nodiscard]] std::span<const Part> partsOf(std::size_t piece) const;
    [[nodiscard]] Result<void> sum(Piece& piece, PartSums& sums, std::span<std::byte> buffer) const;
    void compare();
    [[nodiscard]] Place placeOf(const Member& member) const;

    CheckContext& context_;
    std::vector<File> files_;
    std::vector<Member> members_;
    std::vector<Piece> pieces_;
    ValueCheck* values_ = nullptr;
    std::vector<Part> parts_;
    std::vector<std::uint32_t> byPlace_;  // members, by file and place
    std::vector<Error> errors_;
    std::uint64_t bytes_ = 0;
};

// Storages against their files: out of range, over each other, bytes that belong to none; legacy counts; alignment.
void checkSpans(const CheckContext& context, const Checkpoint& checkpoint);

}  // namespace plimsoll
