// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/list_job.h"

#include <QSaveFile>

#include "models/tensor_selection.h"

namespace plimsoll::ui {
namespace {

std::vector<TensorId> tensorsOf(const TensorChoice& choice) {
    return choice.nodes.empty() ? allTensors(*choice.tree) : tensorsAt(*choice.tree, choice.nodes);
}

}  // namespace

void SumJob::sum(TensorChoice choice) {
    start<TensorSums>(
        [choice = std::move(choice)](ProgressSink&, const std::stop_token&) -> Result<TensorSums> {
            const TensorTable& table = choice.tree->checkpoint().tensors;
            TensorSums sums;
            for (const TensorId tensor : tensorsOf(choice)) {
                ++sums.tensors;
                sums.elements += table.elements(tensor);
                sums.bytes += table.nbytes(tensor);
            }
            return sums;
        },
        [this](Result<TensorSums> outcome) {
            if (outcome) emit summed(*outcome);
        });
}

void ListJob::write(TensorChoice choice, ListFormat format, const QString& path) {
    start<QString>(
        [choice = std::move(choice), format, path](ProgressSink&, const std::stop_token&) -> Result<QString> {
            const std::string text = listText(choice.tree->checkpoint(), tensorsOf(choice), format);
            if (path.isEmpty()) return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
            QSaveFile file(path);
            const bool written = file.open(QIODevice::WriteOnly) &&
                                 file.write(text.data(), static_cast<qint64>(text.size())) >= 0 && file.commit();
            if (!written) return fail(Errc::Io, path.toStdString() + ": " + file.errorString().toStdString());
            return QString();
        },
        [this](Result<QString> outcome) {
            if (outcome) {
                emit listed(*outcome);
            } else {
                emit failed(outcome.error());
            }
        });
}

}  // namespace plimsoll::ui
