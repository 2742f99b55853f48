// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <memory>

#include "checkpoint/checkpoint.h"

class QLineEdit;
class QPlainTextEdit;
class QStackedWidget;
class QTreeView;

namespace plimsoll::ui {

class Label;
class MetadataModel;
class MetadataSearch;

// Everything in the checkpoint that is not a tensor, a line to find something in it, and in full a text that is longer
// than its cell.
class MetadataPage final : public QWidget {
    Q_OBJECT
public:
    explicit MetadataPage(QWidget* parent = nullptr);
    void setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint);

protected:
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QWidget* buildTree();
    void showFull();
    void copyCell(int column);
    void showFound();
    void go(int step);  // to the next match, or the one before

    MetadataModel* model_;
    MetadataSearch* search_;
    QStackedWidget* stack_;
    QLineEdit* text_;
    Label* count_;
    QTreeView* view_;
    QPlainTextEdit* full_;
    qsizetype at_ = -1;  // of the matches, the one that is current
};

}  // namespace plimsoll::ui
