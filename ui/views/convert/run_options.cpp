// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/run_options.h"

#include <QCheckBox>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSettings>
#include <QSignalBlocker>
#include <QSpinBox>

#include "convert/command_line.h"
#include "convert/recipe_options.h"
#include "text/text.h"

namespace plimsoll::ui {
namespace {

constexpr int kMostThreads = 1024;
const QString kVerifyKey = QStringLiteral("convert/verify");
const QString kLossKey = QStringLiteral("convert/loss");
const QString kMemoryKey = QStringLiteral("convert/memory");
const QString kThreadsKey = QStringLiteral("convert/threads");

}  // namespace

RunOptions::RunOptions(QWidget* parent)
    : QWidget(parent),
      verify_(new QCheckBox(tr("Verify: read the output bac&k"))),
      loss_(new QCheckBox(tr("Measure the &loss of every cast"))),
      memory_(new QLineEdit),
      threads_(new QSpinBox) {
    verify_->setObjectName(QStringLiteral("verify"));
    verify_->setToolTip(tr("Compares checksums of what is on the disk with what was written, before it gets its name"));
    loss_->setObjectName(QStringLiteral("measureWhileConverting"));
    loss_->setToolTip(tr("In the same pass: the result lists it for each tensor"));
    memory_->setObjectName(QStringLiteral("memoryLimit"));
    memory_->setAccessibleName(tr("Memory limit"));
    memory_->setPlaceholderText(QStringLiteral("64MiB"));
    memory_->setToolTip(tr("Most memory beyond the list of tensors: 64MiB, 1GB"));
    threads_->setObjectName(QStringLiteral("threads"));
    threads_->setAccessibleName(tr("Threads"));
    threads_->setRange(0, kMostThreads);
    threads_->setSpecialValueText(tr("all processors"));
    auto* memoryLabel = new QLabel(tr("&Memory limit"));
    memoryLabel->setBuddy(memory_);
    auto* threadsLabel = new QLabel(tr("&Threads"));
    threadsLabel->setBuddy(threads_);
    auto* grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setVerticalSpacing(7);
    grid->addWidget(verify_, 0, 0, 1, 4);
    grid->addWidget(loss_, 1, 0, 1, 4);
    grid->addWidget(memoryLabel, 2, 0);
    grid->addWidget(memory_, 2, 1);
    grid->addWidget(threadsLabel, 2, 2);
    grid->addWidget(threads_, 2, 3);
    grid->setColumnStretch(1, 1);
    setRecipe({});
    const auto edited = [this] {
        remember();
        emit changed();
    };
    connect(verify_, &QCheckBox::toggled, this, edited);
    connect(loss_, &QCheckBox::toggled, this, edited);
    connect(memory_, &QLineEdit::textChanged, this, edited);
    connect(threads_, &QSpinBox::valueChanged, this, edited);
}

void RunOptions::setRecipe(const Recipe& recipe) {
    const QSettings settings;
    const QSignalBlocker blockers[] = {QSignalBlocker(verify_), QSignalBlocker(loss_), QSignalBlocker(memory_),
                                       QSignalBlocker(threads_)};
    verify_->setChecked(recipe.verify || settings.value(kVerifyKey).toBool());
    loss_->setChecked(recipe.measureLoss || settings.value(kLossKey).toBool());
    const bool isUsual = recipe.memoryBytes == Recipe{}.memoryBytes;
    memory_->setText(isUsual ? settings.value(kMemoryKey).toString() : toText(exactByteSize(recipe.memoryBytes)));
    threads_->setValue(recipe.threads != 0 ? static_cast<int>(recipe.threads) : settings.value(kThreadsKey).toInt());
}

void RunOptions::remember() {
    QSettings settings;
    settings.setValue(kVerifyKey, verify_->isChecked());
    settings.setValue(kLossKey, loss_->isChecked());
    Recipe recipe;
    if (addTo(recipe)) settings.setValue(kMemoryKey, memory_->text().trimmed());
    settings.setValue(kThreadsKey, threads_->value());
}

Result<void> RunOptions::addTo(Recipe& recipe) const {
    recipe.verify = verify_->isChecked();
    recipe.measureLoss = loss_->isChecked();
    recipe.threads = static_cast<unsigned>(threads_->value());
    const std::string memory = memory_->text().trimmed().toStdString();
    return memory.empty() ? Result<void>() : setOption(recipe, "--memory", memory);
}

}  // namespace plimsoll::ui
