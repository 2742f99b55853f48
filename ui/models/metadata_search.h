// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QPersistentModelIndex>
#include <QTimer>
#include <vector>

class QAbstractItemModel;

namespace plimsoll::ui {

// Finds text in the cells of a tree whose children are made when they are asked for. It goes through the tree from top
// to bottom, some milliseconds at a time, so that the window keeps answering. GUI thread only.
class MetadataSearch final : public QObject {
    Q_OBJECT
public:
    static constexpr int kMostLooked = 100'000;  // entries: a container may hold itself
    static constexpr int kMostFound = 1'000;

    MetadataSearch(QAbstractItemModel* model, QObject* parent);

    void start(const QString& text);  // in any case; empty: nothing is found
    [[nodiscard]] const QList<QPersistentModelIndex>& found() const noexcept { return found_; }
    [[nodiscard]] bool isRunning() const { return timer_.isActive(); }
    // False where there was more to look at than kMostLooked, or more to find than kMostFound.
    [[nodiscard]] bool isWhole() const noexcept { return whole_; }

signals:
    void progressed();  // something was found, or all was looked at

private:
    struct Level {
        QModelIndex parent;
        int row = 0;
    };
    void work();
    bool look();
    [[nodiscard]] bool matches(const QModelIndex& index) const;
    void finish(bool whole);

    QAbstractItemModel* model_;
    QTimer timer_;
    QString text_;
    QList<QPersistentModelIndex> found_;
    std::vector<Level> open_;
    int looked_ = 0;
    bool whole_ = true;
};

}  // namespace plimsoll::ui
