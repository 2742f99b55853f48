// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QWidget>
#include <cstddef>
#include <cstdint>
#include <functional>

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
    struct Rows {
        QList<Row> shown;
        std::uint64_t others = 0;
        std::uint64_t otherBytes = 0;
    };
    // `whole` is what bars and percentages are of.
    ShareSection(const QString& heading, const Rows& rows, std::uint64_t whole, QWidget* parent = nullptr);

    // The largest of `count` things, in the order they are in. O(count); only of these a row is made.
    [[nodiscard]] static Rows largest(std::size_t count, const std::function<std::uint64_t(std::size_t)>& bytesOf,
                                      const std::function<Row(std::size_t)>& rowOf);

    [[nodiscard]] static Row row(const QString& name, const ByteSum& sum, int colourIndex = 0);
};

}  // namespace plimsoll::ui
