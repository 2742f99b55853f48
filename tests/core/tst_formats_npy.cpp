// SPDX-License-Identifier: GPL-3.0-or-later
#include <QCryptographicHash>
#include <QFile>
#include <QTemporaryDir>
#include <string>
#include <vector>

#include "checkpoint/tensor_reader.h"
#include "formats/registry.h"
#include "peer.h"

using namespace plimsoll;

namespace {

QByteArray npyBytes(const QByteArray& header, const QByteArray& data, char major = 1) {
    QByteArray bytes("\x93NUMPY");
    bytes.append(major).append('\0');
    const auto length = static_cast<quint32>(header.size());
    for (int i = 0; i < (major == 1 ? 2 : 4); ++i) bytes.append(static_cast<char>(length >> (8 * i)));
    return bytes + header + data;
}

QByteArray header(const QByteArray& descr, const QByteArray& fortran, const QByteArray& shape) {
    return "{'descr': " + descr + ", 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

}  // namespace

class TstFormatsNpy : public QObject {
    Q_OBJECT
private slots:
    void whatNumpyWrites_data();
    void whatNumpyWrites();
    void spellings();
    void archive_data();
    void archive();
    void archiveWithOddHeader();
    void objectArrayIsScannedNotRun();
    void cutAnywhere();
    void everyFlaw_data();
    void everyFlaw();

private:
    Result<std::shared_ptr<const Checkpoint>> openBytes(const QByteArray& bytes) {
        const QString path = dir_.filePath("array.npy");
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("cannot write %s", qPrintable(path));
        file.close();
        return openCheckpoint(path.toStdString());
    }
    static QByteArray logicalBytes(const std::shared_ptr<const Checkpoint>& checkpoint, TensorId id) {
        QByteArray bytes(static_cast<qsizetype>(checkpoint->tensors.nbytes(id)), '\0');
        const auto read =
            TensorReader(checkpoint)
                .readElements(id, 0,
                              std::as_writable_bytes(std::span(bytes.data(), static_cast<std::size_t>(bytes.size()))));
        return read ? bytes : QByteArray(read.error().what.c_str());
    }
    QTemporaryDir dir_;
};

void TstFormatsNpy::whatNumpyWrites_data() {
    QTest::addColumn<QString>("array");
    QTest::addColumn<QString>("dtype");
    for (const char* dtype : {"float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16",
                              "uint32", "uint64", "complex64", "complex128"})
        QTest::newRow(dtype) << QStringLiteral("numpy.arange(24).reshape(2, 3, 4).astype('%1')").arg(dtype)
                             << QString(dtype);
    QTest::newRow("bool") << "numpy.array([True, False])"
                          << "bool";
    QTest::newRow("fortran order") << "numpy.asfortranarray(numpy.arange(12.).reshape(3, 4))"
                                   << "float64";
    QTest::newRow("big-endian") << "numpy.arange(6).astype('>i4')"
                                << "int32";
    QTest::newRow("scalar") << "numpy.float32(1.5)"
                            << "float32";
    QTest::newRow("empty") << "numpy.zeros((0, 3))"
                           << "float64";
    QTest::newRow("times") << "numpy.array(['2020-01-01'], 'M8[D]')"
                           << "<M8[D]";
    QTest::newRow("structured") << "numpy.zeros(2, [('x', '<f4'), ('y', '<i2', (3,))])"
                                << "[('x', '<f4'), ('y', '<i2', (3,))]";
    QTest::newRow("strings") << "numpy.array(['ab', 'c'])"
                             << "<U2";
}

void TstFormatsNpy::whatNumpyWrites() {
    NEEDS_PEER();
    QFETCH(QString, array);
    QFETCH(QString, dtype);
    const QString path = dir_.filePath("peer.npy");
    const ProcessResult peer =
        runPeer(QStringLiteral("import sys, hashlib, numpy\n"
                               "a = numpy.asarray(%1)\n"
                               "numpy.save(sys.argv[1], a)\n"
                               "b = numpy.ascontiguousarray(a).reshape(a.shape)\n"
                               "b = b.astype(b.dtype.newbyteorder('<')) if b.dtype.names is None else b\n"
                               "print(list(a.shape), hashlib.sha256(b.tobytes()).hexdigest(), sep='|', end='')\n")
                    .arg(array),
                {path});
    QVERIFY2(peer.exitCode == 0, peer.err.constData());
    const QList<QByteArray> truth = peer.out.split('|');
    const auto opened = openCheckpoint(path.toStdString());
    QVERIFY2(opened, opened ? "" : opened.error().what.c_str());
    const auto& table = (*opened)->tensors;
    QCOMPARE(table.size(), std::size_t{1});
    QCOMPARE(QString::fromStdString(std::string(table.dtypeName(TensorId(0)))), dtype);
    QStringList dims;
    for (const auto dim : table.shape(TensorId(0))) dims << QString::number(dim);
    QCOMPARE("[" + dims.join(", ") + "]", QString(truth[0]));
    const auto hash = QCryptographicHash::hash(logicalBytes(*opened, TensorId(0)), QCryptographicHash::Sha256);
    QCOMPARE(hash.toHex(), truth[1]);
    QVERIFY((*opened)->warnings.empty());
}

// Types under every name that numpy.load takes for them.
void TstFormatsNpy::spellings() {
    NEEDS_PEER();
    const auto peer = runPeer(
        "import numpy\n"
        "words = 'bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 half single double '"
        "'complex64 complex128 float int f4 =f4 <f4 >f4 |b1 <q >h'\n"
        "for s in [*'?bBhHiIlLqQpPefdFD', *words.split()]: print(s, numpy.dtype(s).name)\n");
    QVERIFY2(peer.exitCode == 0, peer.err.constData());
    const auto lines = peer.out.trimmed().split('\n');
    QVERIFY(lines.size() > 40);
    for (const auto& line : lines) {
        const auto parts = line.split(' ');
        const auto opened = openBytes(npyBytes(header("'" + parts[0] + "'", "False", "(1,)"), QByteArray(16, 'x')));
        QVERIFY2(opened, line.constData());
        QCOMPARE(QByteArray::fromStdString(std::string((*opened)->tensors.dtypeName(TensorId(0)))), parts[1]);
    }
    for (const char* descr : {"'x'", "'float33'", "'<'", "'f4x'", "'ff'"})
        QVERIFY2(!openBytes(npyBytes(header(descr, "False", "(1,)"), QByteArray(16, 'x'))), descr);
}

void TstFormatsNpy::archive_data() {
    QTest::addColumn<QString>("function");
    QTest::newRow("stored") << "savez";
    QTest::newRow("deflated") << "savez_compressed";
}

// A header of 69 bytes, as other writers leave it: the elements of a stored member need no alignment.
void TstFormatsNpy::archiveWithOddHeader() {
    NEEDS_PEER();
    const QString path = dir_.filePath("odd.npz");
    PEER_OK(QStringLiteral("import sys, zipfile, struct\n"
                           "h = b\"{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}\"\n"
                           "h += b' ' * (59 - len(h))\n"
                           "z = zipfile.ZipFile(sys.argv[1], 'w')\n"
                           "z.writestr('a.npy', b'\\x93NUMPY\\1\\0' + struct.pack('<H', 59) + h + "
                           "struct.pack('<2f', 1.5, -2))\n"
                           "z.close()\n"
                           "import numpy\n"
                           "assert numpy.load(sys.argv[1])['a'].tolist() == [1.5, -2]\n"),
            {path});
    const auto opened = openCheckpoint(path.toStdString());
    QVERIFY2(opened, opened ? "" : opened.error().what.c_str());
    QCOMPARE(logicalBytes(*opened, TensorId(0)), QByteArray("\0\0\xC0\x3F\0\0\0\xC0", 8));
    // Compressed, they would have to be aligned: the array is listed, and the others can be read.
    PEER_OK(QStringLiteral("import sys, zipfile\n"
                           "old = zipfile.ZipFile(sys.argv[1]).read('a.npy')\n"
                           "z = zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED)\n"
                           "z.writestr('a.npy', old)\n"
                           "z.writestr('b.npy', old[:8] + bytes([58]) + old[9:68] + old[69:])\n"
                           "z.close()\n"),
            {path});
    const auto deflated = openCheckpoint(path.toStdString());
    QVERIFY2(deflated, deflated ? "" : deflated.error().what.c_str());
    QCOMPARE((*deflated)->tensors.size(), std::size_t{2});
    QCOMPARE((*deflated)->warnings.size(), std::size_t{1});
    QCOMPARE(logicalBytes(*deflated, TensorId(1)), QByteArray("\0\0\xC0\x3F\0\0\0\xC0", 8));
}

void TstFormatsNpy::archive() {
    NEEDS_PEER();
    QFETCH(QString, function);
    const QString path = dir_.filePath(function + ".npz");
    PEER_OK(QStringLiteral("import sys, numpy\nnumpy.%1(sys.argv[1], **{'a.b': numpy.arange(1000.), 'c': "
                           "numpy.asfortranarray(numpy.arange(6, dtype='i2').reshape(2, 3))})")
                .arg(function),
            {path});
    const auto opened = openCheckpoint(path.toStdString());
    QVERIFY2(opened, opened ? "" : opened.error().what.c_str());
    QCOMPARE((*opened)->format, Format::Npz);
    const auto& table = (*opened)->tensors;
    QCOMPARE(table.size(), std::size_t{2});
    const QByteArray values = logicalBytes(*opened, findTensor(table, "a.b"));
    double last = 0;
    std::memcpy(&last, values.constData() + 999 * 8, 8);
    QCOMPARE(last, 999.);
    QCOMPARE(logicalBytes(*opened, findTensor(table, "c")), QByteArray("\0\0\1\0\2\0\3\0\4\0\5\0", 12));
}

void TstFormatsNpy::objectArrayIsScannedNotRun() {
    const auto opened = openBytes(npyBytes(header("'|O'", "False", "(1,)"), "cposix\nsystem\n(S'true'\ntR."));
    QVERIFY2(opened, opened ? "" : opened.error().what.c_str());
    QCOMPARE((*opened)->globals.size(), std::size_t{1});
    QCOMPARE((*opened)->globals.front().verdict, Verdict::Dangerous);
    const auto broken = openBytes(npyBytes(header("'|O'", "False", "(1,)"), "cposix\nsystem\n(S'tr"));
    QVERIFY(broken);
    QCOMPARE((*broken)->globals.size(), std::size_t{1});
    QCOMPARE((*broken)->warnings.size(), std::size_t{1});
}

void TstFormatsNpy::cutAnywhere() {
    const QByteArray whole = npyBytes(header("'<f4'", "False", "(3,)"), QByteArray(12, 'x'));
    QVERIFY(openBytes(whole));
    for (qsizetype n = 0; n < whole.size(); ++n) QVERIFY2(!openBytes(whole.first(n)), qPrintable(QString::number(n)));
}

void TstFormatsNpy::everyFlaw_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<int>("code");
    const auto row = [](const char* name, const QByteArray& bytes, Errc code) {
        QTest::newRow(name) << bytes << static_cast<int>(code);
    };
    const QByteArray data(64, 'x');
    row("version 0.0", npyBytes(header("'<f4'", "False", "(3,)"), data, 0), Errc::Unsupported);
    row("list", npyBytes("[1, 2]", data), Errc::Corrupt);
    row("json", npyBytes(R"({"descr": "<f4", "fortran_order": false, "shape": [3]})", data), Errc::Corrupt);
    row("missing key", npyBytes("{'descr': '<f4', 'fortran_order': False}", data), Errc::Corrupt);
    row("key twice", npyBytes("{'descr': '<f4', 'shape': (3,), 'shape': (3,)}", data), Errc::Corrupt);
    row("unterminated string", npyBytes("{'descr': '<f4", data), Errc::Corrupt);
    row("a call", npyBytes("{'descr': exit(), 'fortran_order': False, 'shape': (3,)}", data), Errc::Corrupt);
    row("float of 3 bytes", npyBytes(header("'<f3'", "False", "(3,)"), data), Errc::Corrupt);
    row("no type", npyBytes(header("''", "False", "(3,)"), data), Errc::Corrupt);
    row("order is a number", npyBytes(header("'<f4'", "1", "(3,)"), data), Errc::Corrupt);
    row("negative shape", npyBytes(header("'<f4'", "False", "(-3,)"), data), Errc::Corrupt);
    row("shape is a number", npyBytes(header("'<f4'", "False", "3"), data), Errc::Corrupt);
    row("shape wraps", npyBytes(header("'<f4'", "False", "(4294967296, 4294967296)"), data), Errc::Overflow);
    row("nested too deep", npyBytes(QByteArray(200, '('), data), Errc::OverLimit);
    row("data cut", npyBytes(header("'<f4'", "False", "(30,)"), data), Errc::Truncated);
    row("header length of 4 GiB", QByteArray("\x93NUMPY\2\0\xff\xff\xff\xff", 12) + data, Errc::Truncated);
}

void TstFormatsNpy::everyFlaw() {
    QFETCH(QByteArray, bytes);
    QFETCH(int, code);
    const auto opened = openBytes(bytes);
    QVERIFY(!opened);
    QCOMPARE(static_cast<int>(opened.error().code), code);
    QVERIFY(opened.error().offset != kNoOffset);
}

QTEST_GUILESS_MAIN(TstFormatsNpy)
#include "tst_formats_npy.moc"
