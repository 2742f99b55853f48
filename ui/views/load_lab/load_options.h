// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <string>
#include <vector>

#include "lab/comparison.h"

class QComboBox;
class QLineEdit;
class QSpinBox;

namespace plimsoll::ui {

class Label;

// How load tests are run: device, cast, page cache, rounds, limits.
class LoadOptions final : public QWidget {
    Q_OBJECT
public:
    explicit LoadOptions(QWidget* parent = nullptr);
    void setDevices(const std::vector<std::string>& devices);
    [[nodiscard]] QString device() const;
    [[nodiscard]] std::optional<DType> dtype() const;  // what to cast to, where something was chosen
    // Nothing where a limit is no size; the form says which.
    [[nodiscard]] std::optional<Comparison> comparison(std::vector<std::string> strategies) const;

signals:
    void changed();

private:
    void check();

    QComboBox* device_;
    QComboBox* cast_;
    QComboBox* cache_;
    QSpinBox* rounds_;
    QLineEdit* hostLimit_;
    QLineEdit* deviceLimit_;
    Label* problem_;
};

// "16 GB" as bytes; nothing for an empty text. False where it is no size.
[[nodiscard]] bool readSize(const QLineEdit& field, std::optional<std::uint64_t>& bytes);

}  // namespace plimsoll::ui
