// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/list_job.h"

#include <QSaveFile>

namespace plimsoll::ui {

void ListJob::write(std::shared_ptr<const Checkpoint> checkpoint, std::vector<TensorId> tensors, ListFormat format,
                    const QString& path) {
    start<QString>(
        [checkpoint = std::move(checkpoint), tensors = std::move(tensors), format, path](
            ProgressSink&, const std::stop_token&) -> Result<QString> {
            const std::string text = listText(*checkpoint, tensors, format);
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
