// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTemporaryDir>
#include <QtTest>

#include <memory>
#include <optional>
#include <string>

#include "base/progress.h"
#include "formats/registry.h"
#include "lab/supervisor.h"
#include "load_models.h"
#include "peer.h"

// The models of load_models.h in a folder of their own, and the load program that was built.
class LoadFixture : public QObject {
protected:
    using Checkpoint = plimsoll::Checkpoint;

    // Call from initTestCase(); skips where there is no load program or no torch in Python.
    void writeModels() {
        if (!QFileInfo(builtProgram("plimsoll-loader")).isExecutable())
            QSKIP("plimsoll-loader was not built (no LibTorch): packaging/setup.sh installs it");
        NEEDS_PEER();
        qputenv("PLIMSOLL_LOADER", builtProgram("plimsoll-loader").toLocal8Bit());
        PEER_OK(QString::fromUtf8(kWriteModels), {dir_.path()});
    }
    [[nodiscard]] QString path(const char* name) const { return dir_.filePath(name); }
    [[nodiscard]] std::shared_ptr<const Checkpoint> open(const QString& file) {
        auto checkpoint = plimsoll::openCheckpoint(file.toStdString());
        if (!checkpoint) {
            qWarning("%s", plimsoll::describe(checkpoint.error(), "").c_str());
            return nullptr;
        }
        return *checkpoint;
    }
    [[nodiscard]] std::string expectedOf(const std::shared_ptr<const Checkpoint>& checkpoint,
                                         std::optional<plimsoll::DType> target = {}) {
        plimsoll::ProgressCounter progress;
        const auto checksum = plimsoll::expectedChecksum(checkpoint, target, progress, {});
        if (!checksum) qWarning("%s", checksum.error().what.c_str());
        return checksum.value_or("");
    }

    QTemporaryDir dir_;
};
