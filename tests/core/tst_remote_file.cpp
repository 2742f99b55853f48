// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <stop_token>
#include <thread>
#include <vector>

#include <QTemporaryDir>
#include <QtTest>

#include "http_server.h"
#include "io/address.h"
#include "io/direct_file.h"
#include "io/mapped_file.h"
#include "io/remote_file.h"
#include "peer.h"

using plimsoll::Errc;
using plimsoll::InputFile;
using plimsoll::MappedFile;
using plimsoll::ReadOptions;

Q_DECLARE_METATYPE(Errc)

namespace {

constexpr int kFileBytes = 20'000'000;

ReadOptions impatient(const QString& kind = {}) {
    ReadOptions options;
    options.http.attempts = 3;
    options.http.backoff = std::chrono::milliseconds(1);
    options.http.connectTimeout = std::chrono::seconds(5);
    const bool silent = kind.startsWith("silent") || kind.startsWith("stalls");
    options.http.stallTimeout = std::chrono::seconds(silent ? 1 : 30);
    return options;
}

QByteArray randomBytes(int count) {
    QByteArray content(count, '\0');
    std::mt19937 random(3);
    for (char& c : content) c = static_cast<char>(random());
    return content;
}

}  // namespace

class TstRemoteFile : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void cleanupTestCase();
    void addresses_data();
    void addresses();
    void nothingListens();
    void brokenServersAreErrors_data();
    void brokenServersAreErrors();
    void flawsThatPass_data();
    void flawsThatPass();
    void changesAreNoticed_data();
    void changesAreNoticed();
    void expiredAddressesAreAskedForAgain();
    void credentialsAreNotShown();
    void missingVersionIsNoted();
    void cancelEndsARequest();
    void cancelEndsATouch();
    void pagesThatFail_data();
    void pagesThatFail();
    void nginxGivesTheSameBytes();
    void nginxManyThreads();
    void nginxRequestsGrow();
    void emptyFile();
    void certificatesAreChecked();

private:
    [[nodiscard]] std::string odd(const QString& kind, const QString& user = {}) const {
        return QString("http://" + user + "127.0.0.1:%1/%2/file").arg(oddPort_).arg(kind).toStdString();
    }
    [[nodiscard]] bool same(std::span<const std::byte> bytes, std::uint64_t offset) const {
        return std::equal(bytes.begin(), bytes.end(),
                          reinterpret_cast<const std::byte*>(content_.data()) + static_cast<std::ptrdiff_t>(offset));
    }
    bool write(const QString& name, const QByteArray& bytes) const {
        QFile file(dir_.filePath(name));
        return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size();
    }

    QTemporaryDir dir_;
    QByteArray content_ = randomBytes(kFileBytes);
    int oddPort_ = 0;
    ServerProcess odd_;
    NginxServer nginx_;
};

void TstRemoteFile::initTestCase() {
    qputenv("no_proxy", "127.0.0.1,localhost");
    QVERIFY(write("file", content_));
    QVERIFY(write("empty", {}));
    oddPort_ = freePort();
    QVERIFY2(odd_.start(QStringLiteral("python3"),
                        {QStringLiteral(PLIMSOLL_SOURCE_DIR "/tests/support/odd_server.py"), QString::number(oddPort_),
                         dir_.filePath("file")},
                        oddPort_),
             odd_.log().constData());
    if (!NginxServer::program().isEmpty()) QVERIFY2(nginx_.start(dir_.path()), nginx_.errors().constData());
}

void TstRemoteFile::cleanupTestCase() {
    odd_.stop();
    nginx_.stop();
}

void TstRemoteFile::addresses_data() {
    QTest::addColumn<QString>("address");
    QTest::addColumn<QString>("shown");
    QTest::addColumn<QString>("fileName");
    QTest::addColumn<QString>("beside");  // of a file "a b/../c"
    const auto row = [](const char* address, const char* shown, const char* fileName, const char* beside) {
        QTest::newRow(address) << address << shown << fileName << beside;
    };
    row("http://h/d/f.pth", "http://h/d/f.pth", "f.pth", "http://h/d/a%20b%2F..%2Fc");
    row("HTTPS://h:8/d/f%20g?token=/x/#part", "HTTPS://h:8/d/f%20g?token=/x/", "f g", "HTTPS://h:8/d/a%20b%2F..%2Fc");
    row("http://me:p@ss@h/f", "http://h/f", "f", "http://me:p@ss@h/a%20b%2F..%2Fc");
    row("http://h", "http://h", "h", "http://h/a%20b%2F..%2Fc");
    row("http://me@h?q=/f", "http://h?q=/f", "h", "http://me@h/a%20b%2F..%2Fc");
    row("http://h/d/", "http://h/d/", "h", "http://h/d/a%20b%2F..%2Fc");
    row("http://h/%zz%4", "http://h/%zz%4", "%zz%4", "http://h/a%20b%2F..%2Fc");
}

void TstRemoteFile::addresses() {
    QFETCH(const QString, address);
    QFETCH(const QString, shown);
    QFETCH(const QString, fileName);
    QFETCH(const QString, beside);
    const auto text = address.toStdString();
    QVERIFY(plimsoll::isAddress(text));
    QCOMPARE(QString::fromStdString(plimsoll::withoutCredentials(text)), shown);
    QCOMPARE(QString::fromStdString(plimsoll::fileNameOfAddress(text)), fileName);
    QCOMPARE(QString::fromStdString(plimsoll::addressBeside(text, "a b/../c")), beside);
    for (const char* path : {"http:/h", "ftp://h/f", "/http://h", "https", ""}) QVERIFY(!plimsoll::isAddress(path));
}

void TstRemoteFile::nothingListens() {
    const auto address = QString("http://127.0.0.1:%1/file").arg(freePort()).toStdString();
    const auto file = InputFile::open(address, impatient());
    QVERIFY(!file);
    QCOMPARE(file.error().code, Errc::Network);
    QCOMPARE(file.error().path, address);
}

void TstRemoteFile::brokenServersAreErrors_data() {
    QTest::addColumn<QString>("kind");
    QTest::addColumn<Errc>("code");
    QTest::addColumn<QString>("text");
    const auto row = [](const char* kind, Errc code, const char* text) { QTest::newRow(kind) << kind << code << text; };
    row("missing", Errc::Io, "HTTP 404 Not Found");
    row("whole", Errc::Unsupported, "download the file first");
    row("endless", Errc::Unsupported, "download the file first");
    row("no-size", Errc::Unsupported, "the file's size");
    row("other-range", Errc::Unsupported, "bytes 1-262143/20000000");
    row("no-range-said", Errc::Unsupported, "the file's size");
    row("too-much", Errc::Corrupt, "more bytes than");
    row("packed", Errc::Unsupported, "compressed: gzip");
    row("cut-always", Errc::Network, "(3 attempts)");
    row("busy-always", Errc::Network, "HTTP 503 Service Unavailable (3 attempts)");
    row("loop", Errc::Unsupported, "redirects");
    row("elsewhere", Errc::Unsupported, "redirects");
    row("secret", Errc::Io, "HTTP 401 Unauthorized (user and password");
    row("silent", Errc::Network, "sent nothing for 1 s");
    row("stalls", Errc::Network, "sent nothing for 1 s (3 attempts)");
}

void TstRemoteFile::brokenServersAreErrors() {
    QFETCH(const QString, kind);
    QFETCH(const Errc, code);
    QFETCH(const QString, text);
    const auto file = InputFile::open(odd(kind), impatient(kind));
    QVERIFY(!file);
    const auto said = QString::fromStdString(file.error().what);
    QVERIFY2(file.error().code == code, qPrintable(said));
    QVERIFY2(said.contains(text), qPrintable(said));
    QCOMPARE(file.error().path, odd(kind));
}

void TstRemoteFile::flawsThatPass_data() {
    QTest::addColumn<QString>("kind");
    for (const char* kind : {"sound", "redirect", "cut-once", "reset", "busy", "unversioned"})
        QTest::newRow(kind) << kind;
}

void TstRemoteFile::flawsThatPass() {
    QFETCH(const QString, kind);
    const auto file = InputFile::open(odd(kind), impatient());
    QVERIFY2(file, file ? "" : file.error().what.c_str());
    QCOMPARE(file->size(), quint64{kFileBytes});
    std::vector<std::byte> bytes(kFileBytes - 5);
    const auto read = file->readAt(5, bytes);
    QVERIFY2(read, read ? "" : read.error().what.c_str());
    QVERIFY(same(bytes, 5));
    const auto beyond = file->readAt(kFileBytes, std::span(bytes).first(1));
    QVERIFY(!beyond);
    QCOMPARE(beyond.error().code, Errc::Truncated);
}

void TstRemoteFile::changesAreNoticed_data() {
    QTest::addColumn<QString>("kind");
    for (const char* kind : {"changes", "changes-as-asked", "grows", "shrinks"}) QTest::newRow(kind) << kind;
}

void TstRemoteFile::changesAreNoticed() {
    QFETCH(const QString, kind);
    const auto file = InputFile::open(odd(kind), impatient());
    QVERIFY2(file, file ? "" : file.error().what.c_str());
    std::vector<std::byte> bytes(1000);
    const auto read = file->readAt(1'000'000, bytes);
    QVERIFY(!read);
    QCOMPARE(read.error().code, Errc::Corrupt);
    QVERIFY(read.error().what.find("changed") != std::string::npos);
    QCOMPARE(read.error().path, odd(kind));
}

void TstRemoteFile::expiredAddressesAreAskedForAgain() {
    const auto file = InputFile::open(odd("expires"), impatient());
    QVERIFY2(file, file ? "" : file.error().what.c_str());
    std::vector<std::byte> bytes(100'000);
    for (const std::uint64_t offset : {0U, 5'000'000U, 1'000'000U}) {
        const auto read = file->readAt(offset, bytes);
        QVERIFY2(read, read ? "" : read.error().what.c_str());
        QVERIFY(same(bytes, offset));
    }
}

void TstRemoteFile::credentialsAreNotShown() {
    const auto file = InputFile::open(odd("secret", "me:pass%20word@"), impatient());
    QVERIFY2(file, file ? "" : file.error().what.c_str());
    QCOMPARE(file->path(), odd("secret"));
    std::vector<std::byte> bytes(1000);
    QVERIFY(file->readAt(1'000'000, bytes));
    const auto wrong = InputFile::open(odd("secret", "me:guess@"), impatient());
    QVERIFY(!wrong);
    QCOMPARE(wrong.error().path, odd("secret"));
    QVERIFY(wrong.error().what.find("guess") == std::string::npos);
}

void TstRemoteFile::missingVersionIsNoted() {
    const auto file = MappedFile::open(odd("unversioned"), impatient());
    QVERIFY(file);
    QVERIFY((*file)->note().find("change") != std::string::npos);
    const auto versioned = MappedFile::open(odd("sound"), impatient());
    QVERIFY(versioned);
    QCOMPARE((*versioned)->note(), std::string());
}

void TstRemoteFile::cancelEndsARequest() {
    ReadOptions options;  // half a minute of silence is allowed
    std::stop_source source;
    options.stop = source.get_token();
    std::atomic<Errc> code = Errc::Io;
    odd_.log();
    std::jthread opening([&] {
        const auto file = InputFile::open(odd("silent"), options);
        if (!file) code = file.error().code;
    });
    QByteArray seen;
    QVERIFY(QTest::qWaitFor([&] { return (seen += odd_.log()).contains("silent"); }, 30'000));
    source.request_stop();
    const auto asked = std::chrono::steady_clock::now();
    opening.join();
    QCOMPARE(code.load(), Errc::Cancelled);
    QVERIFY(std::chrono::steady_clock::now() - asked < options.http.stallTimeout);
}

void TstRemoteFile::pagesThatFail_data() {
    QTest::addColumn<QString>("kind");
    QTest::addColumn<Errc>("code");
    QTest::newRow("cut-later") << "cut-later" << Errc::Network;
    QTest::newRow("changes") << "changes-paged" << Errc::Corrupt;
    QTest::newRow("silent-later") << "silent-later" << Errc::Network;
}

void TstRemoteFile::pagesThatFail() {
    QFETCH(const QString, kind);
    QFETCH(const Errc, code);
    const auto file = MappedFile::open(odd(kind), impatient(kind));
    QVERIFY2(file, file ? "" : file.error().what.c_str());
    const auto view = (*file)->bytes();
    QVERIFY(same(view.first(100'000), 0));
    QVERIFY((*file)->fault());
    const auto zeros = static_cast<std::size_t>(std::ranges::count(view.subspan(1'000'000), std::byte{0}));
    QCOMPARE(zeros, view.size() - 1'000'000);
    QVERIFY(same(view.first(100'000), 0));  // what was there stays
    const auto fault = (*file)->fault();
    QVERIFY(!fault);
    QCOMPARE(fault.error().code, code);
    QCOMPARE(fault.error().path, odd(kind));
}

void TstRemoteFile::cancelEndsATouch() {
    ReadOptions options;
    std::stop_source source;
    options.stop = source.get_token();
    const auto file = MappedFile::open(odd("waits-later"), options);
    QVERIFY2(file, file ? "" : file.error().what.c_str());
    odd_.log();
    std::atomic<int> read = -1;
    std::jthread touching([&] { read = static_cast<int>((*file)->bytes()[kFileBytes / 2]); });
    QByteArray seen;
    QVERIFY(QTest::qWaitFor([&] { return (seen += odd_.log()).contains("waits-later"); }, 30'000));
    source.request_stop();
    touching.join();
    QCOMPARE(read.load(), 0);
    QCOMPARE((*file)->fault().error().code, Errc::Cancelled);
    // Opening is over: a stop that comes later is none of the file's business.
    const auto kept = MappedFile::open(odd("sound"), options);
    QVERIFY(!kept);
    std::stop_source later;
    options.stop = later.get_token();
    const auto open = MappedFile::open(odd("sound"), options);
    QVERIFY(open);
    (*open)->forgetStop();
    later.request_stop();
    QVERIFY(same((*open)->bytes().subspan(kFileBytes / 2, 100), kFileBytes / 2));
    QVERIFY((*open)->fault());
}

void TstRemoteFile::nginxGivesTheSameBytes() {
    NEEDS_NGINX();
    const auto file = MappedFile::open(nginx_.address("file").toStdString(), impatient());
    QVERIFY2(file, file ? "" : file.error().what.c_str());
    QVERIFY((*file)->isPaged());
    QCOMPARE((*file)->note(), std::string());
    const auto view = (*file)->bytes();
    QCOMPARE(view.size(), std::size_t{kFileBytes});
    std::mt19937 random(5);
    for (int i = 0; i < 20; ++i) {
        const std::size_t offset = random() % (kFileBytes - 5000);
        QVERIFY(same(view.subspan(offset, 5000), offset));
    }
    QVERIFY(same(view, 0));
    QVERIFY((*file)->fault());
    // A file without a descriptor goes the plain way where others are read directly.
    plimsoll::DirectFile direct((*file)->file());
    std::vector<std::byte> bytes(100'000);
    const plimsoll::PageBuffer staging(8192);
    QVERIFY(direct.readAt(77, bytes, staging.bytes()));
    QVERIFY(same(bytes, 77));
}

void TstRemoteFile::nginxManyThreads() {
    NEEDS_NGINX();
    const auto file = InputFile::open(nginx_.address("file").toStdString(), impatient());
    QVERIFY(file);
    std::atomic<int> good{0};
    {
        std::vector<std::jthread> readers;
        for (unsigned t = 0; t < 6; ++t) {
            readers.emplace_back([&, t] {
                std::mt19937 random(t);
                bool all = true;
                for (const std::size_t count : {100U, 70'000U, 1'000'000U, 3'000U}) {
                    std::vector<std::byte> bytes(count);
                    const std::uint64_t offset = random() % (kFileBytes - count);
                    all = file->readAt(offset, bytes) && same(bytes, offset) && all;
                }
                good += all ? 1 : 0;
            });
        }
    }
    QCOMPARE(good.load(), 6);
}

void TstRemoteFile::nginxRequestsGrow() {
    NEEDS_NGINX();
    QVERIFY(nginx_.forgetRequests());
    const auto file = MappedFile::open(nginx_.address("file").toStdString(), impatient());
    QVERIFY(file);
    const auto view = (*file)->bytes();
    QVERIFY(same(view.first(100), 0));
    QCOMPARE(nginx_.takeRequests(QByteArrayList{"206 /file bytes=0-262143"}.size()),
             QByteArrayList{"206 /file bytes=0-262143"});
    QVERIFY(same(view.last(100), kFileBytes - 100));  // a directory: what is before it comes along
    QCOMPARE(nginx_.takeRequests(QByteArrayList{"206 /file bytes=19791872-19999999"}.size()),
             QByteArrayList{"206 /file bytes=19791872-19999999"});
    QVERIFY(same(view.first(10'000'000), 0));
    const QByteArrayList doubled{"206 /file bytes=262144-524287",   "206 /file bytes=524288-1048575",
                                 "206 /file bytes=1048576-2097151", "206 /file bytes=2097152-4194303",
                                 "206 /file bytes=4194304-8388607", "206 /file bytes=8388608-16777215"};
    QCOMPARE(nginx_.takeRequests(doubled.size()), doubled);
    // The small reads of one place are one request.
    std::vector<std::byte> row(16'384);
    for (std::uint64_t i = 0; i < 5; ++i) QVERIFY((*file)->file().readAt(1'000'000 + i * row.size(), row));
    QCOMPARE(nginx_.takeRequests(QByteArrayList{"206 /file bytes=1000000-1262143"}.size()),
             QByteArrayList{"206 /file bytes=1000000-1262143"});
}

void TstRemoteFile::emptyFile() {
    NEEDS_NGINX();
    const auto file = MappedFile::open(nginx_.address("empty").toStdString(), impatient());
    // nginx answers a range of an empty file with the whole of it.
    if (!file) {
        QCOMPARE(file.error().code, Errc::Unsupported);
        return;
    }
    QCOMPARE((*file)->size(), quint64{0});
}

void TstRemoteFile::certificatesAreChecked() {
    NEEDS_NGINX();
    const QString openssl = QStandardPaths::findExecutable("openssl");
    if (openssl.isEmpty()) QSKIP("openssl is not installed (packaging/setup.sh --with-tests)");
    const QString key = dir_.filePath("key.pem");
    const QString certificate = dir_.filePath("cert.pem");
    const auto made =
        runProcess(openssl, {"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                             "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"});
    QVERIFY2(made.exitCode == 0, made.err.constData());
    NginxServer secure;
    const QByteArray tls = "ssl_certificate " + certificate.toUtf8() + ";\nssl_certificate_key " + key.toUtf8() +
                           ";\nlocation /plain { return 302 " + nginx_.address("file").toUtf8() + "; }\n";
    QVERIFY2(secure.start(dir_.path(), tls, "ssl"), secure.errors().constData());
    const auto address = [&](const char* name) {
        return QString("https://127.0.0.1:%1/%2").arg(secure.port()).arg(name).toStdString();
    };
    const auto unknown = InputFile::open(address("file"), impatient());
    QVERIFY(!unknown);
    QCOMPARE(unknown.error().code, Errc::Network);
    QVERIFY2(unknown.error().what.find("certificate") != std::string::npos, unknown.error().what.c_str());

    ReadOptions trusting = impatient();
    trusting.http.caFile = certificate.toStdString();
    const auto known = InputFile::open(address("file"), trusting);
    QVERIFY2(known, known ? "" : known.error().what.c_str());
    QCOMPARE(known->size(), quint64{kFileBytes});
    const auto downgraded = InputFile::open(address("plain"), trusting);
    QVERIFY(!downgraded);
    QCOMPARE(downgraded.error().code, Errc::Unsupported);
    QVERIFY(downgraded.error().what.find("redirects") != std::string::npos);
}

QTEST_GUILESS_MAIN(TstRemoteFile)
#include "tst_remote_file.moc"
