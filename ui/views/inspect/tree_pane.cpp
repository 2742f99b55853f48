// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/tree_pane.h"

#include <QApplication>
#include <QClipboard>
#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMenu>
#include <QTreeView>
#include <QVBoxLayout>

#include "text/text.h"
#include "theme/theme.h"
#include "widgets/label.h"
#include "widgets/share_delegate.h"

namespace plimsoll::ui {
namespace {

constexpr int kTypingMs = 120;
// Below this, filtering takes a few milliseconds and a thread would only add flicker.
constexpr std::size_t kInlineRows = 100'000;
constexpr std::uint64_t kExpandAllRows = 200'000;
constexpr int kFirstRows = 40;

}  // namespace

TreePane::TreePane(QWidget* parent)
    : QWidget(parent),
      filter_(new QLineEdit),
      count_(new Label(Label::Style::Muted)),
      problem_(new Label(Label::Style::Bad)),
      view_(new QTreeView),
      model_(new TensorTreeModel(this)) {
    filter_->setObjectName(QStringLiteral("filterLine"));
    filter_->setAccessibleName(tr("Filter tensors"));
    filter_->setPlaceholderText(tr("Filter:  attn   *.weight   dtype:bf16   size>1M   shape:*x768"));
    filter_->setToolTip(
        tr("Words must all hold. A word is a part of the name, or a pattern with * ? [ ] for the whole name.\n"
           "dtype:bf16   size>1M   size<4KiB   shape:*x4096"));
    filter_->setClearButtonEnabled(true);
    filter_->installEventFilter(this);
    count_->setObjectName(QStringLiteral("matchCount"));
    problem_->setObjectName(QStringLiteral("filterProblem"));
    problem_->setWordWrap(true);
    problem_->hide();
    buildTree();

    auto* line = new QHBoxLayout;
    line->setContentsMargins(10, 10, 10, 0);
    line->setSpacing(10);
    line->addWidget(filter_, 1);
    line->addWidget(count_);
    auto* problemLine = new QHBoxLayout;
    problemLine->setContentsMargins(12, 0, 10, 0);
    problemLine->addWidget(problem_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addLayout(line);
    column->addLayout(problemLine);
    column->addWidget(view_, 1);

    typing_.setSingleShot(true);
    typing_.setInterval(kTypingMs);
    connect(&typing_, &QTimer::timeout, this, &TreePane::applyFilter);
    connect(filter_, &QLineEdit::textChanged, &typing_, qOverload<>(&QTimer::start));
    connect(filter_, &QLineEdit::returnPressed, this, [this] {
        typing_.stop();
        applyFilter();
    });
    updateColours();
}

void TreePane::buildTree() {
    view_->setObjectName(QStringLiteral("tensorTree"));
    view_->setAccessibleName(tr("Tensors"));
    view_->setModel(model_);
    view_->setUniformRowHeights(true);
    view_->setFrameShape(QFrame::NoFrame);
    view_->setAlternatingRowColors(true);
    view_->setItemDelegateForColumn(TensorTreeModel::Share, new ShareDelegate(TensorTreeModel::ShareRole, this));
    view_->setContextMenuPolicy(Qt::CustomContextMenu);
    view_->setTextElideMode(Qt::ElideMiddle);
    QHeaderView* header = view_->header();
    header->setStretchLastSection(false);
    header->setSectionsMovable(false);
    header->setSectionResizeMode(TensorTreeModel::Name, QHeaderView::Stretch);
    const QFontMetrics metrics = fontMetrics();
    const auto width = [&](const char* sample) { return metrics.horizontalAdvance(QLatin1String(sample)) + 24; };
    header->resizeSection(TensorTreeModel::Shape, width("[50257, 1600, 3]"));
    header->resizeSection(TensorTreeModel::DType, width("f8_e4m3"));
    header->resizeSection(TensorTreeModel::Size, width("1023.0 MiB"));
    header->resizeSection(TensorTreeModel::Share, width("100.0 %") + 64);
    header->setSectionsClickable(true);
    header->setSortIndicatorShown(true);
    header->setSortIndicator(TensorTreeModel::Name, Qt::AscendingOrder);
    connect(header, &QHeaderView::sortIndicatorChanged, this, &TreePane::changeOrder);
    connect(view_, &QTreeView::customContextMenuRequested, this, &TreePane::showContextMenu);
    connect(view_->selectionModel(), &QItemSelectionModel::currentChanged, this, [this](const QModelIndex& index) {
        const TensorId tensor = model_->tensor(index);
        if (tensor.valid()) emit tensorSelected(tensor);
    });
}

void TreePane::setTree(std::shared_ptr<const TensorTree> tree) {
    job_.abandon();
    typing_.stop();
    all_ = std::move(tree);
    expandedUnfiltered_.clear();
    const QSignalBlocker quietHeader(view_->header());
    const QSignalBlocker quietFilter(filter_);
    filter_->clear();
    order_ = {};
    view_->header()->setSortIndicator(TensorTreeModel::Name, Qt::AscendingOrder);
    showProblem({});
    model_->setTree(all_);
    if (all_) {
        expandFirst();
        view_->setFocus();
    }
    showCount();
}

void TreePane::focusFilter() {
    filter_->setFocus();
    filter_->selectAll();
}

void TreePane::selectTensor(TensorId tensor) {
    wanted_ = tensor;
    if (!filter_->text().isEmpty()) {
        filter_->clear();
        typing_.stop();
        applyFilter();
        return;
    }
    const auto& tree = model_->tree();
    if (!tree) return;
    for (std::uint32_t i = 1; i < tree->tree.size(); ++i) {
        if (tree->tree.tensor(NodeId(i)) != tensor) continue;
        const QModelIndex index = model_->indexOf(NodeId(i));
        view_->setCurrentIndex(index);
        view_->scrollTo(index, QAbstractItemView::PositionAtCenter);
        break;
    }
    wanted_ = {};
}

void TreePane::applyFilter() {
    if (!all_) return;
    const auto filter = Filter::parse(filter_->text().toStdString());
    if (!filter) {
        job_.abandon();
        showProblem(toText(filter.error().what));
        return;
    }
    showProblem({});
    rebuild();
}

void TreePane::changeOrder(int column, Qt::SortOrder order) {
    static constexpr TreeSort kKeys[] = {TreeSort::Name, TreeSort::Shape, TreeSort::DType, TreeSort::Size,
                                         TreeSort::Size};
    if (column < 0 || column >= TensorTreeModel::ColumnCount) return;
    order_ = {kKeys[column], order == Qt::DescendingOrder};
    if (all_) rebuild();
}

void TreePane::rebuild() {
    auto filter = Filter::parse(filter_->text().toStdString());
    if (!filter) return;
    if (filter->matchesAll() && order_ == TreeOrder{}) {
        job_.abandon();
        showTree(all_);
        return;
    }
    if (all_->checkpoint->tensors.size() <= kInlineRows) {
        job_.abandon();
        showTree(buildTensorTree(all_->checkpoint, &*filter, order_));
        return;
    }
    auto* job = job_.replace(new TreeJob(this));
    connect(job, &TreeJob::built, this, &TreePane::showTree);
    connect(job, &TreeJob::failed, this, [this](const Error& error) { showProblem(toText(error.what)); });
    job->build(all_->checkpoint, std::move(*filter), order_);
}

// NodeIds mean the same in every unfiltered tree of a checkpoint, whatever its order: expansion is kept by them.
void TreePane::showTree(const std::shared_ptr<const TensorTree>& tree) {
    const auto& before = model_->tree();
    if (before && !before->filtered) {
        expandedUnfiltered_.clear();
        collectExpanded({}, expandedUnfiltered_);
    }
    model_->setTree(tree);
    if (!tree->filtered) {
        for (const NodeId node : expandedUnfiltered_) view_->setExpanded(model_->indexOf(node), true);
    } else if (tree->tree.size() <= kExpandAllRows) {
        view_->expandAll();
    } else {
        expandFirst();
    }
    showCount();
    if (wanted_.valid()) selectTensor(wanted_);
    emit treeShown();
}

void TreePane::collectExpanded(const QModelIndex& parent, std::vector<NodeId>& into) const {
    for (int row = 0; row < model_->rowCount(parent); ++row) {
        const QModelIndex index = model_->index(row, 0, parent);
        if (!view_->isExpanded(index)) continue;
        into.push_back(model_->node(index));
        collectExpanded(index, into);
    }
}

// Opens levels from the top while all of it still fits a screen.
void TreePane::expandFirst() {
    std::vector<QModelIndex> level;
    for (int row = 0; row < std::min(model_->rowCount(), kFirstRows); ++row) level.push_back(model_->index(row, 0));
    int rows = model_->rowCount();
    while (!level.empty()) {
        std::vector<QModelIndex> next;
        int more = 0;
        for (const QModelIndex& index : level) more += model_->rowCount(index);
        if (more == 0 || rows + more > kFirstRows) return;
        for (const QModelIndex& index : level) {
            view_->expand(index);
            for (int row = 0; row < model_->rowCount(index); ++row) next.push_back(model_->index(row, 0, index));
        }
        rows += more;
        level = std::move(next);
    }
}

void TreePane::showCount() {
    const auto& tree = model_->tree();
    if (!tree) {
        count_->clear();
        return;
    }
    const std::uint64_t total = tree->checkpoint->tensors.size();
    count_->setText(tree->filtered ? tr("%1 of %2").arg(countText(tree->matches), countText(total))
                                   : tensorsText(total));
}

void TreePane::showProblem(const QString& text) {
    problem_->setText(text);
    problem_->setVisible(!text.isEmpty());
}

void TreePane::showContextMenu(const QPoint& position) {
    const QModelIndex index = view_->indexAt(position).siblingAtColumn(0);
    if (!index.isValid()) return;
    const QString path = toText(model_->tree()->tree.path(model_->node(index)));
    QMenu menu;
    menu.addAction(tr("Copy name"), this, [path] { QApplication::clipboard()->setText(path); });
    if (model_->hasChildren(index)) {
        menu.addAction(tr("Show only this part"), this,
                       [this, path] { filter_->setText(path + QStringLiteral(".*")); });
        menu.addAction(tr("Expand everything below"), this, [this, index] { view_->expandRecursively(index); });
        menu.addAction(tr("Collapse"), this, [this, index] { view_->collapse(index); });
    }
    menu.exec(view_->viewport()->mapToGlobal(position));
}

void TreePane::updateColours() {
    model_->setColours(mutedText(palette()), badColour(palette()));
    view_->viewport()->update();
}

// A narrow pane gives up the bars, then the data types, before names become unreadable.
void TreePane::resizeEvent(QResizeEvent* event) {
    const int em = fontMetrics().horizontalAdvance(QLatin1Char('m'));
    view_->setColumnHidden(TensorTreeModel::Share, width() < 52 * em);
    view_->setColumnHidden(TensorTreeModel::DType, width() < 38 * em);
    QWidget::resizeEvent(event);
}

void TreePane::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) updateColours();
    QWidget::changeEvent(event);
}

bool TreePane::eventFilter(QObject* watched, QEvent* event) {
    if (watched == filter_ && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Down) {
            view_->setFocus();
            if (!view_->currentIndex().isValid()) view_->setCurrentIndex(model_->index(0, 0));
            return true;
        }
        if (key == Qt::Key_Escape && !filter_->text().isEmpty()) {
            filter_->clear();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

}  // namespace plimsoll::ui
