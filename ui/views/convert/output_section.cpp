// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/output_section.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QSpinBox>
#include <QStackedWidget>
#include <QStandardPaths>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "convert/command_line.h"
#include "convert/recipe_options.h"
#include "convert/tensor_parallel.h"
#include "io/address.h"
#include "text/text.h"
#include "widgets/label.h"

namespace plimsoll::ui {
namespace {

constexpr Target kTargets[] = {Target::Pth, Target::Safetensors, Target::Tensors, Target::Dcp, Target::Npz};
constexpr int kMostShards = 99'999;
constexpr int kMostRanks = 1024;

QString stemOf(const QString& path) {
    QString name = fileName(isAddress(path.toStdString()) ? path : QDir::cleanPath(path));
    for (const char* suffix :
         {".index.json", ".safetensors", ".pth", ".pt", ".bin", ".ckpt", ".th", ".tar", ".gguf", ".npz"}) {
        if (name.endsWith(QLatin1String(suffix), Qt::CaseInsensitive)) name.chop(static_cast<int>(qstrlen(suffix)));
    }
    return name;
}

// The folder that holds this checkpoint's directory or file and those of the other ranks.
std::string ranksAround(const Checkpoint& source) {
    static const QRegularExpression rank(QStringLiteral("^(tp_|mp_)?rank_\\d+(\\.|$)"));
    if (isAddress(source.path)) return {};
    QString path = QDir::cleanPath(absolutePath(toText(source.path)));
    if (source.format == Format::Megatron && ranksBelow(QFile::encodeName(path).toStdString()))
        return QFile::encodeName(path).toStdString();
    // The rank is a file, or a directory with one.
    for (int level = 0; level < 2; ++level) {
        const QFileInfo info(path);
        path = info.absolutePath();
        if (!rank.match(info.fileName()).hasMatch()) continue;
        const std::string folder = QFile::encodeName(path).toStdString();
        const auto names = ranksBelow(folder);
        if (names && names->size() > 1) return folder;
    }
    return {};
}

QString suffixOf(const Recipe& recipe) {
    if (recipe.tpRanks != 0) return QStringLiteral("-tp%1").arg(recipe.tpRanks);
    const QString name = toText(targetName(recipe.target));
    if (recipe.target == Target::Tensors || recipe.target == Target::Dcp || writesDirectory(recipe))
        return QLatin1Char('-') + name;
    return QLatin1Char('.') + name;
}

}  // namespace

OutputSection::OutputSection(QWidget* parent)
    : QWidget(parent),
      target_(new QComboBox),
      merge_(new QCheckBox),
      division_(new QComboBox),
      amount_(new QStackedWidget),
      size_(new QLineEdit),
      count_(new QSpinBox),
      rankCount_(new QSpinBox),
      destination_(new QLineEdit),
      browse_(new QPushButton(tr("&Browse…"))),
      refusal_(new Label(Label::Style::Bad)),
      overwrite_(new QCheckBox(tr("Replace it if it e&xists"))) {
    target_->setObjectName(QStringLiteral("targetFormat"));
    target_->setAccessibleName(tr("Output format"));
    for (const Target target : kTargets) target_->addItem(targetText(target), static_cast<int>(target));
    merge_->setObjectName(QStringLiteral("mergeRanks"));
    buildDivision();
    buildDestination();
    auto* divided = new QHBoxLayout;
    divided->addWidget(division_, 1);
    divided->addWidget(amount_);
    auto* place = new QHBoxLayout;
    place->addWidget(destination_, 1);
    place->addWidget(browse_);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(7);
    column->addWidget(new Label(Label::Style::Heading, tr("Output")));
    column->addWidget(target_);
    column->addLayout(divided);
    column->addWidget(merge_);
    column->addLayout(place);
    column->addWidget(refusal_);
    column->addWidget(overwrite_);
    connect(target_, &QComboBox::currentIndexChanged, this, [this] {
        fillDivisions();
        emit changed();
    });
    connect(merge_, &QCheckBox::toggled, this, [this] {
        fillDivisions();
        emit changed();
    });
    connect(overwrite_, &QCheckBox::toggled, this, &OutputSection::changed);
    fillDivisions();
    setRefusal({});
}

void OutputSection::buildDivision() {
    division_->setObjectName(QStringLiteral("division"));
    division_->setAccessibleName(tr("How the output is divided into files"));
    size_->setObjectName(QStringLiteral("shardSize"));
    size_->setAccessibleName(tr("Largest shard"));
    size_->setToolTip(tr("5GB is 5,000,000,000 bytes, 5GiB is 5,368,709,120"));
    size_->setText(QStringLiteral("5GB"));
    count_->setObjectName(QStringLiteral("shardCount"));
    count_->setAccessibleName(tr("Number of shards"));
    count_->setRange(1, kMostShards);
    count_->setValue(4);
    rankCount_->setObjectName(QStringLiteral("rankCount"));
    rankCount_->setAccessibleName(tr("Number of ranks"));
    rankCount_->setRange(2, kMostRanks);
    // In the order of Division.
    for (QWidget* widget :
         {new QWidget, static_cast<QWidget*>(size_), static_cast<QWidget*>(count_), static_cast<QWidget*>(rankCount_)})
        amount_->addWidget(widget);
    amount_->setFixedWidth(fontMetrics().horizontalAdvance(QLatin1Char('m')) * 9);
    amount_->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(division_, &QComboBox::currentIndexChanged, this, [this] {
        amount_->setCurrentIndex(division());
        amount_->setVisible(division() != Whole);
        emit changed();
    });
    connect(size_, &QLineEdit::textChanged, this, &OutputSection::changed);
    connect(count_, &QSpinBox::valueChanged, this, &OutputSection::changed);
    connect(rankCount_, &QSpinBox::valueChanged, this, &OutputSection::changed);
}

void OutputSection::buildDestination() {
    browse_->setObjectName(QStringLiteral("browse"));
    destination_->setObjectName(QStringLiteral("destination"));
    destination_->setAccessibleName(tr("Destination"));
    refusal_->setObjectName(QStringLiteral("destinationProblem"));
    refusal_->setWordWrap(true);
    overwrite_->setObjectName(QStringLiteral("overwrite"));
    connect(browse_, &QPushButton::clicked, this, &OutputSection::browse);
    connect(destination_, &QLineEdit::returnPressed, this, &OutputSection::changed);  // to look again
    connect(destination_, &QLineEdit::textEdited, this, [this] {
        ownDestination_ = !destination_->text().trimmed().isEmpty();
        emit changed();
    });
}

Target OutputSection::target() const {
    return static_cast<Target>(target_->currentData().toInt());
}

OutputSection::Division OutputSection::division() const {
    return static_cast<Division>(std::max(0, division_->currentData().toInt()));
}

// What the target can be divided into.
void OutputSection::fillDivisions() {
    const Division before = division();
    const QSignalBlocker quiet(division_);
    division_->clear();
    const Target to = target();
    const bool isSet = to == Target::Tensors || to == Target::Dcp;
    division_->addItem(to == Target::Tensors ? tr("A folder with a file for each tensor")
                       : isSet               ? tr("A folder with one data file")
                                             : tr("One file"),
                       Whole);
    if (to == Target::Pth || to == Target::Safetensors || to == Target::Dcp) {
        division_->addItem(tr("Shards of at most"), BySize);
        division_->addItem(tr("Number of shards"), ByCount);
    }
    if ((to == Target::Pth || to == Target::Safetensors) && !merge_->isChecked())
        division_->addItem(tr("Tensor-parallel ranks"), ByRank);
    division_->setEnabled(division_->count() > 1);
    setDivision(before);
}

void OutputSection::setDivision(Division division) {
    const QSignalBlocker quiet(division_);
    division_->setCurrentIndex(std::max(0, division_->findData(division)));
    amount_->setCurrentIndex(this->division());
    amount_->setVisible(this->division() != Whole);
}

void OutputSection::setSource(std::shared_ptr<const Checkpoint> source) {
    source_ = std::move(source);
    ranks_ = source_ ? ranksAround(*source_) : std::string();
    merge_->setText(tr("Put the ranks in “%1” to&gether").arg(fileName(toText(ranks_))));
    merge_->setToolTip(toText(ranks_));
    merge_->setVisible(!ranks_.empty());
    Recipe recipe;
    // The other format is what a conversion is usually for.
    const bool isSafetensors =
        source_ && (source_->format == Format::Safetensors || source_->format == Format::SafetensorsIndex);
    recipe.target = isSafetensors ? Target::Pth : Target::Safetensors;
    setRecipe(recipe);
}

void OutputSection::setRecipe(const Recipe& recipe) {
    const QSignalBlocker quiet(this);
    target_->setCurrentIndex(std::max(0, target_->findData(static_cast<int>(recipe.target))));
    merge_->setChecked(recipe.tpMerge && !ranks_.empty());
    overwrite_->setChecked(recipe.overwrite);
    if (recipe.maxShardBytes) size_->setText(toText(exactByteSize(*recipe.maxShardBytes)));
    if (recipe.shardCount) count_->setValue(static_cast<int>(std::min<std::uint64_t>(*recipe.shardCount, kMostShards)));
    if (recipe.tpRanks != 0)
        rankCount_->setValue(static_cast<int>(std::min<std::uint64_t>(recipe.tpRanks, kMostRanks)));
    fillDivisions();
    setDivision(recipe.tpRanks != 0 ? ByRank : recipe.shardCount ? ByCount : recipe.maxShardBytes ? BySize : Whole);
    ownDestination_ = !recipe.destination.empty();
    if (ownDestination_) destination_->setText(QFile::decodeName(recipe.destination.c_str()));
}

Result<void> OutputSection::addTo(Recipe& recipe) const {
    recipe.target = target();
    recipe.destination = QFile::encodeName(destinationPath()).toStdString();
    recipe.overwrite = overwrite_->isChecked();
    recipe.tpMerge = merge_->isChecked() && !ranks_.empty();
    switch (division()) {
        case Whole:
            break;
        case BySize:
            return setOption(recipe, "--max-shard-size", size_->text().trimmed().toStdString());
        case ByCount:
            recipe.shardCount = static_cast<std::uint64_t>(count_->value());
            break;
        case ByRank:
            recipe.tpRanks = static_cast<std::uint64_t>(rankCount_->value());
            break;
    }
    return {};
}

// Beside its source; what comes from a server goes where downloads go.
QDir OutputSection::usualFolder(bool ofRanks) const {
    if (isAddress(source_->path)) return QDir(QStandardPaths::writableLocation(QStandardPaths::DownloadLocation));
    return QFileInfo(QDir::cleanPath(ofRanks ? toText(ranks_) : toText(source_->path))).absoluteDir();
}

// A name alone stands for a file where proposals are, not where the program was started; "~" is the home folder.
QString OutputSection::destinationPath() const {
    const QString typed = destination_->text().trimmed();
    if (typed.isEmpty() || !source_ || isAddress(typed.toStdString())) return typed;
    if (typed == QLatin1String("~") || typed.startsWith(QLatin1String("~/"))) return QDir::homePath() + typed.mid(1);
    return QDir::isAbsolutePath(typed) ? typed : usualFolder(merge_->isChecked() && !ranks_.empty()).filePath(typed);
}

QString OutputSection::freeName(const QDir& folder, const QString& stem, const QString& suffix) const {
    QString path = folder.filePath(stem + suffix);
    // "a-2.pth", but "a-tp4-2": what comes after a dot stays the end.
    const bool isEnd = suffix.startsWith(QLatin1Char('.'));
    for (int n = 2; QFileInfo::exists(path) || taken_.contains(absolutePath(path)); ++n)
        path =
            folder.filePath((isEnd ? QStringLiteral("%1-%3%2") : QStringLiteral("%1%2-%3")).arg(stem, suffix).arg(n));
    return path;
}

void OutputSection::proposeDestination(const Recipe& recipe) {
    if (ownDestination_) return;
    if (!source_) {
        destination_->clear();
        return;
    }
    const QString sourcePath = recipe.tpMerge ? toText(ranks_) : toText(source_->path);
    QString stem = stemOf(sourcePath);
    if (recipe.tpMerge) stem += QStringLiteral("-merged");
    if (recipe.dtype) stem += QLatin1Char('-') + toText(shortName(*recipe.dtype));
    if (recipe.weightsOnly) stem += QStringLiteral("-weights");
    const QString suffix = suffixOf(recipe);
    const QString path = freeName(usualFolder(recipe.tpMerge), stem, suffix);
    if (path != destination_->text()) destination_->setText(path);
}

void OutputSection::makeWay() {
    const QFileInfo taken(destinationPath());
    if (!ownDestination_ || overwrite_->isChecked() || !taken.exists()) return;
    const QString suffix = taken.isDir() || taken.suffix().isEmpty() ? QString() : QLatin1Char('.') + taken.suffix();
    destination_->setText(freeName(taken.absoluteDir(), taken.fileName().chopped(suffix.size()), suffix));
}

void OutputSection::setRefusal(const QString& text) {
    refusal_->setText(text);
    refusal_->setVisible(!text.isEmpty());
}

bool OutputSection::isRefused() const {
    return !refusal_->text().isEmpty();
}

void OutputSection::browse() {
    const QString start = destination_->text();
    Recipe recipe;
    const bool isFolder = addTo(recipe) && writesDirectory(recipe);
    const QString chosen = isFolder ? QFileDialog::getSaveFileName(this, tr("Folder for the output"), start, {},
                                                                   nullptr, QFileDialog::ShowDirsOnly)
                                    : QFileDialog::getSaveFileName(this, tr("Write to"), start, tr("All files (*)"),
                                                                   nullptr, QFileDialog::DontConfirmOverwrite);
    if (chosen.isEmpty()) return;
    destination_->setText(chosen);
    ownDestination_ = true;
    emit changed();
}

}  // namespace plimsoll::ui
