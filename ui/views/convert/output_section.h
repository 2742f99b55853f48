// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDir>
#include <QStringList>
#include <QWidget>
#include <memory>

#include "checkpoint/checkpoint.h"
#include "convert/recipe.h"

class QCheckBox;
class QComboBox;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QStackedWidget;

namespace plimsoll::ui {

class Label;

// Format, division into files, and destination of a conversion.
class OutputSection final : public QWidget {
    Q_OBJECT
public:
    explicit OutputSection(QWidget* parent = nullptr);
    void setSource(std::shared_ptr<const Checkpoint> source);  // the format that is not the source's
    // A recipe without a destination gets a free name beside the source.
    void setRecipe(const Recipe& recipe);
    // All but the destination's name. Usage, in the command line's words.
    [[nodiscard]] Result<void> addTo(Recipe& recipe) const;
    // Absolute paths that conversions are about to write.
    void setTaken(const QStringList& places) { taken_ = places; }
    // A free name beside the source that says what it is, where the user did not choose one.
    void proposeDestination(const Recipe& recipe);
    // What stands under the name now is an output that was just made: a free name in the same folder.
    void makeWay();
    [[nodiscard]] bool hasOwnDestination() const noexcept { return ownDestination_; }  // the user's
    // Why nothing can be written there; empty: it can.
    void setRefusal(const QString& text);
    [[nodiscard]] bool isRefused() const;
    // The folder of the ranks that the source is one of; empty where it is none.
    [[nodiscard]] const std::string& ranks() const noexcept { return ranks_; }

signals:
    void changed();

private:
    enum Division { Whole, BySize, ByCount, ByRank };

    void buildDivision();
    void buildDestination();
    void fillDivisions();
    void setDivision(Division division);
    [[nodiscard]] Division division() const;
    [[nodiscard]] Target target() const;
    void browse();
    [[nodiscard]] QDir usualFolder(bool ofRanks) const;
    [[nodiscard]] QString destinationPath() const;
    [[nodiscard]] QString freeName(const QDir& folder, const QString& stem, const QString& suffix) const;

    std::shared_ptr<const Checkpoint> source_;
    std::string ranks_;
    QStringList taken_;
    QComboBox* target_;
    QCheckBox* merge_;
    QComboBox* division_;
    QStackedWidget* amount_;
    QLineEdit* size_;
    QSpinBox* count_;
    QSpinBox* rankCount_;
    QLineEdit* destination_;
    QPushButton* browse_;
    Label* refusal_;
    QCheckBox* overwrite_;
    bool ownDestination_ = false;  // typed or browsed for
};

}  // namespace plimsoll::ui
