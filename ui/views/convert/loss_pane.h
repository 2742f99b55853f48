// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <functional>
#include <memory>

#include "jobs/convert_job.h"

class QPushButton;

namespace plimsoll::ui {

class Label;
class LossTable;
class RunStrip;

// What the casts of a plan would cost, measured before anything is written: of all tensors, or of some.
class LossPane final : public QWidget {
    Q_OBJECT
public:
    explicit LossPane(QWidget* parent = nullptr);
    void setPlan(std::shared_ptr<const Plan> plan, std::shared_ptr<const Preview> preview);  // stops what runs
    // Rows of the preview that are selected, asked for when the button is pressed.
    void setSelection(std::function<PreviewRows()> selection);
    void setHasSelection(bool any);

private:
    void updateButtons();
    void measure(PreviewRows rows);
    void showLosses(const std::shared_ptr<const std::vector<RecordLoss>>& losses);

    QPushButton* all_;
    QPushButton* selected_;
    Label* summary_;
    RunStrip* strip_;
    LossTable* table_;
    std::shared_ptr<const Plan> plan_;
    std::shared_ptr<const Preview> preview_;
    std::function<PreviewRows()> selection_;
    bool hasSelection_ = false;
    LatestJob<LossJob> job_;
};

}  // namespace plimsoll::ui
