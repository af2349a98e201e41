#!/usr/bin/env python3
"""Writes src/base/text_tables.cpp from the Unicode Character Database.

    python3 tools/unicode_tables.py           write the tables
    python3 tools/unicode_tables.py --check   only say whether they are up to date

The database is the one in /usr/share/unicode (Debian: unicode-data), or in the directory that
UNICODE_DATA names. The output depends on its contents alone.
"""

import os
import re
import sys
from pathlib import Path

PRODUCT = Path(__file__).resolve().parent.parent / "src" / "base" / "text_tables.cpp"
DATA = Path(os.environ.get("UNICODE_DATA", "/usr/share/unicode"))

LAST = 0x10FFFF
HANGUL = range(0xAC00, 0xD7A4)          # composed by arithmetic
YPOGEGRAMMENI = 0x345                   # folded at run time, after its place is found
BLANK_SYMBOLS = {0x2800}                # Braille without dots: assigned, a symbol, and invisible
REFUSED, OTHER, LETTER, MARK = range(4)
INDEX_STEP = 16                         # runs of kinds for each entry of their index
POOL_RUN_MAX = 16                       # entries that a search in the pool walks over
COUNT_MAX = 512                         # code points in a run, from the bits for it
ORDER_COUNT_MAX = 8


def database(name):
    """Fields and code points of each line of a file, comments left out."""
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        line = line.partition("#")[0]
        if line.strip():
            fields = [field.strip() for field in line.split(";")]
            first, _, last = fields[0].partition("..")
            yield range(int(first, 16), int(last or first, 16) + 1), fields


def version():
    first = (DATA / "DerivedAge.txt").read_text(encoding="utf-8").splitlines()[0]
    return [int(n) for n in re.search(r"-(\d+)\.(\d+)\.(\d+)\.txt", first).groups()]


class Characters:
    """What the tables need of the database."""

    def __init__(self):
        self.category, self.order = {}, {}
        self.canonical, self.width, self.case = {}, {}, {}
        first = None
        for (point, *_), fields in database("UnicodeData.txt"):
            if fields[1].endswith("First>"):
                first = point
                continue
            for each in range(point if first is None else first, point + 1):
                self.category[each] = fields[2]
            first = None
            self.read_mappings(point, fields)
        self.ignorable = {point for points, fields in database("DerivedCoreProperties.txt")
                          if fields[1] == "Default_Ignorable_Code_Point" for point in points}
        for (point, *_), fields in database("CaseFolding.txt"):
            if fields[1] in "CF" and point != YPOGEGRAMMENI:
                self.case[point] = [int(n, 16) for n in fields[2].split()]

    def read_mappings(self, point, fields):
        if fields[3] != "0":
            self.order[point] = int(fields[3])
        how, _, to = fields[5].rpartition("> ")
        if to and (not how or how in ("<wide", "<narrow")):
            (self.width if how else self.canonical)[point] = [int(n, 16) for n in to.split()]

    def kind(self, point):
        category = self.category.get(point, "Cn")
        if (category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") or point in self.ignorable
                or point in BLANK_SYMBOLS or category == "Zs" and point != 0x20):
            return REFUSED
        return MARK if category[0] == "M" else LETTER if category[0] in "LN" else OTHER

    def folded(self, point):
        """Decomposed, case and width folded, again and again until nothing changes."""
        before, after = None, [point]
        while before != after:
            before, after = after, []
            for each in before:
                for mapping in (self.canonical, self.case, self.width):
                    if each in mapping:
                        after += mapping[each]
                        break
                else:
                    after.append(each)
        assert not set(after) & set(HANGUL)
        assert size(after) <= 3 * size([point])          # what text.hpp promises
        return after


def utf8(points):
    return "".join(map(chr, points)).encode()


def size(points):
    return sum(1 if p < 0x80 else 2 if p < 0x800 else 3 if p < 0x10000 else 4 for p in points)


def kind_tables(characters):
    """Where the kind changes: the distance to the next change and the kind until there."""
    kinds = [characters.kind(point) for point in range(LAST + 1)]
    starts = [0] + [p for p in range(1, LAST + 1) if kinds[p] != kinds[p - 1]]
    data, index, offsets = [], [], []
    for at, (start, end) in enumerate(zip(starts, starts[1:] + [LAST + 1])):
        if at % INDEX_STEP == 0:
            index.append(start)
            offsets.append(len(data))
        value = (end - start) << 2 | kinds[start]
        while value >= 0x80:
            data.append(value & 0x7F | 0x80)
            value >>= 7
        data.append(value)
    return data, index, offsets


def order_table(characters):
    """First, count and combining class of the code points that have one."""
    runs = []
    for point, order in sorted(characters.order.items()):
        if runs and (sum(runs[-1][:2]), order) == (point, runs[-1][2]) \
                and runs[-1][1] < ORDER_COUNT_MAX:
            runs[-1][1] += 1
        else:
            runs.append([point, 1, order])
    return [first << 11 | (count - 1) << 8 | order for first, count, order in runs]


def shift(points, mapped):
    """The distance to a single code point of the same plane, or None."""
    same = len(mapped) == 1 and mapped[0] >> 16 == points >> 16
    return (mapped[0] - points) & 0xFFFF if same else None


def shift_runs(mapped):
    """Runs of code points, all or every second one, that move by the same distance."""
    left, runs = dict(mapped), []
    for point in sorted(mapped):
        if point not in left or shift(point, left[point]) is None:
            continue
        by = shift(point, left[point])
        count = {}
        for stride in (1, 2):
            n = 1
            while (point + n * stride in left and n < COUNT_MAX
                   and shift(point + n * stride, left[point + n * stride]) == by):
                n += 1
            count[stride] = n
        stride = 1 if count[1] >= count[2] else 2
        inside = set(range(point, point + count[stride] * stride - stride + 1))
        if count[stride] < 3 or (stride == 2 and inside & set(left)
                                 - set(range(point, LAST, 2))):
            continue
        runs.append((point, stride, count[stride], by))
        for n in range(count[stride]):
            del left[point + n * stride]
    return runs, left


def pool_runs(left, taken):
    """Runs of close code points whose mappings stand one after another in the pool."""
    runs, pool = [], []
    for point in sorted(left):
        entry = [len(utf8(left[point])), *utf8(left[point])]
        if runs:
            first, count, _ = runs[-1]
            gap = range(first + count, point)
            if point - first < POOL_RUN_MAX and len(gap) < 4 \
                    and not taken & set(range(first, point + 1)):
                pool += [0] * len(gap) + entry
                runs[-1][1] = point - first + 1
                continue
        runs.append([point, 1, len(pool)])
        pool += entry
    return runs, pool


def fold_tables(characters):
    mapped = {p: characters.folded(p) for p in sorted(
        {*characters.canonical, *characters.width, *characters.case}) if p >= 0x80}
    mapped = {p: to for p, to in mapped.items() if to != [p]}
    shifts, left = shift_runs(mapped)
    taken = {p for first, stride, count, _ in shifts
             for p in range(first, first + stride * (count - 1) + 1)}
    pooled, pool = pool_runs(left, taken)
    runs = sorted([(first, 1 << 10 | (stride - 1) << 9 | count - 1, by)
                   for first, stride, count, by in shifts]
                  + [(first, count - 1, at) for first, count, at in pooled])
    return [first << 11 | head for first, head, _ in runs], [data for _, _, data in runs], pool


def array(kind, name, values, form, comment):
    lines, line = [], "   "
    for value in values:
        word = f" {value:{form}},"
        if len(line) + len(word) > 100:
            lines.append(line)
            line = "   "
        line += word
    lines.append(line)
    return (f"\n// {comment}\nstatic constexpr {kind} {name}[{len(values)}] = {{\n"
            + "\n".join(lines) + "\n};\n")


def product():
    characters = Characters()
    kinds, kind_index, kind_offsets = kind_tables(characters)
    heads, data, pool = fold_tables(characters)
    numbers = version()
    assert max(kind_offsets + data + [len(pool)]) <= 0xFFFF
    return f"""\
#pragma once

// Tables of Unicode {'.'.join(map(str, numbers))}, written by tools/unicode_tables.py: do not edit.

#include "platform.hpp"

namespace chatroom::detail {{

static constexpr u32 unicode_kind_step = {INDEX_STEP};
""" + array("u8", "unicode_kind_runs", kinds, "d",
            "Runs of one char_kind: length << 2 | kind, seven bits a byte, low ones first.") \
        + array("u32", "unicode_kind_index", kind_index, "#x",
                "Where every sixteenth of these runs begins.") \
        + array("u16", "unicode_kind_offsets", kind_offsets, "d",
                "And its place among the bytes.") \
        + array("u32", "unicode_orders", order_table(characters), "#x",
                "Canonical combining classes: first << 11 | (count - 1) << 8 | class.") \
        + array("u32", "unicode_fold_heads", heads, "#x",
                "Folding: first << 11 | shifted << 10 | every second << 9 | count - 1.") \
        + array("u16", "unicode_fold_data", data, "#x",
                "The distance within the plane where shifted, else the place in the pool.") \
        + array("u8", "unicode_fold_pool", pool, "d",
                "Mappings: their bytes, then that many of UTF-8; none for what stays.") \
        + "\n}  // namespace chatroom::detail\n"


def main(arguments):
    if arguments not in ([], ["--check"]):
        sys.exit(__doc__)
    try:
        text = product()
    except OSError as why:
        sys.exit(f"unicode_tables: {why}: install unicode-data")
    if PRODUCT.is_file() and PRODUCT.read_text(encoding="utf-8") == text:
        return
    if arguments:
        sys.exit("src/base/text_tables.cpp is stale: run `python3 tools/unicode_tables.py`")
    PRODUCT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
