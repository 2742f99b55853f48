// SPDX-License-Identifier: GPL-3.0-or-later
#include <sys/stat.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <filesystem>

#include "base/byte_cursor.h"
#include "checkpoint/tensor_reader.h"
#include "findings/rest_scanner.h"
#include "formats/registry.h"
#include "hiding_places.h"

using namespace plimsoll;

namespace {

const QByteArray kArray = raw("\x93NUMPY\x01\x00\x76\x00") +
                          QByteArray("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }").leftJustified(117) +
                          "\nx";

QByteArray le32(quint32 value) {
    return littleEndian<quint32>({value});
}

// A pickle of torch.save: storage '0' of six floats, and what is made of it under the key 'w'.
QByteArray text(const QByteArray& value) {
    return 'X' + le32(static_cast<quint32>(value.size())) + value;
}
QByteArray global(const char* module, const char* name) {
    return QByteArray("c") + module + '\n' + name + '\n';
}
QByteArray storage() {
    return '(' + text("storage") + global("torch", "FloatStorage") + text("0") + text("cpu") + raw("K\x06tQ");
}
QByteArray tensor() {
    return global("torch._utils", "_rebuild_tensor_v2") + '(' + storage() +
           raw("K\x00K\x02K\x03\x86K\x03K\x01\x86\x89") + global("collections", "OrderedDict") + ")RtR";
}
QByteArray call(const char* function, const QByteArray& arguments) {
    return global("torch._utils", function) + '(' + arguments + "tR";
}
QByteArray noHooks() {
    return raw("\x88") + global("collections", "OrderedDict") + ")R";
}
QByteArray layout(const char* name) {
    return global("torch.serialization", "_get_layout") + text(name) + raw("\x85R");
}

// What torch.save would make of it, as far as a reader asks.
QByteArray torchZip(const QByteArray& value, const std::vector<ZipBuilder::Member>& more = {},
                    const QByteArray& behindStorage = {}) {
    std::vector<ZipBuilder::Member> members = {
        stored("m/data.pkl", raw("\x80\x02}") + text("w") + value + "s."), stored("m/byteorder", "little"),
        stored("m/data/0", "abcdefghijklmnopqrstuvwx"), stored("m/version", "3\n")};
    // Sizes stand in a descriptor behind the data, and then what belongs to nothing.
    if (!behindStorage.isEmpty()) {
        members[2].flags = 8;
        members[2].descriptor = std::string(16, '\0') + behindStorage.toStdString();
    }
    members.insert(members.end(), more.begin(), more.end());
    return zipOf(members);
}

QByteArray endedBy(const QByteArray& extension) {
    ZipBuilder builder;
    builder.members = {stored("m/data.pkl", kGood)};
    builder.zip64End = true;
    builder.end64Extension = extension.toStdString();
    const auto bytes = builder.build().bytes;
    return {reinterpret_cast<const char*>(bytes.data()), static_cast<qsizetype>(bytes.size())};
}

}  // namespace

// Files from strangers: what hides where a reader has no reason to look, calls that make no sense, paths that are no
// files.
class TstHostile : public QObject {
    Q_OBJECT

private slots:
    void hiddenNames_data();
    void hiddenNames();
    void packedMembersAreTold();
    void damage_data();
    void damage();
    void oddCalls_data();
    void oddCalls();
    void bitsTypes_data();
    void bitsTypes();
    void paths_data();
    void paths();

private:
    QString written(const QByteArray& bytes) const {
        const QString path = dir_.filePath("file");
        writeFile(path, bytes);
        return path;
    }
    QTemporaryDir dir_;
};

void TstHostile::hiddenNames_data() {
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char* name, const QByteArray& bytes) { QTest::newRow(name) << bytes; };
    const auto torch = [&](const char* name, const ZipBuilder::Member& member) {
        row(name, torchZip(tensor(), {member}));
    };
    torch("any name", stored("m/x", kEvilMarked));
    torch("any name, no protocol", stored("m/readme.txt", kEvil));
    torch("deflated", packed("m/x", kEvilMarked));
    torch("deflated, no protocol", packed("m/notes", kEvil));
    torch("outside the directory", stored("x", kEvil));
    torch("an upward path", stored("../x", kEvil));
    torch("numbered as a storage", stored("m/data/9", kEvilMarked));
    torch("among the storages", stored("m/data/x", kEvil));
    torch("the constant of a pickle", stored("m/x.pkl", asConstant(kEvilMarked)));
    torch("a zip archive inside", stored("m/x.zip", zipOf({stored("a", kEvilMarked)})));
    torch("deflated in a deflated archive", packed("m/x.zip", zipOf({packed("a", kEvilMarked)})));
    torch("three archives deep", stored("a", zipOf({stored("b", zipOf({stored("c", zipOf({stored("d", kEvil)}))}))})));
    torch("gzip inside", stored("m/x.gz", deflated(kEvilMarked, Wrap::Gzip)));
    torch("tar inside", stored("m/x.tar", tarOf("a.pkl", kEvilMarked)));
    torch("objects in an array", stored("m/x.npy", npyOfObjects(kEvil)));
    const auto place = [&](const char* name, std::string ZipBuilder::Member::*where, const QByteArray& bytes) {
        ZipBuilder::Member member = stored("m/x", "text");
        member.*where = bytes.toStdString();
        torch(name, member);
    };
    const auto field = [](const QByteArray& content) {
        return raw("\xff\xca") + littleEndian<quint16>({static_cast<quint16>(content.size())}) + content;
    };
    const QByteArray padding = raw("FB\x02\x00ZZ");
    place("an extra field", &ZipBuilder::Member::localExtra, field(kEvilMarked));
    place("an extra field, no protocol", &ZipBuilder::Member::localExtra, padding + field(kEvil));
    place("an extra field that breaks", &ZipBuilder::Member::localExtra, padding + kEvilMarked);
    place("an extra field of the directory", &ZipBuilder::Member::directoryExtra, field(kEvil));
    place("a member's comment", &ZipBuilder::Member::directoryComment, kEvil);
    ZipBuilder::Member storageWithGap = stored("m/data/1", "abcd");
    storageWithGap.localExtra = field(kEvil).toStdString();
    torch("an extra field of a storage that nothing uses", storageWithGap);
    row("around a storage", torchZip(tensor(), {}, kEvilMarked));
    row("the comment of an archive", zipOf({stored("m/data.pkl", kGood)}, kEvilMarked.toStdString()));
    row("the comment of an archive, no protocol", zipOf({stored("m/data.pkl", kGood)}, kEvil.toStdString()));
    row("the comment of arrays", zipOf({stored("a.npy", kArray)}, kEvil.toStdString()));
    row("an archive that is no checkpoint", zipOf({stored("a", "b")}, kEvil.toStdString()));
    row("the zip64 end record", endedBy(kEvil));
    row("an archive cut short", zipOf({stored("m/data.pkl", kGood), stored("m/x", kEvilMarked)}).chopped(7));
    row("a file of no kind", raw("\x01\xc7\x9d\xee") + kEvilMarked);
    row("a header of safetensors that breaks", raw("\x02\0\0\0\0\0\0\0{x") + kEvilMarked);
    row("a second pickle behind objects", npyOfObjects(kGood + kEvilMarked));
    row("behind an array", kArray + kEvilMarked);
    row("behind an array in an archive", zipOf({stored("a.npy", kArray + kEvil)}));
    row("behind a GGUF model", raw("GGUF\3\0\0\0") + QByteArray(24, '\0') + kEvilMarked);
    row("among arrays", zipOf({stored("a.npy", kArray), stored("x", kEvil)}));
    row("an archive behind a pickle", kGood + zipOf({stored("a", kEvilMarked)}));
    row("a pickle behind noise behind a pickle", kGood + raw("\xff\xff\xff\xff") + kEvilMarked);
}

void TstHostile::hiddenNames() {
    QFETCH(QByteArray, bytes);
    RestScanner rest({});
    std::vector<GlobalRef> globals;
    const auto opened = openCheckpoint(written(bytes).toStdString(), {}, &globals, {}, &rest);
    if (opened) globals = (*opened)->globals;
    const bool found = std::ranges::any_of(globals, [](const GlobalRef& global) {
        return global.module == "os" && global.name == "system" && global.verdict == Verdict::Dangerous;
    });
    QVERIFY2(found, opened ? "opened" : opened.error().what.c_str());
}

// What cannot be unpacked is not passed over.
void TstHostile::packedMembersAreTold() {
    RestScanner rest({});
    const auto file = written(torchZip(tensor(), {stored("m/x.bz2", "BZh91AY&SY")}));
    const auto opened = openCheckpoint(file.toStdString(), {}, nullptr, {}, &rest);
    QVERIFY(opened.has_value());
    QCOMPARE((*opened)->warnings.size(), std::size_t{1});
    QVERIFY2((*opened)->warnings[0].find("'m/x.bz2' was not searched for pickles from byte ") != std::string::npos,
             (*opened)->warnings[0].c_str());
    // One that breaks says where.
    const QByteArray broken = raw("\x80\x02]\xff");
    RestScanner other({});
    const auto stops = openCheckpoint(written(torchZip(tensor(), {stored("m/constants.pkl", broken)})).toStdString(),
                                      {}, nullptr, {}, &other);
    QVERIFY(stops.has_value());
    QVERIFY(!(*stops)->warnings.empty());
    const auto offset = readFile(dir_.filePath("file")).indexOf(broken) + 3;
    const auto expected = "from byte " + std::to_string(offset) + " on";
    QVERIFY2((*stops)->warnings.back().find(expected) != std::string::npos, (*stops)->warnings.back().c_str());
    RestScanner again({});
    const auto plain = openCheckpoint(
        written(torchZip(tensor(), {stored("m/readme.md", "# a model"), stored("m/config.json", "{}")})).toStdString(),
        {}, nullptr, {}, &again);
    QVERIFY(plain.has_value());
    QVERIFY2((*plain)->warnings.empty(), "a sound file has no warnings");
}

// What is wrong is a warning, or the reason why the file does not open.
void TstHostile::damage_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("words");
    const auto row = [](const char* name, const QByteArray& bytes, const char* words) {
        QTest::newRow(name) << bytes << QString(words);
    };
    const auto constants = [&](const char* name, const QByteArray& pickle, const char* words) {
        row(name, torchZip(tensor(), {stored("m/constants.pkl", pickle)}), words);
    };
    const QByteArray start = raw("\x80\x02");
    constants("constants", start + tensor() + raw("\x85."), "record 'm/constants/0' is missing");
    constants("no constants", start + ").", "");
    constants("empty constants", "", "'constants.pkl': at byte");
    constants("constants that are None", start + "N.", "it is None (expected a tuple)");
    constants("bytes behind constants", start + ").xx", "2 bytes follow the pickle");
    constants("constants of nothing", start + "0.", "record 'constants.pkl'");
    row("their tensors",
        torchZip(tensor(), {stored("m/constants.pkl", start + tensor() + raw("\x85.")),
                            stored("m/constants/0", QByteArray(24, 'c'))}),
        "");
    ZipBuilder::Member member = stored("m/x", "text");
    member.crc = 5;
    row("a wrong checksum", torchZip(tensor(), {member}), "member 'm/x', at byte");
    auto bytes = torchZip(tensor(), {stored("m/x", "text")});
    bytes[bytes.indexOf("m/x") - 16] = 'c';
    row("a wrong checksum in the local header", bytes, "the local header of 'm/x', at byte");
    ZipBuilder::Member array = stored("a.npy", kArray);
    row("an array", zipOf({array}), "");
    array.crc = 5;
    row("a wrong checksum of an array", zipOf({array}), "member 'a.npy', at byte 0, has CRC-32");
    ZipBuilder::Member secret = stored("a.npy", kArray);
    secret.flags = 1;
    row("an encrypted array", zipOf({secret}), "'a.npy' is encrypted or patched (flags 0x0001)");
    row("bytes behind an array", zipOf({stored("a.npy", kArray + "yz")}), "2 bytes after the end of array 'a.npy'");
    row("bytes behind a deflated array", zipOf({packed("a.npy", kArray + "yz")}),
        "2 bytes after the end of array 'a.npy'");
}

void TstHostile::damage() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, words);
    RestScanner rest({});
    const auto opened = openCheckpoint(written(bytes).toStdString(), {}, nullptr, {}, &rest);
    std::string said = opened ? "" : opened.error().what;
    if (opened)
        for (const auto& warning : (*opened)->warnings) said += warning + "\n";
    QVERIFY2(words.isEmpty() == said.empty(), said.c_str());
    QVERIFY2(QString::fromStdString(said).contains(words), said.c_str());
}

void TstHostile::oddCalls_data() {
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QString>("words");  // of the warning, or of the error
    const auto row = [](const char* name, const QByteArray& value, const char* words) {
        QTest::newRow(name) << value << QString(words);
    };
    const QByteArray size = raw("K\x03\x85");
    row("a tensor", tensor(), "");
    row("a parameter", call("_rebuild_parameter", tensor() + noHooks()), "");
    row("a parameter of nothing", call("_rebuild_parameter", "N" + noHooks()), "from None (expected a tensor)");
    row("a parameter of a list", call("_rebuild_parameter", "]" + noHooks()), "from [] (expected a tensor)");
    row("a parameter of one argument", call("_rebuild_parameter", tensor()), "from 1 arguments (expected 3)");
    row("a nested tensor of numbers", call("_rebuild_nested_tensor", raw("K\1K\2K\3K\4")),
        "from 1 (expected a tensor)");
    row("a subclass of nothing", global("torch._tensor", "_rebuild_from_type_v2") + "(NNNNtR",
        "(expected a function and its arguments)");
    row("a wrapper of one argument", call("_rebuild_wrapper_subclass", "N"), "(expected 8)");
    row("a tensor by size", global("torch", "FloatTensor") + raw("J\xff\xff\xff\x7f\x85R"), "without data in the file");
    row("a storage by size", global("torch", "FloatStorage") + raw("J\xff\xff\xff\x7f\x85R"),
        "without data in the file");
    row("sparse", call("_rebuild_sparse_tensor", layout("torch.sparse_coo") + '(' + tensor() + tensor() + size + "t"),
        "");
    row("sparse without a size",
        call("_rebuild_sparse_tensor", layout("torch.sparse_coo") + '(' + tensor() + tensor() + "t"),
        "2 values (expected 2 tensors and a size)");
    row("sparse of numbers", call("_rebuild_sparse_tensor", layout("torch.sparse_coo") + raw("(K\1K\2") + size + "t"),
        "expected 2 tensors");
    row("sparse of a negative size",
        call("_rebuild_sparse_tensor",
             layout("torch.sparse_coo") + '(' + tensor() + tensor() + raw("J\xff\xff\xff\xff\x85t")),
        "expected 2 tensors");
    row("compressed of two tensors",
        call("_rebuild_sparse_tensor", layout("torch.sparse_csr") + '(' + tensor() + tensor() + size + "t"),
        "expected 3 tensors");
    // A name of 1 MiB around 300 levels: each path would be longer than the file.
    QByteArray deep = text(QByteArray(1 << 20, 'n')) + raw("q\x05") + "0";
    deep += QByteArray("}h\x05").repeated(300) + tensor() + QByteArray(300, 's');
    row("a path beyond all bounds", deep, "a tensor's path is longer than 268435456 bytes");
    row("a key that cannot be hashed", "}]" + raw("\x85") + "Ns", "a tuple of such items cannot be a key");
}

void TstHostile::oddCalls() {
    QFETCH(QByteArray, value);
    QFETCH(QString, words);
    const auto opened = openCheckpoint(written(torchZip(value)).toStdString());
    std::string said = opened ? "" : opened.error().what;
    if (opened)
        for (const auto& warning : (*opened)->warnings) said += warning + "\n";
    QCOMPARE(said.empty(), words.isEmpty());
    QVERIFY2(QString::fromStdString(said).contains(words), said.c_str());
}

// torch's types of bits that mean nothing: their bytes are listed, by their name.
void TstHostile::bitsTypes_data() {
    QTest::addColumn<QString>("type");
    QTest::addColumn<bool>("known");
    for (const char* type : {"bits8", "bits1x8", "bits2x4", "bits4x2", "int1", "int7", "uint1", "uint7"})
        QTest::newRow(type) << QString(type) << true;
    for (const char* type : {"int0", "int12", "uint9", "bits", "bits32"}) QTest::newRow(type) << QString(type) << false;
}

void TstHostile::bitsTypes() {
    QFETCH(QString, type);
    QFETCH(bool, known);
    const QByteArray untyped =
        '(' + text("storage") + global("torch.storage", "UntypedStorage") + text("0") + text("cpu") + raw("K\x18tQ");
    const QByteArray value =
        call("_rebuild_tensor_v3", untyped + raw("K\x06K\x03K\x02\x86K\x01K\x03\x86\x89") +
                                       global("collections", "OrderedDict") + ")R" + global("torch", qPrintable(type)));
    const auto opened = openCheckpoint(written(torchZip(value)).toStdString());
    QCOMPARE(opened.has_value(), known);
    if (!known) return;
    const TensorTable& table = (*opened)->tensors;
    QCOMPARE(table.size(), std::size_t{1});
    QCOMPARE(QString::fromStdString(std::string(table.dtypeName(TensorId(0)))), type);
    QCOMPARE(table.nbytes(TensorId(0)), std::uint64_t{6});
    // A transposed view, of which element [0, 1] is the fourth.
    TensorReader reader(*opened);
    std::vector<std::byte> elements(6);
    QVERIFY(reader.readElements(TensorId(0), 0, elements).has_value());
    QCOMPARE(asText(elements), std::string_view("gjhkil"));
}

// What is no file is told from what is none of ours. Each row makes its path and says what is expected of it.
void TstHostile::paths_data() {
    QTest::addColumn<QString>("kind");
    QTest::addColumn<QString>("words");
    QTest::newRow("absent") << "absent"
                            << "No such file";
    QTest::newRow("a link to nothing") << "dangling"
                                       << "No such file";
    QTest::newRow("a link to itself") << "loop"
                                      << "symbolic link";
    QTest::newRow("a fifo") << "fifo"
                            << "";
    QTest::newRow("a device") << "device"
                              << "";
    QTest::newRow("a link to a device") << "linked device"
                                        << "";
    QTest::newRow("a socket") << "socket"
                              << "";
    QTest::newRow("an empty directory") << "directory"
                                        << "no files";
    QTest::newRow("unreadable") << "unreadable"
                                << "Permission denied";
}

void TstHostile::paths() {
    QFETCH(QString, kind);
    QFETCH(QString, words);
    const QTemporaryDir place;
    std::string path = place.filePath("model.pt").toStdString();
    if (kind == "dangling") std::filesystem::create_symlink("nothing", path);
    if (kind == "loop") std::filesystem::create_symlink("model.pt", path);
    if (kind == "fifo") QCOMPARE(::mkfifo(path.c_str(), 0600), 0);
    if (kind == "device") path = "/dev/zero";
    if (kind == "linked device") std::filesystem::create_symlink("/dev/zero", path);
    if (kind == "socket" && ::mknod(path.c_str(), S_IFSOCK | 0600, 0) != 0) QSKIP("no socket can be made here");
    if (kind == "directory") std::filesystem::create_directory(path);
    if (kind == "unreadable") {
        writeFile(QString::fromStdString(path), torchZip(tensor()));
        QCOMPARE(::chmod(path.c_str(), 0), 0);
        if (::access(path.c_str(), R_OK) == 0) QSKIP("root may read everything; run as another user to test this");
    }
    const auto opened = openCheckpoint(path);
    QVERIFY(!opened);
    QVERIFY2(opened.error().what.find(words.toStdString()) != std::string::npos, opened.error().what.c_str());
    const auto told = describe(opened.error(), path);
    QVERIFY2(told.find(std::filesystem::path(path).filename().string()) != std::string::npos, told.c_str());
}

QTEST_GUILESS_MAIN(TstHostile)
#include "tst_hostile.moc"
