// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "formats/tensors/file_names.h"

using namespace plimsoll;

class TstTensorFileNames : public QObject {
    Q_OBJECT

private slots:
    void spelled_data() {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QByteArray>("file");
        QTest::newRow("dotted") << QByteArray("layers.0.weight") << QByteArray("layers.0.weight.pt");
        QTest::newRow("empty") << QByteArray("") << QByteArray("%.pt");
        QTest::newRow("path") << QByteArray("../a/b") << QByteArray("%2E.%2Fa%2Fb.pt");
        QTest::newRow("percent") << QByteArray("%") << QByteArray("%25.pt");
        QTest::newRow("control") << QByteArray("a\nb\0c\x7F", 6) << QByteArray("a%0Ab%00c%7F.pt");
        QTest::newRow("UTF-8") << QByteArray("größe") << QByteArray("größe.pt");
        QTest::newRow("dots") << QByteArray("..") << QByteArray("%2E..pt");
        QTest::newRow("has a suffix") << QByteArray("w.pt") << QByteArray("w.pt.pt");
    }

    void spelled() {
        QFETCH(const QByteArray, name);
        QFETCH(const QByteArray, file);
        QCOMPARE(QByteArray::fromStdString(tensorFileName(name.toStdString())), file);
        QCOMPARE(QByteArray::fromStdString(tensorNameOfFile(file.chopped(3).toStdString())), name);
    }

    void longNames() {
        const std::string name(1000, 'a');
        const auto file = tensorFileName(name);
        QVERIFY(file.size() <= 240);
        QVERIFY(file != tensorFileName(name + "b"));
        QCOMPARE(tensorFileName(std::string(237, 'a')), std::string(237, 'a') + ".pt");
    }

    void otherPeoplesNames() {
        QCOMPARE(tensorNameOfFile("100%"), std::string("100%"));
        QCOMPARE(tensorNameOfFile("%zz"), std::string("%zz"));
        QCOMPARE(tensorNameOfFile("a%2fb"), std::string("a/b"));
    }
};

QTEST_APPLESS_MAIN(TstTensorFileNames)
#include "tst_tensor_file_names.moc"
