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
#include "pickle/opcode_reader.h"
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
    bool noteGlobals(const OpcodeReader& in, GlobalList& globals, SymbolicStack* stack);
    bool stackGlobal(GlobalList& globals, SymbolicStack& stack, std::uint64_t at);
    [[nodiscard]] std::optional<std::string> literalAt(SymbolicStack::Slot place) const;
    void unfinishedGlobal(const OpcodeReader& in, GlobalList& globals) const;
    void noteRead(const OpcodeReader& in);

    std::span<const std::byte> pickle_;
    std::uint64_t start_;
    bool sawStackGlobal_ = false;
    PickleScan out_;
};

void Scan::follow(SymbolicStack* stack) {
    OpcodeReader in(pickle_, start_);
    GlobalList globals(out_.globals);
    std::optional<Error> end;
    bool stopped = false;
    while (!stopped && !end) {
        if (!in.next()) {
            if (in.error().code == Errc::Truncated && in.consumed() > in.place() && in.info().form == ArgForm::TwoLines)
                unfinishedGlobal(in, globals);
            end = in.error();
        } else if (!noteGlobals(in, globals, stack)) {
            end = Error{Errc::OverLimit,
                        in.opcodeOffset(),
                        fmt::format("more than {} different globals", limits::kPickleGlobals),
                        {}};
        } else if (stack != nullptr) {
            stack->apply(in.info(), in.argument(), in.place());
        } else if (in.info().effect == StackEffect::Get) {
            noteRead(in);
        } else if (in.opcode() == Opcode::Proto && in.argument().number > out_.protocol) {
            out_.protocol = static_cast<std::uint8_t>(in.argument().number);
        }
        stopped = !end && in.opcode() == Opcode::Stop;
    }
    out_.endOffset = end ? in.opcodeOffset() : in.offset();
    // The names of a stream with wrong frames are those of a loader that does not look at frames.
    out_.broken = in.frameFlaw() ? in.frameFlaw() : end;
}

// False where there are too many.
bool Scan::noteGlobals(const OpcodeReader& in, GlobalList& globals, SymbolicStack* stack) {
    switch (in.opcode()) {
        case Opcode::Global:
        case Opcode::Inst:
            return globals.add(in.argument().text, in.argument().text2, in.opcodeOffset());
        case Opcode::Ext1:
        case Opcode::Ext2:
        case Opcode::Ext4:
            globals.addDynamic(in.opcodeOffset());
            return true;
        case Opcode::StackGlobal:
            sawStackGlobal_ = true;
            return stack == nullptr || stackGlobal(globals, *stack, in.opcodeOffset());
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
    OpcodeReader in(pickle_.subspan(static_cast<std::size_t>(place)));
    if (!in.next()) return std::nullopt;
    const OpcodeArgument& argument = in.argument();
    switch (in.opcode()) {
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
void Scan::unfinishedGlobal(const OpcodeReader& in, GlobalList& globals) const {
    ByteCursor rest(pickle_.subspan(static_cast<std::size_t>(in.place() + 1)));
    const auto module = rest.takeLine();
    if (!module || rest.atEnd()) return;
    if (const auto name = rest.take(rest.remaining()))
        globals.add(*module, asText(*name).substr(0, name->size() - 1), in.opcodeOffset());
}

void Scan::noteRead(const OpcodeReader& in) {
    const auto index = memoIndexOf(in.info().form, in.argument());
    if (!index) return;
    // Each entry takes a byte of stream at least, so a pickler's index is below what was read; others buy no memory.
    if (*index >= in.consumed()) {
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
