// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/tickers.h"

#include <array>
#include <cmath>

#include "text/text.h"

namespace plimsoll::ui {

double ByteTicker::getTickStep(const QCPRange& range) {
    const double wanted = range.size() / (tickCount() + 1e-10);

    return std::max(1024.0, std::exp2(std::ceil(std::log2(std::max(wanted, 1.0)) - 0.3)));
}

int ByteTicker::getSubTickCount(double) {
    return 0;
}

QString ByteTicker::getTickLabel(double tick, const QLocale&, QChar, int) {
    return tick <= 0 ? QStringLiteral("0") : tickBytesText(tick);
}

QString SecondsTicker::getTickLabel(double tick, const QLocale&, QChar, int) {
    return tickSecondsText(tick);
}

}  // namespace plimsoll::ui
