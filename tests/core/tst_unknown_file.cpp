// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "findings/content_kind.h"
#include "formats/unknown_file.h"
#include "pickles.h"

using namespace plimsoll;

// What is none of ours gets one clear word, the same in opening and in scanning.
class TstUnknownFile : public QObject {
    Q_OBJECT
private slots:
    void words_data();
    void words();
};

void TstUnknownFile::words_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("word");
    QTest::addColumn<ContentType>("content");
    const auto row = [](const char* name, const QByteArray& bytes, const char* word, ContentType content) {
        QTest::newRow(name) << bytes << word << content;
    };
    const auto packed = ContentType::Packed;
    const auto data = ContentType::Data;
    row("gzip", raw("\x1F\x8B\x08...."), "gzip-compressed data; unpack it first", ContentType::Deflated);
    row("zlib, as joblib writes it", raw("\x78\x9C...."), "zlib-compressed data; unpack", ContentType::Deflated);
    row("xz", raw("\xFD\x37zXZ\0...."), "xz-compressed data; unpack it first", packed);
    row("zstd", raw("\x28\xB5\x2F\xFD...."), "zstd-compressed data; unpack it first", packed);
    row("lz4", raw("\x04\x22\x4D\x18...."), "lz4-compressed data; unpack it first", packed);
    row("bzip2", "BZh9....", "bzip2-compressed data; unpack it first", packed);
    row("7z", raw("7z\xBC\xAF\x27\x1C...."), "a 7z archive; unpack it first", packed);
    row("rar", raw("Rar!\x1A\x07...."), "a RAR archive; unpack it first", packed);
    row("keras h5", raw("\x89HDF\r\n\x1A\n...."), "an HDF5 file, as Keras writes it, which is not", packed);
    row("sqlite", raw("SQLite format 3\0"), "an SQLite database, which is not supported", packed);
    row("onnx", raw("\x08\x08\x12\x07pytorch\x1A\x05"), "an ONNX model, which is not supported", data);
    row("saved model", raw("\x08\x01\x12\xA2\x1F\x0A\x30"), "a protobuf message, as TensorFlow's SavedModel", data);
    row("tflite", raw("\x1C\0\0\0TFL3"), "a TensorFlow Lite model, which is not supported", data);
    row("mobile", raw("\x3C\0\0\0PTMF"), "a PyTorch Mobile flatbuffer, which is not", data);
    row("executorch", raw("\x3C\0\0\0ET12"), "an ExecuTorch program", data);
    row("flax", raw("\x81\xA6params\x82"), "msgpack data, as Flax writes it", data);
    row("old ggml", "lmgg....", "an old GGML file, which is not supported", data);
    row("parquet", "PAR1....", "a Parquet file", data);
    row("png", raw("\x89PNG\r\n\x1A\n"), "a PNG image", data);
    row("program", raw("\x7F\x45LF\x02\x01"), "a program", data);
    row("lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a Git LFS pointer", ContentType::Text);
    row("html", "\n<!DOCTYPE html><title>404</title>", "an HTML page", ContentType::Text);
    row("xml", "<?xml version=\"1.0\"?><Error/>", "an XML text, probably a server's answer", ContentType::Text);
    row("json", "{\"error\": \"not found\"}", "a JSON text, but no index", ContentType::Text);
    row("text", "not a model", "a text", ContentType::Text);
    row("zeros", QByteArray(600, '\0'), "zero bytes", ContentType::Unknown);
    row("unknown", raw("\xF1\xF2\xF3\xF4"), "a file of unknown format; it starts with f1 f2 f3 f4",
        ContentType::Unknown);
}

void TstUnknownFile::words() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, word);
    QFETCH(ContentType, content);
    const auto span = std::as_bytes(std::span(bytes.constData(), static_cast<std::size_t>(bytes.size())));
    const Error unknown = unknownFile(span, "a checkpoint");
    QCOMPARE(static_cast<int>(unknown.code), static_cast<int>(Errc::Unsupported));
    const auto error = QString::fromStdString(unknown.what);
    QVERIFY2(error.startsWith(word), qPrintable(error));
    QVERIFY(error.endsWith("(expected a checkpoint)"));
    QCOMPARE(static_cast<int>(contentKind(span).type), static_cast<int>(content));
}

QTEST_APPLESS_MAIN(TstUnknownFile)
#include "tst_unknown_file.moc"
