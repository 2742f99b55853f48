// SPDX-License-Identifier: GPL-3.0-or-later
// The menus of the tensor view, and what leaves it as text.
#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QHeaderView>
#include <QLineEdit>
#include <QMenu>
#include <QSettings>
#include <QStackedWidget>

#include "models/tensor_selection.h"
#include "text/errors.h"
#include "text/text.h"
#include "views/inspect/tensor_table.h"
#include "views/inspect/tree_pane.h"
#include "widgets/label.h"

namespace plimsoll::ui {
namespace {

QString hiddenKey(int column) {
    return QStringLiteral("columns/hidden%1").arg(column);
}

// The place in the file is for those who ask for it.
bool isLeftOut(int column) {
    return QSettings().value(hiddenKey(column), column == TensorRowsModel::Offset).toBool();
}

ListFormat formatOf(const QString& path) {
    const QString suffix = QFileInfo(path).suffix().toLower();
    if (suffix == QLatin1String("json")) return ListFormat::Json;
    if (suffix == QLatin1String("md")) return ListFormat::Markdown;
    return suffix == QLatin1String("txt") ? ListFormat::Names : ListFormat::Csv;
}

}  // namespace

void TreePane::showSelection() {
    const QItemSelection selection = table_->selectionModel()->selection();
    const int rows = selection.isEmpty() ? 0 : selection.first().height();
    const bool several = selection.size() > 1 || rows > 1;
    if (!several) {
        summing_.abandon();
        selection_->hide();
        return;
    }
    auto* job = summing_.replace(new SumJob(this));
    connect(job, &SumJob::summed, this, [this](const TensorSums& sums) {
        selection_->setText(tr("Selected: %1, %2 elements, %3")
                                .arg(tensorsText(sums.tensors), roundCountText(sums.elements), bytesText(sums.bytes)));
        selection_->setVisible(stack_->currentWidget() == table_);
    });
    job->sum({model_->tree(), selectedNodes(*model_, selection)});
}

void TreePane::copyList(ListFormat format) {
    if (!names_) return;
    writeList(selectedNodes(*model_, table_->selectionModel()->selection()), format, {});
}

void TreePane::exportList() {
    if (!names_) return;
    const QString stem = QFileInfo(toText(names_->checkpoint->path)).completeBaseName();
    const QString path = QFileDialog::getSaveFileName(
        this, tr("Export the list"), QStringLiteral("%1-tensors.csv").arg(stem),
        tr("Comma-separated values (*.csv);;JSON (*.json);;Markdown (*.md);;Names (*.txt)"));
    if (!path.isEmpty()) writeList({}, formatOf(path), path);
}

void TreePane::writeList(std::vector<NodeId> nodes, ListFormat format, const QString& path) {
    auto* job = listJob_.replace(new ListJob(this));
    connect(job, &ListJob::failed, this, [this](const Error& error) { showProblem(toText(error.what)); });
    connect(job, &ListJob::listed, this, [this, path](const QString& text) {
        if (path.isEmpty()) {
            QApplication::clipboard()->setText(text);
            say(tr("Copied: %1 of text").arg(bytesText(static_cast<std::uint64_t>(text.size()))));
        } else {
            say(tr("Written: %1").arg(path));
        }
    });
    job->write({model_->tree(), std::move(nodes)}, format, path);
}

void TreePane::copyCommandLine() {
    if (!names_) return;
    const Listing listing = model_->tree()->listing();
    QApplication::clipboard()->setText(
        toText(inspectCommandLine(*names_->checkpoint, filter_->text().trimmed().toStdString(), order_, listing)));
    say(tr("Copied: the command line of this view"));
}

void TreePane::say(const QString& text) {
    selection_->setText(text);
    selection_->show();
}

void TreePane::addCopyMenu(QMenu& menu) {
    QMenu* copy = menu.addMenu(tr("Copy &as"));
    const std::pair<QString, ListFormat> formats[] = {{tr("&Names"), ListFormat::Names},
                                                      {tr("&Rows"), ListFormat::Rows},
                                                      {tr("&CSV"), ListFormat::Csv},
                                                      {tr("&JSON"), ListFormat::Json},
                                                      {tr("&Markdown"), ListFormat::Markdown}};
    for (const auto& [name, format] : formats)
        copy->addAction(name, this, [this, chosen = format] { copyList(chosen); });
    copy->addSeparator();
    copy->addAction(tr("Command &line of this view"), this, &TreePane::copyCommandLine);
    menu.addAction(tr("&Export what is shown…"), this, &TreePane::exportList);
}

void TreePane::showContextMenu(const QPoint& position) {
    const int row = table_->indexAt(position).row();
    if (row < 0) return;
    const QString path = toText(model_->tree()->nodes().path(model_->node(row)));
    QMenu menu;
    menu.addAction(tr("&Copy name"), this, [path] { QApplication::clipboard()->setText(path); });
    addCopyMenu(menu);
    menu.addSeparator();
    if (model_->hasChildren(row)) {
        menu.addAction(tr("Show only this part"), this,
                       [this, path] { filter_->setText(path + QStringLiteral(".*")); });
        menu.addAction(tr("Expand everything below"), this, [this, row] { openBelow(row); });
    }
    if (model_->tree()->listing() == Listing::Tree) {
        menu.addAction(tr("Expand all"), this, [this] { openEverything(true); });
        menu.addAction(tr("Collapse all"), this, [this] { openEverything(false); });
    }
    menu.addSeparator();
    addColumnMenu(*menu.addMenu(tr("Co&lumns")));
    menu.exec(table_->viewport()->mapToGlobal(position));
}

void TreePane::addColumnMenu(QMenu& menu) {
    for (int column = TensorRowsModel::Shape; column < TensorRowsModel::ColumnCount; ++column) {
        QAction* action = menu.addAction(model_->headerData(column, Qt::Horizontal).toString());
        action->setCheckable(true);
        action->setChecked(!isLeftOut(column));
        connect(action, &QAction::toggled, this, [this, column](bool shown) {
            QSettings().setValue(hiddenKey(column), !shown);
            showColumns();
        });
    }
}

void TreePane::showColumnMenu(const QPoint& position) {
    QMenu menu;
    addColumnMenu(menu);
    menu.exec(table_->horizontalHeader()->mapToGlobal(position));
}

// A narrow pane gives up the bars, then the data types and the shapes, before names become unreadable.
void TreePane::showColumns() {
    const int em = fontMetrics().horizontalAdvance(QLatin1Char('m'));
    for (int column = TensorRowsModel::Shape; column < TensorRowsModel::ColumnCount; ++column) {
        const bool narrow = (column == TensorRowsModel::Share && width() < 52 * em) ||
                            (column == TensorRowsModel::DType && width() < 38 * em) ||
                            (column == TensorRowsModel::Shape && width() < 30 * em);
        table_->setColumnHidden(column, narrow || isLeftOut(column));
    }
}

}  // namespace plimsoll::ui
