// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/recipe_form.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QStandardPaths>
#include <QVBoxLayout>

#include "base/limits.h"
#include "io/address.h"
#include "text/text.h"
#include "views/convert/rules_table.h"
#include "widgets/label.h"

namespace plimsoll::ui {
namespace {

constexpr Target kTargets[] = {Target::Pth, Target::Safetensors};

// Patterns of one line edit, separated by commas.
std::vector<std::string> patterns(const QLineEdit& line) {
    std::vector<std::string> result;
    for (const QString& part : line.text().split(QLatin1Char(','))) {
        if (!part.trimmed().isEmpty()) result.push_back(part.trimmed().toStdString());
    }
    return result;
}

QVBoxLayout* newSection(QWidget* box, const QString& title) {
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(7);
    column->addWidget(new Label(Label::Style::Heading, title));
    return column;
}

QString stemOf(const QString& path) {
    QString name = fileName(isAddress(path.toStdString()) ? path : QDir::cleanPath(path));
    for (const char* suffix : {".index.json", ".safetensors", ".pth", ".pt", ".bin", ".ckpt", ".th", ".tar"}) {
        if (name.endsWith(QLatin1String(suffix), Qt::CaseInsensitive)) name.chop(static_cast<int>(qstrlen(suffix)));
    }
    return name;
}

}  // namespace

RecipeForm::RecipeForm(QWidget* parent)
    : QWidget(parent),
      target_(new QComboBox),
      destination_(new QLineEdit),
      overwrite_(new QCheckBox(tr("Replace it if it exists"))),
      dtype_(newDTypeBox(tr("Keep as it is"))),
      rules_(new RulesTable),
      weightsOnly_(new QCheckBox(tr("Only the model's weights"))),
      keep_(new QLineEdit),
      drop_(new QLineEdit),
      shard_(new QCheckBox(tr("Split into shards of at most"))),
      shardSize_(new QDoubleSpinBox),
      shardUnit_(new QComboBox) {
    setObjectName(QStringLiteral("recipeForm"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 14, 16, 14);
    column->setSpacing(20);
    column->addWidget(buildOutput());
    column->addWidget(buildPrecision());
    column->addWidget(buildContents());
    column->addStretch(1);
}

QWidget* RecipeForm::buildOutput() {
    auto* box = new QWidget;
    auto* column = newSection(box, tr("Output"));
    target_->setObjectName(QStringLiteral("targetFormat"));
    target_->setAccessibleName(tr("Output format"));
    for (const Target target : kTargets) target_->addItem(targetText(target), static_cast<int>(target));
    destination_->setObjectName(QStringLiteral("destination"));
    destination_->setAccessibleName(tr("Destination"));
    auto* browse = new QPushButton(tr("Browse…"));
    auto* place = new QHBoxLayout;
    place->addWidget(destination_, 1);
    place->addWidget(browse);
    overwrite_->setObjectName(QStringLiteral("overwrite"));
    shard_->setObjectName(QStringLiteral("shard"));
    shardSize_->setObjectName(QStringLiteral("shardSize"));
    shardSize_->setAccessibleName(tr("Largest shard"));
    shardSize_->setRange(0.001, 99'999);
    shardSize_->setDecimals(3);
    shardSize_->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    shardSize_->setValue(5);
    shardSize_->setMaximumWidth(110);
    shardUnit_->addItem(QStringLiteral("GB"), QVariant::fromValue<qulonglong>(1'000'000'000));
    shardUnit_->addItem(QStringLiteral("MB"), QVariant::fromValue<qulonglong>(1'000'000));
    shardUnit_->addItem(QStringLiteral("GiB"), QVariant::fromValue<qulonglong>(limits::GiB));
    shardUnit_->addItem(QStringLiteral("MiB"), QVariant::fromValue<qulonglong>(limits::MiB));
    auto* shards = new QHBoxLayout;
    shards->addWidget(shard_);
    shards->addWidget(shardSize_);
    shards->addWidget(shardUnit_);
    shards->addStretch(1);
    column->addWidget(target_);
    column->addLayout(place);
    column->addWidget(overwrite_);
    column->addLayout(shards);
    connect(browse, &QPushButton::clicked, this, &RecipeForm::browse);
    connect(target_, &QComboBox::currentIndexChanged, this, &RecipeForm::edited);
    connect(destination_, &QLineEdit::textEdited, this, [this] {
        ownDestination_ = !destination_->text().trimmed().isEmpty();
        emit changed();
    });
    connect(overwrite_, &QCheckBox::toggled, this, &RecipeForm::changed);
    connect(shard_, &QCheckBox::toggled, this, &RecipeForm::edited);
    connect(shardSize_, &QDoubleSpinBox::valueChanged, this, &RecipeForm::changed);
    connect(shardUnit_, &QComboBox::currentIndexChanged, this, &RecipeForm::changed);
    const auto enableSize = [this] {
        shardSize_->setEnabled(shard_->isChecked());
        shardUnit_->setEnabled(shard_->isChecked());
    };
    connect(shard_, &QCheckBox::toggled, this, enableSize);
    enableSize();
    return box;
}

QWidget* RecipeForm::buildPrecision() {
    auto* box = new QWidget;
    auto* column = newSection(box, tr("Data type of floating-point tensors"));
    dtype_->setObjectName(QStringLiteral("dtypeBox"));
    dtype_->setAccessibleName(tr("Data type of floating-point tensors"));
    auto* hint = new Label(Label::Style::Muted, tr("Rules make exceptions; the last one that matches a name wins."));
    hint->setWordWrap(true);
    column->addWidget(dtype_);
    column->addWidget(hint);
    column->addWidget(rules_);
    connect(dtype_, &QComboBox::currentIndexChanged, this, &RecipeForm::edited);
    connect(rules_, &RulesTable::changed, this, &RecipeForm::edited);
    return box;
}

QWidget* RecipeForm::buildContents() {
    auto* box = new QWidget;
    auto* column = newSection(box, tr("What goes in"));
    weightsOnly_->setObjectName(QStringLiteral("weightsOnly"));
    weightsOnly_->setToolTip(tr("Leaves out the optimizer, the epoch and everything else that training keeps."));
    keep_->setObjectName(QStringLiteral("keepPatterns"));
    keep_->setPlaceholderText(tr("everything"));
    keep_->setToolTip(tr("Patterns as in the filter line, separated by commas: model.layers.*, size>1M"));
    drop_->setObjectName(QStringLiteral("dropPatterns"));
    drop_->setPlaceholderText(tr("nothing"));
    drop_->setToolTip(keep_->toolTip());
    auto* form = new QGridLayout;
    auto* keepLabel = new QLabel(tr("&Keep only"));
    keepLabel->setBuddy(keep_);
    auto* dropLabel = new QLabel(tr("&Drop"));
    dropLabel->setBuddy(drop_);
    form->addWidget(keepLabel, 0, 0);
    form->addWidget(keep_, 0, 1);
    form->addWidget(dropLabel, 1, 0);
    form->addWidget(drop_, 1, 1);
    column->addWidget(weightsOnly_);
    column->addLayout(form);
    connect(weightsOnly_, &QCheckBox::toggled, this, &RecipeForm::edited);
    for (QLineEdit* line : {keep_, drop_}) connect(line, &QLineEdit::textChanged, this, &RecipeForm::changed);
    return box;
}

void RecipeForm::setSource(std::shared_ptr<const Checkpoint> source) {
    source_ = std::move(source);
    const QSignalBlocker quiet(this);
    ownDestination_ = false;
    overwrite_->setChecked(false);
    weightsOnly_->setChecked(false);
    shard_->setChecked(false);
    dtype_->setCurrentIndex(0);
    rules_->clear();
    keep_->clear();
    drop_->clear();
    if (source_) {
        // The other format is what a conversion is usually for.
        const bool isSafetensors =
            source_->format == Format::Safetensors || source_->format == Format::SafetensorsIndex;
        target_->setCurrentIndex(isSafetensors ? 0 : 1);
    }
    proposeDestination();
}

void RecipeForm::setRecipe(const Recipe& recipe) {
    {
        const QSignalBlocker quiet(this);
        const auto joined = [](const std::vector<std::string>& patterns) {
            QStringList words;
            for (const std::string& pattern : patterns) words << toText(pattern);
            return words.join(QStringLiteral(", "));
        };
        target_->setCurrentIndex(std::max(0, target_->findData(static_cast<int>(recipe.target))));
        dtype_->setCurrentIndex(recipe.dtype ? std::max(0, dtype_->findData(static_cast<int>(*recipe.dtype))) : 0);
        rules_->clear();
        for (const CastRule& rule : recipe.rules) rules_->addRule(toText(rule.glob), rule.dtype);
        weightsOnly_->setChecked(recipe.weightsOnly);
        keep_->setText(joined(recipe.keep));
        drop_->setText(joined(recipe.drop));
        shard_->setChecked(recipe.maxShardBytes.has_value());
        ownDestination_ = false;
    }
    edited();
}

void RecipeForm::edited() {
    proposeDestination();
    emit changed();
}

void RecipeForm::proposeDestination() {
    if (ownDestination_) return;
    if (!source_) {
        destination_->clear();
        return;
    }
    const QString sourcePath = toText(source_->path);
    QString stem = stemOf(sourcePath);
    if (const auto dtype = chosenDType(*dtype_)) stem += QLatin1Char('-') + toText(shortName(*dtype));
    if (weightsOnly_->isChecked()) stem += QStringLiteral("-weights");
    const Target target = static_cast<Target>(target_->currentData().toInt());
    QString suffix = target == Target::Pth ? QStringLiteral(".pth") : QStringLiteral(".safetensors");
    if (shard_->isChecked()) suffix = target == Target::Pth ? QStringLiteral("-pth") : QStringLiteral("-safetensors");
    // Beside its source; what comes from a server goes where downloads go.
    const QDir folder = isAddress(source_->path)
                            ? QDir(QStandardPaths::writableLocation(QStandardPaths::DownloadLocation))
                            : QFileInfo(QDir::cleanPath(sourcePath)).absoluteDir();
    QString path = folder.filePath(stem + suffix);
    for (int n = 2; QFileInfo::exists(path); ++n)
        path = folder.filePath(QStringLiteral("%1-%2%3").arg(stem).arg(n).arg(suffix));
    destination_->setText(path);
}

void RecipeForm::browse() {
    const QString start = destination_->text();
    const QString chosen = shard_->isChecked()
                               ? QFileDialog::getSaveFileName(this, tr("Folder for the shards"), start, {}, nullptr,
                                                              QFileDialog::ShowDirsOnly)
                               : QFileDialog::getSaveFileName(this, tr("Write to"), start, tr("All files (*)"), nullptr,
                                                              QFileDialog::DontConfirmOverwrite);
    if (chosen.isEmpty()) return;
    destination_->setText(chosen);
    ownDestination_ = true;
    emit changed();
}

Recipe RecipeForm::recipe() const {
    Recipe recipe;
    recipe.target = static_cast<Target>(target_->currentData().toInt());
    recipe.destination = QFile::encodeName(destination_->text().trimmed()).toStdString();
    recipe.dtype = chosenDType(*dtype_);
    recipe.rules = rules_->rules();
    recipe.keep = patterns(*keep_);
    recipe.drop = patterns(*drop_);
    recipe.weightsOnly = weightsOnly_->isChecked();
    recipe.overwrite = overwrite_->isChecked();
    if (shard_->isChecked()) {
        const double unit = static_cast<double>(shardUnit_->currentData().toULongLong());
        recipe.maxShardBytes = static_cast<std::uint64_t>(shardSize_->value() * unit + 0.5);
    }
    return recipe;
}

}  // namespace plimsoll::ui
