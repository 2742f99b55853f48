// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace plimsoll {

// What follows an opcode's byte. U, I: little-endian number; Counted: payload after its length.
enum class ArgForm : std::uint8_t {
    Unknown,  // no opcode has this byte
    None,
    U8,
    U16,
    I32,
    U32,
    U64,
    F64Big,  // big-endian double
    Line,    // text up to '\n'
    TwoLines,
    Counted8,
    Counted32,
    CountedSigned32,  // the length is signed, negative ones are Corrupt
    Counted64,
};

// What an opcode does to a stack of which only string literals matter.
enum class StackEffect : std::uint8_t {
    Nothing,
    Push,
    PushText,         // a literal that Python loads as str
    Mark,             // MARK
    Pop,              // POP: a value or a mark
    Duplicate,        // DUP
    Replace1,         // takes 1, pushes 1
    Replace2,         // takes 2, pushes 1
    Replace3,         // takes 3, pushes 1
    Take1,            // takes 1
    Take2,            // takes 2
    ReplaceFromMark,  // takes everything above the last mark and the mark, pushes 1
    TakeFromMark,
    Put,          // memo[argument] = top
    Get,          // pushes memo[argument]
    Memoize,      // memo[number of entries] = top
    GlobalOnTop,  // STACK_GLOBAL
    End,          // STOP
};

struct OpcodeInfo {
    std::string_view name;
    ArgForm form = ArgForm::Unknown;
    StackEffect effect = StackEffect::Nothing;
    std::uint8_t protocol = 0;  // that introduced it
};

enum class Opcode : std::uint8_t {
    Mark = '(',
    Stop = '.',
    Pop = '0',
    PopMark = '1',
    Dup = '2',
    Float = 'F',
    Int = 'I',
    BinInt = 'J',
    BinInt1 = 'K',
    Long = 'L',
    BinInt2 = 'M',
    None = 'N',
    PersId = 'P',
    BinPersId = 'Q',
    Reduce = 'R',
    String = 'S',
    BinString = 'T',
    ShortBinString = 'U',
    Unicode = 'V',
    BinUnicode = 'X',
    Append = 'a',
    Build = 'b',
    Global = 'c',
    Dict = 'd',
    EmptyDict = '}',
    Appends = 'e',
    Get = 'g',
    BinGet = 'h',
    Inst = 'i',
    LongBinGet = 'j',
    List = 'l',
    EmptyList = ']',
    Obj = 'o',
    Put = 'p',
    BinPut = 'q',
    LongBinPut = 'r',
    SetItem = 's',
    Tuple = 't',
    EmptyTuple = ')',
    SetItems = 'u',
    BinFloat = 'G',
    Proto = 0x80,
    NewObj = 0x81,
    Ext1 = 0x82,
    Ext2 = 0x83,
    Ext4 = 0x84,
    Tuple1 = 0x85,
    Tuple2 = 0x86,
    Tuple3 = 0x87,
    NewTrue = 0x88,
    NewFalse = 0x89,
    Long1 = 0x8a,
    Long4 = 0x8b,
    BinBytes = 'B',
    ShortBinBytes = 'C',
    ShortBinUnicode = 0x8c,
    BinUnicode8 = 0x8d,
    BinBytes8 = 0x8e,
    EmptySet = 0x8f,
    AddItems = 0x90,
    FrozenSet = 0x91,
    NewObjEx = 0x92,
    StackGlobal = 0x93,
    Memoize = 0x94,
    Frame = 0x95,
    ByteArray8 = 0x96,
    NextBuffer = 0x97,
    ReadonlyBuffer = 0x98,
};

namespace detail {

struct OpcodeRow {
    Opcode code;
    OpcodeInfo info;
};

inline constexpr OpcodeRow kOpcodeRows[] = {
    {Opcode::Mark, {"MARK", ArgForm::None, StackEffect::Mark, 0}},
    {Opcode::Stop, {"STOP", ArgForm::None, StackEffect::End, 0}},
    {Opcode::Pop, {"POP", ArgForm::None, StackEffect::Pop, 0}},
    {Opcode::PopMark, {"POP_MARK", ArgForm::None, StackEffect::TakeFromMark, 1}},
    {Opcode::Dup, {"DUP", ArgForm::None, StackEffect::Duplicate, 0}},
    {Opcode::Float, {"FLOAT", ArgForm::Line, StackEffect::Push, 0}},
    {Opcode::Int, {"INT", ArgForm::Line, StackEffect::Push, 0}},
    {Opcode::BinInt, {"BININT", ArgForm::I32, StackEffect::Push, 1}},
    {Opcode::BinInt1, {"BININT1", ArgForm::U8, StackEffect::Push, 1}},
    {Opcode::Long, {"LONG", ArgForm::Line, StackEffect::Push, 0}},
    {Opcode::BinInt2, {"BININT2", ArgForm::U16, StackEffect::Push, 1}},
    {Opcode::None, {"NONE", ArgForm::None, StackEffect::Push, 0}},
    {Opcode::PersId, {"PERSID", ArgForm::Line, StackEffect::Push, 0}},
    {Opcode::BinPersId, {"BINPERSID", ArgForm::None, StackEffect::Replace1, 1}},
    {Opcode::Reduce, {"REDUCE", ArgForm::None, StackEffect::Replace2, 0}},
    {Opcode::String, {"STRING", ArgForm::Line, StackEffect::PushText, 0}},
    {Opcode::BinString, {"BINSTRING", ArgForm::CountedSigned32, StackEffect::PushText, 1}},
    {Opcode::ShortBinString, {"SHORT_BINSTRING", ArgForm::Counted8, StackEffect::PushText, 1}},
    {Opcode::Unicode, {"UNICODE", ArgForm::Line, StackEffect::PushText, 0}},
    {Opcode::BinUnicode, {"BINUNICODE", ArgForm::Counted32, StackEffect::PushText, 1}},
    {Opcode::Append, {"APPEND", ArgForm::None, StackEffect::Take1, 0}},
    {Opcode::Build, {"BUILD", ArgForm::None, StackEffect::Take1, 0}},
    {Opcode::Global, {"GLOBAL", ArgForm::TwoLines, StackEffect::Push, 0}},
    {Opcode::Dict, {"DICT", ArgForm::None, StackEffect::ReplaceFromMark, 0}},
    {Opcode::EmptyDict, {"EMPTY_DICT", ArgForm::None, StackEffect::Push, 1}},
    {Opcode::Appends, {"APPENDS", ArgForm::None, StackEffect::TakeFromMark, 1}},
    {Opcode::Get, {"GET", ArgForm::Line, StackEffect::Get, 0}},
    {Opcode::BinGet, {"BINGET", ArgForm::U8, StackEffect::Get, 1}},
    {Opcode::Inst, {"INST", ArgForm::TwoLines, StackEffect::ReplaceFromMark, 0}},
    {Opcode::LongBinGet, {"LONG_BINGET", ArgForm::U32, StackEffect::Get, 1}},
    {Opcode::List, {"LIST", ArgForm::None, StackEffect::ReplaceFromMark, 0}},
    {Opcode::EmptyList, {"EMPTY_LIST", ArgForm::None, StackEffect::Push, 1}},
    {Opcode::Obj, {"OBJ", ArgForm::None, StackEffect::ReplaceFromMark, 1}},
    {Opcode::Put, {"PUT", ArgForm::Line, StackEffect::Put, 0}},
    {Opcode::BinPut, {"BINPUT", ArgForm::U8, StackEffect::Put, 1}},
    {Opcode::LongBinPut, {"LONG_BINPUT", ArgForm::U32, StackEffect::Put, 1}},
    {Opcode::SetItem, {"SETITEM", ArgForm::None, StackEffect::Take2, 0}},
    {Opcode::Tuple, {"TUPLE", ArgForm::None, StackEffect::ReplaceFromMark, 0}},
    {Opcode::EmptyTuple, {"EMPTY_TUPLE", ArgForm::None, StackEffect::Push, 1}},
    {Opcode::SetItems, {"SETITEMS", ArgForm::None, StackEffect::TakeFromMark, 1}},
    {Opcode::BinFloat, {"BINFLOAT", ArgForm::F64Big, StackEffect::Push, 1}},
    {Opcode::Proto, {"PROTO", ArgForm::U8, StackEffect::Nothing, 2}},
    {Opcode::NewObj, {"NEWOBJ", ArgForm::None, StackEffect::Replace2, 2}},
    {Opcode::Ext1, {"EXT1", ArgForm::U8, StackEffect::Push, 2}},
    {Opcode::Ext2, {"EXT2", ArgForm::U16, StackEffect::Push, 2}},
    {Opcode::Ext4, {"EXT4", ArgForm::I32, StackEffect::Push, 2}},
    {Opcode::Tuple1, {"TUPLE1", ArgForm::None, StackEffect::Replace1, 2}},
    {Opcode::Tuple2, {"TUPLE2", ArgForm::None, StackEffect::Replace2, 2}},
    {Opcode::Tuple3, {"TUPLE3", ArgForm::None, StackEffect::Replace3, 2}},
    {Opcode::NewTrue, {"NEWTRUE", ArgForm::None, StackEffect::Push, 2}},
    {Opcode::NewFalse, {"NEWFALSE", ArgForm::None, StackEffect::Push, 2}},
    {Opcode::Long1, {"LONG1", ArgForm::Counted8, StackEffect::Push, 2}},
    {Opcode::Long4, {"LONG4", ArgForm::CountedSigned32, StackEffect::Push, 2}},
    {Opcode::BinBytes, {"BINBYTES", ArgForm::Counted32, StackEffect::Push, 3}},
    {Opcode::ShortBinBytes, {"SHORT_BINBYTES", ArgForm::Counted8, StackEffect::Push, 3}},
    {Opcode::ShortBinUnicode, {"SHORT_BINUNICODE", ArgForm::Counted8, StackEffect::PushText, 4}},
    {Opcode::BinUnicode8, {"BINUNICODE8", ArgForm::Counted64, StackEffect::PushText, 4}},
    {Opcode::BinBytes8, {"BINBYTES8", ArgForm::Counted64, StackEffect::Push, 4}},
    {Opcode::EmptySet, {"EMPTY_SET", ArgForm::None, StackEffect::Push, 4}},
    {Opcode::AddItems, {"ADDITEMS", ArgForm::None, StackEffect::TakeFromMark, 4}},
    {Opcode::FrozenSet, {"FROZENSET", ArgForm::None, StackEffect::ReplaceFromMark, 4}},
    {Opcode::NewObjEx, {"NEWOBJ_EX", ArgForm::None, StackEffect::Replace3, 4}},
    {Opcode::StackGlobal, {"STACK_GLOBAL", ArgForm::None, StackEffect::GlobalOnTop, 4}},
    {Opcode::Memoize, {"MEMOIZE", ArgForm::None, StackEffect::Memoize, 4}},
    {Opcode::Frame, {"FRAME", ArgForm::U64, StackEffect::Nothing, 4}},
    {Opcode::ByteArray8, {"BYTEARRAY8", ArgForm::Counted64, StackEffect::Push, 5}},
    {Opcode::NextBuffer, {"NEXT_BUFFER", ArgForm::None, StackEffect::Push, 5}},
    {Opcode::ReadonlyBuffer, {"READONLY_BUFFER", ArgForm::None, StackEffect::Nothing, 5}},
};

consteval std::array<OpcodeInfo, 256> makeOpcodeTable() {
    std::array<OpcodeInfo, 256> table{};
    for (const auto& row : kOpcodeRows) table[static_cast<std::size_t>(row.code)] = row.info;
    return table;
}

}  // namespace detail

// Every opcode of protocols 0 to 5, by its byte.
inline constexpr std::array<OpcodeInfo, 256> kOpcodes = detail::makeOpcodeTable();

inline constexpr std::uint8_t kHighestProtocol = 5;

}  // namespace plimsoll
