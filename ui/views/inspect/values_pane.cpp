// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/inspect/values_pane.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QSettings>
#include <QSlider>
#include <QSpinBox>
#include <QVBoxLayout>
#include <algorithm>
#include <limits>
#include <span>

#include "convert/command_line.h"
#include "text/errors.h"
#include "text/text.h"
#include "views/inspect/values_grid.h"
#include "widgets/banner.h"
#include "widgets/label.h"
#include "widgets/run_strip.h"

namespace plimsoll::ui {
namespace {

constexpr int kSliceLines = 3;            // that are seen at once
constexpr std::size_t kMostQueued = 256;  // tiles that somebody has scrolled past
const QString kFormatKey = QStringLiteral("inspect/numberFormat");

constexpr NumberFormat kFormats[] = {NumberFormat::Shortest, NumberFormat::Decimal, NumberFormat::Scientific,
                                     NumberFormat::Hex, NumberFormat::Bits};

}  // namespace

ValuesPane::ValuesPane(TensorCells* cells, QWidget* parent)
    : QWidget(parent),
      cells_(cells),
      grid_(new ValuesGrid(cells)),
      axes_(new QWidget),
      rowAxis_(new QComboBox),
      columnAxis_(new QComboBox),
      format_(new QComboBox),
      place_(new QLineEdit),
      sliceArea_(new QScrollArea),
      problem_(new Banner),
      strip_(new RunStrip),
      current_(new Label(Label::Style::Muted)) {
    grid_->setObjectName(QStringLiteral("valuesGrid"));
    grid_->setAccessibleName(tr("Values of the tensor"));
    problem_->setObjectName(QStringLiteral("valuesProblem"));
    current_->setObjectName(QStringLiteral("currentCell"));
    current_->setWordWrap(true);
    sliceArea_->setFocusPolicy(Qt::NoFocus);  // what is in it takes the focus
    sliceArea_->setFrameShape(QFrame::NoFrame);
    sliceArea_->setWidgetResizable(true);
    sliceArea_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    buildTools();
    connect(cells_, &TensorCells::tilesNeeded, this, &ValuesPane::read);
    connect(cells_, &TensorCells::changed, this, &ValuesPane::showCurrent);
    connect(grid_, &ValuesGrid::currentChanged, this, &ValuesPane::showCurrent);
    connect(grid_, &ValuesGrid::copyRequested, this, &ValuesPane::copyCells);
    connect(grid_, &ValuesGrid::saveRequested, this, [this] { askWhereToSave(false); });
}

void ValuesPane::buildTools() {
    auto* axesRow = new QHBoxLayout(axes_);
    axesRow->setContentsMargins(0, 0, 0, 0);
    axesRow->addWidget(new Label(Label::Style::Muted, tr("Rows")));
    axesRow->addWidget(rowAxis_, 1);
    axesRow->addSpacing(8);
    axesRow->addWidget(new Label(Label::Style::Muted, tr("Columns")));
    axesRow->addWidget(columnAxis_, 1);
    rowAxis_->setObjectName(QStringLiteral("rowAxis"));
    rowAxis_->setAccessibleName(tr("Dimension that goes down"));
    columnAxis_->setObjectName(QStringLiteral("columnAxis"));
    columnAxis_->setAccessibleName(tr("Dimension that goes to the right"));
    connect(rowAxis_, &QComboBox::activated, this, [this] { changeAxes(true); });
    connect(columnAxis_, &QComboBox::activated, this, [this] { changeAxes(false); });
    for (const QString& name : {tr("shortest"), tr("decimal"), tr("scientific"), tr("hex"), tr("bits")})
        format_->addItem(name);
    format_->setObjectName(QStringLiteral("numberFormat"));
    format_->setAccessibleName(tr("How numbers are written"));
    format_->setToolTip(tr("How numbers are written"));
    connect(format_, &QComboBox::currentIndexChanged, this, &ValuesPane::changeFormat);
    format_->setCurrentIndex(std::clamp(QSettings().value(kFormatKey, 0).toInt(), 0, format_->count() - 1));
    place_->setObjectName(QStringLiteral("goToCell"));
    place_->setPlaceholderText(tr("Go to row, column"));
    place_->setAccessibleName(tr("Go to row, column"));
    connect(place_, &QLineEdit::returnPressed, this, &ValuesPane::goTo);
    auto* save = new QPushButton(tr("S&ave"));
    save->setObjectName(QStringLiteral("saveValues"));
    auto* menu = new QMenu(save);
    menu->addAction(tr("The &tensor as .npy…"), this, [this] { askWhereToSave(false); });
    menu->addAction(tr("The shown &plane as .npy…"), this, [this] { askWhereToSave(true); });
    menu->addSeparator();
    menu->addAction(tr("Copy the &command line of this view"), this, &ValuesPane::copyCommand);
    save->setMenu(menu);
    auto* tools = new QHBoxLayout;
    tools->addWidget(format_);
    tools->addWidget(place_, 1);
    tools->addWidget(save);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 8, 0, 0);
    column->setSpacing(6);
    column->addWidget(axes_);
    column->addWidget(sliceArea_);
    column->addLayout(tools);
    column->addWidget(strip_);
    column->addWidget(problem_);
    column->addWidget(grid_, 1);
    column->addWidget(current_);
}

void ValuesPane::setTensor(std::shared_ptr<const Checkpoint> checkpoint, TensorId tensor) {
    job_.abandon();
    copyJob_.abandon();
    saveJob_.abandon();
    strip_->hide();
    queue_.clear();
    problem_->clear();
    place_->clear();
    const bool absent = checkpoint && checkpoint->tensors.storage(tensor).encoding == StorageEncoding::Absent;
    cells_->setTensor(absent ? nullptr : std::move(checkpoint), tensor);
    grid_->setVisible(!absent);
    setEnabled(!absent);
    if (absent) problem_->show(Banner::Kind::Warning, tr("There are no bytes for this tensor in these files."));
    fillAxes();
    makeSliceBoxes();
    showCurrent();
}

void ValuesPane::fillAxes() {
    const auto& shape = cells_->form().shape;
    axes_->setVisible(shape.size() >= 2);
    for (QComboBox* box : {rowAxis_, columnAxis_}) {
        box->clear();
        for (std::size_t d = 0; d < shape.size(); ++d) box->addItem(tr("dim %1 (%2)").arg(d).arg(countText(shape[d])));
    }
    rowAxis_->setCurrentIndex(static_cast<int>(cells_->rowAxis()));
    columnAxis_->setCurrentIndex(static_cast<int>(cells_->columnAxis()));
}

// One line per dimension that is no axis: its index by slider and by number.
void ValuesPane::makeSliceBoxes() {
    const auto& shape = cells_->form().shape;
    std::vector<int> before;
    for (const QSpinBox* box : boxes_) before.push_back(box != nullptr ? box->value() : 0);
    const bool same = before.size() == shape.size();
    boxes_.assign(shape.size(), nullptr);
    auto* lines = new QWidget;
    auto* grid = new QGridLayout(lines);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setVerticalSpacing(4);
    grid->setColumnStretch(1, 1);
    const bool plane = cells_->checkpoint() && shape.size() > 2;
    for (std::size_t d = 0; plane && d < shape.size(); ++d) {
        if (d == cells_->rowAxis() || d == cells_->columnAxis()) continue;
        addSliceBox(*grid, d, shape[d]);
        if (same) boxes_[d]->setValue(before[d]);
    }
    const int count = plane ? static_cast<int>(shape.size()) - 2 : 0;
    sliceArea_->setWidget(lines);
    sliceArea_->setVisible(plane);
    const int line = lines->sizeHint().height() / std::max(count, 1);
    sliceArea_->setFixedHeight(plane ? line * std::min(count, kSliceLines) + 2 : 0);
}

void ValuesPane::addSliceBox(QGridLayout& grid, std::size_t dim, std::uint64_t size) {
    constexpr std::uint64_t most = std::numeric_limits<int>::max();
    const int last = static_cast<int>(std::min(most, std::max<std::uint64_t>(size, 1) - 1));
    auto* slider = new QSlider(Qt::Horizontal);
    slider->setRange(0, last);
    slider->setAccessibleName(tr("Index in dimension %1").arg(dim));
    auto* box = new QSpinBox;
    box->setRange(0, last);
    box->setWrapping(true);
    box->setSuffix(tr(" of %1").arg(countText(size)));
    box->setAccessibleName(tr("Index in dimension %1").arg(dim));
    connect(slider, &QSlider::valueChanged, box, &QSpinBox::setValue);
    connect(box, &QSpinBox::valueChanged, slider, &QSlider::setValue);
    connect(box, &QSpinBox::valueChanged, this, &ValuesPane::changeSlice);
    const int line = grid.rowCount();
    grid.addWidget(new Label(Label::Style::Muted, tr("dim %1").arg(dim)), line, 0);
    grid.addWidget(slider, line, 1);
    grid.addWidget(box, line, 2);
    boxes_[dim] = box;
}

// Two axes cannot be one dimension: the other takes the one that is given up.
void ValuesPane::changeAxes(bool rowsChanged) {
    auto row = static_cast<std::size_t>(rowAxis_->currentIndex());
    auto column = static_cast<std::size_t>(columnAxis_->currentIndex());
    if (row == column && rowsChanged) column = cells_->rowAxis();
    if (row == column && !rowsChanged) row = cells_->columnAxis();
    rowAxis_->setCurrentIndex(static_cast<int>(row));
    columnAxis_->setCurrentIndex(static_cast<int>(column));
    cells_->setPlane(row, column, std::vector<std::uint64_t>(cells_->form().shape.size(), 0));
    makeSliceBoxes();
    changeSlice();
}

void ValuesPane::changeSlice() {
    job_.abandon();
    queue_.clear();
    problem_->clear();
    std::vector<std::uint64_t> indices;
    for (const QSpinBox* box : boxes_) indices.push_back(box != nullptr ? static_cast<std::uint64_t>(box->value()) : 0);
    cells_->setPlane(cells_->rowAxis(), cells_->columnAxis(), std::move(indices));
}

void ValuesPane::changeFormat(int index) {
    cells_->setFormat(kFormats[static_cast<std::size_t>(index)]);
    QSettings().setValue(kFormatKey, index);
}

void ValuesPane::askForPlace() {
    place_->setFocus();
    place_->selectAll();
}

void ValuesPane::goTo() {
    const QStringList parts = place_->text().split(QLatin1Char(','));
    bool isRow = false;
    bool isColumn = true;
    const quint64 row = parts.value(0).trimmed().toULongLong(&isRow);
    const quint64 column = parts.size() > 1 ? parts.value(1).trimmed().toULongLong(&isColumn) : 0;
    problem_->clear();
    if (cells_->isWrapped() && isRow && cells_->cellOf(row)) {
        showElement(row);
        return;
    }
    if (!isRow || !isColumn || cells_->isWrapped() || !cells_->view().holds(row, column)) {
        const GridView& view = cells_->view();
        problem_->show(Banner::Kind::Warning,
                       cells_->isWrapped()
                           ? tr("No such element. Expected a number below %1.").arg(countText(view.end))
                           : tr("No such cell. Expected a row below %1 and a column below %2, as in 12, 3.")
                                 .arg(countText(view.rows), countText(view.columns)));
        return;
    }
    grid_->goTo(row, column);
    grid_->setFocus();
}

void ValuesPane::showElement(std::uint64_t element) {
    if (const auto cell = cells_->cellOf(element)) {
        grid_->goTo(cell->first, cell->second);
        grid_->setFocus();
    }
}

void ValuesPane::showCurrent() {
    const GridView& view = cells_->view();
    current_->clear();
    if (!cells_->checkpoint() || view.rows == 0) return;
    const std::uint64_t row = grid_->currentRow();
    const std::uint64_t column = grid_->currentColumn();
    const QByteArray bytes = cells_->bytes(row, column);
    if (bytes.isEmpty()) return;
    const auto element = std::as_bytes(std::span(bytes.constData(), static_cast<std::size_t>(bytes.size())));
    const DType dtype = cells_->form().dtype;
    QStringList parts{QStringLiteral("%1 = %2").arg(cells_->indexText(row, column), cells_->cell(row, column).text)};
    const NumberFormat other = cells_->format() == NumberFormat::Hex ? NumberFormat::Shortest : NumberFormat::Hex;
    parts << toText(formatElementAs(dtype, element, other));
    if (const auto offset = cells_->fileOffset(row, column)) parts << tr("byte %1").arg(countText(*offset));
    current_->setText(parts.join(QStringLiteral("  ·  ")));
}

TensorPlane ValuesPane::plane() const {
    return {cells_->checkpoint(), cells_->tensor(), cells_->form(), cells_->view()};
}

void ValuesPane::copyCells() {
    const GridRect rect = grid_->selection();
    problem_->clear();
    if (rect.rows == 0) return;
    if (rect.rows > CellsTextJob::kMostCells / rect.columns) {
        problem_->show(Banner::Kind::Warning,
                       tr("More than %1 cells are too many for the clipboard. Save the tensor as .npy instead.")
                           .arg(countText(CellsTextJob::kMostCells)));
        return;
    }
    auto* job = copyJob_.replace(new CellsTextJob(this));
    connect(job, &CellsTextJob::written, this, [](const QString& text) { QApplication::clipboard()->setText(text); });
    connect(job, &CellsTextJob::failed, this, [this](const Error& error) {
        problem_->show(Banner::Kind::Error, errorLine(error, toText(cells_->checkpoint()->path)));
    });
    job->write(plane(), rect, cells_->format());
}

void ValuesPane::copyCommand() const {
    if (!cells_->checkpoint()) return;
    const TensorTable& table = cells_->checkpoint()->tensors;
    std::string command = "plimsoll-cli show " + shellQuoted(cells_->checkpoint()->path) + " " +
                          shellQuoted(table.name(cells_->tensor()));
    if (const QString slice = cells_->sliceText(); !slice.isEmpty()) command += " --slice " + slice.toStdString();
    QApplication::clipboard()->setText(toText(command));
}

void ValuesPane::askWhereToSave(bool planeOnly) {
    if (!cells_->checkpoint()) return;
    QString name = toText(cells_->checkpoint()->tensors.name(cells_->tensor()));
    if (name.isEmpty()) name = QFileInfo(toText(cells_->checkpoint()->path)).completeBaseName();
    name.replace(QLatin1Char('/'), QLatin1Char('_'));
    const QString folder = QSettings().value(QStringLiteral("lastSaveFolder")).toString();
    const QString path = QFileDialog::getSaveFileName(
        this, planeOnly ? tr("Save the plane") : tr("Save the tensor"),
        QStringLiteral("%1%2%3.npy").arg(folder, folder.isEmpty() ? QString() : QStringLiteral("/"), name),
        tr("NumPy array (*.npy)"));
    if (path.isEmpty()) return;
    QSettings().setValue(QStringLiteral("lastSaveFolder"), QFileInfo(path).absolutePath());
    saveNpy(path, planeOnly);
}

void ValuesPane::saveNpy(const QString& path, bool planeOnly) {
    problem_->clear();
    auto* job = saveJob_.replace(new NpyJob(this));
    connect(job, &NpyJob::written, this, [this](const QString& file) {
        problem_->show(Banner::Kind::Good, tr("Saved as %1").arg(file));
        emit saved();
    });
    connect(job, &NpyJob::failed, this, [this, path](const Error& error) {
        if (error.code != Errc::Cancelled) problem_->show(Banner::Kind::Error, errorLine(error, path));
        emit saved();
    });
    strip_->follow(job, tr("Saving"));
    job->write(cells_->checkpoint(), cells_->tensor(), planeOnly ? cells_->sliceText() : QString(), path);
}

void ValuesPane::read(const std::vector<CellTile>& tiles) {
    queue_.insert(queue_.end(), tiles.begin(), tiles.end());
    // What nobody looks at any more is not read; it is asked for again when it is scrolled to.
    while (queue_.size() > kMostQueued) {
        cells_->forgetTile(queue_.front().key);
        queue_.erase(queue_.begin());
    }
    readNext();
}

// One job at a time, and what was asked for last (where the user is now) goes first.
void ValuesPane::readNext() {
    constexpr std::size_t kBatch = 8;
    if (job_.get() != nullptr || queue_.empty() || !cells_->checkpoint()) return;
    const std::size_t first = queue_.size() > kBatch ? queue_.size() - kBatch : 0;
    std::vector<CellTile> batch(queue_.begin() + static_cast<std::ptrdiff_t>(first), queue_.end());
    queue_.resize(first);
    auto* job = job_.replace(new ValuesJob(this));
    connect(job, &ValuesJob::tileRead, cells_, &TensorCells::setTile);
    connect(job, &ValuesJob::failed, this, [this](const Error& error, const std::vector<ValuesJob::Key>& keys) {
        for (const auto& key : keys) cells_->setTileFailed(key);
        problem_->show(Banner::Kind::Error, errorLine(error, toText(cells_->checkpoint()->path)));
    });
    connect(job, &Job::ended, this, [this] {
        readNext();
        if (queue_.empty()) emit tilesShown();
    });
    job->read(plane(), std::move(batch));
}

}  // namespace plimsoll::ui
