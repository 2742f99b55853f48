// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <memory>
#include <vector>

#include "jobs/job.h"
#include "text/tensor_list.h"

namespace plimsoll::ui {

// Some rows of a view, or all that it shows where there are none.
struct TensorChoice {
    std::shared_ptr<const TensorTree> tree;
    std::vector<NodeId> nodes;
};

struct TensorSums {
    std::uint64_t tensors = 0;
    std::uint64_t elements = 0;
    std::uint64_t bytes = 0;
};

// Adds up what was chosen.
class SumJob final : public Job {
    Q_OBJECT
public:
    explicit SumJob(QObject* parent) : Job(parent) {}
    void sum(TensorChoice choice);

signals:
    void summed(const plimsoll::ui::TensorSums& sums);
};

// Writes a list of tensors as text, into memory or a file.
class ListJob final : public Job {
    Q_OBJECT
public:
    explicit ListJob(QObject* parent) : Job(parent) {}
    // `path` empty: the text comes with listed(). Else the file is replaced when all of it is written.
    void write(TensorChoice choice, ListFormat format, const QString& path = {});

signals:
    void listed(const QString& text);
    void failed(const plimsoll::Error& error);
};

}  // namespace plimsoll::ui
