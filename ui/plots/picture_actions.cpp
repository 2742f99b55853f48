// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/picture_actions.h"

#include <QAction>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QSettings>
#include <QWidget>
#include <utility>

#include "jobs/picture_job.h"

namespace plimsoll::ui {
namespace {

const QString kFolderKey = QStringLiteral("picture/folder");

// A tensor's name may hold anything; a name with a dot would be given no ending.
QString fileNameFor(QString name) {
    for (QChar& letter : name)
        if (!letter.isLetterOrNumber() && letter != QLatin1Char('-')) letter = QLatin1Char('_');
    return name;
}

}  // namespace

PictureActions::PictureActions(QWidget* plot, std::function<PlotPicture()> picture)
    : QObject(plot), plot_(plot), picture_(std::move(picture)) {
    const auto add = [this](const QString& text, const QString& name, auto act) {
        auto* action = new QAction(text, plot_);
        action->setObjectName(name);
        connect(action, &QAction::triggered, this, act);
        plot_->addAction(action);
    };
    add(tr("&Save picture…"), QStringLiteral("pictureSave"), &PictureActions::askWhereToSave);
    add(tr("&Copy picture"), QStringLiteral("pictureCopy"), &PictureActions::copy);
    plot_->setContextMenuPolicy(Qt::ActionsContextMenu);
}

PlotPicture PictureActions::picture() const {
    PlotPicture picture = picture_();
    picture.pixelRatio = plot_->devicePixelRatioF();
    picture.dotsPerInch = plot_->logicalDpiX();
    return picture;
}

bool PictureActions::isSeen() const {
    return plot_->isVisible() && !picture_().isEmpty();
}

void PictureActions::askWhereToSave() {
    const PlotPicture seen = picture();
    if (seen.isEmpty()) return;
    const QString svg = tr("SVG (*.svg)");
    QFileDialog dialog(plot_->window(), tr("Save the picture"), QSettings().value(kFolderKey).toString());
    dialog.setAcceptMode(QFileDialog::AcceptSave);
    dialog.setNameFilters({tr("PNG (*.png)"), svg});
    // The dialogue gives a name the ending of the chosen kind, and asks about what is there under that name.
    dialog.setDefaultSuffix(QStringLiteral("png"));
    connect(&dialog, &QFileDialog::filterSelected, &dialog, [&](const QString& filter) {
        dialog.setDefaultSuffix(filter == svg ? QStringLiteral("svg") : QStringLiteral("png"));
    });
    dialog.selectFile(fileNameFor(seen.name));
    if (dialog.exec() != QDialog::Accepted || dialog.selectedFiles().isEmpty()) return;
    const QString path = dialog.selectedFiles().constFirst();
    QSettings().setValue(kFolderKey, QFileInfo(path).absolutePath());
    save(path);
}

void PictureActions::save(const QString& path) {
    const PlotPicture seen = picture();
    if (seen.isEmpty()) return;
    auto* job = new PictureJob(plot_);
    job->announce({tr("Save %1").arg(QFileInfo(path).fileName()), {}});
    connect(job, &Job::ended, job, &QObject::deleteLater);
    connect(job, &Job::ended, this, &PictureActions::ended);
    job->save(seen, path);
}

void PictureActions::copy() {
    const PlotPicture seen = picture();
    if (!seen.isEmpty()) QGuiApplication::clipboard()->setImage(imageOf(seen));
}

PictureActions* PictureActions::nearest(const QWidget* widget) {
    for (const QWidget* place = widget; place != nullptr; place = place->parentWidget())
        for (auto* actions : place->findChildren<PictureActions*>())
            if (actions->isSeen()) return actions;
    return nullptr;
}

}  // namespace plimsoll::ui
