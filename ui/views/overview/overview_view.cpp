// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/overview/overview_view.h"

#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "jobs/dispose.h"
#include "text/errors.h"
#include "text/names.h"
#include "text/text.h"
#include "views/overview/share_section.h"
#include "views/overview/slim_card.h"
#include "widgets/banner.h"
#include "widgets/figure_row.h"
#include "widgets/label.h"
#include "widgets/link_button.h"
#include "widgets/run_strip.h"
#include "widgets/stacked_bar.h"

namespace plimsoll::ui {
namespace {

constexpr std::size_t kMostCards = 3;
constexpr std::size_t kMostGroups = 8;
constexpr std::size_t kMostWastes = 8;
constexpr int kWidest = 920;

ShareSection::Rows namedRows(const auto& sums) {
    return ShareSection::largest(
        sums.size(), [&sums](std::size_t i) { return sums[i].sum.bytes; },
        [&sums](std::size_t i) { return ShareSection::row(toText(sums[i].name), sums[i].sum); });
}

}  // namespace

OverviewView::OverviewView(QWidget* parent)
    : QWidget(parent), problem_(new Banner), strip_(new RunStrip), scroll_(new QScrollArea) {
    setObjectName(QStringLiteral("overviewView"));
    problem_->setObjectName(QStringLiteral("overviewProblem"));
    scroll_->setAccessibleName(tr("Overview"));
    scroll_->setFrameShape(QFrame::NoFrame);
    scroll_->setWidgetResizable(true);
    scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* top = new QVBoxLayout;
    top->setContentsMargins(16, 12, 16, 0);
    top->addWidget(problem_);
    top->addWidget(strip_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addLayout(top);
    column->addWidget(scroll_, 1);
}

void OverviewView::setCheckpoint(std::shared_ptr<const Checkpoint> checkpoint) {
    job_.abandon();
    strip_->hide();
    problem_->clear();
    dispose(std::exchange(report_, nullptr));
    checkpoint_ = std::move(checkpoint);
    scroll_->setWidget(new QWidget);  // deletes the previous one
    if (checkpoint_) run(false);
}

void OverviewView::run(bool readTensors) {
    problem_->clear();
    auto* job = job_.replace(new AuditJob(this));
    connect(job, &AuditJob::audited, this, &OverviewView::show);
    connect(job, &AuditJob::failed, this, [this](const Error& error) {
        if (error.code != Errc::Cancelled)
            problem_->show(Banner::Kind::Error, errorLine(error, toText(checkpoint_->path)));
        emit reportShown();
    });
    strip_->follow(job, readTensors ? tr("Comparing tensors of one shape") : tr("Adding up"));
    AuditOptions options;
    options.readTensors = readTensors;
    job->run(checkpoint_, options);
}

void OverviewView::show(const std::shared_ptr<const AuditReport>& report) {
    dispose(std::exchange(report_, report));
    auto* content = new QWidget;
    auto* page = new QWidget;
    page->setMaximumWidth(kWidest);
    auto* middle = new QHBoxLayout(content);
    middle->setContentsMargins(0, 0, 0, 0);
    middle->addWidget(page, 1);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(16, 14, 16, 20);
    column->setSpacing(18);
    addFigures(*column);
    addRoles(*column);
    addSlimming(*column);
    addParts(*column);
    addOptimizers(*column);
    addUnused(*column);
    addGroups(*column, tr("Tied: one set of bytes under several names"), report_->tied);
    addIdentical(*column);
    column->addStretch(1);
    scroll_->setWidget(content);
    emit reportShown();
}

void OverviewView::addFigures(QVBoxLayout& column) {
    auto* figures = new FigureRow;
    figures->setObjectName(QStringLiteral("overviewFigures"));
    QList<std::pair<QString, QString>> values{{tr("on disk"), bytesText(report_->fileBytes)},
                                              {tr("tensors"), countText(report_->total.tensors)},
                                              {tr("bytes of tensors"), bytesText(report_->total.bytes)},
                                              {tr("of these, stored once"), bytesText(report_->total.ownBytes)}};
    const QString unused = bytesText(report_->unusedStorageBytes);
    values.append({tr("unused in storages"), report_->unusedIsExact ? unused : tr("%1 or more").arg(unused)});
    figures->setFigures(values);
    column.addWidget(figures);
}

void OverviewView::addRoles(QVBoxLayout& column) {
    QList<ShareSection::Row> rows;
    QList<StackedBar::Part> parts;
    std::uint64_t whole = report_->fileBytes;
    for (std::size_t i = 0; i < kRoleCount; ++i) {
        const ByteSum& sum = report_->roles[i];
        if (sum.tensors == 0) continue;
        auto row = ShareSection::row(toText(roleName(static_cast<Role>(i))), sum, static_cast<int>(i));
        row.bytes = sum.ownBytes;
        QStringList why;
        for (const RoleRule& rule : report_->rules)
            if (rule.role == static_cast<Role>(i) && rule.sum.tensors > 0) why << toText(rule.words);
        row.toolTip = why.join(QLatin1Char('\n'));
        rows.append(row);
    }
    if (report_->unusedStorageBytes > 0)
        rows.append({tr("in storages, used by no tensor"), {}, {}, report_->unusedStorageBytes, 5});
    for (const OutsideSum& outside : report_->outside) rows.append({toText(outside.words), {}, {}, outside.bytes, 7});
    std::uint64_t sum = 0;
    for (const auto& row : rows) sum += row.bytes;
    whole = std::max(whole, sum);  // compressed members are larger in memory than in the file
    for (const auto& row : rows)
        parts.append(
            {static_cast<double>(row.bytes) / static_cast<double>(std::max<std::uint64_t>(whole, 1)), row.colourIndex});
    auto* bar = new StackedBar;
    bar->setParts(parts);
    bar->setAccessibleName(tr("Where the bytes are"));
    auto* section = new ShareSection(tr("Where the bytes are"), {rows, 0, 0}, whole);
    section->setObjectName(QStringLiteral("overviewRoles"));
    column.addWidget(bar);
    column.addWidget(section);
}

void OverviewView::addSlimming(QVBoxLayout& column) {
    if (report_->slim.empty()) return;
    column.addWidget(new Label(Label::Style::Heading, tr("What would make it smaller")));
    std::size_t shown = 0;
    for (const SlimOption& option : report_->slim) {
        if (shown++ == kMostCards) break;
        auto* card = new SlimCard(option, report_->fileBytes);
        connect(card, &SlimCard::recipeChosen, this, &OverviewView::recipeChosen);
        column.addWidget(card);
    }
}

void OverviewView::addParts(QVBoxLayout& column) {
    const std::uint64_t whole = report_->total.bytes;
    if (!report_->dtypes.empty())
        column.addWidget(new ShareSection(tr("By data type"), namedRows(report_->dtypes), whole));
    if (report_->layers.size() > 1) {
        auto* layers = new ShareSection(tr("By layer"), namedRows(report_->layers), whole);
        layers->setObjectName(QStringLiteral("overviewLayers"));
        column.addWidget(layers);
    }
    if (!report_->experts.empty())
        column.addWidget(new ShareSection(tr("By expert"), namedRows(report_->experts), whole));
}

void OverviewView::addOptimizers(QVBoxLayout& column) {
    const auto& states = report_->optimizers;
    const auto rowOf = [&states](std::size_t i) {
        const OptimizerState& state = states[i];
        auto row = ShareSection::row(toText(state.kind), state.sum);
        row.remark = tr("%1 of %2 parameters found here, %3")
                         .arg(countText(state.linked), countText(state.parameters), toText(state.how));
        row.toolTip = toText(state.path);
        return row;
    };
    if (states.empty()) return;
    const auto bytesOf = [&states](std::size_t i) { return states[i].sum.bytes; };
    column.addWidget(new ShareSection(tr("Optimizer state"), ShareSection::largest(states.size(), bytesOf, rowOf),
                                      report_->total.bytes));
}

void OverviewView::addTensorLink(QVBoxLayout& column, TensorId tensor, const QString& remark) {
    auto* link = new LinkButton(nameText(checkpoint_->tensors.name(tensor)), remark);
    link->setToolTip(tr("Show this tensor"));
    connect(link, &LinkButton::clicked, this, [this, tensor] { emit tensorChosen(tensor); });
    column.addWidget(link);
}

void OverviewView::addUnused(QVBoxLayout& column) {
    if (report_->wastes.empty()) return;
    auto* section = new QVBoxLayout;
    section->setSpacing(2);
    section->addWidget(new Label(Label::Style::Heading, tr("Stored, but used by no tensor")));
    const auto& wastes = report_->wastes;
    for (std::size_t i = 0; i < std::min(kMostWastes, wastes.size()); ++i) {
        const QString bytes = bytesText(wastes[i].unusedBytes);
        if (wastes[i].view.valid()) {
            addTensorLink(*section, wastes[i].view, tr("its storage has %1 more").arg(bytes));
        } else {
            section->addWidget(new Label(Label::Style::Body, tr("A storage without a tensor: %1").arg(bytes)));
        }
    }
    if (wastes.size() > kMostWastes)
        section->addWidget(new Label(Label::Style::Muted, tr("%1 more").arg(countText(wastes.size() - kMostWastes))));
    column.addLayout(section);
}

void OverviewView::addGroups(QVBoxLayout& column, const QString& heading, const std::vector<TensorGroup>& groups) {
    if (groups.empty()) return;
    auto* section = new QVBoxLayout;
    section->setSpacing(2);
    section->addWidget(new Label(Label::Style::Heading, heading));
    for (std::size_t i = 0; i < std::min(kMostGroups, groups.size()); ++i) {
        const TensorGroup& group = groups[i];
        const QString second = nameText(checkpoint_->tensors.name(group.members[1]));
        const QString others = group.members.size() == 2
                                   ? tr("= %1   %2").arg(second, bytesText(group.bytes))
                                   : tr("= %1 and %2 more   %3 each")
                                         .arg(second, countText(group.members.size() - 2), bytesText(group.bytes));
        addTensorLink(*section, group.members.front(), others);
    }
    if (groups.size() > kMostGroups)
        section->addWidget(
            new Label(Label::Style::Muted, tr("%1 more groups").arg(countText(groups.size() - kMostGroups))));
    column.addLayout(section);
}

void OverviewView::addIdentical(QVBoxLayout& column) {
    if (report_->identicalWasRead) {
        addGroups(
            column,
            tr("Identical: equal bytes stored several times, %1 too many").arg(bytesText(report_->identicalBytes)),
            report_->identical);
        if (report_->identical.empty())
            column.addWidget(new Label(Label::Style::Muted, tr("No two tensors hold the same bytes.")));
        return;
    }
    auto* look = new QPushButton(tr("Look for identi&cal tensors"));
    look->setObjectName(QStringLiteral("findIdentical"));
    look->setToolTip(tr("Reads tensors of one type and shape; large files take a while"));
    connect(look, &QPushButton::clicked, this, [this, look] {
        look->setEnabled(false);
        run(true);
    });
    column.addWidget(look, 0, Qt::AlignLeft);
}

}  // namespace plimsoll::ui
