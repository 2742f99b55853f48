// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/picture_job.h"

#include <QFile>
#include <utility>

#include "base/byte_cursor.h"
#include "io/output_file.h"

namespace plimsoll::ui {

void PictureJob::save(PlotPicture picture, const QString& path) {
    const bool vectors = path.endsWith(QLatin1String(".svg"), Qt::CaseInsensitive);
    start<bool>(
        [picture = std::move(picture), vectors, native = QFile::encodeName(path).toStdString()](
            ProgressSink&, const std::stop_token&) -> Result<bool> {
            const std::string content = (vectors ? svgOf(picture) : pngOf(picture)).toStdString();
            TRY_VOID(writeWholeFile(native, asBytes(content), OutputFile::Existing::Replace));
            return true;
        },
        [this, path](Result<bool> outcome) {
            if (outcome) {
                setResult(path);
                emit saved();
            } else {
                emit failed(outcome.error());
            }
        });
}

}  // namespace plimsoll::ui
