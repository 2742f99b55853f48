// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "checkpoint/tensor_table.h"
#include "formats/torch_pickle/tensor_call.h"
#include "pickle/machine.h"
#include "pickle/tensor_run.h"

namespace plimsoll {

// A storage as its persistent id names it.
struct StorageRequest {
    // Old versions' view of a part of a storage; elements.
    struct View {
        std::uint64_t offset = 0;
        std::uint64_t count = 0;
    };
    std::string_view key;
    DType dtype = DType::U8;
    std::uint64_t count = 0;  // elements
    std::uint64_t bytes = 0;
    std::uint16_t location = 0;  // of the table
    std::optional<View> view;
};

// Where a container keeps its storages.
class StorageSource {
public:
    virtual ~StorageSource() = default;
    // The table's row for this storage, the same one each time it is asked for.
    [[nodiscard]] virtual Result<StorageId> find(const StorageRequest& request) = 0;
};

// Turns torch's persistent ids into storages and its rebuild calls into tensors (rows without a name yet). Calls that
// say more than a row can hold stay Objects; see tensor_names.
class TorchResolver final : public PickleResolver {
public:
    enum class Container : std::uint8_t { Zip, Legacy };

    TorchResolver(Container container, TensorTable& table, StorageSource& storages)
        : container_(container), table_(table), storages_(storages) {}

    [[nodiscard]] Result<std::optional<Value>> persistent(ValueTree& tree, Value id) override;
    [[nodiscard]] Result<std::optional<Value>> reduce(ValueTree& tree, Value callable, Value args) override;
    [[nodiscard]] std::optional<Value> tensor(ValueTree& tree, const TensorRunNames& names,
                                              const TensorRun& run) override;

private:
    // What a name means, asked mostly for the one that was asked for before.
    [[nodiscard]] std::optional<DType> elementType(const ValueTree& tree, Value type);
    [[nodiscard]] TensorCall callOf(const ValueTree& tree, Value callable);
    [[nodiscard]] bool isStorageTag(const ValueTree& tree, Value tag);
    [[nodiscard]] std::uint16_t locationOf(const ValueTree& tree, Value location);
    [[nodiscard]] Result<std::optional<Value>> parameter(const ValueTree& tree, std::span<const Value> args);

    Container container_;
    TensorTable& table_;
    StorageSource& storages_;
    TensorArguments arguments_;
    // What the last names meant: a file uses few, each many times.
    Value lastType_;
    std::optional<DType> lastElement_;
    Value lastCallable_;
    TensorCall lastCall_ = TensorCall::None;
    Value storageTag_;  // that was found to be "storage"
    Value lastLocation_;
    std::uint16_t lastLocationIndex_ = 0;
};

}  // namespace plimsoll
