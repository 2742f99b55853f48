// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/limits.h"
#include "findings/rules.h"
#include "findings/scan_context.h"
#include "formats/dcp/dcp_globals.h"
#include "pickle/literals.h"
#include "pickle/opcode_reader.h"
#include "pickle/scanner.h"

namespace plimsoll {

namespace {

// Ends the first pickle of a legacy torch file: LONG1 of ten bytes, 0x1950a86a20f9469cfc6c.
constexpr std::string_view kLegacyMagic = "\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19.";
constexpr int kLegacyPickles = 5;

bool startsWithProtocol(std::span<const std::byte> bytes) {
    return bytes.size() > 1 && bytes[0] == std::byte{0x80} && bytes[1] <= std::byte{5};
}

// As Python spells module and attribute names; letters outside ASCII are allowed there.
bool isDottedName(std::string_view name) {
    const auto belongs = [](unsigned char c) {
        return c == '.' || c == '_' || c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    };
    return !name.empty() && !(name[0] >= '0' && name[0] <= '9') && std::ranges::all_of(name, belongs);
}

bool namesSomething(const PickleScan& scan) {
    return std::ranges::any_of(scan.globals, [](const GlobalRef& global) {
        return global.dynamic || (isDottedName(global.module) && isDottedName(global.name));
    });
}

// Whether bytes that could be anything are a pickle: protocols 0 and 1 have no mark, and by chance any byte starts one.
bool isPickle(std::span<const std::byte> bytes, const PickleScan& scan, Role role) {
    const bool marked = startsWithProtocol(bytes);
    const bool named = namesSomething(scan);
    const bool knownBad = std::ranges::any_of(
        scan.globals, [](const GlobalRef& global) { return global.verdict == Verdict::Dangerous && !global.dynamic; });
    switch (role) {
        case Role::Pickle:
            return marked || named || !scan.broken;
        case Role::File:
            return marked || (named && (!scan.broken || knownBad));
        case Role::Record:
        case Role::Leftover:
            return marked ? !scan.broken || named : named && (!scan.broken || knownBad);
        case Role::Constant:
            return marked ? !scan.broken || knownBad : named && !scan.broken;
        case Role::Storage:
            return named && !scan.broken;
    }
    return false;
}

// Texts and bytes inside a pickle that are containers themselves: what a loads() in it would be given.
class Constants {
public:
    Constants(ScanContext& context, const Region& pickle) : context_(context), pickle_(pickle) {}

    void scan() {
        OpcodeReader in(pickle_.bytes, pickle_.place.offset);
        while (!context_.stopped() && in.next() && in.opcode() != Opcode::Stop) look(in);
    }

private:
    void look(const OpcodeReader& in) {
        const std::string_view text = in.argument().text;
        switch (in.opcode()) {
            case Opcode::String:
                return unquotedText(in);
            case Opcode::Unicode:
                if (const auto decoded = decodeRawUnicode(text)) return asLatin1(in, *decoded);
                return;
            case Opcode::BinUnicode:
            case Opcode::ShortBinUnicode:
            case Opcode::BinUnicode8:
                // Protocols below 3 write bytes as Latin-1 text for _codecs.encode.
                return asLatin1(in, text);
            case Opcode::BinString:
            case Opcode::ShortBinString:
            case Opcode::BinBytes:
            case Opcode::ShortBinBytes:
            case Opcode::BinBytes8:
            case Opcode::ByteArray8:
                return inPlace(in, text);
            default:
                return;
        }
    }

    void unquotedText(const OpcodeReader& in) {
        const auto inside = unquote(in.argument().text);
        const auto decoded = inside ? decodeStringEscapes(*inside) : std::nullopt;
        if (decoded) made(in, *decoded);
    }

    // UTF-8 of characters below 256 as the bytes that they stand for.
    void asLatin1(const OpcodeReader& in, std::string_view text) {
        if (text.size() > limits::kPickleTextBytes)
            return context_.skip(pickle_.at(in.place()), fmt::format("a text of {} bytes", text.size()));
        const bool ascii = std::ranges::all_of(text.substr(0, 2), [](char c) { return (c & 0x80) == 0; });
        if (ascii && text.find_first_of("\xC2\xC3") == std::string_view::npos) {
            // The same bytes; UNICODE's are a copy.
            return text.data() == in.argument().text.data() ? inPlace(in, text) : made(in, text);
        }
        std::string bytes;
        for (std::string_view rest = text; !rest.empty();) {
            const auto character = takeUtf8(rest);
            if (!character || *character > 0xFF) return;
            bytes += static_cast<char>(*character);
        }
        made(in, bytes);
    }

    void inPlace(const OpcodeReader& in, std::string_view text) {
        if (text.size() < kLeast) return;
        const auto offset = static_cast<std::uint64_t>(asBytes(text).data() - pickle_.bytes.data());
        scanContent(context_, pickle_.member(label(in), offset, text.size()), Role::Constant);
    }

    void made(const OpcodeReader& in, std::string_view text) {
        if (text.size() < kLeast) return;
        scanContent(context_, pickle_.unpackedMember(label(in), asBytes(text)), Role::Constant);
    }

    static std::string label(const OpcodeReader& in) { return fmt::format("constant at byte {}", in.opcodeOffset()); }

    static constexpr std::size_t kLeast = 4;

    ScanContext& context_;
    const Region& pickle_;
};

void reportNames(ScanContext& context, const Region& pickle, const PickleScan& scan) {
    context.countPickle();
    if (pickle.place.member.empty() && std::filesystem::path(pickle.place.file).filename() == kDcpMetadataName) {
        auto globals = scan.globals;
        judgeAsDcpMetadata(globals);
        context.addGlobals(pickle, globals);
    } else {
        context.addGlobals(pickle, scan.globals);
    }
    Constants(context, pickle).scan();
}

// The length of a whole pickle at `at`; 0 where there is none.
std::size_t pickleAt(ScanContext& context, const Region& region, std::size_t at) {
    const auto bytes = region.bytes.subspan(at);
    if (!startsWithProtocol(bytes)) return 0;
    const std::uint64_t start = region.place.offset + at;
    const PickleScan scan = scanPickle(bytes, start);
    const auto length = static_cast<std::size_t>(scan.endOffset - start);
    if (!context.mayFollow(length)) {
        context.skip(region.at(at), "too many possible starts of pickles to follow them all");
        return bytes.size();
    }
    if (scan.broken) return 0;
    reportNames(context, region.part(at, length), scan);
    return length;
}

class PickleRun {
public:
    PickleRun(ScanContext& context, const Region& region, Role role)
        : context_(context), region_(region), role_(role) {}

    bool run() {
        Role role = role_;
        while (!context_.stopped() && !rest().empty() && onePickle(role)) {
            ++count_;
            if (broken_ || (legacy_ && count_ == kLegacyPickles)) break;
            role = Role::Record;
        }
        if (count_ == 0) return false;
        if (!broken_ && !rest().empty()) follows();
        return true;
    }

private:
    [[nodiscard]] std::span<const std::byte> rest() const { return region_.bytes.subspan(done_); }

    bool onePickle(Role role) {
        const auto bytes = rest();
        const std::uint64_t start = region_.place.offset + done_;
        const PickleScan scan = scanPickle(bytes, start);
        if (!isPickle(bytes, scan, role)) return false;
        const auto length = static_cast<std::size_t>(scan.endOffset - start);
        const Region pickle = region_.part(done_, length);
        if (!context_.mayFollow(length)) {
            context_.skip(pickle.place, "members lie over each other: too much to follow");
            return false;
        }
        report(pickle, scan);
        legacy_ = legacy_ || (count_ == 0 && asText(pickle.bytes).ends_with(kLegacyMagic));
        done_ += length;
        // A stream with wrong frames was followed to its STOP; one that breaks was not.
        broken_ = scan.broken && scan.endOffset <= scan.broken->offset;
        return true;
    }

    void report(const Region& pickle, const PickleScan& scan) {
        if (role_ == Role::Constant && count_ == 0)
            context_.find(rules::kNestedPickle, pickle.place, "a constant of the pickle around it is a pickle too");
        if (role_ == Role::Storage)
            context_.find(rules::kPickleInStorage, pickle.place, "the bytes of a tensor are a pickle with imports");
        reportNames(context_, pickle, scan);
        if (!scan.broken) return;
        Place at = pickle.place;
        at.offset = scan.broken->offset;
        if (scan.endOffset > scan.broken->offset)
            context_.find(rules::kAmbiguousPickle, std::move(at), scan.broken->what);
        else
            context_.skip(std::move(at), fmt::format("the pickle breaks here ({}), so nothing is known of what follows",
                                                     scan.broken->what));
    }

    // What is left behind the last STOP.
    void follows() {
        Region behind = region_.part(done_, rest().size());
        ++behind.depth;
        if (legacy_ && count_ == kLegacyPickles) return behindStorages(behind);
        if (role_ == Role::Storage || role_ == Role::Constant) return;
        // PyTorch 0.1 wrote tensors between the pickles of these members.
        if (!isOldTensorMember(behind.place.member))
            context_.find(rules::kTrailingPickle, behind.place,
                          fmt::format("{} bytes follow the pickle", behind.bytes.size()));
        scanContent(context_, behind, Role::Leftover);
    }

    static bool isOldTensorMember(std::string_view member) {
        const auto name = member.substr(member.rfind('!') + 1);
        return name == "storages" || name == "tensors" || name == "./storages" || name == "./tensors";
    }

    // The tensors of a legacy torch file are raw bytes; only what follows them may be anything.
    void behindStorages(const Region& storages) {
        const std::uint64_t end = region_.depth == 0 ? context_.storagesEnd.value_or(0) : 0;
        const std::uint64_t start = storages.place.offset;
        if (end < start) return context_.skip(storages.place, "where the tensors' bytes end is not known");
        if (end - start >= storages.bytes.size()) return;
        const Region data = storages.part(end - start, storages.bytes.size() - (end - start));
        context_.find(rules::kTrailingData, data.place,
                      fmt::format("{} bytes follow the last tensor", data.bytes.size()));
        scanContent(context_, data, Role::Leftover);
    }

    ScanContext& context_;
    const Region& region_;
    Role role_;
    std::size_t done_ = 0;
    int count_ = 0;
    bool legacy_ = false;
    bool broken_ = false;
};

}  // namespace

void searchPickles(ScanContext& context, Region region) {
    if (region.bytes.size() > limits::kScanSearchBytes) {
        context.skip(region.at(limits::kScanSearchBytes), "too much to search for pickles");
        region = region.part(0, limits::kScanSearchBytes);
    }
    for (std::size_t at = 0; at + 1 < region.bytes.size() && !context.stopped();) {
        const auto* const mark =
            static_cast<const std::byte*>(std::memchr(region.bytes.data() + at, 0x80, region.bytes.size() - at - 1));
        if (mark == nullptr) return;
        at = static_cast<std::size_t>(mark - region.bytes.data());
        at += std::max<std::size_t>(1, pickleAt(context, region, at));
    }
}

bool scanPickles(ScanContext& context, const Region& region, Role role) {
    return PickleRun(context, region, role).run();
}

}  // namespace plimsoll
