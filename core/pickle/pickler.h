// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "pickle/value.h"

namespace plimsoll {

// Writes protocol 2 opcodes, as torch.save does. Low level: the caller keeps the stack balanced.
class PickleWriter {
public:
    void protocol(std::uint8_t version);
    void proto2() { protocol(2); }
    void stop();
    void none();
    void boolean(bool value);
    void integer(std::int64_t value);
    void bigInteger(std::span<const std::byte> twosComplementLittleEndian);
    void real(double value);
    void text(std::string_view utf8);         // BINUNICODE; at most 4 GiB
    void byteString(std::string_view bytes);  // Python 2 str: SHORT_BINSTRING / BINSTRING
    void global(std::string_view module, std::string_view name);
    void mark();
    void emptyTuple();
    void tupleFromMark();
    void tuple1();
    void tuple2();
    void tuple3();
    void emptyList();
    void appendsFromMark();
    void emptyDict();
    void setItemsFromMark();
    void reduce();
    void newObject();
    void build();
    void persistentId();      // BINPERSID: the id is on the stack
    std::uint32_t memoize();  // PUT of the top under the next index
    void get(std::uint32_t memo);
    void opcode(std::uint8_t code);  // any other single-byte opcode

    [[nodiscard]] const std::vector<std::byte>& bytes() const noexcept { return out_; }
    [[nodiscard]] std::vector<std::byte> take() { return std::move(out_); }

    // From here on bytes are counted and dropped.
    void countOnly() noexcept { counts_ = true; }
    [[nodiscard]] std::uint64_t size() const noexcept { return dropped_ + out_.size(); }

private:
    std::vector<std::byte> out_;
    std::uint32_t nextMemo_ = 0;
    bool counts_ = false;
    std::uint64_t dropped_ = 0;
};

// What the values that only a format understands look like in its stream.
class PickleEmitter {
public:
    virtual ~PickleEmitter() = default;
    // Leaves one value on the stack for this tensor; an Error (Unsupported) ends the writing.
    [[nodiscard]] virtual Result<void> tensor(PickleWriter& out, TensorId id) = 0;
    [[nodiscard]] virtual Result<void> storage(PickleWriter& out, StorageId id) = 0;
};

// Writes `root` (from proto to stop) so that Python's unpickler makes what the original stream would have made:
// containers and tensors that are reached twice are memoized, objects keep their form, callable, args, state and items.
// Protocol 2, as torch.save writes; 4 only for what 2 cannot say (dotted names, named constructor arguments).
//   errors  Unsupported for a global whose name does not fit a line, and what the emitter refuses; OverLimit where
//           containers nest deeper than limits.h allows
[[nodiscard]] Result<std::vector<std::byte>> pickleValue(const ValueTree& tree, Value root, PickleEmitter& emitter);
// How many bytes that are.
[[nodiscard]] Result<std::uint64_t> pickledBytes(const ValueTree& tree, Value root, PickleEmitter& emitter);

// The same for a dict of these entries, whose values lie in the tree.
[[nodiscard]] Result<std::vector<std::byte>> pickleEntries(const ValueTree& tree,
                                                           std::span<const std::pair<std::string_view, Value>> entries,
                                                           PickleEmitter& emitter);

}  // namespace plimsoll
