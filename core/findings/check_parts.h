// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "findings/check_report.h"
#include "findings/rules.h"
#include "io/mapped_file.h"
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

// The zip members of all files: headers, gaps, CRC-32. Files that are no zip archives are passed over.
class ZipCheck {
public:
    explicit ZipCheck(CheckContext& context) : context_(context) {}

    // Reads directories and headers of an archive, or of several in a row.
    //   name  of the file, for places
    void addFile(const std::string& name, const std::shared_ptr<const MappedFile>& mapping);
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

    void addArchive(const ZipReader& zip, std::uint64_t at);
    void addMember(const ZipEntry& entry, std::uint64_t data, std::uint64_t at);
    void gap(const ZipEntry& entry, std::uint64_t dataEnd, std::uint64_t at);
    void cutIntoPieces();
    [[nodiscard]] Result<void> sum(Piece& piece, std::span<std::byte> buffer) const;
    void compare();
    [[nodiscard]] Place placeOf(const Member& member) const;

    CheckContext& context_;
    std::vector<File> files_;
    std::vector<Member> members_;
    std::vector<Piece> pieces_;
    std::vector<Error> errors_;
    std::uint64_t bytes_ = 0;
};

// Storages against their files: out of range, over each other, bytes that belong to none; legacy counts; alignment.
void checkSpans(const CheckContext& context, const Checkpoint& checkpoint);

// The values of every tensor.
class ValueCheck {
public:
    ValueCheck(CheckContext& context, std::shared_ptr<const Checkpoint> checkpoint);

    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
    //   errors  Cancelled
    [[nodiscard]] Result<void> run();

private:
    // A run of elements of one tensor.
    struct Piece {
        TensorId tensor;
        std::uint64_t first = 0;  // element
        std::uint64_t elements = 0;
    };
    struct Summary;

    void cut(TensorId id);
    void judge(TensorId id, const Summary& summary) const;
    [[nodiscard]] Place placeOf(TensorId id) const;

    CheckContext& context_;
    std::shared_ptr<const Checkpoint> checkpoint_;
    std::vector<Piece> pieces_;
    std::uint64_t tensors_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace plimsoll
