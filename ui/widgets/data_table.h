// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>
#include <QTableView>
#include <functional>
#include <memory>

namespace plimsoll::ui {

// Rows that are read from somewhere else when they are seen: nothing is kept for a row. GUI thread only.
class DataModel final : public QAbstractTableModel {
    Q_OBJECT
public:
    struct Column {
        QString title;
        bool isNumber = false;
        int width = 0;  // most letters m that its cells make it wide; 0: takes what is left
        QString toolTip{};
    };
    // O(1), from memory.
    using Text = std::function<QString(int row, int column)>;
    using IsMuted = std::function<bool(int row)>;

    DataModel(QList<Column> columns, QObject* parent) : QAbstractTableModel(parent), columns_(std::move(columns)) {}
    void setRows(int count, Text text, IsMuted isMuted = {});
    void setMutedColour(const QColor& colour);
    [[nodiscard]] const QList<Column>& columns() const noexcept { return columns_; }

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    QList<Column> columns_;
    int count_ = 0;
    Text text_;
    IsMuted isMuted_;
    QColor muted_;
};

// A table of such rows. Ctrl+C copies the selected ones, tab-separated; with none selected, all.
class DataTable final : public QTableView {
    Q_OBJECT
public:
    explicit DataTable(QList<DataModel::Column> columns, QWidget* parent = nullptr);
    void setRows(int count, DataModel::Text text, DataModel::IsMuted isMuted = {});
    [[nodiscard]] int rowCount() const { return model_->rowCount(); }
    [[nodiscard]] QString cell(int row, int column) const;
    [[nodiscard]] QList<int> selectedRows() const;
    void copy() const;

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    void fitColumns();
    void giveRoomToNames();

    DataModel* model_;
    bool isSizedByUser_ = false;
    bool isFitting_ = false;
};

}  // namespace plimsoll::ui
