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

}  // namespace

QString nameText(std::string_view name) {
    return name.empty() ? QObject::tr("(no name)") : toText(name);
}

QString renameText(std::string_view before, std::string_view after) {
    const std::size_t start = commonStart(before, after);
    const std::size_t end = commonEnd(before.substr(start), after.substr(start));
    const auto middle = [start, end](std::string_view name) { return name.substr(start, name.size() - start - end); };
    // What one has and the other has not is clearer with both in full.
    if (start + end == 0 || middle(before).empty() || middle(after).empty())
        return QStringLiteral("%1 → %2").arg(nameText(before), nameText(after));
    return QStringLiteral("%1{%2 → %3}%4")
        .arg(toText(before.substr(0, start)), toText(middle(before)), toText(middle(after)),
             toText(before.substr(before.size() - end)));
}

}  // namespace plimsoll::ui
