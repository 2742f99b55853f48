// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "checkpoint/checkpoint.h"
#include "load/module_tree.h"
#include "load/torch_headers.h"

namespace plimsoll {

// Where a strategy says what it is doing; the curve is read by these marks.
class LoadReporter {
public:
    virtual ~LoadReporter() = default;
    // The step that starts now: "build", "move", "read", "copy", ...
    virtual void phase(std::string_view name) = 0;
    // Something a reader of the figures must know.
    virtual void note(std::string text) = 0;
};

struct LoadContext {
    std::shared_ptr<const Checkpoint> checkpoint;
    at::Device device;
    LoadReporter& reporter;
    std::optional<DType> dtype{};  // for strategies that cast
    std::string tensorFiles{};     // per-tensor: the directory
};

// Builds a module tree and fills it: when it returns, every parameter and buffer holds the checkpoint's values on the
// device. Runs without gradients. torch's exceptions may leave it; its caller turns them into Errors.
using StrategyFunction = Result<ModuleTree> (*)(const LoadContext& context);

[[nodiscard]] Result<ModuleTree> loadBaseline(const LoadContext& context);
[[nodiscard]] Result<ModuleTree> loadSequential(const LoadContext& context);
[[nodiscard]] Result<ModuleTree> loadMeta(const LoadContext& context);
[[nodiscard]] Result<ModuleTree> loadMmapAssign(const LoadContext& context);
[[nodiscard]] Result<ModuleTree> loadPerTensor(const LoadContext& context);
[[nodiscard]] Result<ModuleTree> loadMmapProcess(const LoadContext& context);
[[nodiscard]] Result<ModuleTree> loadLazy(const LoadContext& context);
[[nodiscard]] Result<ModuleTree> loadStreamed(const LoadContext& context);

struct Strategy {
    std::string_view name;
    StrategyFunction load;
};

// In the order of lab/strategies.h's strategies().
[[nodiscard]] std::span<const Strategy> strategyTable() noexcept;

}  // namespace plimsoll
