// SPDX-License-Identifier: GPL-3.0-or-later
#include "models/metadata_search.h"

#include <QAbstractItemModel>
#include <QElapsedTimer>

#include "models/metadata_model.h"

namespace plimsoll::ui {
namespace {
constexpr int kSliceMs = 8;
constexpr std::size_t kDeepest = 40;
}  // namespace

MetadataSearch::MetadataSearch(QAbstractItemModel* model, QObject* parent) : QObject(parent), model_(model) {
    connect(&timer_, &QTimer::timeout, this, &MetadataSearch::work);
    connect(model_, &QAbstractItemModel::modelAboutToBeReset, this, [this] { start({}); });
}

void MetadataSearch::start(const QString& text) {
    text_ = text;
    found_.clear();
    open_.clear();
    looked_ = 0;
    whole_ = true;
    timer_.stop();
    if (text_.isEmpty()) {
        emit progressed();
        return;
    }
    open_.push_back({});
    timer_.start(0);
}

void MetadataSearch::work() {
    QElapsedTimer clock;
    clock.start();
    const qsizetype before = found_.size();
    while (clock.elapsed() < kSliceMs)
        if (!look()) return;
    if (found_.size() != before) emit progressed();
}

// One entry. False where the search has ended.
bool MetadataSearch::look() {
    if (open_.empty()) {
        finish(true);
        return false;
    }
    Level& level = open_.back();
    if (level.row >= model_->rowCount(level.parent)) {
        open_.pop_back();
        return true;
    }
    if (++looked_ > kMostLooked || found_.size() >= kMostFound) {
        finish(false);
        return false;
    }
    const QModelIndex index = model_->index(level.row++, 0, level.parent);
    if (matches(index)) found_.append(index);
    if (!model_->hasChildren(index) || open_.size() >= kDeepest) return true;
    if (model_->canFetchMore(index)) model_->fetchMore(index);
    open_.push_back({index, 0});
    return true;
}

bool MetadataSearch::matches(const QModelIndex& index) const {
    for (int column = 0; column < model_->columnCount(); ++column) {
        const int role = column == MetadataModel::ValueText ? MetadataModel::kFullTextRole : Qt::DisplayRole;
        if (index.siblingAtColumn(column).data(role).toString().contains(text_, Qt::CaseInsensitive)) return true;
    }
    return false;
}

void MetadataSearch::finish(bool whole) {
    timer_.stop();
    open_.clear();
    whole_ = whole;
    emit progressed();
}

}  // namespace plimsoll::ui
