// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "base/rename.h"

using namespace plimsoll;

class TstRename final : public QObject {
    Q_OBJECT
private slots:
    void apply_data();
    void apply();
    void inTurn();
    void refused_data();
    void refused();
};

void TstRename::apply_data() {
    QTest::addColumn<QString>("rule");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("result");
    const auto row = [](const char* rule, const char* name, const char* result) {
        QTest::addRow("%s on %s", rule, name) << rule << name << result;
    };
    row("model=net", "model.a.weight", "net.a.weight");
    row("model=net", "model", "net");
    row("model=net", "models.a", "models.a");
    row("model=net", "a.model.b", "a.model.b");
    row("model=", "model.a", "a");
    row("model.=", "model.a", "a");
    row("model=", "modela", "modela");
    row("=model", "a.b", "model.a.b");
    row("=model.", "a.b", "model.a.b");
    row("a.b=c.d.e", "a.b.w", "c.d.e.w");
    row("*.gamma=*.weight", "norm.1.gamma", "norm.1.weight");
    row("*.gamma=*.weight", "norm.gamma.x", "norm.gamma.x");
    row("a.*.b.*=*.*", "a.1.b.2", "1.2");
    row("x.*=y", "x.1", "y");
    row("a.b.*=q\\1*", "a.b.c", "q\\1c");
    row("^h\\.(\\d+)=>layers.\\1", "h.12.w", "layers.12.w");
    row("a=>b", "a.a.c", "b.b.c");
    row("a==>b", "a=.c", "b.c");
    row("^=>p.", "x", "p.x");
}

void TstRename::apply() {
    QFETCH(QString, rule);
    QFETCH(QString, name);
    QFETCH(QString, result);
    const auto parsed = RenameRule::parse(rule.toStdString());
    QVERIFY2(parsed, parsed ? "" : parsed.error().what.c_str());
    QCOMPARE(QString::fromStdString(parsed->apply(name.toStdString())), result);
}

void TstRename::inTurn() {
    std::vector<RenameRule> rules;
    for (const char* text : {"model=net", "net.a=net.b"}) rules.push_back(std::move(*RenameRule::parse(text)));
    QCOMPARE(QString::fromStdString(renamed("model.a.w", rules)), "net.b.w");
}

void TstRename::refused_data() {
    QTest::addColumn<QString>("rule");
    for (const char* rule : {"", "model", "=>x", "(=>x", "a=>\\1", "a.*=*.*", "**********=x"})
        QTest::newRow(rule) << rule;
}

void TstRename::refused() {
    QFETCH(QString, rule);
    const auto parsed = RenameRule::parse(rule.toStdString());
    QVERIFY(!parsed);
    QCOMPARE(parsed.error().code, Errc::Usage);
    QVERIFY(!parsed.error().what.empty());
}

QTEST_APPLESS_MAIN(TstRename)
#include "tst_rename.moc"
