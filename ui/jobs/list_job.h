// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <memory>
#include <vector>

#include "jobs/job.h"
#include "text/tensor_list.h"

namespace plimsoll::ui {

// Writes a list of tensors as text, into memory or a file.
class ListJob final : public Job {
    Q_OBJECT
public:
    explicit ListJob(QObject* parent) : Job(parent) {}
    // `path` empty: the text comes with listed(). Else the file is replaced when all of it is written.
    void write(std::shared_ptr<const Checkpoint> checkpoint, std::vector<TensorId> tensors, ListFormat format,
               const QString& path = {});

signals:
    void listed(const QString& text);
    void failed(const plimsoll::Error& error);
};

}  // namespace plimsoll::ui
