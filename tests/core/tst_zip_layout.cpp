// SPDX-License-Identifier: GPL-3.0-or-later
#define QT_NO_KEYWORDS  // ZipLayout has slots of its own
#include <fcntl.h>
#include <unistd.h>

#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

#include "base/byte_cursor.h"
#include "io/mapped_file.h"
#include "io/output_file.h"
#include "peer.h"
#include "zip/crc32.h"
#include "zip/zip_layout.h"
#include "zip/zip_reader.h"

using plimsoll::Errc;
using plimsoll::layoutStoredZip;
using plimsoll::MappedFile;
using plimsoll::OutputFile;
using plimsoll::StoredZipSize;
using plimsoll::ZipEntry;
using plimsoll::ZipLayout;
using plimsoll::ZipMember;
using plimsoll::ZipReader;

Q_DECLARE_METATYPE(Errc)
Q_DECLARE_METATYPE(std::vector<ZipMember>)

namespace {

using Bytes = std::vector<std::byte>;

constexpr std::uint64_t kReadLimit = 100'000'000;

// torch opens no archive without this record, and reads a number in it.
const ZipMember kVersion{"archive/version", 2};

Bytes patternOf(const std::string& name, std::uint64_t bytes) {
    if (name == kVersion.name) return {std::byte{'3'}, std::byte{'\n'}};
    Bytes data(bytes);
    std::uint32_t state = plimsoll::crc32(1, plimsoll::asBytes(name));
    for (auto& b : data) {
        state = state * 1'664'525 + 1'013'904'223;
        b = static_cast<std::byte>(state >> 24);
    }
    return data;
}

// Puts CRC bytes where the layout says.
void pokeCrc(Bytes& archive, std::uint64_t at, std::uint32_t crc) {
    for (unsigned i = 0; i < 4; ++i) archive.at(at + i) = static_cast<std::byte>(crc >> (8 * i));
}

// The archive as a writer makes it: blobs, contents, sums. Bytes that nobody wrote stay 0xee.
Bytes assemble(const ZipLayout& layout, const std::vector<Bytes>& contents) {
    Bytes archive(layout.fileBytes, std::byte{0xee});
    for (const auto& blob : layout.blobs)
        std::copy(blob.bytes.begin(), blob.bytes.end(), archive.begin() + static_cast<std::ptrdiff_t>(blob.offset));
    for (std::size_t i = 0; i < contents.size(); ++i) {
        const auto& slot = layout.slots[i];
        std::copy(contents[i].begin(), contents[i].end(),
                  archive.begin() + static_cast<std::ptrdiff_t>(slot.dataOffset));
        const std::uint32_t crc = plimsoll::crc32(0, contents[i]);
        pokeCrc(archive, slot.crcInLocalHeader, crc);
        pokeCrc(archive, slot.crcInDirectory, crc);
    }
    return archive;
}

Bytes assemblePattern(const ZipLayout& layout, const std::vector<ZipMember>& members) {
    std::vector<Bytes> contents;
    for (const auto& member : members) contents.push_back(patternOf(member.name, member.bytes));
    return assemble(layout, contents);
}

std::vector<ZipMember> numbered(int count, std::uint64_t bytes) {
    std::vector<ZipMember> members;
    for (int i = 0; i < count; ++i) members.push_back({"archive/data/" + std::to_string(i), bytes});
    members.back() = kVersion;
    return members;
}

}  // namespace

class TstZipLayout : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void isReadByUs_data();
    void isReadByUs();
    void isReadByPeers_data();
    void isReadByPeers();
    void coversEveryByteOnce();
    void torchLoadsTheSame_data();
    void torchLoadsTheSame();
    void largeMembers();
    void refuses_data();
    void refuses();

private:
    void addMemberRows() const;

    QTemporaryDir dir_;
};

void TstZipLayout::addMemberRows() const {
    QTest::addColumn<std::vector<ZipMember>>("members");
    QTest::newRow("none") << std::vector<ZipMember>{};
    QTest::newRow("one empty") << std::vector<ZipMember>{{"archive/data.pkl", 0}};
    QTest::newRow("torch's least") << std::vector<ZipMember>{{"archive/data.pkl", 0}, kVersion, {"archive/data/0", 4}};
    QTest::newRow("all remainders of 64") << [] {
        std::vector<ZipMember> members;
        for (std::uint64_t i = 0; i < 130; ++i) members.push_back({"a/" + std::string(i, 'n') + "_", i});
        return members;
    }();
    QTest::newRow("names of the world") << std::vector<ZipMember>{
        {"архив/данные", 7}, {"モデル/データ", 9}, {"a b/'\"", 3}};
    QTest::newRow("longest name") << std::vector<ZipMember>{{std::string(65'535, 'n'), 5}, {"after", 5}};
    QTest::newRow("a megabyte") << std::vector<ZipMember>{{"a/x", 1'000'003}, {"a/y", 64}};
    QTest::newRow("65,535 members") << numbered(65'535, 1);
    QTest::newRow("65,536 members") << numbered(65'536, 0);
    QTest::newRow("70,000 members") << numbered(70'000, 3);
}

void TstZipLayout::isReadByUs_data() {
    addMemberRows();
}

void TstZipLayout::isReadByUs() {
    QFETCH(const std::vector<ZipMember>, members);
    const auto layout = layoutStoredZip(members);
    QVERIFY2(layout, layout ? "" : layout.error().what.c_str());
    const Bytes archive = assemblePattern(*layout, members);
    StoredZipSize size;
    for (const auto& member : members) QVERIFY(size.add(member.name, member.bytes));
    QCOMPARE(size.fileBytes(), layout->fileBytes);
    const auto zip = ZipReader::open(archive);
    QVERIFY2(zip, zip ? "" : zip.error().what.c_str());
    QCOMPARE(zip->entries().size(), members.size());
    for (std::size_t i = 0; i < members.size(); ++i) {
        const ZipEntry& entry = zip->entries()[i];
        QCOMPARE(entry.name, std::string_view(members[i].name));
        QCOMPARE(layout->slots[i].dataOffset % 64, std::uint64_t{0});
        QCOMPARE(entry.provenDataOffset, std::optional(layout->slots[i].dataOffset));
        QCOMPARE(zip->dataOffset(entry).value_or(0), layout->slots[i].dataOffset);
        const auto content = zip->read(entry, kReadLimit);
        QVERIFY2(content, content ? "" : content.error().what.c_str());
        QVERIFY(*content == patternOf(members[i].name, members[i].bytes));
    }
}

void TstZipLayout::isReadByPeers_data() {
    addMemberRows();
}

void TstZipLayout::isReadByPeers() {
    NEEDS_PEER();
    QFETCH(const std::vector<ZipMember>, members);
    const auto layout = layoutStoredZip(members);
    QVERIFY(layout);
    const QString path = dir_.filePath(QStringLiteral("layout.zip"));
    QVERIFY(
        plimsoll::writeWholeFile(path.toStdString(), assemblePattern(*layout, members), OutputFile::Existing::Replace));
    QFile list(dir_.filePath(QStringLiteral("list")));
    QVERIFY(list.open(QIODevice::WriteOnly));
    for (std::size_t i = 0; i < members.size(); ++i)
        list.write(QByteArray::fromStdString(members[i].name + '\t' + std::to_string(layout->slots[i].dataOffset) +
                                             '\t' + std::to_string(members[i].bytes) + '\n'));
    list.close();
    PEER_OK(QStringLiteral(R"(
import sys, zipfile
path, listing = sys.argv[1:]
want = [l.rstrip('\n').split('\t') for l in open(listing, encoding='utf-8', newline='\n')]
z = zipfile.ZipFile(path)
assert z.testzip() is None
got = [(i.filename, i.file_size, i.compress_size, i.compress_type) for i in z.infolist()]
assert got == [(n, int(s), int(s), 0) for n, _, s in want], 'directory differs'
if any(n == 'archive/version' for n, _, _ in want):
    import torch
    reader = torch._C.PyTorchFileReader(path)
    for n, offset, size in want[::97]:
        short = n.removeprefix('archive/')
        assert reader.get_record_offset(short) == int(offset), n
        assert reader.get_record(short) == z.read(n), n
)"),
            {path, list.fileName()});

    const QString unzip = QStandardPaths::findExecutable(QStringLiteral("unzip"));
    if (unzip.isEmpty()) QSKIP("unzip is not installed");
    const auto tested = runProcess(unzip, {QStringLiteral("-tqq"), path});
    // Its ways to say that there is nothing to test, and that it shortened a name.
    const int expected = members.empty() || members.front().name.size() > 4096 ? 1 : 0;
    QVERIFY2(tested.exitCode == expected, (tested.out + tested.err).left(1000).constData());
}

void TstZipLayout::coversEveryByteOnce() {
    const auto members = numbered(100, 77);
    const auto layout = layoutStoredZip(members);
    QVERIFY(layout);
    std::vector<int> writes(layout->fileBytes, 0);
    const auto mark = [&](std::uint64_t offset, std::uint64_t bytes) {
        for (std::uint64_t i = 0; i < bytes; ++i) ++writes.at(offset + i);
    };
    for (const auto& blob : layout->blobs) mark(blob.offset, blob.bytes.size());
    for (const auto& slot : layout->slots) mark(slot.dataOffset, slot.bytes);
    QVERIFY(std::all_of(writes.begin(), writes.end(), [](int n) { return n == 1; }));
}

void TstZipLayout::torchLoadsTheSame_data() {
    QTest::addColumn<QString>("value");
    QTest::newRow("state dict") << "{'w': torch.arange(100.), 'b': torch.ones(3, 5).half(), 'e': torch.empty(0)}";
    QTest::newRow("views") << "(lambda t: {'t': t, 'v': t[2:4].t(), 's': t[0, 0]})(torch.arange(24.).reshape(4, 6))";
    QTest::newRow("training") << "{'m': torch.nn.Linear(4, 2).state_dict(), 'epoch': 3, 'lr': [0.1, None, 'x']}";
}

void TstZipLayout::torchLoadsTheSame() {
    NEEDS_PEER();
    QFETCH(const QString, value);
    const QString torchPath = dir_.filePath(QStringLiteral("torch.pth"));
    const QString ourPath = dir_.filePath(QStringLiteral("ours.pth"));
    PEER_OK(QStringLiteral("import sys, torch\ntorch.save(%1, sys.argv[1])").arg(value), {torchPath});

    const auto mapped = MappedFile::open(torchPath.toStdString());
    QVERIFY(mapped);
    const auto zip = ZipReader::open((*mapped)->bytes());
    QVERIFY2(zip, zip ? "" : zip.error().what.c_str());
    std::vector<ZipMember> members;
    std::vector<Bytes> contents;
    for (const ZipEntry& entry : zip->entries()) {
        if (entry.name.ends_with("/.format_version")) continue;  // see layoutStoredZip
        members.push_back({std::string(entry.name), entry.bytes});
        auto content = zip->read(entry, kReadLimit);
        QVERIFY(content);
        contents.push_back(std::move(*content));
    }
    const auto layout = layoutStoredZip(members);
    QVERIFY(layout);
    QVERIFY(
        plimsoll::writeWholeFile(ourPath.toStdString(), assemble(*layout, contents), OutputFile::Existing::Replace));
    PEER_OK(QStringLiteral(R"(
import sys, torch
from torch.utils.serialization import config
def same(a, b):
    assert type(a) is type(b)
    if isinstance(a, torch.Tensor):
        assert a.dtype == b.dtype and a.stride() == b.stride() and torch.equal(a, b)
    elif isinstance(a, dict):
        assert list(a) == list(b)
        for k in a: same(a[k], b[k])
    else:
        assert a == b
want = torch.load(sys.argv[1], weights_only=True)
for mmap in (False, True):
    for calculate in (False, True):
        with config.patch({'load.calculate_storage_offsets': calculate}):
            same(want, torch.load(sys.argv[2], weights_only=True, mmap=mmap))
)"),
            {torchPath, ourPath});
}

void TstZipLayout::largeMembers() {
    constexpr std::uint64_t k4G = std::uint64_t{1} << 32;
    const std::vector<ZipMember> members = {
        {"archive/before", 10},
        {"archive/limit-2", k4G - 2},
        {"archive/limit-1", k4G - 1},
        {"archive/beyond", k4G + 12'345},
        {"archive/after", 10},
        {"archive/name of another length", 11},
        kVersion,
    };
    const auto layout = layoutStoredZip(members);
    QVERIFY(layout);
    const QString path = dir_.filePath(QStringLiteral("large.zip"));
    const int fd = ::open(path.toLocal8Bit().constData(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    QVERIFY(fd >= 0);
    if (::ftruncate(fd, static_cast<off_t>(layout->fileBytes)) != 0) {
        ::close(fd);
        QSKIP("this file system takes no sparse file of 13 GB");
    }
    for (const auto& blob : layout->blobs)
        QCOMPARE(::pwrite(fd, blob.bytes.data(), blob.bytes.size(), static_cast<off_t>(blob.offset)),
                 static_cast<ssize_t>(blob.bytes.size()));
    const Bytes version = patternOf(kVersion.name, kVersion.bytes);
    QCOMPARE(::pwrite(fd, version.data(), version.size(), static_cast<off_t>(layout->slots.back().dataOffset)),
             static_cast<ssize_t>(version.size()));
    ::close(fd);

    const auto mapped = MappedFile::open(path.toStdString());
    QVERIFY(mapped);
    const auto zip = ZipReader::open((*mapped)->bytes());
    QVERIFY2(zip, zip ? "" : zip.error().what.c_str());
    QString expected;
    for (std::size_t i = 0; i < members.size(); ++i) {
        const ZipEntry& entry = zip->entries()[i];
        QCOMPARE(entry.bytes, members[i].bytes);
        QCOMPARE(entry.provenDataOffset, std::optional(layout->slots[i].dataOffset));
        QCOMPARE(zip->dataOffset(entry).value_or(0), layout->slots[i].dataOffset);
        expected += QStringLiteral("%1 %2;").arg(entry.bytes).arg(layout->slots[i].dataOffset);
    }
    NEEDS_PEER();
    PEER_OK(QStringLiteral(R"(
import sys, torch, zipfile
reader = torch._C.PyTorchFileReader(sys.argv[1])
found = ''
for i in zipfile.ZipFile(sys.argv[1]).infolist():
    found += f'{i.file_size} {reader.get_record_offset(i.filename.removeprefix("archive/"))};'
assert found == sys.argv[2], found
)"),
            {path, expected});
}

void TstZipLayout::refuses_data() {
    QTest::addColumn<std::vector<ZipMember>>("members");
    QTest::addColumn<Errc>("code");
    constexpr std::uint64_t kHuge = std::uint64_t{1} << 62;
    QTest::newRow("name twice") << std::vector<ZipMember>{{"a", 1}, {"b", 1}, {"a", 2}} << Errc::Usage;
    QTest::newRow("no name") << std::vector<ZipMember>{{"", 1}} << Errc::Usage;
    QTest::newRow("name too long") << std::vector<ZipMember>{{std::string(65'536, 'n'), 1}} << Errc::Usage;
    QTest::newRow("NUL in the name") << std::vector<ZipMember>{{std::string("a\0b", 3), 1}} << Errc::Usage;
    QTest::newRow("not UTF-8") << std::vector<ZipMember>{{"\xc3(", 1}} << Errc::Usage;
    QTest::newRow("2^64 - 1 bytes") << std::vector<ZipMember>{{"a", ~std::uint64_t{0}}} << Errc::Overflow;
    QTest::newRow("2^63 - 1 bytes") << std::vector<ZipMember>{{"a", ~std::uint64_t{0} >> 1}} << Errc::Overflow;
    QTest::newRow("2^62 twice") << std::vector<ZipMember>{{"a", kHuge}, {"b", kHuge}} << Errc::Overflow;
}

void TstZipLayout::refuses() {
    QFETCH(const std::vector<ZipMember>, members);
    QFETCH(const Errc, code);
    const auto layout = layoutStoredZip(members);
    QVERIFY(!layout);
    QCOMPARE(layout.error().code, code);
    QVERIFY(!layout.error().what.empty());
}

QTEST_APPLESS_MAIN(TstZipLayout)
#include "tst_zip_layout.moc"
