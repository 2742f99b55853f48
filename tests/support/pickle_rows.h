// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <vector>

#include "base/result.h"
#include "pickles.h"

namespace pickle_rows {

using plimsoll::Errc;

// One stream per opcode and form, and what it means.
struct GoodRow {
    const char* name;
    QByteArray pickle;
    const char* shown;
};

inline const std::vector<GoodRow>& goodRows() {
    static const std::vector<GoodRow> rows = {
        {"none", raw("N."), "None"},
        {"true and false", raw("\x88\x89\x86."), "(True, False)"},
        {"INT", raw("I-12\n."), "-12"},
        {"INT false", raw("I00\n."), "False"},
        {"INT true", raw("I01\n."), "True"},
        {"INT big", raw("I123456789012345678901\n."), "123456789012345678901"},
        {"LONG", raw("L12L\n."), "12"},
        {"LONG big", raw("L-123456789012345678901L\n."), "-123456789012345678901"},
        {"BININT", raw("J\xfe\xff\xff\xff."), "-2"},
        {"BININT1", raw("K\xff."), "255"},
        {"BININT2", raw("M\xff\xff."), "65535"},
        {"LONG1", raw("\x8a\x02\x00\x80."), "-32768"},
        {"LONG1 empty", raw("\x8a\x00."), "0"},
        {"LONG1 padded", raw("\x8a\x0a\x05\0\0\0\0\0\0\0\0\0."), "5"},
        {"LONG1 2^63", raw("\x8a\x09\0\0\0\0\0\0\0\x80\0."), "9223372036854775808"},
        {"LONG1 -2^63", raw("\x8a\x08\0\0\0\0\0\0\0\x80."), "-9223372036854775808"},
        {"LONG4", raw("\x8b\x09\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x00."), "18446744073709551615"},
        {"FLOAT", raw("F1.5\n."), "1.5"},
        {"FLOAT nan", raw("Fnan\n."), "nan"},
        {"FLOAT inf", raw("F-inf\n."), "-inf"},
        {"FLOAT overflow", raw("F1e999\n."), "inf"},
        {"FLOAT underflow", raw("F-1e-999\n."), "-0.0"},
        {"BINFLOAT", raw("G\x3f\xf0\0\0\0\0\0\0."), "1.0"},
        {"STRING", raw("S'a\\x41\\n\\101\\q'\n."), "'aA\\nA\\\\q'"},
        {"STRING plain", raw("S\"it's\"\n."), "\"it's\""},
        {"BINSTRING", raw("T\x02\0\0\0a\xff."), "'a\\xff'"},
        {"SHORT_BINSTRING", raw("U\x02hi."), "'hi'"},
        {"UNICODE", raw("Vab\\u00e9\\U0001f600\xe9\\x\n."), "'abé😀é\\\\x'"},
        {"BINUNICODE", raw("X\x02\0\0\0\xc3\xa9."), "'é'"},
        {"BINUNICODE surrogate", raw("X\x03\0\0\0\xed\xa0\x80."), "'\\ud800'"},
        {"SHORT_BINUNICODE", raw("\x8c\x01x."), "'x'"},
        {"BINUNICODE8", raw("\x8d\x01\0\0\0\0\0\0\0x."), "'x'"},
        {"BINBYTES", raw("B\x02\0\0\0\0'."), "b\"\\x00'\""},
        {"SHORT_BINBYTES", raw("C\x01\xff."), "b'\\xff'"},
        {"BINBYTES8", raw("\x8e\x01\0\0\0\0\0\0\0x."), "b'x'"},
        {"BYTEARRAY8", raw("\x96\x01\0\0\0\0\0\0\0x."), "bytearray(b'x')"},
        {"tuples", raw("()K\x01\x85K\x01K\x02\x86K\x01K\x02K\x03\x87(K\x01K\x02K\x03K\x04tl."), nullptr},
        {"LIST", raw("(K\x01K\x02l."), "[1, 2]"},
        {"APPEND",
         raw("]K\x01"
             "aK\x02"
             "a."),
         "[1, 2]"},
        {"APPENDS",
         raw("](K\x01K\x02"
             "e."),
         "[1, 2]"},
        {"DICT",
         raw("(K\x01K\x02"
             "d."),
         "{1: 2}"},
        {"SETITEM", raw("}K\x01K\x02s."), "{1: 2}"},
        {"SETITEMS", raw("}(K\x01K\x02K\x03Nu."), "{1: 2, 3: None}"},
        {"ADDITEMS", raw("\x8f(K\x01K\x02\x90."), "{1, 2}"},
        {"FROZENSET", raw("(K\x01\x91."), "frozenset({1})"},
        {"POP",
         raw("K\x01K\x02"
             "0."),
         "1"},
        {"POP of a mark", raw("K\x01(0."), "1"},
        {"POP_MARK",
         raw("K\x01(K\x02K\x03"
             "1."),
         "1"},
        {"DUP",
         raw("K\x01"
             "2\x86."),
         "(1, 1)"},
        {"PUT and GET", raw("K\x07p10\n0g10\n."), "7"},
        {"PUT with zeros and spaces", raw("K\x07p 007\n0g+7 \n."), "7"},
        {"BINPUT and BINGET",
         raw("K\x07q\x03"
             "0h\x03."),
         "7"},
        {"LONG_BINPUT and LONG_BINGET",
         raw("K\x07r\xff\xff\xff\xff"
             "0j\xff\xff\xff\xff."),
         "7"},
        {"MEMOIZE counts entries",
         raw("K\x07q\x05K\x08\x94"
             "00h\x01."),
         "8"},
        {"PUT twice",
         raw("K\x07q\0"
             "0K\x08q\0"
             "0h\0."),
         "8"},
        {"GLOBAL", raw("ccollections\nOrderedDict\n."), "collections.OrderedDict"},
        {"STACK_GLOBAL",
         raw("\x8c\x01"
             "a\x8c\x03"
             "b.c\x93."),
         "a.b.c"},
        {"REDUCE", raw("cm\nf\nK\x01\x85R."), "f(1)"},
        {"NEWOBJ", raw("cm\nC\n)\x81."), "C()"},
        {"NEWOBJ_EX",
         raw("cm\nC\nK\x01\x85}\x8c\x01"
             "aK\x02s\x92."),
         "C(1, a=2)"},
        {"OBJ", raw("(cm\nC\nK\x01o."), "C(1)"},
        {"INST", raw("(K\x01im\nC\n."), "C(1)"},
        {"BUILD",
         raw("cm\nC\n)\x81}\x8c\x01"
             "aK\x02sbNb."),
         "C(a=2, None)"},
        {"SETITEMS on an object", raw("ccollections\nOrderedDict\n)R(K\x01K\x02u."), "OrderedDict([(1, 2)])"},
        {"APPENDS on an object",
         raw("cm\nL\n)\x81(K\x01"
             "e."),
         "L([1])"},
        {"PERSID", raw("Pabc\n."), "persistent_id('abc')"},
        {"BINPERSID", raw("K\x01\x85Q."), "persistent_id((1,))"},
        {"PROTO", raw("\x80\x05N."), "None"},
        {"FRAME", raw("\x80\x04\x95\x02\0\0\0\0\0\0\0N."), "None"},
        {"cycle",
         raw("]q\0h\0"
             "a."),
         "[[...]]"},
        {"bytes of protocol 2", raw("c_codecs\nencode\nX\x02\0\0\0\xc3\xbfX\x06\0\0\0latin1\x86R."), "b'\\xff'"},
        {"set of protocol 2",
         raw("c__builtin__\nset\n](K\x01K\x02"
             "e\x85R."),
         "{1, 2}"},
        {"what follows STOP", raw("N.garbage"), "None"},
    };
    return rows;
}

// One stream per flaw, and where it is refused.
struct BadRow {
    const char* name;
    QByteArray pickle;
    Errc code;
    int offset;
};

inline const std::vector<BadRow>& badRows() {
    static const std::vector<BadRow> rows = {
        {"empty", raw(""), Errc::Truncated, 0},
        {"no STOP", raw("N"), Errc::Truncated, 1},
        {"STOP on an empty stack", raw("."), Errc::Corrupt, 0},
        {"STOP on a mark", raw("N(."), Errc::Corrupt, 2},
        {"unknown opcode", raw("N\xff."), Errc::Corrupt, 1},
        {"protocol 6", raw("\x80\x06N."), Errc::Unsupported, 0},
        {"cut payload", raw("X\x05\0\0\0ab."), Errc::Truncated, 0},
        {"2^63-1 bytes", raw("\x8d\xff\xff\xff\xff\xff\xff\xff\x7f."), Errc::Truncated, 0},
        {"2^64-9 bytes", raw("\x8e\xf7\xff\xff\xff\xff\xff\xff\xff."), Errc::Truncated, 0},
        {"negative LONG4", raw("\x8b\xff\xff\xff\xff."), Errc::Corrupt, 0},
        {"negative BINSTRING", raw("T\xff\xff\xff\xff."), Errc::Corrupt, 0},
        {"not UTF-8", raw("X\x02\0\0\0\xc3("), Errc::Corrupt, 0},
        {"overlong UTF-8", raw("\x8c\x02\xc0\x80."), Errc::Corrupt, 0},
        {"broken \\u", raw("V\\u12\n."), Errc::Corrupt, 0},
        {"broken \\x", raw("S'\\x1'\n."), Errc::Corrupt, 0},
        {"unquoted STRING", raw("Sabc\n."), Errc::Corrupt, 0},
        {"INT garbage", raw("Iabc\n."), Errc::Corrupt, 0},
        {"INT empty", raw("I\n."), Errc::Corrupt, 0},
        {"LONG garbage", raw("L12xL\n."), Errc::Corrupt, 0},
        {"LONG of too many digits", "L" + QByteArray(5000, '9') + "L\n.", Errc::OverLimit, 0},
        {"FLOAT garbage", raw("F1.5x\n."), Errc::Corrupt, 0},
        {"line without end", raw("I12"), Errc::Truncated, 0},
        {"TUPLE1 underflow", raw("\x85."), Errc::Corrupt, 0},
        {"TUPLE2 underflow", raw("N\x86."), Errc::Corrupt, 1},
        {"TUPLE3 across a mark", raw("NN(N\x87."), Errc::Corrupt, 4},
        {"TUPLE without mark", raw("Nt."), Errc::Corrupt, 1},
        {"POP underflow", raw("0."), Errc::Corrupt, 0},
        {"DUP of a mark", raw("N(2."), Errc::Corrupt, 2},
        {"PUT on an empty stack", raw("q\0."), Errc::Corrupt, 0},
        {"PUT garbage", raw("Npabc\n."), Errc::Corrupt, 1},
        {"PUT negative", raw("Np-1\n."), Errc::Corrupt, 1},
        {"GET of nothing", raw("h\0."), Errc::Corrupt, 0},
        {"odd DICT", raw("(Nd."), Errc::Corrupt, 2},
        {"odd SETITEMS", raw("}(NNNu."), Errc::Corrupt, 5},
        {"SETITEMS without target", raw("(NNu."), Errc::Corrupt, 3},
        {"SETITEM on a list", raw("]NNs."), Errc::Corrupt, 3},
        {"list as a key", raw("}]Ns."), Errc::Corrupt, 3},
        {"list in a set", raw("\x8f(]\x90."), Errc::Corrupt, 3},
        {"APPEND to a tuple", raw(")Na."), Errc::Corrupt, 2},
        {"APPEND to a set", raw("\x8fNa."), Errc::Corrupt, 2},
        {"ADDITEMS to a list", raw("](N\x90."), Errc::Corrupt, 3},
        {"BUILD on None", raw("N}b."), Errc::Corrupt, 2},
        {"BUILD on a class", raw("cm\nC\n}b."), Errc::Unsupported, 6},
        {"REDUCE of an int", raw("K\x01)R."), Errc::Corrupt, 3},
        {"REDUCE without a tuple", raw("cm\nf\n]R."), Errc::Corrupt, 6},
        {"NEWOBJ_EX without a dict", raw("cm\nC\n)N\x92."), Errc::Corrupt, 7},
        {"OBJ without a class", raw("(o."), Errc::Corrupt, 1},
        {"GLOBAL without names", raw("c\n\n."), Errc::Corrupt, 0},
        {"STACK_GLOBAL of an int",
         raw("\x8c\x01"
             "aK\x01\x93."),
         Errc::Corrupt, 5},
        {"STACK_GLOBAL of a call",
         raw("\x8c\x01"
             "acm\nf\n)R\x93."),
         Errc::Unsupported, 10},
        {"EXT1", raw("\x82\x05."), Errc::Unsupported, 0},
        {"EXT2", raw("\x83\x05\0."), Errc::Unsupported, 0},
        {"EXT4", raw("\x84\x05\0\0\0."), Errc::Unsupported, 0},
        {"EXT1 zero", raw("\x82\x00."), Errc::Corrupt, 0},
        {"NEXT_BUFFER", raw("\x97."), Errc::Unsupported, 0},
        {"READONLY_BUFFER", raw("N\x98."), Errc::Unsupported, 1},
        {"FRAME beyond the end", raw("\x95\x09\0\0\0\0\0\0\0N."), Errc::Truncated, 0},
        {"FRAME of 2^64-1", raw("\x95\xff\xff\xff\xff\xff\xff\xff\xffN."), Errc::Truncated, 0},
        {"opcode across a frame's end", raw("\x95\x01\0\0\0\0\0\0\0K\x01."), Errc::Corrupt, 9},
        {"frame in a frame", raw("\x95\x0a\0\0\0\0\0\0\0\x95\x01\0\0\0\0\0\0\0N."), Errc::Corrupt, 9},
    };
    return rows;
}

}  // namespace pickle_rows
