// SPDX-License-Identifier: GPL-3.0-or-later
#include "pickle/scanner.h"

#include <array>
#include <deque>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "base/byte_cursor.h"
#include "base/limits.h"
#include "pickle/enum_reads.h"
#include "pickle/literals.h"
#include "pickle/memo_index.h"
#include "pickle/opcode_reader.h"
#include "pickle/symbolic_stack.h"
#include "pickle/tensor_run.h"

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

    // False where there are more, or longer ones, than limits.h allows.
    bool add(std::string_view module, std::string_view name, std::uint64_t offset) {
        if (module.size() + name.size() > limits::kPickleGlobalBytes) return false;
        if (seen_.contains({module, name})) return true;
        if (seen_.size() >= limits::kPickleGlobals) return false;
        const auto& keptModule = texts_.emplace_back(module);
        const auto& keptName = texts_.emplace_back(name);
        seen_.emplace(keptModule, keptName);
        GlobalRef global{keptModule, keptName, Verdict::Suspicious, false, {}, offset};
        global.verdict = judgeGlobal(module, name, &global.reason);
        out_.push_back(std::move(global));
        return true;
    }
    void addDynamic(std::uint64_t offset) {
        if (std::exchange(dynamic_, true)) return;
        out_.push_back({std::string(kDynamic), std::string(kDynamic), Verdict::Dangerous, true,
                        "the name is computed while loading, so nobody can know it before", offset});
    }

private:
    std::vector<GlobalRef>& out_;
    std::unordered_set<std::pair<std::string_view, std::string_view>, NameHash> seen_;
    std::deque<std::string> texts_;  // that seen_ points to
    bool dynamic_ = false;
};

// The opcodes that a scan without a stack looks at; the others are passed over.
constexpr std::array<bool, 256> kLookedAt = [] {
    std::array<bool, 256> table{};
    for (std::size_t code = 0; code < table.size(); ++code) {
        const StackEffect effect = kOpcodes[code].effect;
        table[code] = effect == StackEffect::Get || effect == StackEffect::Memoize ||
                      effect == StackEffect::GlobalOnTop || effect == StackEffect::End;
    }
    for (const Opcode opcode : {Opcode::Global, Opcode::Inst, Opcode::Ext1, Opcode::Ext2, Opcode::Ext4, Opcode::Proto})
        table[static_cast<std::size_t>(opcode)] = true;
    return table;
}();

class Scan {
public:
    Scan(std::span<const std::byte> pickle, std::uint64_t startOffset, const std::stop_token& stop)
        : pickle_(pickle), start_(startOffset), stop_(stop) {}

    PickleScan run() {
        follow(nullptr);
        out_.memoRead.number();
        // Names on the stack need the stack, and what getattr is used for: only then is the stream followed again, with
        // one.
        if (sawStackGlobal_ || sawGetattr_) {
            out_.globals.clear();
            SymbolicStack stack(out_);
            follow(&stack);
            judgeGetattr(stack);
        }
        return std::move(out_);
    }

private:
    void follow(SymbolicStack* stack);
    [[nodiscard]] std::optional<Error> next(OpcodeReader& in, GlobalList& globals, SymbolicStack* stack);
    bool noteGlobals(const OpcodeReader& in, GlobalList& globals, SymbolicStack* stack);
    bool stackGlobal(GlobalList& globals, SymbolicStack& stack, std::uint64_t at);
    [[nodiscard]] SymbolicStack::Slot made(const OpcodeReader& in, const SymbolicStack& stack);
    void judgeGetattr(const SymbolicStack& stack);
    [[nodiscard]] std::optional<std::string> literalAt(SymbolicStack::Slot place) const;
    void unfinishedGlobal(const OpcodeReader& in, GlobalList& globals) const;
    void noteMemo(OpcodeReader& in);
    void noteRead(std::uint64_t index, const OpcodeReader& in);
    void passTensorRun(OpcodeReader& in);

    std::span<const std::byte> pickle_;
    std::uint64_t start_;
    const std::stop_token& stop_;
    bool sawStackGlobal_ = false;
    bool sawGetattr_ = false;
    bool instanceOfGetattr_ = false;
    std::uint64_t enumReads_ = 0;
    SymbolicStack::Slot lastGlobal_ = SymbolicStack::kOther;  // what the last STACK_GLOBAL makes
    SymbolicStack::Slot lastModule_ = SymbolicStack::kOther;  // of the last STACK_GLOBAL, where they were literals
    SymbolicStack::Slot lastName_ = SymbolicStack::kOther;
    PickleScan out_;
};

Error overLimit(const OpcodeReader& in, std::string what) {
    return {Errc::OverLimit, in.opcodeOffset(), std::move(what), {}};
}

void Scan::follow(SymbolicStack* stack) {
    OpcodeReader in(pickle_, start_);
    GlobalList globals(out_.globals);
    std::optional<Error> end;
    do {
        end = next(in, globals, stack);
    } while (!end && in.opcode() != Opcode::Stop);
    out_.endOffset = end ? in.opcodeOffset() : in.offset();
    // The names of a stream with wrong frames are those of a loader that does not look at frames.
    out_.broken = in.frameFlaw() ? in.frameFlaw() : end;
}

// Goes on to the next opcode that matters, or a good way, and notes it. An error where the stream ends there.
std::optional<Error> Scan::next(OpcodeReader& in, GlobalList& globals, SymbolicStack* stack) {
    constexpr int kOpcodesBetweenLooks = 1 << 16;
    if (stop_.stop_requested()) return cancelled().value();
    for (int opcodes = 0; opcodes < kOpcodesBetweenLooks; ++opcodes) {
        if (!in.next()) {
            if (in.error().code == Errc::Truncated && in.consumed() > in.place() && in.info().form == ArgForm::TwoLines)
                unfinishedGlobal(in, globals);
            return in.error();
        }
        if (stack == nullptr && !kLookedAt[in.code()]) continue;
        if (!noteGlobals(in, globals, stack))
            return overLimit(in, fmt::format("more than {} different globals, or one with a name of more than {} bytes",
                                             limits::kPickleGlobals, limits::kPickleGlobalBytes));
        if (stack == nullptr)
            noteMemo(in);
        else if (!stack->apply(in, made(in, *stack)))
            return overLimit(in,
                             fmt::format("more than {} memo indices that no pickler gives", limits::kPickleFarMemo));
        if (in.opcode() == Opcode::Stop) break;
    }
    return std::nullopt;
}

// False where there are too many.
bool Scan::noteGlobals(const OpcodeReader& in, GlobalList& globals, SymbolicStack* stack) {
    switch (in.opcode()) {
        case Opcode::Global:
        case Opcode::Inst:
            if (isGetattr(in.argument().text, in.argument().text2)) {
                sawGetattr_ = true;
                instanceOfGetattr_ = instanceOfGetattr_ || in.opcode() == Opcode::Inst;
            }
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

SymbolicStack::Slot slotOf(std::string_view module, std::string_view name) {
    if (isGetattr(module, name)) return SymbolicStack::kGetattr;
    const auto known = knownEnum(module, name);
    return known ? SymbolicStack::enumClass(*known) : SymbolicStack::kOther;
}

// What the opcode makes, as far as reading a member of an enumeration needs to know: getattr, the enumeration, the two
// arguments, the call.
SymbolicStack::Slot Scan::made(const OpcodeReader& in, const SymbolicStack& stack) {
    switch (in.opcode()) {
        case Opcode::Global:
            return slotOf(in.argument().text, in.argument().text2);
        case Opcode::StackGlobal:
            return lastGlobal_;
        case Opcode::Tuple2: {
            const auto known = SymbolicStack::enumOf(stack.peek(1));
            const auto member = known ? literalAt(stack.peek(0)) : std::nullopt;
            return member && isEnumMember(*known, *member) ? SymbolicStack::kMemberOfEnum : SymbolicStack::kOther;
        }
        case Opcode::Reduce:
            if (stack.peek(0) == SymbolicStack::kMemberOfEnum && stack.peek(1) == SymbolicStack::kGetattr) ++enumReads_;
            return SymbolicStack::kOther;
        default:
            return SymbolicStack::kOther;
    }
}

// A getattr that is never used but to read members of known enumerations reads constants.
void Scan::judgeGetattr(const SymbolicStack& stack) {
    if (enumReads_ == 0 || enumReads_ != stack.getattrs()) return;
    if (instanceOfGetattr_ || stack.readUnknown() || out_.broken) return;
    for (auto& global : out_.globals) {
        if (!isGetattr(global.module, global.name)) continue;
        global.verdict = Verdict::Safe;
        global.reason = "only reads members of known enumerations here";
    }
}

bool Scan::stackGlobal(GlobalList& globals, SymbolicStack& stack, std::uint64_t at) {
    const auto name = stack.pop();
    const auto module = stack.pop();
    // Streams that make many objects of one class name it so each time.
    if (module == lastModule_ && name == lastName_ && SymbolicStack::isText(module) && SymbolicStack::isText(name))
        return true;
    lastModule_ = module;
    lastName_ = name;
    const auto moduleText = literalAt(module);
    const auto nameText = literalAt(name);
    lastGlobal_ = moduleText && nameText ? slotOf(*moduleText, *nameText) : SymbolicStack::kOther;
    if (moduleText && nameText) return globals.add(*moduleText, *nameText, at);
    globals.addDynamic(at);
    return true;
}

// The text that the opcode at `place` pushes; nothing for other slots and for text that Python refuses.
std::optional<std::string> Scan::literalAt(SymbolicStack::Slot place) const {
    if (!SymbolicStack::isText(place)) return std::nullopt;
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

// Where an index is one too many, the run says that nothing was stored there, and names are dynamic.
void Scan::noteRead(std::uint64_t index, const OpcodeReader& in) {
    static_cast<void>(out_.memoRead.add(index, in.consumed()));
}

// A tensor's opcodes name nothing new; all that they read of the memo is noted at once.
void Scan::passTensorRun(OpcodeReader& in) {
    TensorRun run;
    if (!matchTensorRun(in.ahead(), run)) return;
    for (const std::uint32_t index : {run.tag, run.type, run.location, run.hooks}) noteRead(index, in);
    in.skip(run.bytes);
}

void Scan::noteMemo(OpcodeReader& in) {
    switch (in.info().effect) {
        case StackEffect::Get:
            if (const auto index = memoIndexOf(in.info().form, in.argument())) noteRead(*index, in);
            if (in.opcode() == Opcode::BinGet) passTensorRun(in);
            break;
        case StackEffect::Memoize:
            out_.memoizes = true;
            break;
        default:
            if (in.opcode() == Opcode::Proto && in.argument().number > out_.protocol)
                out_.protocol = static_cast<std::uint8_t>(in.argument().number);
    }
}

}  // namespace

PickleScan scanPickle(std::span<const std::byte> pickle, std::uint64_t startOffset, const std::stop_token& stop) {
    return Scan(pickle, startOffset, stop).run();
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
