// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/convert/presets.h"

#include <QCoreApplication>
#include <QMap>
#include <QSettings>
#include <QVariantMap>

#include "convert/command_line.h"
#include "text/text.h"

namespace plimsoll::ui::presets {
namespace {

const QString kOwnKey = QStringLiteral("convert/presets");
const QString kLastKey = QStringLiteral("convert/lastUsed");

QString tr(const char* text) {
    return QCoreApplication::translate("Presets", text);
}

// What a conversion is, without where it comes from and goes to and what stood there.
QString lineOf(const Recipe& recipe) {
    Recipe essence = recipe;
    essence.destination = "DST";
    essence.overwrite = essence.resume = essence.tpMerge = false;
    return toText(convertCommandLine("SRC", essence));
}

}  // namespace

const QList<Preset>& builtIn() {
    const auto line = [](const char* options) {
        return QStringLiteral("plimsoll-cli convert SRC DST ") + QLatin1String(options);
    };
    static const QList<Preset> presets{
        {tr("bf16 safetensors in 5 GB shards"), line("--to safetensors --dtype bf16 --max-shard-size 5GB")},
        {tr("Strip the optimizer, keep the weights"), line("--to pth --weights-only")},
        {tr("Per-tensor files for a small host"), line("--to tensors --weights-only --memory 16MiB")},
        {tr("Same values as one safetensors file"), line("--to safetensors")},
        {tr("fp8; norms, biases and embeddings kept"),
         line("--to safetensors --dtype f8_e4m3fn --rule '*norm*=keep' --rule '*.bias=keep' --rule '*emb*=keep' "
              "--saturate --loss")},
        {tr("Four tensor-parallel ranks"), line("--to safetensors --weights-only --tp 4")},
        {tr("Directory for torch.distributed.checkpoint"), line("--to dcp")},
        {tr("NumPy archive of the weights in f32"), line("--to npz --dtype f32 --weights-only")},
    };
    return presets;
}

QList<Preset> own() {
    QList<Preset> presets;
    const QVariantMap saved = QSettings().value(kOwnKey).toMap();
    for (auto at = saved.begin(); at != saved.end(); ++at) presets << Preset{at.key(), at.value().toString(), true};
    return presets;
}

void save(const QString& name, const Recipe& recipe) {
    QSettings settings;
    QVariantMap saved = settings.value(kOwnKey).toMap();
    saved.insert(name, lineOf(recipe));
    settings.setValue(kOwnKey, saved);
}

void remove(const QString& name) {
    QSettings settings;
    QVariantMap saved = settings.value(kOwnKey).toMap();
    saved.remove(name);
    settings.setValue(kOwnKey, saved);
}

std::optional<Preset> lastUsed() {
    const QString line = QSettings().value(kLastKey).toString();
    if (line.isEmpty()) return std::nullopt;
    return Preset{tr("As the last time"), line};
}

void setLastUsed(const Recipe& recipe) {
    QSettings().setValue(kLastKey, lineOf(recipe));
}

std::optional<Recipe> recipeOf(const Preset& preset) {
    auto command = parseConvertCommand(preset.line.toStdString());
    if (!command) return std::nullopt;
    command->recipe.destination.clear();
    return std::move(command->recipe);
}

}  // namespace plimsoll::ui::presets
