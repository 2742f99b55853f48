// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QItemSelection>
#include <cstdint>
#include <vector>

#include "models/tensor_rows_model.h"

namespace plimsoll::ui {

// The tensors of the selected rows in the order of the view, each once; a module stands for all below it that the
// filter lets through. O(selected rows + tensors below them).
[[nodiscard]] std::vector<TensorId> selectedTensors(const TensorRowsModel& model, const QItemSelection& selection);

// All that the view shows, folded or not.
[[nodiscard]] std::vector<TensorId> shownTensors(const TensorRowsModel& model);

}  // namespace plimsoll::ui
