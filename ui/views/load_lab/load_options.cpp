// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/load_lab/load_options.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QSpinBox>
#include <array>

#include "base/glob.h"
#include "text/text.h"
#include "widgets/label.h"

namespace plimsoll::ui {
namespace {

constexpr int kMostRounds = 100;
constexpr std::array kTargets = {DType::F64, DType::F32, DType::F16, DType::BF16, DType::F8_E4M3FN, DType::F8_E5M2};

}  // namespace

bool readSize(const QLineEdit& field, std::optional<std::uint64_t>& bytes) {
    bytes.reset();
    const QString text = field.text().trimmed();
    if (text.isEmpty()) return true;
    const auto size = parseByteSize(text.toStdString());
    if (size) bytes = *size;
    return size.has_value();
}

LoadOptions::LoadOptions(QWidget* parent)
    : QWidget(parent),
      device_(new QComboBox),
      cast_(new QComboBox),
      cache_(new QComboBox),
      rounds_(new QSpinBox),
      hostLimit_(new QLineEdit),
      deviceLimit_(new QLineEdit),
      problem_(new Label(Label::Style::Bad)) {
    device_->addItem(QStringLiteral("cpu"));  // until others are found
    cast_->addItem(tr("as each strategy does"));
    for (const DType dtype : kTargets) cast_->addItem(toText(shortName(dtype)), static_cast<int>(dtype));
    cast_->setToolTip(
        tr("lazy and mmap-process cast to bf16 unless another type is chosen; streamed casts when asked."));
    cache_->addItem(tr("as it is"), static_cast<int>(CacheState::AsIs));
    cache_->addItem(tr("cold: dropped before each run"), static_cast<int>(CacheState::Cold));
    cache_->addItem(tr("warm: read before each run"), static_cast<int>(CacheState::Warm));
    rounds_->setRange(1, kMostRounds);
    rounds_->setToolTip(tr("Strategies take turns, so that a slow minute of the machine hits all of them."));
    hostLimit_->setPlaceholderText(tr("none, e.g. 8 GB"));
    hostLimit_->setToolTip(tr("Memory that the load program may have; out of memory is a result."));
    deviceLimit_->setPlaceholderText(tr("none, e.g. 12 GB"));
    deviceLimit_->setEnabled(false);
    problem_->setWordWrap(true);
    problem_->hide();

    auto* form = new QFormLayout(this);
    form->setContentsMargins(0, 0, 0, 0);
    form->setVerticalSpacing(6);
    form->setLabelAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    const auto add = [&](const QString& caption, QWidget* field, const QString& name) {
        field->setObjectName(name);
        field->setAccessibleName(caption);
        form->addRow(caption, field);
    };
    add(tr("Device"), device_, QStringLiteral("deviceBox"));
    add(tr("Cast to"), cast_, QStringLiteral("castBox"));
    add(tr("Page cache"), cache_, QStringLiteral("cacheBox"));
    add(tr("Rounds"), rounds_, QStringLiteral("roundsBox"));
    add(tr("Host limit"), hostLimit_, QStringLiteral("hostLimit"));
    add(tr("GPU limit"), deviceLimit_, QStringLiteral("deviceLimit"));
    form->addRow(problem_);
    for (QComboBox* box : {device_, cast_, cache_}) {
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        connect(box, &QComboBox::currentIndexChanged, this, &LoadOptions::check);
    }
    connect(rounds_, &QSpinBox::valueChanged, this, &LoadOptions::check);
    for (const QLineEdit* field : {hostLimit_, deviceLimit_})
        connect(field, &QLineEdit::textChanged, this, &LoadOptions::check);
}

void LoadOptions::setDevices(const std::vector<std::string>& devices) {
    if (devices.empty()) return;
    device_->clear();
    for (const std::string& device : devices) device_->addItem(toText(device));
    check();
}

QString LoadOptions::device() const {
    return device_->currentText();
}

std::optional<DType> LoadOptions::dtype() const {
    const QVariant chosen = cast_->currentData();
    return chosen.isValid() ? std::optional(static_cast<DType>(chosen.toInt())) : std::nullopt;
}

std::optional<Comparison> LoadOptions::comparison(std::vector<std::string> strategies) const {
    Comparison comparison;
    comparison.strategies = std::move(strategies);
    comparison.device = device().toStdString();
    comparison.dtype = dtype();
    comparison.cache = static_cast<CacheState>(cache_->currentData().toInt());
    comparison.repeat = static_cast<unsigned>(rounds_->value());
    if (!readSize(*hostLimit_, comparison.hostLimit)) return std::nullopt;
    if (deviceLimit_->isEnabled() && !readSize(*deviceLimit_, comparison.deviceLimit)) return std::nullopt;
    return comparison;
}

void LoadOptions::check() {
    deviceLimit_->setEnabled(device() != QStringLiteral("cpu"));
    const bool good = comparison({}).has_value();
    problem_->setText(good ? QString() : tr("A limit is a size such as 8 GB or 512 MiB."));
    problem_->setVisible(!good);
    emit changed();
}

}  // namespace plimsoll::ui
