// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTimer>
#include <QWidget>
#include <memory>
#include <string>

#include "jobs/list_job.h"
#include "jobs/tree_job.h"
#include "models/tensor_rows_model.h"
#include "views/inspect/tensor_show.h"

class QBoxLayout;
class QLineEdit;
class QMenu;
class QPushButton;
class QStackedWidget;

namespace plimsoll::ui {

class FileMapPane;
class Label;
class TensorTable;
class TreemapPane;
class ViewSwitch;

// The filter line and the tensors under it: as a tree, as a list, as a treemap, or as they lie in the file.
class TreePane final : public QWidget {
    Q_OBJECT
public:
    explicit TreePane(QWidget* parent = nullptr);
    void setRows(const std::shared_ptr<const TensorRows>& rows);  // of all tensors, by name; null: nothing
    // Of the rows of the same file read again: the filter and the tensor that were there before.
    void setRowsAgain(const std::shared_ptr<const TensorRows>& rows);
    void focusFilter();
    void selectTensor(TensorId tensor);  // clears a filter that hides it
    void setShow(TensorShow show);
    [[nodiscard]] TensorShow shown() const;
    void toggleListing();  // tree or list
    void openEverything(bool open);
    // The selected tensors as text on the clipboard; all that are shown where none is selected.
    void copyList(ListFormat format);
    void exportList();  // all that are shown, into a file that is asked for
    void copyCommandLine();
    void showColumns();  // those that are wanted and have room
    void addColumnMenu(QMenu& menu);

signals:
    void tensorSelected(plimsoll::TensorId tensor);
    void moduleSelected(const QString& name, const QString& sums);
    void rowsShown();  // a filter, an order or a listing has taken effect

protected:
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void buildFilterLine();
    void buildTable();
    void buildMaps();
    void buildNothing();
    void changeShow();
    void showMap();
    void focusList();  // what stands for the tensors: table, map, or the way out of an empty filter
    void goTo(NodeId node);
    void selectShown(TensorId tensor);
    void choose(TensorId tensor);
    void comeBack();
    void tellOfModule();  // where one is current
    void changeOrder(int column, Qt::SortOrder order);
    void rebuild();
    void build(TensorQuery query, TreeJob::Open open);
    [[nodiscard]] TreeJob::Open whatIsOpen(const TensorQuery& query) const;
    void show(TensorRows rows);
    void showCount();
    void showProblem(const QString& text);
    void openBelow(int row);

    void showCurrent();
    void showContextMenu(const QPoint& position);
    void showColumnMenu(const QPoint& position);
    void addCopyMenu(QMenu& menu);
    void showSelection();
    void say(const QString& text);  // until something else is selected
    // `nodes` empty: all that are shown.
    void writeList(std::vector<NodeId> nodes, ListFormat format, const QString& path);
    void updateColours();

    QBoxLayout* tools_;
    QLineEdit* filter_;
    Label* count_;
    ViewSwitch* switch_;
    Label* problem_;
    Label* selection_;  // how many are selected, and their bytes
    TensorRowsModel* model_;
    TensorTable* table_;
    QStackedWidget* stack_;
    TreemapPane* treemap_;
    FileMapPane* fileMap_;
    QWidget* nothing_;  // in their place where no tensor is shown
    Label* nothingText_;
    QPushButton* clearFilter_;
    std::shared_ptr<const TensorNames> names_;
    TreeOrder order_;
    TensorQuery query_;  // shown or being built
    ExpandedNodes expandedUnfiltered_;
    NodeId current_ = NameTree::root();
    std::string currentName_;  // a copy: the names in a file that is written in place are lost
    QString shownFilter_;
    LatestJob<TreeJob> job_;
    LatestJob<ListJob> listJob_;
    LatestJob<SumJob> summing_;
    QTimer selecting_;
    TensorId returning_;  // to be chosen then, as far as the filter shows it
    TensorId wanted_;     // to be selected when the rows that are being built are shown
};

}  // namespace plimsoll::ui
