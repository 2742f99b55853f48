// SPDX-License-Identifier: GPL-3.0-or-later
#include "jobs/map_job.h"

#include <QFontMetricsF>
#include <algorithm>

#include "plots/treemap_painter.h"

namespace plimsoll::ui {
namespace {

std::shared_ptr<const TensorColours> coloursFor(const MapColours& wanted, const Checkpoint& checkpoint,
                                                const std::stop_token& stop) {
    if (wanted.colours) return wanted.colours;
    return std::make_shared<const TensorColours>(colourTensors(checkpoint, wanted.by, stop));
}

template <class T>
Result<std::shared_ptr<const T>> unlessStopped(std::shared_ptr<T> picture, const std::stop_token& stop) {
    if (stop.stop_requested()) return cancelled();
    return std::shared_ptr<const T>(std::move(picture));
}

}  // namespace

void TreemapJob::draw(Request request) {
    using Picture = std::shared_ptr<const TreemapPicture>;
    start<Picture>(
        [request = std::move(request)](ProgressSink&, const std::stop_token& stop) -> Result<Picture> {
            auto picture = std::make_shared<TreemapPicture>();
            picture->colours = coloursFor(request.colours, request.tree->checkpoint(), stop);
            const double header = QFontMetricsF(request.look.font).height() + 4;
            picture->map = layOutTreemap(request.tree, request.top, request.size, header, stop);
            if (!stop.stop_requested()) picture->image = paintTreemap(picture->map, *picture->colours, request.look);
            return unlessStopped(std::move(picture), stop);
        },
        [this](Result<Picture> outcome) {
            if (outcome) emit drawn(*outcome);
        });
}

void FileMapJob::draw(Request request) {
    using Picture = std::shared_ptr<const FileMapPicture>;
    start<Picture>(
        [request = std::move(request)](ProgressSink&, const std::stop_token& stop) -> Result<Picture> {
            auto picture = std::make_shared<FileMapPicture>();
            picture->colours = coloursFor(request.colours, request.tree->checkpoint(), stop);
            picture->layout = request.layout;
            if (!picture->layout)
                picture->layout = std::make_shared<const FileLayout>(
                    layOutFile(request.tree->names()->checkpoint, request.file, stop));
            if (stop.stop_requested()) return cancelled();
            picture->geometry = request.geometry;
            picture->geometry.fileBytes = picture->layout->bytes;
            picture->image =
                paintFileMap(*picture->layout, picture->geometry, *request.tree, *picture->colours, request.look);
            return unlessStopped(std::move(picture), stop);
        },
        [this](Result<Picture> outcome) {
            if (outcome) emit drawn(*outcome);
        });
}

}  // namespace plimsoll::ui
