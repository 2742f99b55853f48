// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/tree_pane.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPushButton>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "text/names.h"
#include "text/text.h"
#include "theme/theme.h"
#include "views/inspect/file_map_pane.h"
#include "views/inspect/tensor_table.h"
#include "views/inspect/treemap_pane.h"
#include "widgets/column_widths.h"
#include "widgets/label.h"
#include "widgets/view_switch.h"

namespace plimsoll::ui {
namespace {

// Below this, filtering takes a millisecond and a thread would only add latency.
constexpr std::size_t kInlineNodes = 10'000;
constexpr int kFilterEms = 18;  // room for a filter beside the switch; else it has a line of its own

}  // namespace

TreePane::TreePane(QWidget* parent)
    : QWidget(parent),
      tools_(new QHBoxLayout),
      filter_(new QLineEdit),
      count_(new Label(Label::Style::Muted)),
      switch_(new ViewSwitch),
      problem_(new Label(Label::Style::Bad)),
      selection_(new Label(Label::Style::Muted)),
      model_(new TensorRowsModel(this)),
      table_(new TensorTable(model_)),
      stack_(new QStackedWidget),
      treemap_(new TreemapPane),
      fileMap_(new FileMapPane),
      nothing_(new QWidget),
      nothingText_(new Label(Label::Style::Muted)),
      clearFilter_(new QPushButton(tr("&Clear the filter"))) {
    buildFilterLine();
    buildTable();
    buildMaps();
    buildNothing();
    auto* side = new QHBoxLayout;
    side->setSpacing(10);
    side->addWidget(count_);
    side->addStretch(1);
    side->addWidget(switch_);
    tools_->setContentsMargins(10, 10, 10, 0);
    tools_->setSpacing(10);
    tools_->addWidget(filter_, 1);
    tools_->addLayout(side);
    setMinimumWidth(switch_->sizeHint().width() + fontMetrics().horizontalAdvance(tensorsText(99'999)) + 30);
    auto* problemLine = new QHBoxLayout;
    problemLine->setContentsMargins(12, 0, 10, 0);
    problemLine->addWidget(problem_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addLayout(tools_);
    column->addLayout(problemLine);
    column->addWidget(stack_, 1);
    auto* foot = new QHBoxLayout;
    foot->setContentsMargins(12, 0, 10, 6);
    foot->addWidget(selection_);
    column->addLayout(foot);
    updateColours();
}

void TreePane::buildFilterLine() {
    filter_->setObjectName(QStringLiteral("filterLine"));
    filter_->setAccessibleName(tr("Filter tensors"));
    filter_->setPlaceholderText(tr("Filter:  attn   *.weight   dtype:bf16   size>1M   shape:*x768"));
    filter_->setToolTip(
        tr("Words must all hold. A word is a part of the name, or a pattern with * ? [ ] for the whole name,\n"
           "or a regular expression between slashes: /\\.[qk]_proj$/\n"
           "dtype:bf16   size>1M   size<4KiB   shape:*x4096"));
    filter_->setClearButtonEnabled(true);
    filter_->installEventFilter(this);
    count_->setObjectName(QStringLiteral("matchCount"));
    switch_->setObjectName(QStringLiteral("listingSwitch"));
    switch_->setAccessibleName(tr("Show the tensors as"));
    for (const auto& [name, words] : {std::pair(tr("Tree"), tr("By module")),
                                      {tr("List"), tr("All tensors in one list, with their whole names")},
                                      {tr("Treemap"), tr("By module, as large as their bytes")},
                                      {tr("File"), tr("Where everything lies in the file")}})
        switch_->setTabToolTip(switch_->addTab(name), words);
    problem_->setObjectName(QStringLiteral("filterProblem"));
    problem_->setWordWrap(true);
    problem_->hide();
    selection_->setObjectName(QStringLiteral("selectionSum"));
    selection_->hide();
    connect(filter_, &QLineEdit::textChanged, this, &TreePane::rebuild);
    connect(switch_, &QTabBar::currentChanged, this, &TreePane::changeShow);
}

void TreePane::buildTable() {
    table_->setObjectName(QStringLiteral("tensorTree"));
    table_->setAccessibleName(tr("Tensors"));
    table_->setContextMenuPolicy(Qt::CustomContextMenu);
    QHeaderView* header = table_->horizontalHeader();
    header->setStretchLastSection(false);
    header->setSectionResizeMode(TensorRowsModel::Name, QHeaderView::Stretch);
    const QFontMetrics metrics = fontMetrics();
    const auto width = [&](const char* sample) { return metrics.horizontalAdvance(QLatin1String(sample)) + 24; };
    header->resizeSection(TensorRowsModel::Shape, width("[50257, 1600, 3]"));
    header->resizeSection(TensorRowsModel::DType, width("f8_e4m3"));
    header->resizeSection(TensorRowsModel::Size, width("1023.0 MiB"));
    header->resizeSection(TensorRowsModel::Share, width("100.0 %") + 64);
    header->resizeSection(TensorRowsModel::Offset, width("999,999,999,999"));
    rememberWidths(header, QStringLiteral("tensors"));
    header->setSectionsClickable(true);
    header->setSortIndicatorShown(true);
    header->setSortIndicator(TensorRowsModel::Name, Qt::AscendingOrder);
    header->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(header, &QHeaderView::customContextMenuRequested, this, &TreePane::showColumnMenu);
    connect(header, &QHeaderView::sortIndicatorChanged, this, &TreePane::changeOrder);
    // Once for all that changes together.
    selecting_.setSingleShot(true);
    selecting_.setInterval(30);
    connect(&selecting_, &QTimer::timeout, this, &TreePane::showSelection);
    connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, &selecting_, qOverload<>(&QTimer::start));
    connect(model_, &QAbstractItemModel::modelReset, &selecting_, qOverload<>(&QTimer::start));
    connect(table_, &QTableView::customContextMenuRequested, this, &TreePane::showContextMenu);
    connect(table_, &TensorTable::expandBelowRequested, this, &TreePane::openBelow);
    connect(table_, &TensorTable::copyRequested, this, [this] { copyList(ListFormat::Names); });
    connect(table_, &TensorTable::typed, this, [this](const QString& text) {
        filter_->setFocus();
        filter_->insert(text);
    });
    connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &TreePane::showCurrent);
    connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this, &TreePane::showCurrent);
}

void TreePane::setRows(const std::shared_ptr<const TensorRows>& rows) {
    job_.abandon();
    const QSignalBlocker quietHeader(table_->horizontalHeader());
    const QSignalBlocker quietFilter(filter_);
    filter_->clear();
    shownFilter_.clear();
    order_ = {};
    query_ = {};
    current_ = NameTree::root();
    wanted_ = {};
    returning_ = {};
    expandedUnfiltered_.clear();
    table_->horizontalHeader()->setSortIndicator(TensorRowsModel::Name, Qt::AscendingOrder);
    showProblem({});
    names_ = rows ? rows->tree->names() : nullptr;
    show(rows ? *rows : TensorRows());
    if (!rows) return;
    table_->setFocus();
    if (shown() == TensorShow::List) rebuild();
}

void TreePane::setRowsAgain(const std::shared_ptr<const TensorRows>& rows) {
    const QString filter = filter_->text();
    const bool has = current_ != NameTree::root();
    setRows(rows);
    if (has) returning_ = findTensor(names_->checkpoint->tensors, currentName_);
    if (filter.isEmpty()) {
        comeBack();
    } else {
        filter_->setText(filter);  // and comes back when its rows are shown
    }
}

void TreePane::comeBack() {
    if (const TensorId tensor = std::exchange(returning_, {}); tensor.valid()) choose(tensor);
}

void TreePane::setShow(TensorShow show) {
    switch_->setCurrentIndex(static_cast<int>(show));
    if (!filter_->hasFocus()) focusList();
}

TensorShow TreePane::shown() const {
    return static_cast<TensorShow>(switch_->currentIndex());
}

void TreePane::toggleListing() {
    setShow(shown() == TensorShow::Tree ? TensorShow::List : TensorShow::Tree);
}

void TreePane::focusFilter() {
    filter_->setFocus();
    filter_->selectAll();
}

void TreePane::selectTensor(TensorId tensor) {
    wanted_ = tensor;
    if (!filter_->text().isEmpty()) {
        filter_->clear();  // rebuilds, and comes back here
        return;
    }
    const auto& tree = model_->tree();
    if (!tree || job_.get() != nullptr) return;
    wanted_ = {};
    selectShown(tensor);
}

void TreePane::selectShown(TensorId tensor) {
    const NameTree& nodes = model_->tree()->nodes();
    for (std::uint32_t i = 1; i < nodes.size(); ++i)
        if (nodes.tensor(NodeId(i)) == tensor) return goTo(NodeId(i));
}

// Lays open what it lies in.
void TreePane::goTo(NodeId node) {
    const NameTree& nodes = model_->tree()->nodes();
    std::vector<NodeId> above;
    for (NodeId at = nodes.parent(node); at != NameTree::root(); at = nodes.parent(at)) above.push_back(at);
    for (auto at = above.rbegin(); at != above.rend(); ++at) model_->setExpanded(model_->rowOf(*at), true);
    table_->showNode(node);
}

void TreePane::changeOrder(int column, Qt::SortOrder order) {
    static constexpr TreeSort kKeys[] = {TreeSort::Name, TreeSort::Shape, TreeSort::DType,
                                         TreeSort::Size, TreeSort::Size,  TreeSort::Offset};
    if (column < 0 || column >= TensorRowsModel::ColumnCount) return;
    order_ = {kKeys[column], order == Qt::DescendingOrder};
    rebuild();
}

void TreePane::rebuild() {
    if (!names_) return;
    auto filter = Filter::parse(filter_->text().toStdString());
    showProblem(filter ? QString() : toText(filter.error().what));
    if (!filter) {
        job_.abandon();
        return;
    }
    TensorQuery query{std::move(*filter), order_, shown() == TensorShow::List ? Listing::Flat : Listing::Tree};
    auto open = whatIsOpen(query);
    shownFilter_ = filter_->text();
    build(std::move(query), std::move(open));
}

// The newest wish wins: an older one that is still being worked on is abandoned.
void TreePane::build(TensorQuery query, TreeJob::Open open) {
    job_.abandon();
    query_ = query;
    if (names_->tree.size() <= kInlineNodes) {
        if (auto rows = buildRows(names_, query, std::move(open))) show(std::move(*rows));
        return;
    }
    auto* job = job_.replace(new TreeJob(this));
    connect(job, &TreeJob::built, this, [this](const std::shared_ptr<TensorRows>& rows) { show(std::move(*rows)); });
    connect(job, &TreeJob::failed, this, [this](const Error& error) { showProblem(toText(error.what)); });
    job->build(names_, std::move(query), std::move(open));
}

// What a filter finds is laid open; what was open without one is open again when it is gone.
TreeJob::Open TreePane::whatIsOpen(const TensorQuery& query) const {
    const auto& before = model_->tree();
    const bool known = before && !before->filtered() && before->listing() == Listing::Tree;
    if (query.filter.matchesAll()) return {known ? model_->expanded() : expandedUnfiltered_, false};
    const bool same =
        before && before->filtered() && before->listing() == query.listing && shownFilter_ == filter_->text();
    return same ? TreeJob::Open{model_->expanded(), false} : TreeJob::Open{{}, true};
}

void TreePane::show(TensorRows rows) {
    const auto& before = model_->tree();
    if (before && !before->filtered() && before->listing() == Listing::Tree) expandedUnfiltered_ = model_->expanded();
    const NodeId current = current_;
    model_->setRows(std::move(rows));
    if (current != NameTree::root()) table_->showNode(current);
    tellOfModule();  // a filter counts what is left of it
    showCount();
    if (wanted_.valid()) selectTensor(wanted_);
    if (job_.get() == nullptr) comeBack();
    showMap();
    emit rowsShown();
}

// A table that gets the keyboard makes its first row current: nobody has chosen that one.
void TreePane::showCurrent() {
    const QModelIndex current = table_->currentIndex();
    if (!current.isValid() || !table_->selectionModel()->isSelected(current)) return;
    const NodeId node = model_->node(current.row());
    if (node == current_) return;
    current_ = node;
    currentName_ = model_->tree()->nodes().path(node);
    const TensorId tensor = model_->tensor(current.row());
    if (shown() == TensorShow::Treemap) treemap_->setCurrent(node);
    if (shown() == TensorShow::FileMap) fileMap_->setCurrent(tensor);
    if (tensor.valid()) emit tensorSelected(tensor);
    tellOfModule();
}

void TreePane::tellOfModule() {
    const int row = current_ == NameTree::root() ? -1 : model_->rowOf(current_);
    if (row < 0 || model_->tensor(row).valid()) return;
    const TensorTree& tree = *model_->tree();
    const std::uint64_t bytes = tree.bytes(current_);
    emit moduleSelected(nameText(tree.nodes().path(current_)),
                        tr("%1, %2, %3 of all bytes")
                            .arg(tensorsText(tree.tensorCount(current_)), bytesText(bytes),
                                 percentText(bytes, tree.checkpoint().tensors.totalBytes())));
}

void TreePane::openBelow(int row) {
    if (!model_->tree() || !model_->hasChildren(row)) return;
    ExpandedNodes open = model_->expanded();
    const NodeId top = model_->node(row);
    const ExpandedNodes all(open.size(), true);
    open[top.index()] = true;
    for (const std::uint32_t node : rowsBelow(*model_->tree(), all, top)) open[node] = true;
    build(query_, {std::move(open), false});
}

void TreePane::openEverything(bool open) {
    if (names_) build(query_, {ExpandedNodes(open ? 0 : names_->tree.size(), false), open});
}

void TreePane::showCount() {
    const auto& tree = model_->tree();
    if (!tree) {
        count_->clear();
        return;
    }
    const std::uint64_t total = tree->checkpoint().tensors.size();
    count_->setText(tree->filtered() ? tr("%1 of %2").arg(countText(tree->matches()), countText(total))
                                     : tensorsText(total));
}

void TreePane::showProblem(const QString& text) {
    problem_->setText(text);
    problem_->setVisible(!text.isEmpty());
}

void TreePane::updateColours() {
    model_->setColours(mutedText(palette()), badColour(palette()));
    table_->viewport()->update();
}

void TreePane::resizeEvent(QResizeEvent* event) {
    showColumns();
    const int beside = fontMetrics().horizontalAdvance(QLatin1Char('m')) * kFilterEms + count_->sizeHint().width() +
                       switch_->sizeHint().width();
    tools_->setDirection(width() < beside ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
    QWidget::resizeEvent(event);
}

void TreePane::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) updateColours();
    QWidget::changeEvent(event);
}

bool TreePane::eventFilter(QObject* watched, QEvent* event) {
    if (watched == filter_ && event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        if (key == Qt::Key_Down || key == Qt::Key_Return || key == Qt::Key_Enter) {
            focusList();
            const QModelIndex current = table_->currentIndex();
            if (stack_->currentWidget() == table_ && !table_->selectionModel()->isSelected(current))
                table_->setCurrentIndex(model_->index(std::max(current.row(), 0), 0));
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
