// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli.h"

// `audit` on files whose every byte is known here, and on a training run's checkpoint as torch saves it.
class TstCliAudit : public QObject {
    Q_OBJECT

private slots:
    void text();
    void textWithoutReading();
    void json();
    void experts();
    void trainingCheckpoint_data();
    void trainingCheckpoint();
    void slimCommands();
    void errors();

private:
    QString path(const char* name) const { return dir_.filePath(name); }
    QString small();

    QTemporaryDir dir_;
};

namespace {

QByteArray floats(int count, char fill) {
    return QByteArray(count * 4, fill);
}

// A model of two layers with batch norm, Adam's state, an average and a schedule, all with values.
const char* const kTrainingScript = R"(import copy, sys, torch
torch.manual_seed(0)
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Embedding(50, 16)
        self.layers = torch.nn.ModuleList(torch.nn.Sequential(torch.nn.Linear(16, 16), torch.nn.BatchNorm1d(16)) for _ in range(3))
        self.head = torch.nn.Linear(16, 50, bias=False)
        self.head.weight = self.embed.weight
    def forward(self, x):
        x = self.embed(x)
        for layer in self.layers:
            x = layer(x)
        return self.head(x)
net = Net()
average = copy.deepcopy(net)
groups = net.parameters()
if sys.argv[2] == 'two groups':
    groups = [{'params': [p for p in net.parameters() if p.ndim > 1]},
              {'params': [p for p in net.parameters() if p.ndim < 2], 'weight_decay': 0.0}]
optimizer = torch.optim.AdamW(groups)
schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1)
for _ in range(2):
    optimizer.zero_grad()
    net(torch.randint(50, (8,))).square().mean().backward()
    optimizer.step()
    schedule.step()
noise = torch.randn(1000)
torch.save({'model': net.state_dict(), 'optimizer': optimizer.state_dict(), 'model_ema': average.state_dict(),
            'lr_scheduler': schedule.state_dict(), 'epoch': 3, 'rng_state': torch.get_rng_state(),
            'sample': noise[10:20]}, sys.argv[1]))";

}  // namespace

QString TstCliAudit::small() {
    const QString file = path("m.safetensors");
    if (!QFile::exists(file)) {
        (void)writeFile(file, safetensorsBytes({{"layers.0.w", "F32", {8, 4}, floats(32, 1)},
                                                {"layers.1.w", "F32", {8, 4}, floats(32, 1)},
                                                {"layers.2.w", "F32", {8, 4}, floats(32, 2)},
                                                {"head.w", "F32", {2, 4}, floats(8, 3)},
                                                {"ids", "I64", {2}, QByteArray(16, 1)}}));
    }
    return file;
}

void TstCliAudit::text() {
    const ProcessResult result = runCli({"audit", small()});
    STATUS_IS(result, 0);
    const QByteArray file = small().toUtf8();
    const QByteArray slim = path("m-slim.safetensors").toUtf8();
    QCOMPARE(result.out, file +
                             ": safetensors, 768 B\n"
                             "what                                 tensors   size    share\n"
                             "weights                                    4  416 B   54.2 %\n"
                             "buffers                                    1   16 B    2.1 %\n"
                             "before the first tensor: the header           336 B   43.8 %\n"
                             "all                                        5  768 B  100.0 %\n"
                             "\n"
                             "smaller, to the byte:\n"
                             "592 B, 22.9 % less: everything, cast to bf16 (8 bits of precision are left)\n"
                             "  plimsoll-cli convert " +
                             file + " " + slim +
                             " --to safetensors --dtype bf16\n"
                             "\n"
                             "why a tensor counts as what (a state dict does not tell parameters from buffers: "
                             "\"looks like\" is a guess)\n"
                             "role     tensors   size  because\n"
                             "weights        4  416 B  everything else\n"
                             "buffers        1   16 B  looks like a buffer: integers, which no gradient reaches\n"
                             "\n"
                             "dtype  tensors   size   share\n"
                             "f32          4  416 B  96.3 %\n"
                             "i64          1   16 B   3.7 %\n"
                             "\n"
                             "layer or module    tensors   size    sum   share\n"
                             "layers.0 .. 2 (3)        1  128 B  384 B  88.9 %\n"
                             "head                     1   32 B   32 B   7.4 %\n"
                             "(in no module)           1   16 B   16 B   3.7 %\n"
                             "\n"
                             "identical, 128 B each: layers.0.w = layers.1.w\n"
                             "identical tensors take 128 B more than one of each\n");
}

void TstCliAudit::textWithoutReading() {
    const ProcessResult result = runCli({"audit", small(), "--no-read"});
    STATUS_IS(result, 0);
    QVERIFY(!result.out.contains("identical"));
}

void TstCliAudit::json() {
    const ProcessResult result = runCli({"audit", small(), "--json"});
    STATUS_IS(result, 0);
    const QJsonObject document = jsonOf(result.out);
    QCOMPARE(document["format"].toString(), "safetensors");
    QCOMPARE(document["roles"].toObject()["weights"].toObject()["bytes"].toInt(), 416);
    QCOMPARE(document["layers"].toArray().size(), 5);
    const QJsonObject same = document["identical"].toArray()[0].toObject();
    QCOMPARE(same["names"].toArray(), (QJsonArray{"layers.0.w", "layers.1.w"}));
    QCOMPARE(same["bytes"].toInt(), 128);
    QCOMPARE(document["identical_bytes"].toInt(), 128);
    QVERIFY(!jsonOf(runCli({"audit", small(), "--json", "--no-read"}).out).contains("identical"));
}

void TstCliAudit::experts() {
    QList<SmallTensor> tensors;
    for (const char* layer : {"0", "1"}) {
        for (const char* expert : {"0", "1", "2"})
            tensors.append(
                {QByteArray("model.layers.") + layer + ".mlp.experts." + expert + ".w", "F32", {4}, floats(4, 1)});
    }
    QVERIFY(writeFile(path("moe.safetensors"), safetensorsBytes(tensors)));
    const QJsonArray experts = jsonOf(runCli({"audit", path("moe.safetensors"), "--json"}).out)["experts"].toArray();
    QCOMPARE(experts.size(), 3);
    QCOMPARE(experts[1].toObject()["name"].toString(), "experts.1");
    QCOMPARE(experts[1].toObject()["tensors"].toInt(), 2);
    QCOMPARE(experts[1].toObject()["bytes"].toInt(), 32);
}

void TstCliAudit::trainingCheckpoint_data() {
    QTest::addColumn<QString>("groups");
    QTest::newRow("one group") << "one group";
    QTest::newRow("two groups") << "two groups";
}

void TstCliAudit::trainingCheckpoint() {
    NEEDS_PEER();
    QFETCH(QString, groups);
    const QString file = path("train.pth");
    PEER_OK(kTrainingScript, {file, groups});
    const ProcessResult result = runCli({"audit", file, "--json"});
    STATUS_IS(result, 0);
    const QJsonObject document = jsonOf(result.out);
    // Embedding, three linear layers with bias, three norms with weight and bias; the head is tied to the embedding.
    const int parameters = 4 * (50 * 16 + 3 * (16 * 16 + 16 + 2 * 16));
    const int buffers = 3 * (2 * 16 * 4 + 8);
    const auto own = [&](const char* role) {
        return document["roles"].toObject()[role].toObject()["own_bytes"].toInt();
    };
    QCOMPARE(own("weights"), parameters);
    QCOMPARE(own("buffers"), buffers);
    QCOMPARE(own("ema"), parameters + buffers);
    const int stepped = 1 + 3 * 4;
    QCOMPARE(own("optimizer"), 2 * parameters + stepped * 4);
    QCOMPARE(own("other"), 5056 + 40);
    QCOMPARE(document["storages"].toObject()["unused_bytes"].toInt(), 990 * 4);

    int sum = document["storages"].toObject()["unused_bytes"].toInt();
    for (const char* role : {"weights", "buffers", "ema", "optimizer", "other"}) sum += own(role);
    for (const auto& outside : document["outside"].toArray()) sum += outside.toObject()["bytes"].toInt();
    QCOMPARE(sum, int(QFile(file).size()));

    const QJsonObject optimizer = document["optimizers"].toArray()[0].toObject();
    QCOMPARE(optimizer["path"].toString(), "optimizer");
    QCOMPARE(optimizer["parameters"].toInt(), stepped);
    QCOMPARE(optimizer["linked"].toInt(), stepped);
    for (const auto& entry : document["layers"].toArray()) {
        const QJsonObject layer = entry.toObject();
        if (!layer["name"].toString().startsWith("model.layers.")) continue;
        QCOMPARE(layer["optimizer_state"].toObject()["bytes"].toInt(), 4 * (2 * (16 * 16 + 3 * 16) + 4));
    }
    QSet<QString> tied;
    for (const auto& group : document["tied"].toArray())
        for (const auto& name : group.toObject()["names"].toArray()) tied.insert(name.toString());
    QCOMPARE(tied, (QSet<QString>{"model.embed.weight", "model.head.weight", "model_ema.embed.weight",
                                  "model_ema.head.weight"}));
}

// Every command that is printed gives a file of the size that is printed.
void TstCliAudit::slimCommands() {
    NEEDS_PEER();
    const QString file = path("it's a run.pth");
    PEER_OK(kTrainingScript, {file, "two groups"});
    const QJsonArray options = jsonOf(runCli({"audit", file, "--json", "--no-read"}).out)["slim"].toArray();
    QCOMPARE(options.size(), 4);
    double saved = 1e18;
    for (const auto& entry : options) {
        const QJsonObject option = entry.toObject();
        QVERIFY(option["saved_bytes"].toDouble() <= saved);
        saved = option["saved_bytes"].toDouble();
        QString command = option["command"].toString();
        QVERIFY(command.startsWith("plimsoll-cli "));
        command.replace(0, int(strlen("plimsoll-cli")), builtProgram("plimsoll-cli"));
        const ProcessResult result = runProcess("sh", {"-c", command});
        STATUS_IS(result, 0);
        QFile out(option["output"].toString());
        QCOMPARE(out.size(), qint64(option["bytes"].toDouble()));
        QCOMPARE(QFile(file).size() - out.size(), qint64(saved));
        QVERIFY(out.remove());
    }
}

void TstCliAudit::errors() {
    STATUS_IS(runCli({"audit"}), 2);
    STATUS_IS(runCli({"audit", path("none.pth")}), 1);
}

QTEST_APPLESS_MAIN(TstCliAudit)
#include "tst_cli_audit.moc"
