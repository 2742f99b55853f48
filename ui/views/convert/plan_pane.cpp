// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/plan_pane.h"

#include <QFileInfo>
#include <QGridLayout>
#include <QHeaderView>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <map>

#include "text/text.h"
#include "widgets/banner.h"
#include "widgets/label.h"
#include "widgets/stacked_bar.h"

namespace plimsoll::ui {
namespace {

// A list that nobody reads to its end must not cost memory.
constexpr std::size_t kMostRows = 500;

}  // namespace

PlanPane::PlanPane(QWidget* parent)
    : QWidget(parent),
      problem_(new Banner),
      summary_(new QWidget),
      before_(new Label(Label::Style::Body)),
      after_(new Label(Label::Style::Heading)),
      beforeBar_(new StackedBar),
      afterBar_(new StackedBar),
      remark_(new Label(Label::Style::Muted)),
      changes_(new Label(Label::Style::Body)),
      details_(new QTreeWidget) {
    problem_->setObjectName(QStringLiteral("planProblem"));
    after_->setObjectName(QStringLiteral("planAfter"));
    remark_->setObjectName(QStringLiteral("planRemark"));
    changes_->setObjectName(QStringLiteral("planChanges"));
    details_->setObjectName(QStringLiteral("planDetails"));
    details_->setAccessibleName(tr("Details of the plan"));
    details_->setColumnCount(2);
    details_->setHeaderHidden(true);
    details_->setUniformRowHeights(true);
    details_->setAlternatingRowColors(true);
    details_->header()->setStretchLastSection(false);
    details_->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    details_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    details_->setTextElideMode(Qt::ElideMiddle);
    auto* bars = new QGridLayout(summary_);
    bars->setContentsMargins(0, 0, 0, 0);
    bars->setHorizontalSpacing(14);
    bars->setVerticalSpacing(8);
    bars->setColumnStretch(1, 1);
    bars->addWidget(new Label(Label::Style::Muted, tr("Now")), 0, 0);
    bars->addWidget(beforeBar_, 0, 1);
    bars->addWidget(before_, 0, 2, Qt::AlignRight);
    bars->addWidget(new Label(Label::Style::Muted, tr("Then")), 1, 0);
    bars->addWidget(afterBar_, 1, 1);
    bars->addWidget(after_, 1, 2, Qt::AlignRight);
    bars->addWidget(changes_, 2, 0, 1, 3);
    bars->addWidget(remark_, 3, 0, 1, 3);
    changes_->setWordWrap(true);
    remark_->setWordWrap(true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(10);
    column->addWidget(new Label(Label::Style::Heading, tr("Plan")));
    column->addWidget(problem_);
    column->addWidget(summary_);
    column->addWidget(details_, 1);
    column->addStretch(0);
    setPlan(nullptr);
}

void PlanPane::setProblem(const QString& text) {
    problem_->show(Banner::Kind::Error, text);
    summary_->setVisible(text.isEmpty());
    details_->setVisible(text.isEmpty());
}

QString PlanPane::problem() const {
    return problem_->text();
}

void PlanPane::setPlan(std::shared_ptr<const Plan> plan) {
    setProblem({});
    details_->clear();
    summary_->setVisible(plan != nullptr);
    details_->setVisible(plan != nullptr);
    if (!plan) return;
    const std::uint64_t now = plan->source->fileBytes();
    const auto widest = static_cast<double>(std::max<std::uint64_t>({now, plan->bytesWritten, 1}));
    beforeBar_->setParts({{static_cast<double>(now) / widest, 7}});
    afterBar_->setParts({{static_cast<double>(plan->bytesWritten) / widest, -1}});
    before_->setText(bytesText(now));
    after_->setText(bytesText(plan->bytesWritten));
    const auto lossy =
        std::count_if(plan->casts.begin(), plan->casts.end(), [](const PlannedCast& c) { return c.loses; });
    QStringList changes{tr("%1 in %2")
                            .arg(tensorsText(plan->tensors),
                                 plan->files.size() == 1 ? tr("1 file") : tr("%1 files").arg(plan->files.size()))};
    if (!plan->casts.empty()) changes << tr("%1 cast").arg(tensorsText(plan->casts.size()));
    if (lossy > 0) changes << tr("%1 lose precision").arg(countText(static_cast<std::uint64_t>(lossy)));
    if (!plan->dropped.empty()) changes << tr("%1 left out").arg(countText(plan->dropped.size()));
    changes_->setText(changes.join(QStringLiteral("  ·  ")));
    remark_->setText(tr("Reads %1 once, and needs at most %2 of memory for it.")
                         .arg(bytesText(plan->bytesRead), bytesText(plan->peakMemoryBytes)));
    fillDetails(*plan);
}

QTreeWidgetItem* PlanPane::addSection(const QString& title, const QString& remark) {
    auto* section = new QTreeWidgetItem(details_, {title, remark});
    section->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
    QFont bold = section->font(0);
    bold.setWeight(QFont::DemiBold);
    section->setFont(0, bold);
    return section;
}

void PlanPane::fillDetails(const Plan& plan) {
    const auto addLines = [](QTreeWidgetItem* section, const std::vector<std::string>& lines) {
        for (std::size_t i = 0; i < lines.size(); ++i) {
            if (i == kMostRows) {
                new QTreeWidgetItem(section, {tr("and %1 more").arg(countText(lines.size() - i))});
                return;
            }
            auto* item = new QTreeWidgetItem(section, {toText(lines[i])});
            item->setToolTip(0, toText(lines[i]));
        }
    };
    auto* files = addSection(tr("Files"), countText(plan.files.size()));
    if (!plan.indexPath.empty()) new QTreeWidgetItem(files, {toText(plan.indexPath), bytesText(plan.indexJson.size())});
    for (std::size_t i = 0; i < std::min(plan.files.size(), kMostRows); ++i) {
        auto* item = new QTreeWidgetItem(files, {toText(plan.files[i].path), bytesText(plan.files[i].bytes)});
        item->setToolTip(0, toText(plan.files[i].path));
        item->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
    }
    files->setExpanded(true);
    if (!plan.casts.empty()) {
        std::map<std::pair<DType, DType>, std::vector<const PlannedCast*>> byKind;
        for (const PlannedCast& cast : plan.casts) byKind[{cast.from, cast.to}].push_back(&cast);
        for (const auto& [kind, casts] : byKind) {
            auto* section =
                addSection(tr("%1 becomes %2").arg(toText(shortName(kind.first)), toText(shortName(kind.second))),
                           casts.front()->loses ? tr("%1, loses precision").arg(tensorsText(casts.size()))
                                                : tr("%1, exact").arg(tensorsText(casts.size())));
            std::vector<std::string> names;
            names.reserve(casts.size());
            for (const PlannedCast* cast : casts) names.push_back(cast->name);
            addLines(section, names);
        }
    }
    if (!plan.dropped.empty()) addLines(addSection(tr("Left out"), countText(plan.dropped.size())), plan.dropped);
    if (!plan.notes.empty()) addLines(addSection(tr("Notes"), countText(plan.notes.size())), plan.notes);
}

}  // namespace plimsoll::ui
