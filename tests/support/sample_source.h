// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <memory>

#include "content.h"
#include "convert/plan.h"
#include "convert/run.h"
#include "convert/sample.h"
#include "formats/registry.h"

// A test of conversions of a part of a sample model, "s.pth" in a fresh folder for each case.
class SampleSource : public QObject {
protected:
    [[nodiscard]] QString path(const QString& name) const { return dir_->filePath(name); }
    [[nodiscard]] QStringList names() const {
        return QDir(dir_->path()).entryList(QDir::AllEntries | QDir::NoDotAndDotDot);
    }

    // Once: takes the layers of linear10 (4 MB each) that the pattern names.
    void makeSource(const char* layers) {
        plimsoll::ProgressCounter progress;
        const auto whole = source_.filePath("whole.pth").toStdString();
        QVERIFY(plimsoll::writeSample("linear10", whole, plimsoll::DType::F32, 1, true, progress, {}));
        const auto checkpoint = plimsoll::openCheckpoint(whole);
        QVERIFY(checkpoint);
        plimsoll::Recipe recipe;
        recipe.destination = source_.filePath("s.pth").toStdString();
        recipe.keep = {layers};
        const auto planned = plimsoll::planConversion(*checkpoint, recipe);
        QVERIFY(planned);
        QVERIFY(plimsoll::runPlan(*planned, progress, {}));
    }
    void freshFolder() {
        dir_ = std::make_unique<QTemporaryDir>();
        QVERIFY(QFile::copy(source_.filePath("s.pth"), path("s.pth")));
    }

    [[nodiscard]] plimsoll::Result<plimsoll::Plan> planOf(const plimsoll::Recipe& recipe) const {
        TRY(const auto checkpoint, plimsoll::openCheckpoint(path("s.pth").toStdString()));
        return plimsoll::planConversion(checkpoint, recipe);
    }

    QTemporaryDir source_;
    std::unique_ptr<QTemporaryDir> dir_;
};
