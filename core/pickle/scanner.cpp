// SPDX-License-Identifier: GPL-3.0-or-later
#include "pickle/scanner.h"

#include <deque>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/limits.h"
#include "pickle/literals.h"
#include "pickle/memo_index.h"
#include "pickle/opcodes.h"
#include "pickle/symbolic_stack.h"

namespace plimsoll {

namespace {

constexpr std::string_view kDynamic = "?";

struct NameHash {
    [[nodiscard]] std::size_t operator()(const std::pair<std::string_view, std::string_view>& name) const noexcept {
        return std::hash<std::string_view>{}(name.first) * 31 + std::hash<std::string_view>{}(name.second);
    }
};

// The names found so far, each once.
class GlobalList {
public:
    explicit GlobalList(std::vector<GlobalRef>& out) : out_(out) {}

    // The texts outlive the list. False where there are more than limits.h allows.
    bool add(std::string_view module, std::string_view name, std::uint64_t offset) {
        if (!seen_.emplace(module, name).second) return true;
        if (seen_.size() > limits::kPickleGlobals) return false;
        GlobalRef global{std::string(module), std::string(name), Verdict::Suspicious, false, {}, offset};
        global.verdict = judgeGlobal(module, name, &global.reason);
        out_.push_back(std::move(global));
        return true;
    }
    bool addCopy(std::string module, std::string name, std::uint64_t offset) {
        const auto& keptModule = copies_.emplace_back(std::move(module));
        const auto& keptName = copies_.emplace_back(std::move(name));
        return add(keptModule, keptName, offset);
    }
    void addDynamic(std::uint64_t offset) {
        if (std::exchange(dynamic_, true)) return;
        out_.push_back({std::string(kDynamic), std::string(kDynamic), Verdict::Dangerous, true,
                        "the name is computed while loading, so nobody can know it before", offset});
    }

private:
    std::vector<GlobalRef>& out_;
    std::unordered_set<std::pair<std::string_view, std::string_view>, NameHash> seen_;
    std::deque<std::string> copies_;
    bool dynamic_ = false;
};

class Scan {
public:
    Scan(std::span<const std::byte> pickle, std::uint64_t startOffset) : pickle_(pickle), start_(startOffset) {}

    PickleScan run() {
        follow(nullptr);
        // Names on the stack need the stack: only then is the stream followed again, with one.
        if (sawStackGlobal_) {
            out_.globals.clear();
            SymbolicStack stack(out_);
            follow(&stack);
        }
        return std::move(out_);
    }

private:
    void follow(SymbolicStack* stack);
    bool step(ByteCursor& in, GlobalList& globals, SymbolicStack* stack);
    bool noteGlobals(Opcode code, const OpcodeArgument& argument, GlobalList& globals, SymbolicStack* stack,
                     std::uint64_t at);
    bool stackGlobal(GlobalList& globals, SymbolicStack& stack, std::uint64_t at);
    [[nodiscard]] std::optional<std::string> literalAt(SymbolicStack::Slot place) const;
    void unfinishedGlobal(std::uint64_t at, GlobalList& globals) const;
    void noteRead(const OpcodeInfo& info, const OpcodeArgument& argument, std::uint64_t consumed);
    void breakAt(std::uint64_t at, std::string_view opcode, Error error) {
        if (out_.broken) return;
        if (!opcode.empty()) error.what = fmt::format("{}: {}", opcode, error.what);
        error.offset = at;
        out_.broken = std::move(error);
    }

    std::span<const std::byte> pickle_;
    std::uint64_t start_;
    FrameCheck frames_;
    bool sawStackGlobal_ = false;
    PickleScan out_;
};

void Scan::follow(SymbolicStack* stack) {
    ByteCursor in(pickle_, start_);
    GlobalList globals(out_.globals);
    frames_ = {};
    do {
        out_.endOffset = in.offset();
    } while (step(in, globals, stack));
}

// One opcode; false at STOP and where the stream breaks.
bool Scan::step(ByteCursor& in, GlobalList& globals, SymbolicStack* stack) {
    const std::uint64_t at = in.offset();
    const auto code = in.read<std::uint8_t>();
    if (!code) {
        breakAt(at, {}, {Errc::Truncated, at, "the pickle ends without STOP", {}});
        return false;
    }
    const OpcodeInfo& info = kOpcodes[*code];
    OpcodeArgument argument;
    if (auto read = readArgument(in, info.form, argument); !read) {
        if (info.form == ArgForm::Unknown) read.error().what = fmt::format("byte {:#04x} is no opcode", *code);
        if (info.form == ArgForm::TwoLines) unfinishedGlobal(at, globals);
        breakAt(at, info.name, std::move(read.error()));
        return false;
    }
    if (frames_.crossed(at, in.offset()))
        breakAt(at, info.name, {Errc::Corrupt, at, "crosses the end of its frame", {}});
    const auto opcode = static_cast<Opcode>(*code);
    if (opcode == Opcode::Frame) {
        if (auto opened = frames_.open(in.offset(), argument.number, in.remaining()); !opened)
            breakAt(at, info.name, std::move(opened.error()));
    }
    if (opcode == Opcode::Proto && argument.number > out_.protocol)
        out_.protocol = static_cast<std::uint8_t>(argument.number);
    if (!noteGlobals(opcode, argument, globals, stack, at)) {
        breakAt(at, info.name,
                {Errc::OverLimit, at, fmt::format("more than {} different globals", limits::kPickleGlobals), {}});
        return false;
    }
    const std::uint64_t consumed = in.offset() - start_;
    if (stack != nullptr)
        stack->apply(info, argument, at - start_, consumed);
    else if (info.effect == StackEffect::Get)
        noteRead(info, argument, consumed);
    if (opcode == Opcode::Stop) out_.endOffset = in.offset();
    return opcode != Opcode::Stop;
}

// False where there are too many.
bool Scan::noteGlobals(Opcode code, const OpcodeArgument& argument, GlobalList& globals, SymbolicStack* stack,
                       std::uint64_t at) {
    switch (code) {
        case Opcode::Global:
        case Opcode::Inst:
            return globals.add(argument.text, argument.text2, at);
        case Opcode::Ext1:
        case Opcode::Ext2:
        case Opcode::Ext4:
            globals.addDynamic(at);
            return true;
        case Opcode::StackGlobal:
            sawStackGlobal_ = true;
            return stack == nullptr || stackGlobal(globals, *stack, at);
        default:
            return true;
    }
}

bool Scan::stackGlobal(GlobalList& globals, SymbolicStack& stack, std::uint64_t at) {
    const auto name = stack.pop();
    const auto module = stack.pop();
    auto moduleText = literalAt(module);
    auto nameText = literalAt(name);
    if (moduleText && nameText) return globals.addCopy(std::move(*moduleText), std::move(*nameText), at);
    globals.addDynamic(at);
    return true;
}

// The text that the opcode at `place` pushes; nothing for other slots and for text that Python refuses.
std::optional<std::string> Scan::literalAt(SymbolicStack::Slot place) const {
    if (place == SymbolicStack::kOther) return std::nullopt;
    ByteCursor in(pickle_.subspan(static_cast<std::size_t>(place)));
    const auto code = in.read<std::uint8_t>();
    OpcodeArgument argument;
    if (!code || !readArgument(in, kOpcodes[*code].form, argument)) return std::nullopt;
    switch (static_cast<Opcode>(*code)) {
        case Opcode::Unicode:
            return decodeRawUnicode(argument.text);
        case Opcode::String: {
            const auto inside = unquote(argument.text);
            return inside ? decodeStringEscapes(*inside) : std::nullopt;
        }
        default:
            return std::string(argument.text);
    }
}

// Python's line reader takes what is left of a stream as a line and drops its last byte as if it were the line end: a
// GLOBAL cut there is still imported.
void Scan::unfinishedGlobal(std::uint64_t at, GlobalList& globals) const {
    ByteCursor in(pickle_.subspan(static_cast<std::size_t>(at - start_ + 1)));
    const auto module = in.takeLine();
    if (!module || in.atEnd()) return;
    const auto rest = in.take(in.remaining());
    if (rest) globals.add(*module, asText(*rest).substr(0, rest->size() - 1), at);
}

void Scan::noteRead(const OpcodeInfo& info, const OpcodeArgument& argument, std::uint64_t consumed) {
    const auto index = memoIndexOf(info.form, argument);
    if (!index) return;
    // Each entry takes a byte of stream at least, so a pickler's index is below what was read; others buy no memory.
    if (*index >= consumed) {
        out_.memoSparse = true;
        return;
    }
    if (*index >= out_.memoRead.size()) out_.memoRead.resize(static_cast<std::size_t>(*index) + 1);
    out_.memoRead[static_cast<std::size_t>(*index)] = true;
}

}  // namespace

PickleScan scanPickle(std::span<const std::byte> pickle, std::uint64_t startOffset) {
    return Scan(pickle, startOffset).run();
}

void mergeGlobals(std::vector<GlobalRef>& into, const std::vector<GlobalRef>& more) {
    std::unordered_set<std::pair<std::string_view, std::string_view>, NameHash> seen;
    bool dynamic = false;
    for (const auto& global : into) {
        seen.emplace(global.module, global.name);
        dynamic = dynamic || global.dynamic;
    }
    std::vector<GlobalRef> fresh;
    for (const auto& global : more) {
        const bool known =
            global.dynamic ? std::exchange(dynamic, true) : !seen.emplace(global.module, global.name).second;
        if (!known) fresh.push_back(global);
    }
    into.insert(into.end(), std::make_move_iterator(fresh.begin()), std::make_move_iterator(fresh.end()));
}

std::string_view verdictName(Verdict verdict) noexcept {
    switch (verdict) {
        case Verdict::Safe:
            return "safe";
        case Verdict::Suspicious:
            return "suspicious";
        case Verdict::Dangerous:
            return "dangerous";
    }
    return "suspicious";
}

}  // namespace plimsoll
