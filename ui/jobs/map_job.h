// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <memory>

#include "audit/file_layout.h"
#include "jobs/job.h"
#include "models/tensor_colours.h"
#include "models/treemap_layout.h"
#include "plots/file_map_painter.h"

namespace plimsoll::ui {

// What several pictures of one checkpoint share; what is missing is made with the first of them.
struct MapColours {
    ColourBy by = ColourBy::Part;
    std::shared_ptr<const TensorColours> colours;
};

struct TreemapPicture {
    Treemap map;
    QImage image;
    std::shared_ptr<const TensorColours> colours;
};

// Lays a treemap out and draws it.
class TreemapJob final : public Job {
    Q_OBJECT
public:
    struct Request {
        std::shared_ptr<const TensorTree> tree;
        NodeId top;
        QSizeF size;
        MapColours colours;
        MapLook look;
    };
    explicit TreemapJob(QObject* parent) : Job(parent) {}
    void draw(Request request);

signals:
    void drawn(const std::shared_ptr<const plimsoll::ui::TreemapPicture>& picture);
};

struct FileMapPicture {
    std::shared_ptr<const FileLayout> layout;
    FileMapGeometry geometry;
    QImage image;
    std::shared_ptr<const TensorColours> colours;
};

// Lays a file out where that was not done before, and draws what is seen of it.
class FileMapJob final : public Job {
    Q_OBJECT
public:
    struct Request {
        std::shared_ptr<const TensorTree> tree;
        FileId file;
        std::shared_ptr<const FileLayout> layout;  // of this file, or null
        FileMapGeometry geometry;
        MapColours colours;
        MapLook look;
    };
    explicit FileMapJob(QObject* parent) : Job(parent) {}
    void draw(Request request);

signals:
    void drawn(const std::shared_ptr<const plimsoll::ui::FileMapPicture>& picture);
};

}  // namespace plimsoll::ui
