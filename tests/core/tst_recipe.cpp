// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "convert/command_line.h"
#include "convert/recipe.h"
#include "convert/selection.h"

using namespace plimsoll;

Q_DECLARE_METATYPE(plimsoll::DType)

class TstRecipe final : public QObject {
    Q_OBJECT
private slots:
    void targetFollowsSuffix_data();
    void targetFollowsSuffix();
    void targetNamesRoundTrip();
    void rules_data();
    void rules();
    void lossOfCasts_data();
    void lossOfCasts();
    void commandLine();
    void commandLineRoundTrip_data();
    void commandLineRoundTrip();
    void refusesCommandLine_data();
    void refusesCommandLine();
};

void TstRecipe::targetFollowsSuffix_data() {
    QTest::addColumn<QString>("path");
    QTest::addColumn<int>("target");  // -1: none
    const int pth = static_cast<int>(Target::Pth);
    QTest::newRow("pth") << "a/model.pth" << pth;
    QTest::newRow("pt") << "model.pt" << pth;
    QTest::newRow("bin") << "pytorch_model.bin" << pth;
    QTest::newRow("ckpt") << "epoch=3.ckpt" << pth;
    QTest::newRow("th") << "resnet.th" << pth;
    QTest::newRow("upper case") << "MODEL.PTH" << pth;
    QTest::newRow("safetensors") << "model.safetensors" << static_cast<int>(Target::Safetensors);
    QTest::newRow("none") << "model" << -1;
    QTest::newRow("other") << "model.onnx" << -1;
    QTest::newRow("suffix of a directory") << "x.pth/model" << -1;
    QTest::newRow("empty") << "" << -1;
}

void TstRecipe::targetFollowsSuffix() {
    QFETCH(QString, path);
    QFETCH(int, target);
    const auto found = targetFromSuffix(path.toStdString());
    QCOMPARE(found ? static_cast<int>(*found) : -1, target);
}

void TstRecipe::targetNamesRoundTrip() {
    for (const auto target : {Target::Pth, Target::Safetensors}) QVERIFY(targetFromName(targetName(target)) == target);
    QVERIFY(!targetFromName("onnx"));
}

void TstRecipe::rules_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<bool>("valid");
    QTest::addColumn<QString>("glob");
    QTest::addColumn<QString>("dtype");  // empty: keep
    QTest::newRow("bf16") << "*.weight=bf16" << true << "*.weight"
                          << "bf16";
    QTest::newRow("keep") << "norm*=keep" << true << "norm*"
                          << "";
    QTest::newRow("glob with =") << "a=b*=f16" << true << "a=b*"
                                 << "f16";
    QTest::newRow("8 bits") << "*=f8_e4m3fn" << true << "*"
                            << "f8_e4m3fn";
    QTest::newRow("no =") << "*.weight" << false << ""
                          << "";
    QTest::newRow("no glob") << "=bf16" << false << ""
                             << "";
    QTest::newRow("unknown type") << "*=b16" << false << ""
                                  << "";
    QTest::newRow("integer type") << "*=i64" << true << "*"
                                  << "i64";
    QTest::newRow("type that nothing is cast to") << "*=f8_e8m0fnu" << false << ""
                                                  << "";
    QTest::newRow("no type") << "*=" << false << ""
                             << "";
}

void TstRecipe::rules() {
    QFETCH(QString, text);
    QFETCH(bool, valid);
    const auto rule = parseCastRule(text.toStdString());
    QCOMPARE(rule.has_value(), valid);
    if (!valid) {
        QVERIFY(rule.error().code == Errc::Usage);
        QVERIFY2(rule.error().what.find(text.toStdString()) != std::string::npos, rule.error().what.c_str());
        return;
    }
    QTEST(QString::fromStdString(rule->glob), "glob");
    QTEST(QString::fromStdString(std::string(rule->dtype ? shortName(*rule->dtype) : "")), "dtype");
}

void TstRecipe::lossOfCasts_data() {
    QTest::addColumn<DType>("from");
    QTest::addColumn<DType>("to");
    QTest::addColumn<bool>("loses");
    QTest::newRow("same") << DType::F32 << DType::F32 << false;
    QTest::newRow("f32 to f64") << DType::F32 << DType::F64 << false;
    QTest::newRow("f64 to f32") << DType::F64 << DType::F32 << true;
    QTest::newRow("f32 to bf16") << DType::F32 << DType::BF16 << true;
    QTest::newRow("bf16 to f32") << DType::BF16 << DType::F32 << false;
    QTest::newRow("f16 to f32") << DType::F16 << DType::F32 << false;
    QTest::newRow("f16 to bf16") << DType::F16 << DType::BF16 << true;
    QTest::newRow("bf16 to f16") << DType::BF16 << DType::F16 << true;
    QTest::newRow("f8_e4m3fn to f16") << DType::F8_E4M3FN << DType::F16 << false;
    QTest::newRow("f8_e5m2 to f16") << DType::F8_E5M2 << DType::F16 << false;
    QTest::newRow("f8_e5m2 to f8_e4m3fn") << DType::F8_E5M2 << DType::F8_E4M3FN << true;
    QTest::newRow("f8_e4m3fn to f8_e5m2") << DType::F8_E4M3FN << DType::F8_E5M2 << true;
    QTest::newRow("f8_e4m3fnuz to f8_e4m3fn") << DType::F8_E4M3FNUZ << DType::F8_E4M3FN << true;
    QTest::newRow("f8_e8m0fnu to bf16") << DType::F8_E8M0FNU << DType::BF16 << false;
    QTest::newRow("f8_e8m0fnu to f16") << DType::F8_E8M0FNU << DType::F16 << true;
}

void TstRecipe::lossOfCasts() {
    QFETCH(DType, from);
    QFETCH(DType, to);
    QTEST(castLoses(from, to), "loses");
}

void TstRecipe::commandLine() {
    Recipe recipe;
    recipe.target = Target::Safetensors;
    recipe.destination = "out dir/model.safetensors";
    recipe.dtype = DType::BF16;
    recipe.rules = {{"*.norm*", DType::F32}, {"*.it's", std::nullopt}};
    recipe.drop = {"optimizer.*"};
    recipe.maxShardBytes = 5'000'000'000;
    QCOMPARE(QString::fromStdString(convertCommandLine("in.pth", recipe)),
             QStringLiteral("plimsoll-cli convert in.pth 'out dir/model.safetensors' --to safetensors --dtype bf16 "
                            "--rule '*.norm*=f32' --rule '*.it'\\''s=keep' --drop 'optimizer.*' --max-shard-size 5GB"));
}

void TstRecipe::commandLineRoundTrip_data() {
    QTest::addColumn<QString>("options");
    QTest::newRow("plain") << "--to pth";
    QTest::newRow("types")
        << "--to safetensors --dtype bf16 --rule '*.norm*=f32' --rule 'a b=keep' --rule '*=i8' --saturate";
    QTest::newRow("contents")
        << "--to npz --rename '^model\\.=>' --rename old=new --keep '*.weight' --drop 'size>1M a' "
           "--drop=-x --weights-only";
    QTest::newRow("shards by size") << "--to pth --max-shard-size 5GB";
    QTest::newRow("odd shard size") << "--to pth --max-shard-size 1234567";
    QTest::newRow("shards by count") << "--to dcp --shards 3";
    QTest::newRow("ranks") << "--to pth --tp 4 --tp-rule '*.wo=1' --tp-rule '*.qkv=0x3' --tp-rule '*.norm=replicate'";
    QTest::newRow("merged ranks") << "--to pth --tp-merge";
    QTest::newRow("run") << "--to tensors --memory 16MiB --threads 3 --verify --loss --resume --overwrite";
    QTest::newRow("quotes") << "--to pth --drop 'it'\\''s'";
}

void TstRecipe::commandLineRoundTrip() {
    QFETCH(QString, options);
    const auto line = QStringLiteral("plimsoll-cli convert 'a b.pth' out ").append(options).toStdString();
    const auto command = parseConvertCommand(line);
    QVERIFY2(command, command ? "" : command.error().what.c_str());
    QCOMPARE(QString::fromStdString(command->source), QStringLiteral("a b.pth"));
    QCOMPARE(QString::fromStdString(convertCommandLine(command->source, command->recipe)),
             QString::fromStdString(line));
}

void TstRecipe::refusesCommandLine_data() {
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("says");
    QTest::newRow("nothing") << ""
                             << "this is no 'plimsoll-cli convert";
    QTest::newRow("another verb") << "plimsoll-cli inspect a.pth"
                                  << "this is no 'plimsoll-cli convert";
    QTest::newRow("no paths") << "plimsoll-cli convert --to pth"
                              << "names no SRC and DST";
    QTest::newRow("one path") << "convert a.pth"
                              << "names no SRC and DST";
    QTest::newRow("open quote") << "convert a 'b"
                                << "a quote is not closed: '";
    QTest::newRow("unknown option") << "convert a b.pth --bogus 1"
                                    << "convert has no option --bogus";
    QTest::newRow("no value") << "convert a b.pth --dtype"
                              << "--dtype: is followed by nothing";
    QTest::newRow("wrong value") << "convert a b.pth --dtype f12"
                                 << "--dtype: 'f12' is no floating-point type";
    QTest::newRow("wrong rule") << "convert a b.pth --rule x"
                                << "--rule: rule 'x' is not GLOB=DTYPE";
    QTest::newRow("number out of range") << "convert a b.pth --tp 1"
                                         << "--tp: '1' is no number from 2 to 1024";
    QTest::newRow("no suffix") << "convert a b"
                               << "DST: the suffix of 'b' names no format";
}

void TstRecipe::refusesCommandLine() {
    QFETCH(QString, line);
    QFETCH(QString, says);
    const auto command = parseConvertCommand(line.toStdString());
    QVERIFY(!command);
    QCOMPARE(command.error().code, Errc::Usage);
    QVERIFY2(QString::fromStdString(command.error().what).contains(says), command.error().what.c_str());
}

QTEST_APPLESS_MAIN(TstRecipe)
#include "tst_recipe.moc"
