// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QItemSelection>
#include <cstdint>
#include <vector>

#include "models/tensor_rows_model.h"

namespace plimsoll::ui {

// The nodes of the selected rows, from top to bottom. O(selected rows).
[[nodiscard]] std::vector<NodeId> selectedNodes(const TensorRowsModel& model, const QItemSelection& selection);

// The tensors at these nodes in the order of the view, each once; a module stands for all below it that the filter lets
// through. O(tensors). Any thread.
[[nodiscard]] std::vector<TensorId> tensorsAt(const TensorTree& tree, const std::vector<NodeId>& nodes);

// All that a view of this tree shows, folded or not. O(tensors). Any thread.
[[nodiscard]] std::vector<TensorId> allTensors(const TensorTree& tree);

}  // namespace plimsoll::ui
