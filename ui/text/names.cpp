// SPDX-License-Identifier: GPL-3.0-or-later
#include "text/names.h"

#include <QObject>
#include <algorithm>

#include "text/text.h"

namespace plimsoll::ui {
namespace {

// Bytes that both begin with, up to a dot and with it.
std::size_t commonStart(std::string_view a, std::string_view b) {
    const auto [end, other] = std::ranges::mismatch(a, b);
    const auto dot = a.substr(0, static_cast<std::size_t>(end - a.begin())).rfind('.');
    return dot == std::string_view::npos ? 0 : dot + 1;
}

// Bytes that both end with, from a dot on.
std::size_t commonEnd(std::string_view a, std::string_view b) {
    const auto most = std::min(a.size(), b.size());
    std::size_t same = 0;
    std::size_t fromDot = 0;
    while (same < most && a[a.size() - 1 - same] == b[b.size() - 1 - same]) {
        ++same;
        if (a[a.size() - same] == '.') fromDot = same;
    }
    const std::string_view longer = a.size() > b.size() ? a : b;
    const bool isWhole = same == most && longer.size() > most && longer[longer.size() - most - 1] == '.';
    return isWhole ? most : fromDot;
}

bool isUnseen(QChar c) {
    const QChar::Category category = c.category();
    return category == QChar::Other_Control || category == QChar::Other_Format || category == QChar::Separator_Line ||
           category == QChar::Separator_Paragraph;
}

// As Python writes it: every font has these characters.
QString escaped(QChar c) {
    if (c == QLatin1Char('\n')) return QStringLiteral("\\n");
    if (c == QLatin1Char('\t')) return QStringLiteral("\\t");
    const bool isShort = c.unicode() < 0x100;
    return QStringLiteral("\\%1%2")
        .arg(isShort ? QLatin1Char('x') : QLatin1Char('u'))
        .arg(c.unicode(), isShort ? 2 : 4, 16, QLatin1Char('0'));
}

QString seen(std::string_view name) {
    const QString text = toText(name);
    if (std::ranges::none_of(text, isUnseen)) return text;
    QString result;
    for (const QChar c : text) result += isUnseen(c) ? escaped(c) : QString(c);
    return result;
}

}  // namespace

QString nameText(std::string_view name) {
    return name.empty() ? QObject::tr("(no name)") : seen(name);
}

QString renameText(std::string_view before, std::string_view after) {
    const std::size_t start = commonStart(before, after);
    const std::size_t end = commonEnd(before.substr(start), after.substr(start));
    const auto middle = [start, end](std::string_view name) { return name.substr(start, name.size() - start - end); };
    // What one has and the other has not is clearer with both in full.
    if (start + end == 0 || middle(before).empty() || middle(after).empty())
        return QStringLiteral("%1 → %2").arg(nameText(before), nameText(after));
    return QStringLiteral("%1{%2 → %3}%4")
        .arg(seen(before.substr(0, start)), seen(middle(before)), seen(middle(after)),
             seen(before.substr(before.size() - end)));
}

QString dtypeText(const TensorTable& table, TensorId tensor) {
    const DType dtype = table.dtype(tensor);
    return dtype == DType::Opaque ? nameText(table.dtypeName(tensor)) : toText(shortName(dtype));
}

QString bothDtypesText(const TensorTable& table, TensorId tensor) {
    const QString ours = dtypeText(table, tensor);
    const QString theirs = nameText(table.dtypeName(tensor));
    return ours == theirs ? ours : QStringLiteral("%1 (%2)").arg(ours, theirs);
}

}  // namespace plimsoll::ui
