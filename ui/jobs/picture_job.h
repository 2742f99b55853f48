// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include "jobs/job.h"
#include "plots/plot_picture.h"

namespace plimsoll::ui {

// Saves the picture of a plot.
class PictureJob final : public Job {
    Q_OBJECT
public:
    explicit PictureJob(QObject* parent) : Job(parent) {}
    // SVG where `path` ends so, else PNG. Replaces what is there when all of it is written.
    void save(PlotPicture picture, const QString& path);

signals:
    void saved();
    void failed(const plimsoll::Error& error);
};

}  // namespace plimsoll::ui
