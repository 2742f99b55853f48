// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

#include "peer.h"
#include "pickle/scanner.h"

using namespace plimsoll;

class TstPickleVerdict : public QObject {
    Q_OBJECT
private slots:
    void verdicts_data();
    void verdicts();
    void oddNamesAreJudged();
    void torchAllowList();
};

void TstPickleVerdict::verdicts_data() {
    QTest::addColumn<QString>("module");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("verdict");
    const auto rows = [](const char* verdict, std::initializer_list<const char*> globals) {
        for (const QString global : globals) {
            const auto parts = global.split(' ');
            QTest::newRow(qPrintable(global)) << parts[0] << parts[1] << verdict;
        }
    };
    // Everything that picklescan 1.0.5 calls dangerous; for a whole module, one name in it and one below it.
    rows("dangerous", {"__builtin__ eval",
                       "__builtin__ compile",
                       "__builtin__ getattr",
                       "__builtin__ apply",
                       "__builtin__ exec",
                       "__builtin__ open",
                       "__builtin__ breakpoint",
                       "builtins eval",
                       "builtins compile",
                       "builtins getattr",
                       "builtins apply",
                       "builtins exec",
                       "builtins open",
                       "builtins breakpoint",
                       "cloudpickle.cloudpickle _builtin_type",
                       "cloudpickle.cloudpickle _make_function",
                       "cloudpickle.cloudpickle _function_setstate",
                       "cloudpickle.cloudpickle _make_cell",
                       "cloudpickle.cloudpickle _make_empty_cell",
                       "cloudpickle.cloudpickle subimport",
                       "types CodeType",
                       "aiohttp x",
                       "aiohttp.client x",
                       "asyncio run",
                       "bdb Bdb.run",
                       "commands getoutput",
                       "ctypes CDLL",
                       "ctypes.util find_library",
                       "functools partial",
                       "httplib HTTPSConnection",
                       "logging FileHandler",
                       "_io FileIO",
                       "numpy.f2py.crackfortran getlincoef",
                       "numpy.testing._private.utils runstring",
                       "nt system",
                       "posix system",
                       "_operator attrgetter",
                       "_operator itemgetter",
                       "_operator methodcaller",
                       "operator attrgetter",
                       "operator itemgetter",
                       "operator methodcaller",
                       "os system",
                       "os.path join",
                       "requests.api get",
                       "runpy _run_code",
                       "shutil rmtree",
                       "socket socket",
                       "ssl get_server_certificate",
                       "subprocess Popen",
                       "sys exit",
                       "code InteractiveInterpreter.runcode",
                       "cProfile run",
                       "distutils.file_util write_file",
                       "doctest debug_script",
                       "ensurepip _run_pip",
                       "idlelib.autocomplete AutoComplete.get_entity",
                       "idlelib.autocomplete AutoComplete.fetch_completions",
                       "idlelib.calltip Calltip.fetch_tip",
                       "idlelib.calltip get_entity",
                       "idlelib.debugobj ObjectTreeItem.SetText",
                       "idlelib.pyshell ModifiedInterpreter.runcode",
                       "idlelib.pyshell ModifiedInterpreter.runcommand",
                       "idlelib.run Executive.runcode",
                       "imaplib IMAP4_stream",
                       "lib2to3.pgen2.grammar Grammar.loads",
                       "lib2to3.pgen2.pgen ParserGenerator.make_label",
                       "pdb run",
                       "pickle loads",
                       "_pickle loads",
                       "pip main",
                       "pip._internal.cli.main main",
                       "pkgutil resolve_name",
                       "pty spawn",
                       "profile run",
                       "pydoc locate",
                       "test.support.script_helper assert_python_ok",
                       "timeit timeit",
                       "torch._dynamo.guards GuardBuilder.get",
                       "torch._inductor.codecache compile_file",
                       "torch.fx.experimental.symbolic_shapes ShapeEnv.evaluate_guards_expression",
                       "torch.jit.unsupported_tensor_ops execWrapper",
                       "torch.serialization load",
                       "torch.utils._config_module ConfigModule.load_config",
                       "torch.utils.bottleneck.__main__ run_cprofile",
                       "torch.utils.bottleneck.__main__ run_autograd_prof",
                       "torch.utils.collect_env run",
                       "torch.utils.data.datapipes.utils.decoder basichandlers",
                       "trace Trace.run",
                       "trace Trace.runctx",
                       "urllib.request urlopen",
                       "uuid UUID",
                       "venv create",
                       "webbrowser open",
                       "_osx_support _read_output",
                       "_aix_support _read_cmd_output",
                       "_pyrepl.pager pipe_pager"});
    // Beyond it.
    rows("dangerous", {"builtins __import__",
                       "builtins setattr",
                       "__builtin__ execfile",
                       "__builtin__ reduce",
                       "cPickle loads",
                       "urllib2 urlopen",
                       "xmlrpclib ServerProxy",
                       "importlib import_module",
                       "imp load_source",
                       "numpy.core _ufunc_reconstruct",
                       "numpy._core _ufunc_reconstruct",
                       "torch._utils _import_dotted_name",
                       "torch.cuda.memory CUDAPluggableAllocator",
                       "torch.export._unlift _convert_guards_code_to_fn",
                       "torch.export load",
                       "typing ForwardRef._evaluate",
                       "gettext c2py",
                       "dataclasses _create_fn",
                       "pkg_resources EntryPoint.resolve",
                       "jinja2.utils import_string",
                       "pstats Stats.load_stats",
                       "optparse Values.read_file",
                       "_bootsubprocess check_output",
                       "marshal loads",
                       "dill loads",
                       "codeop compile_command",
                       "torch load",
                       "torch.hub load",
                       "torch.jit load",
                       "torch.storage _load_from_bytes",
                       "numpy load",
                       "torch.package PackageImporter",
                       "torch.utils.cpp_extension load",
                       "io open",
                       "pathlib Path.write_text",
                       "multiprocessing.util spawnv_passfds",
                       "_posixsubprocess fork_exec",
                       "threading Timer",
                       "types FunctionType",
                       "yaml unsafe_load",
                       "smtplib SMTP",
                       "ftplib FTP",
                       "sqlite3 connect",
                       "tempfile NamedTemporaryFile",
                       "torch os.system",
                       "torch._utils importlib.import_module",
                       "pathlib os.system",
                       "random _os.system",
                       "numpy ctypeslib.load_library",
                       "torch Size.__class__.__base__.__subclasses__",
                       "torch.nn.modules.module functools.partial",
                       "numpy __builtins__",
                       "m f.__globals__"});
    // What modelscan and fickling call unsafe and picklescan does not.
    rows("dangerous", {"builtins hasattr",
                       "functools lru_cache",
                       "operator add",
                       "_operator concat",
                       "multiprocessing Process",
                       "types MethodType",
                       "_frozen_importlib _gcd_import",
                       "gc get_objects",
                       "site addsitedir",
                       "unittest main",
                       "atexit register",
                       "threading Thread",
                       "_thread start_new_thread",
                       "pipes Template",
                       "filecmp cmp",
                       "platform popen",
                       "difflib HtmlDiff",
                       "compileall compile_file",
                       "py_compile compile",
                       "syslog syslog",
                       "logging getLogger",
                       "logging.handlers SocketHandler",
                       "socketserver TCPServer",
                       "poplib POP3",
                       "zipfile ZipFile",
                       "_signal signal"});
    // Below torch, numpy and their like: what loads, compiles, writes or connects.
    rows("dangerous", {"torch.jit script",
                       "torch.jit._script script",
                       "torch.jit.frontend get_jit_def",
                       "torch._dynamo.utils istype",
                       "torch._C import_ir_module",
                       "torch.ops load_library",
                       "torch.utils.cpp_extension load_inline",
                       "torch.utils.benchmark Timer",
                       "torch.distributed TCPStore",
                       "torch.distributed.checkpoint load",
                       "torch.distributed.checkpoint.filesystem FileSystemReader",
                       "torch.distributed.rpc init_rpc",
                       "torch.onnx export",
                       "torch.profiler profile",
                       "torch.nn.modules.module torch.hub.load",
                       "numpy memmap",
                       "numpy fromregex",
                       "numpy.lib.npyio NpzFile",
                       "numpy.lib._npyio_impl savez",
                       "pandas read_csv",
                       "keras.layers Lambda",
                       "huggingface_hub hf_hub_download"});
    rows("suspicious", {"my.model Net",
                        "collections defaultdict",
                        "argparse Namespace",
                        "numpy ndarray",
                        "numpy._core.multiarray _reconstruct",
                        "pathlib PosixPath",
                        "pathlib Path",
                        "types SimpleNamespace",
                        "torchx._utils _rebuild_tensor_v2",
                        "torch._utils_ _rebuild_tensor_v2",
                        "evil.mod FloatStorage",
                        "torch EvilStorage",
                        "torch Storage",
                        "osx system",
                        "posixly system",
                        "torch._utils _rebuild_tensor_v2.x",
                        "torch nn.Module",
                        "torch.sparse BoolTensor",
                        "builtins dict",
                        "builtins print",
                        "functoolsx partial",
                        "torch.distributed.checkpoint.metadata Metadata",
                        "torch.distributed.checkpoint.filesystem _StorageInfo",
                        "torch.nn.modules.rnn LSTM",
                        "datetime datetime",
                        "copy_reg _reconstructor",
                        "torch.nn.modules.linear Linear",
                        "torch.optim.adam Adam",
                        "\u043Es system"});
    rows("safe", {"collections OrderedDict", "torch FloatStorage", "torch.cuda HalfStorage", "torch float8_e5m2",
                  "torch Size", "torch.storage UntypedStorage", "torch.nn.parameter Parameter", "_codecs encode",
                  "__builtin__ set", "builtins bytearray", "torch.sparse FloatTensor", "torch.cuda.sparse HalfTensor"});
}

void TstPickleVerdict::verdicts() {
    QFETCH(QString, module);
    QFETCH(QString, name);
    QFETCH(QString, verdict);
    std::string reason;
    const auto judged = judgeGlobal(module.toStdString(), name.toStdString(), &reason);
    QCOMPARE(QString::fromUtf8(verdictName(judged).data()), verdict);
    QVERIFY(!reason.empty());
}

void TstPickleVerdict::oddNamesAreJudged() {
    for (const char* name : {"", ".", "..", ".a", "a.", "a..b", "___", "_._"})
        for (const char* module : {"", ".", "m", "m."})
            QCOMPARE(static_cast<int>(judgeGlobal(module, name)), static_cast<int>(Verdict::Suspicious));
    // As long as a name can be, and nothing but parts.
    std::string reason;
    const std::string parts = QByteArray("a.").repeated(500'000).toStdString();
    QCOMPARE(static_cast<int>(judgeGlobal(parts, parts + "os", &reason)), static_cast<int>(Verdict::Dangerous));
    QVERIFY(reason.size() < 200);
}

void TstPickleVerdict::torchAllowList() {
    NEEDS_PEER();
    const auto peer = runPeer(
        "from torch._weights_only_unpickler import _get_allowed_globals\n"
        "import torch\n"
        "allowed = _get_allowed_globals()\n"
        "for k in allowed: print(*k.rsplit('.', 1))\n"
        "print('--')\n"
        "for m in ('torch', 'torch.cuda', 'torch.sparse', 'torch._utils', 'torch.storage', 'collections', "
        "'builtins'):\n"
        "    for n in dir(__import__(m, fromlist=['x'])):\n"
        "        if f'{m}.{n}' not in allowed: print(m, n)\n");
    QVERIFY2(peer.exitCode == 0, peer.err.constData());
    bool isAllowed = true;
    int safe = 0;
    int others = 0;
    for (const auto& line : peer.out.trimmed().split('\n')) {
        if (line == "--") {
            isAllowed = false;
            continue;
        }
        const auto parts = line.split(' ');
        const bool judgedSafe = judgeGlobal(parts[0].toStdString(), parts[1].toStdString()) == Verdict::Safe;
        QVERIFY2(judgedSafe == isAllowed, line.constData());
        ++(isAllowed ? safe : others);
    }
    QVERIFY(safe > 140);
    QVERIFY(others > 1000);
}

QTEST_APPLESS_MAIN(TstPickleVerdict)
#include "tst_pickle_verdict.moc"
