// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/overview_page.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QVBoxLayout>
#include <algorithm>
#include <array>

#include "text/names.h"
#include "text/text.h"
#include "widgets/banner.h"
#include "widgets/label.h"
#include "widgets/link_button.h"
#include "widgets/stacked_bar.h"

namespace plimsoll::ui {
namespace {

constexpr std::size_t kMostWarnings = 20;
constexpr std::size_t kMostGlobals = 40;
constexpr std::size_t kMostFiles = 60;

}  // namespace

OverviewPage::OverviewPage(QWidget* parent) : QScrollArea(parent) {
    setObjectName(QStringLiteral("overviewPage"));
    setAccessibleName(tr("Summary"));
    setFrameShape(QFrame::NoFrame);
    setWidgetResizable(true);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
}

void OverviewPage::setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint,
                                 std::shared_ptr<const Overview> overview) {
    checkpoint_ = std::move(checkpoint);
    overview_ = std::move(overview);
    auto* content = new QWidget;
    if (checkpoint_) {
        auto* column = new QVBoxLayout(content);
        column->setContentsMargins(16, 14, 16, 16);
        column->setSpacing(8);
        addFigures(*column);
        addWarnings(*column);
        addDTypes(*column);
        addGlobals(*column);
        addLargest(*column);
        addFiles(*column);
        column->addStretch(1);
    }
    setWidget(content);  // deletes the previous one
}

void OverviewPage::addHeading(QVBoxLayout& column, const QString& text) {
    column.addSpacing(8);
    column.addWidget(new Label(Label::Style::Heading, text));
}

void OverviewPage::addFigures(QVBoxLayout& column) {
    auto* row = new QHBoxLayout;
    row->setSpacing(28);
    const std::array<std::pair<QString, QString>, 3> figures{
        {{roundCountText(overview_->elements), tr("elements")},
         {countText(checkpoint_->tensors.size()), checkpoint_->tensors.size() == 1 ? tr("tensor") : tr("tensors")},
         {bytesText(overview_->tensorBytes), tr("of tensors")}}};
    for (const auto& [figure, caption] : figures) {
        auto* cell = new QVBoxLayout;
        cell->setSpacing(0);
        cell->addWidget(new Label(Label::Style::Figure, figure));
        cell->addWidget(new Label(Label::Style::Muted, caption));
        row->addLayout(cell);
    }
    row->addStretch(1);
    column.addLayout(row);
    column.addWidget(
        new Label(Label::Style::Muted,
                  tr("%1, %2 on disk").arg(formatText(checkpoint_->format), bytesText(checkpoint_->fileBytes()))));
    if (overview_->sharedTensors > 0) {
        auto* shared = new Label(Label::Style::Muted,
                                 tr("%1 share their storage with others").arg(tensorsText(overview_->sharedTensors)));
        column.addWidget(shared);
    }
}

void OverviewPage::addWarnings(QVBoxLayout& column) {
    std::size_t shown = 0;
    for (const std::string& warning : checkpoint_->warnings) {
        auto* banner = new Banner;
        const bool more = ++shown == kMostWarnings && checkpoint_->warnings.size() > kMostWarnings;
        banner->show(Banner::Kind::Warning,
                     more ? tr("%1 more warnings").arg(checkpoint_->warnings.size() - shown + 1) : toText(warning));
        column.addWidget(banner);
        if (more) return;
    }
}

void OverviewPage::addDTypes(QVBoxLayout& column) {
    if (overview_->dtypes.empty()) return;
    addHeading(column, tr("Data types"));
    auto* bar = new StackedBar;
    QList<StackedBar::Part> parts;
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(4);
    grid->setColumnStretch(2, 1);
    int row = 0;
    for (const Overview::DTypeShare& share : overview_->dtypes) {
        const auto total = static_cast<double>(std::max<std::uint64_t>(overview_->tensorBytes, 1));
        parts.append({static_cast<double>(share.bytes) / total, row});
        grid->addWidget(new Swatch(row), row, 0, Qt::AlignVCenter);
        grid->addWidget(new Label(Label::Style::Mono, toText(shortName(share.dtype))), row, 1);
        grid->addWidget(new Label(Label::Style::Muted, tensorsText(share.tensors)), row, 2);
        grid->addWidget(new Label(Label::Style::Body, bytesText(share.bytes)), row, 3, Qt::AlignRight);
        grid->addWidget(new Label(Label::Style::Muted, percentText(share.bytes, overview_->tensorBytes)), row, 4,
                        Qt::AlignRight);
        ++row;
    }
    bar->setParts(parts);
    column.addWidget(bar);
    column.addLayout(grid);
}

void OverviewPage::addGlobals(QVBoxLayout& column) {
    if (checkpoint_->globals.empty()) return;
    std::vector<GlobalRef> globals = checkpoint_->globals;
    std::stable_sort(globals.begin(), globals.end(),
                     [](const GlobalRef& a, const GlobalRef& b) { return a.verdict > b.verdict; });
    const auto count = [&](Verdict verdict) {
        return std::count_if(globals.begin(), globals.end(),
                             [verdict](const GlobalRef& g) { return g.verdict == verdict; });
    };
    addHeading(column, tr("What its pickle imports"));
    auto* banner = new Banner;
    banner->setObjectName(QStringLiteral("safetyBanner"));
    if (count(Verdict::Dangerous) > 0) {
        banner->show(Banner::Kind::Error,
                     tr("Dangerous: loading this file in Python can run code. It is safe to look at here, "
                        "because nothing is executed."));
    } else if (count(Verdict::Suspicious) > 0) {
        banner->show(Banner::Kind::Warning,
                     tr("It imports names outside PyTorch's safe list: torch.load(weights_only=True) "
                        "refuses it unless they are allowed."));
    } else {
        banner->show(Banner::Kind::Good,
                     tr("All names are on PyTorch's safe list: torch.load(weights_only=True) accepts them."));
    }
    column.addWidget(banner);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(4);
    grid->setColumnStretch(1, 1);
    int row = 0;
    for (const GlobalRef& global : globals) {
        if (static_cast<std::size_t>(row) == kMostGlobals) {
            grid->addWidget(new Label(Label::Style::Muted, tr("and %1 more").arg(globals.size() - kMostGlobals)), row,
                            1);
            break;
        }
        const auto style = global.verdict == Verdict::Safe         ? Label::Style::Good
                           : global.verdict == Verdict::Suspicious ? Label::Style::Warning
                                                                   : Label::Style::Bad;
        const QString name = global.dynamic ? tr("a name computed while loading")
                                            : toText(global.module) + QLatin1Char('.') + toText(global.name);
        grid->addWidget(new Label(style, toText(verdictName(global.verdict))), row, 0, Qt::AlignTop);
        auto* label = new Label(Label::Style::Mono, name);
        label->setWordWrap(true);
        label->setToolTip(toText(global.reason));
        grid->addWidget(label, row, 1);
        if (global.verdict != Verdict::Safe && !global.reason.empty()) {
            auto* reason = new Label(Label::Style::Muted, toText(global.reason));
            reason->setWordWrap(true);
            grid->addWidget(reason, ++row, 1);
        }
        ++row;
    }
    column.addLayout(grid);
}

void OverviewPage::addLargest(QVBoxLayout& column) {
    if (overview_->largest.empty()) return;
    addHeading(column, tr("Largest tensors"));
    auto* rows = new QVBoxLayout;
    rows->setSpacing(0);
    const TensorTable& table = checkpoint_->tensors;
    for (const TensorId tensor : overview_->largest) {
        auto* row = new LinkButton(nameText(table.name(tensor)),
                                   tr("%1   %2").arg(shapeText(table.shape(tensor)), bytesText(table.nbytes(tensor))));
        row->setToolTip(tr("Show this tensor"));
        connect(row, &LinkButton::clicked, this, [this, tensor] { emit tensorChosen(tensor); });
        rows->addWidget(row);
    }
    column.addLayout(rows);
}

void OverviewPage::addFiles(QVBoxLayout& column) {
    addHeading(column, checkpoint_->files.size() == 1 ? tr("File") : tr("Files"));
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(4);
    grid->setColumnStretch(0, 1);
    int row = 0;
    if (!checkpoint_->indexPath.empty()) {
        grid->addWidget(new Label(Label::Style::Mono, toText(checkpoint_->indexPath)), row++, 0);
    }
    for (const SourceFile& file : checkpoint_->files) {
        if (static_cast<std::size_t>(row) == kMostFiles) {
            grid->addWidget(new Label(Label::Style::Muted, tr("and more")), row, 0);
            break;
        }
        const bool alone = checkpoint_->files.size() == 1;
        auto* name = new Label(file.mapping ? Label::Style::Mono : Label::Style::Bad,
                               toText(alone ? file.path : file.relativePath));
        name->setWordWrap(true);
        name->setToolTip(toText(file.path));
        grid->addWidget(name, row, 0);
        grid->addWidget(new Label(Label::Style::Muted, file.mapping ? bytesText(file.bytes) : tr("missing")), row, 1,
                        Qt::AlignRight | Qt::AlignTop);
        ++row;
    }
    column.addLayout(grid);
}

}  // namespace plimsoll::ui
