// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QWidget>

#include "audit/audit.h"

namespace plimsoll::ui {

// A heading and rows of "name, bar, bytes, share" under it.
class ShareSection final : public QWidget {
    Q_OBJECT
public:
    struct Row {
        QString name;
        QString remark;  // muted, after the name
        QString toolTip;
        std::uint64_t bytes = 0;
        int colourIndex = 0;
    };
    // `whole` is what bars and percentages are of. Of more than `most` rows the largest are shown, in their order.
    ShareSection(const QString& heading, QList<Row> rows, std::uint64_t whole, qsizetype most = 24,
                 QWidget* parent = nullptr);

    [[nodiscard]] static Row row(const QString& name, const ByteSum& sum, int colourIndex = 0);
};

}  // namespace plimsoll::ui
