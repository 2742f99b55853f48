// SPDX-License-Identifier: GPL-3.0-or-later
// Archives that other programs wrote.
#include <QTemporaryDir>
#include <QtTest>

#include "io/mapped_file.h"
#include "peer.h"
#include "zip/zip_reader.h"

using plimsoll::MappedFile;
using plimsoll::ZipEntry;
using plimsoll::ZipReader;

namespace {

constexpr std::uint64_t kReadLimit = 100'000'000;

// Rows of tab-separated fields that a peer printed.
QList<QList<QByteArray>> rowsOf(const QByteArray& text) {
    QList<QList<QByteArray>> rows;
    for (const QByteArray& line : text.split('\n')) {
        if (!line.isEmpty()) rows.append(line.split('\t'));
    }
    return rows;
}

}  // namespace

class TstZipPeers : public QObject {
    Q_OBJECT

private slots:
    void pythonArchives();
    void torchArchives();
    void realCheckpoints();

private:
    QTemporaryDir dir_;
};

void TstZipPeers::pythonArchives() {
    NEEDS_PEER();
    const auto made = runPeer(QStringLiteral(R"(
import os, random, sys, zipfile
os.chdir(sys.argv[1])
random.seed(3)
data = {'a/data.pkl': b'pickle' * 100, 'a/data/0': random.randbytes(100_000), 'a/empty': b'', 'a/данные': b'\0' * 50_000}

class Pipe:  # cannot seek: zipfile then writes data descriptors
    def __init__(self, path): self.f = open(path, 'wb')
    def write(self, b): return self.f.write(b)
    def flush(self): self.f.flush()
    def close(self): self.f.close()

def make(name, method, target=None, force=False, folders=False, comment=b''):
    with zipfile.ZipFile(target or name, 'w', method) as z:
        if folders: z.mkdir('a')
        for n, d in data.items():
            with z.open(n, 'w', force_zip64=force) as f: f.write(d)
        z.comment = comment
    if target: target.close()

for label, method in (('stored', zipfile.ZIP_STORED), ('deflated', zipfile.ZIP_DEFLATED)):
    make(label, method)
    make(label + '-zip64', method, force=True)
    make(label + '-stream', method, Pipe(label + '-stream'))
    make(label + '-stream64', method, Pipe(label + '-stream64'), force=True)
    make(label + '-folders', method, folders=True, comment=b'a comment' * 1000)
for path in sorted(os.listdir('.')):
    for i in zipfile.ZipFile(path).infolist():
        print(path, i.filename, i.compress_type, i.file_size, i.compress_size, i.CRC, i.header_offset, sep='\t')
)"),
                              {dir_.path()});
    QVERIFY2(made.exitCode == 0, made.err.constData());
    const auto rows = rowsOf(made.out);
    QCOMPARE(rows.size(), 10 * 4 + 2);
    for (const auto& row : rows) {
        const auto label = row[0] + ' ' + row[1];
        const auto mapped = MappedFile::open(dir_.filePath(QString::fromUtf8(row[0])).toStdString());
        QVERIFY2(mapped, label.constData());
        const auto zip = ZipReader::open((*mapped)->bytes());
        QVERIFY2(zip, zip ? "" : (label + ": " + zip.error().what.c_str()).constData());
        const ZipEntry* entry = zip->find(row[1].toStdString());
        QVERIFY2(entry != nullptr, label.constData());
        QCOMPARE(entry->method, row[2].toUShort());
        QCOMPARE(entry->bytes, row[3].toULongLong());
        QCOMPARE(entry->storedBytes, row[4].toULongLong());
        QCOMPARE(entry->crc32, row[5].toUInt());
        QCOMPARE(entry->headerOffset, row[6].toULongLong());
        const auto content = zip->read(*entry, kReadLimit);  // checks the sum
        QVERIFY2(content, content ? "" : (label + ": " + content.error().what.c_str()).constData());
        QCOMPARE(content->size(), row[3].toULongLong());
    }
}

void TstZipPeers::torchArchives() {
    NEEDS_PEER();
    const auto made = runPeer(QStringLiteral(R"(
import os, sys, torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils.serialization import config
os.chdir(sys.argv[1])
state = {'long': torch.arange(10), 'odd': torch.ones(3, 3), 'empty': torch.empty(0), 'half': torch.ones(1000).half()}
files = []
def save(name, value, alignment=64):
    with config.patch({'save.storage_alignment': alignment}): torch.save(value, name)
    files.append(name)
for alignment in (1, 8, 64, 100, 4096, 65535): save(f'align{alignment}.pth', state, alignment)
save('name with spaces and ü.pth', state)
save('n.pth', {f'layer.{i}': torch.full((i % 7,), 1.) for i in range(300)})
with FakeTensorMode():
    large = {n: torch.empty(s, dtype=torch.uint8) for n, s in
             (('a', 10), ('limit-2', 2**32 - 2), ('limit-1', 2**32 - 1), ('limit', 2**32), ('z', 11), ('y', 12))}
with torch.serialization.skip_data(materialize_fake_tensors=True): save('large.pth', large)
for path in files:
    reader = torch._C.PyTorchFileReader(path)
    for n in reader.get_all_records():
        print(path, n, reader.get_record_offset(n), sep='\t')
)"),
                              {dir_.path()});
    QVERIFY2(made.exitCode == 0, made.err.constData());
    const auto rows = rowsOf(made.out);
    QVERIFY(rows.size() > 300 + 8 * 10);
    for (const auto& row : rows) {
        const auto label = row[0] + ' ' + row[1];
        const auto mapped = MappedFile::open(dir_.filePath(QString::fromUtf8(row[0])).toStdString());
        QVERIFY2(mapped, label.constData());
        const auto zip = ZipReader::open((*mapped)->bytes());
        QVERIFY2(zip, zip ? "" : (label + ": " + zip.error().what.c_str()).constData());
        const auto prefix = zip->entries().front().name.substr(0, zip->entries().front().name.find('/') + 1);
        const ZipEntry* entry = zip->find(std::string(prefix) + row[1].toStdString());
        QVERIFY2(entry != nullptr, label.constData());
        QVERIFY2(entry->provenDataOffset.has_value(), label.constData());
        QCOMPARE(*entry->provenDataOffset, row[2].toULongLong());
        QCOMPARE(zip->dataOffset(*entry).value_or(0), row[2].toULongLong());
    }
}

void TstZipPeers::realCheckpoints() {
    NEEDS_SHARED();
    const QDir real(sharedDir() + QStringLiteral("/real"));
    int archives = 0;
    for (const QString& name : real.entryList(QDir::Files)) {
        const auto mapped = MappedFile::open(real.filePath(name).toStdString());
        QVERIFY(mapped);
        if (!ZipReader::looksLikeZip((*mapped)->bytes())) continue;
        ++archives;
        const auto zip = ZipReader::open((*mapped)->bytes());
        QVERIFY2(zip, zip ? "" : (name.toUtf8() + ": " + zip.error().what.c_str()).constData());
        for (const ZipEntry& entry : zip->entries()) {
            const auto content = zip->read(entry, kReadLimit);
            QVERIFY2(content, content ? "" : content.error().what.c_str());
            QVERIFY(entry.provenDataOffset.has_value());
        }
    }
    if (archives == 0) QSKIP("no zip checkpoint in ../shared/real");
}

QTEST_APPLESS_MAIN(TstZipPeers)
#include "tst_zip_peers.moc"
