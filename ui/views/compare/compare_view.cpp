// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/compare/compare_view.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QMenu>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include "models/diff_rows_model.h"
#include "text/text.h"
#include "theme/theme.h"
#include "views/compare/pair_pane.h"
#include "widgets/banner.h"
#include "widgets/column_widths.h"
#include "widgets/elided_label.h"
#include "widgets/label.h"
#include "widgets/primary_button.h"
#include "widgets/row_table.h"
#include "widgets/run_strip.h"
#include "widgets/share_delegate.h"
#include "widgets/view_switch.h"

namespace plimsoll::ui {

CompareView::CompareView(QWidget* parent)
    : QWidget(parent),
      pages_(new QStackedWidget),
      start_(new CompareStart),
      other_(new ElidedLabel(1.0, QFont::DemiBold, false)),
      change_(new QPushButton(tr("Other checkpoint"))),
      renames_(new QLineEdit),
      values_(new PrimaryButton(tr("Compare val&ues"))),
      strip_(new RunStrip),
      problem_(new Banner),
      suggestion_(new QWidget),
      suggestionText_(new Label(Label::Style::Body)),
      useSuggestion_(new QPushButton(tr("Use it"))),
      states_(new ViewSwitch),
      filter_(new QLineEdit),
      filterProblem_(new Label(Label::Style::Bad)),
      export_(new QPushButton(tr("Export…"))),
      command_(new QPushButton(tr("Copy command"))),
      model_(new DiffRowsModel(this)),
      body_(new QStackedWidget),
      rows_(new QStackedWidget),
      table_(new QTableView),
      nothing_(new Label(Label::Style::Muted)),
      pair_(new PairPane) {
    setObjectName(QStringLiteral("compareView"));
    auto* results = new QSplitter(Qt::Vertical);
    results->setObjectName(QStringLiteral("compareSplit"));
    results->addWidget(buildTable());
    results->addWidget(pair_);
    results->setStretchFactor(0, 3);
    results->setStretchFactor(1, 2);
    results->setSizes({400, 280});
    results->setChildrenCollapsible(false);
    auto* page = new QWidget;
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(buildTop());
    auto* none = new Label(Label::Style::Muted,
                           tr("Choose another checkpoint above, or drop one on this view to compare with it."));
    none->setObjectName(QStringLiteral("compareNone"));
    none->setAlignment(Qt::AlignCenter);
    none->setWordWrap(true);
    body_->addWidget(results);
    body_->addWidget(none);
    column->addWidget(body_, 1);
    pages_->addWidget(start_);
    pages_->addWidget(page);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(pages_);
    connectParts();
    updateColours();
}

QWidget* CompareView::buildTop() {
    other_->setObjectName(QStringLiteral("compareOther"));
    change_->setObjectName(QStringLiteral("compareChange"));
    auto* menu = new QMenu(change_);
    connect(menu, &QMenu::aboutToShow, this, [this, menu] {
        menu->clear();
        start_->fill(*menu);
    });
    change_->setMenu(menu);
    renames_->setObjectName(QStringLiteral("compareRenames"));
    renames_->setAccessibleName(tr("Rename rules"));
    renames_->setPlaceholderText(tr("Names of A in B:  model=net;  *.gamma=*.weight"));
    renames_->setToolTip(
        tr("How names of A are spelled in B; rules are separated by semicolons.\n"
           "model=net and model= change whole components at the front, *.gamma=*.weight whole names,\n"
           "h\\.(\\d+)=>layers.\\1 whatever the regular expression matches."));
    renames_->setClearButtonEnabled(true);
    values_->setObjectName(QStringLiteral("compareValues"));
    problem_->setObjectName(QStringLiteral("compareProblem"));
    suggestionText_->setObjectName(QStringLiteral("compareSuggestion"));
    useSuggestion_->setObjectName(QStringLiteral("compareUse"));
    auto* suggestionRow = new QHBoxLayout(suggestion_);
    suggestionRow->setContentsMargins(0, 0, 0, 0);
    suggestionRow->addWidget(suggestionText_);
    suggestionRow->addWidget(useSuggestion_);
    suggestionRow->addStretch(1);
    auto* line = new QHBoxLayout;
    line->setSpacing(10);
    line->addWidget(new Label(Label::Style::Muted, tr("A is this one, B is")));
    line->addWidget(other_, 2);
    line->addWidget(change_);
    line->addWidget(renames_, 2);
    line->addWidget(values_);
    auto* top = new QWidget;
    auto* column = new QVBoxLayout(top);
    column->setContentsMargins(16, 12, 16, 8);
    column->setSpacing(8);
    column->addLayout(line);
    column->addWidget(problem_);
    column->addWidget(suggestion_);
    column->addWidget(strip_);
    return top;
}

QWidget* CompareView::buildTable() {
    states_->setObjectName(QStringLiteral("compareStates"));
    states_->setAccessibleName(tr("Show tensors that are"));
    for (std::size_t i = 0; i <= kDiffStates; ++i) states_->addTab({});
    filter_->setObjectName(QStringLiteral("compareFilter"));
    filter_->setAccessibleName(tr("Filter tensors"));
    filter_->setPlaceholderText(tr("Filter:  attn   *.weight   dtype:bf16   size>1M"));
    filter_->setClearButtonEnabled(true);
    filterProblem_->hide();
    export_->setObjectName(QStringLiteral("compareExport"));
    export_->setToolTip(tr("The rows that are shown, as CSV"));
    command_->setObjectName(QStringLiteral("compareCommand"));
    command_->setToolTip(tr("The plimsoll-cli call that makes this comparison"));
    table_->setObjectName(QStringLiteral("compareTable"));
    table_->setAccessibleName(tr("Compared tensors"));
    table_->setModel(model_);
    table_->setItemDelegateForColumn(DiffRowsModel::Differing, new ShareDelegate(DiffRowsModel::ShareRole, this));
    table_->setFrameShape(QFrame::NoFrame);
    showAsRows(table_);
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    table_->setTextElideMode(Qt::ElideLeft);  // the ends of names tell them apart
    table_->verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 6);
    QHeaderView* header = table_->horizontalHeader();
    // Of its own and always empty: to paint itself the header would ask whether every row of a column is selected.
    header->setSelectionModel(new QItemSelectionModel(model_, this));
    header->setSectionResizeMode(DiffRowsModel::Name, QHeaderView::Stretch);
    const auto width = [this](const char* sample) {
        return fontMetrics().horizontalAdvance(QLatin1String(sample)) + 24;
    };
    header->resizeSection(DiffRowsModel::State, width("other type, values"));
    header->resizeSection(DiffRowsModel::A, width("f8_e4m3fn [50257, 1600]"));
    header->resizeSection(DiffRowsModel::B, width("f8_e4m3fn [50257, 1600]"));
    header->resizeSection(DiffRowsModel::Differing, width("100.0 %") + 50);
    for (const int column : {DiffRowsModel::MaxAbs, DiffRowsModel::MaxRel, DiffRowsModel::Rms})
        header->resizeSection(column, width("1.23e-05"));
    rememberWidths(header, QStringLiteral("compare"));
    header->setSectionsClickable(true);
    header->setSortIndicatorShown(true);
    header->setSortIndicator(DiffRowsModel::MaxAbs, Qt::DescendingOrder);
    header->setContextMenuPolicy(Qt::CustomContextMenu);
    auto* line = new QHBoxLayout;
    line->setContentsMargins(16, 0, 16, 0);
    line->setSpacing(10);
    line->addWidget(states_);
    line->addWidget(filter_, 1);
    line->addWidget(export_);
    line->addWidget(command_);
    auto* problemLine = new QHBoxLayout;
    problemLine->setContentsMargins(18, 0, 16, 0);
    problemLine->addWidget(filterProblem_);
    auto* panel = new QWidget;
    auto* column = new QVBoxLayout(panel);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    column->addLayout(line);
    column->addLayout(problemLine);
    nothing_->setObjectName(QStringLiteral("compareNothing"));
    nothing_->setAlignment(Qt::AlignCenter);
    nothing_->setWordWrap(true);
    rows_->addWidget(table_);
    rows_->addWidget(nothing_);
    column->addWidget(rows_, 1);
    return panel;
}

void CompareView::connectParts() {
    connect(start_, &CompareStart::chosen, this, &CompareView::compareWith);
    connect(values_, &QPushButton::clicked, this, &CompareView::compareValues);
    connect(renames_, &QLineEdit::editingFinished, this, [this] {
        if (renames_->isModified()) run(false);
        renames_->setModified(false);
    });
    connect(useSuggestion_, &QPushButton::clicked, this, [this] {
        if (!report_) return;
        renames_->setText(toText(report_->suggestedRename));
        run(false);
    });
    connect(states_, &QTabBar::currentChanged, this, &CompareView::rebuild);
    connect(filter_, &QLineEdit::textChanged, this, &CompareView::rebuild);
    connect(export_, &QPushButton::clicked, this, &CompareView::askToExport);
    connect(command_, &QPushButton::clicked, this, &CompareView::copyCommand);
    connect(pair_, &PairPane::showRequested, this, &CompareView::tensorChosen);
    QHeaderView* header = table_->horizontalHeader();
    connect(header, &QHeaderView::customContextMenuRequested, this, &CompareView::showColumnMenu);
    connect(header, &QHeaderView::sortIndicatorChanged, this, [this](int column, Qt::SortOrder order) {
        sort_ = static_cast<DiffSort>(column);
        descending_ = order == Qt::DescendingOrder;
        rebuild();
    });
    connect(table_->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) { pair_->setPair(report_, model_->entry(current.row())); });
    connect(table_, &QTableView::activated, this, [this](const QModelIndex& index) {
        const auto entry = model_->entry(index.row());
        if (entry && DiffEntries(*report_).a(*entry).valid()) emit tensorChosen(DiffEntries(*report_).a(*entry));
    });
}

void CompareView::updateColours() {
    model_->setColours({mutedText(palette()), warnColour(palette()), badColour(palette()), goodColour(palette())});
    table_->viewport()->update();
}

void CompareView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange) updateColours();
    QWidget::changeEvent(event);
}

}  // namespace plimsoll::ui
