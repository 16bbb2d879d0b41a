"""The collector's queue files: a damaged one is set aside before the collector opens it, and counted.

The collector keeps what waits for a store in bbolt files, one for each exporter and signal. It ends at a damaged one:
its own `recreate` answers to damages that bbolt finds by a panic as it opens the file, and others end it at every
start. So each file is walked as bbolt walks it: pages that refer to each other in order, within the file. One that is
open is left alone; nothing is ever deleted.

`pipecat-lgtm up` looks before it starts the collector. In containers `python queues.py` looks again and again, since
Docker by itself starts a collector that has ended; it needs Python's standard library and nothing else. `--look` looks
once, `--list` prints what was set aside, `--check` only reads the settings.json beside it.
"""

import fcntl
import itertools
import json
import mmap
import os
import re
import signal
import ssl
import stat
import struct
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ASIDE = "damaged"
"""Folder beside that of the queues, for the files that were set aside."""

_NEW = ".new"
"""Ends the name of a file that was set aside and is not counted yet."""

_PREFIX = "exporter_"
_BACKUP = re.compile(r"(.+)\.[0-9]{4}-[0-9-]+T[0-9:.]+\.backup")
"""What the collector's `recreate` has set aside, and the queue's name in it."""

_SECONDS = 5.0
_LONGEST_GAP = 1_000_000
"""Items that a queue may count and not have: it looks for each of them, and takes nothing meanwhile."""

_MAGIC, _VERSION, _HEADS = 0xED0CDAED, 2, 2
_BRANCH, _LEAF = 0x01, 0x02
_ITEM_KIND, _BUCKET_KIND = 0x00, 0x01
_LEAST_PAGE, _MOST_PAGE = 512, 65536
_DEEPEST = 32
_HEADER = struct.Struct("<QHHI")  # id, flags, count, overflow
_HEAD = struct.Struct("<IIIIQQQQQQ")  # magic, version, page size, flags, root, sequence, freelist, pages, txid, sum
_BRANCH_ELEMENT = struct.Struct("<IIQ")  # position, key size, page
_LEAF_ELEMENT = struct.Struct("<IIII")  # flags, position, key size, value size
_BUCKET = struct.Struct("<QQ")  # root page, sequence
_KEY = re.compile(rb"[0-9]{1,20}|[a-z]{2}[a-z0-9]{0,6}")
"""Of a queue: an item's number, or what it says of itself, which old versions keep in several pieces."""
_METADATA = b"qmv0"
_READ, _WRITE = 0x19, 0x21
_TAGS = (0x09, 0x11, _READ, _WRITE)
"""Of what a queue says of itself: Protobuf fields 1 to 4, of 8 bytes each, in this order."""


class DamagedError(Exception):
    """A file that bbolt would stop at, or a queue that would never end."""


def fault_of(file: Path) -> str:
    """Return why the collector could not work with a queue file; nothing if it can.

    Raises:
        OSError: the file cannot be read.
    """
    with file.open("rb") as opened:
        if not (size := os.fstat(opened.fileno()).st_size):
            return ""  # bbolt makes a new one of it
        try:
            _Walk(memoryview(mmap.mmap(opened.fileno(), size, access=mmap.ACCESS_READ))).check()
        except DamagedError as error:
            return str(error)
    return ""


@dataclass(frozen=True)
class _Within:
    """Where a page is, and what its keys may be.

    Args:
        queue: within the queue; else beside it.
        depth: pages above it.
        least: no key is smaller; None for no limit.
        beyond: every key is smaller; None for no limit.
    """

    queue: bool = False
    depth: int = 0
    least: bytes | None = None
    beyond: bytes | None = None

    def require_order(self, keys: list[bytes]) -> None:
        """Raise DamagedError unless keys are in order and within the limits."""
        is_sorted = all(one < other for one, other in itertools.pairwise(keys))
        is_low = bool(keys) and self.least is not None and keys[0] < self.least
        is_high = bool(keys) and self.beyond is not None and keys[-1] >= self.beyond
        if not is_sorted or is_low or is_high:
            raise DamagedError("has keys that are out of order")


class _Walk:
    """One look at a whole file, as bbolt takes it where it opens the file."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._page_size = 0
        self._pages = 0
        self._seen: set[int] = set()
        self._items = 0
        self._metadata: bytes | None = None

    def check(self) -> None:
        """Raise DamagedError unless bbolt and the queue in the file can be worked with."""
        self._tree(self._root(), _Within())
        self._queue()

    def _root(self) -> int:
        """Return the root of the newest state that was written whole."""
        metas = [one for offset in self._beginnings() if (one := self._meta(offset))]
        if not metas:
            raise DamagedError("neither of its two heads is whole")
        self._page_size = metas[0][0]
        if not _LEAST_PAGE <= self._page_size <= _MOST_PAGE:
            raise DamagedError(f"has pages of {self._page_size} bytes")
        both = [one for offset in (0, self._page_size) if (one := self._meta(offset))]
        _, root, self._pages, _ = max(both or metas, key=lambda one: one[3])
        if len(self._data) < max(_HEADS, self._pages) * self._page_size:
            raise DamagedError(f"is cut off: {len(self._data)} bytes of {self._pages * self._page_size}")
        return root

    def _beginnings(self) -> Iterator[int]:
        """Yield where a head can be: at the begin, and a page later, whatever a page's size is."""
        yield 0
        yield from (1024 << power for power in range(7))

    def _meta(self, offset: int) -> tuple[int, int, int, int] | None:
        """Return page size, root, number of pages and transaction of a head; None if it is not whole."""
        begin = offset + _HEADER.size
        raw = bytes(self._data[begin : begin + _HEAD.size])
        if len(raw) < _HEAD.size:
            return None
        magic, version, page_size, _, root, _, _, pages, transaction, checksum = _HEAD.unpack(raw)
        if (magic, version) != (_MAGIC, _VERSION) or checksum != _fnv(raw[:-8]):
            return None
        return page_size, root, pages, transaction

    def _page(self, number: int) -> tuple[memoryview, int, int]:
        """Return a page with what overflows from it, its kind and its number of elements; each is looked at once."""
        if not _HEADS <= number < self._pages:
            raise DamagedError(f"refers to page {number} of {self._pages}")
        begin = number * self._page_size
        itself, kind, count, overflow = _HEADER.unpack_from(self._data, begin)
        if itself != number or kind not in {_BRANCH, _LEAF} or number + overflow >= self._pages:
            raise DamagedError(f"page {number} is none")
        pages = range(number, number + overflow + 1)
        if not self._seen.isdisjoint(pages):
            raise DamagedError(f"page {number} belongs to two others")
        self._seen.update(pages)
        return self._data[begin : begin + len(pages) * self._page_size], kind, count

    def _tree(self, number: int, within: "_Within") -> None:
        """Look at a page and what is below it."""
        if within.depth > _DEEPEST:
            raise DamagedError("pages refer to each other without an end")
        page, kind, count = self._page(number)
        if kind == _LEAF:
            self._leaf(page, count, within)
            return
        if not count:
            raise DamagedError(f"page {number} leads nowhere")
        children = list(self._branches(page, count))
        within.require_order([key for key, _ in children])
        ends = [key for key, _ in children[1:]] + [within.beyond]
        for (key, child), end in zip(children, ends, strict=True):
            self._tree(child, _Within(within.queue, within.depth + 1, key, end))

    def _branches(self, page: memoryview, count: int) -> Iterator[tuple[bytes, int]]:
        data = self._data_of(page, count, _BRANCH_ELEMENT.size)
        for place in range(_HEADER.size, data, _BRANCH_ELEMENT.size):
            position, size, child = _BRANCH_ELEMENT.unpack_from(page, place)
            data = self._next(page, data, place + position, size)
            yield bytes(page[data - size : data]), child

    def _leaf(self, page: memoryview, count: int, within: "_Within") -> None:
        keys = []
        data = self._data_of(page, count, _LEAF_ELEMENT.size)
        for place in range(_HEADER.size, data, _LEAF_ELEMENT.size):
            kind, position, key_size, value_size = _LEAF_ELEMENT.unpack_from(page, place)
            data = self._next(page, data, place + position, key_size + value_size)
            value = page[data - value_size : data]
            keys.append(bytes(page[data - value_size - key_size : data - value_size]))
            if kind != (_ITEM_KIND if within.queue else _BUCKET_KIND):
                raise DamagedError("has an entry that is neither a queue nor of one")
            if within.queue:
                self._note(keys[-1], value)
            else:
                self._bucket(value, within.depth)
        within.require_order(keys)

    def _bucket(self, value: memoryview, depth: int) -> None:
        """Look at the queue: with pages of its own, or whole within its parent's."""
        if len(value) < _BUCKET.size:
            raise DamagedError("holds a queue without a head")
        root, _ = _BUCKET.unpack_from(value)
        within = _Within(queue=True, depth=depth + 1)
        if root:
            self._tree(root, within)
            return
        page = value[_BUCKET.size :]
        if len(page) < _HEADER.size:
            raise DamagedError("holds a queue without a page")
        itself, kind, count, overflow = _HEADER.unpack_from(page)
        if itself or overflow or kind != _LEAF:
            raise DamagedError("holds a queue whose page is none")
        self._leaf(page, count, within)

    @staticmethod
    def _data_of(page: memoryview, count: int, size: int) -> int:
        """Return where the keys of a page begin: behind the list of its elements."""
        end = _HEADER.size + count * size
        if end > len(page):
            raise DamagedError("has a page with more elements than it has room for")
        return end

    @staticmethod
    def _next(page: memoryview, expected: int, begin: int, size: int) -> int:
        """Return where the data of an element ends: one follows the other."""
        if begin != expected or begin + size > len(page):
            raise DamagedError("has an element that is not where its page says")
        return begin + size

    def _note(self, key: bytes, value: memoryview) -> None:
        if not _KEY.fullmatch(key):
            raise DamagedError("has a key that no queue writes")
        if key == _METADATA:
            self._metadata = bytes(value)
        elif key.isdigit():
            self._items += 1

    def _queue(self) -> None:
        """Compare what the queue says of itself with what is there; what cannot be read of it, it makes anew."""
        read, write = _indices(self._metadata or b"")
        if not 0 <= write - read <= self._items + _LONGEST_GAP:
            raise DamagedError(f"says that it holds {write - read} items, and has {self._items}")


def _fnv(data: bytes) -> int:
    """Return FNV-1a of 64 bits."""
    found = 0xCBF29CE484222325
    for byte in data:
        found = (found ^ byte) * 0x100000001B3 % 2**64
    return found


def _indices(message: bytes) -> tuple[int, int]:
    """Return the numbers of the next item that is read and of the next that is written; 0 where they are not there."""
    found, place = {_READ: 0, _WRITE: 0}, 0
    while place + 9 <= len(message) and message[place] in _TAGS:
        found[message[place]] = int.from_bytes(message[place + 1 : place + 9], "little")
        place += 9
    return found[_READ], found[_WRITE]


@dataclass(frozen=True)
class Damaged:
    """A file that was set aside.

    Args:
        queue: exporter and signal.
        file: where it is now.
        fault: what is wrong with it; empty where another look than this one has found it.
    """

    queue: str
    file: Path
    fault: str = ""


def look(folder: Path) -> list[Damaged]:
    """Set aside every damaged queue file that is not open; return those that were.

    Args:
        folder: of the queues; it need not be there.

    Raises:
        OSError: a file cannot be moved.
    """
    found = []
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if backup := _BACKUP.fullmatch(file.name):
            found.append(_aside(file, backup[1], "the collector could not open it"))
        elif file.name.startswith(_PREFIX) and (fault := _closed_fault(file)):
            found.append(_aside(file, file.name, fault))
    return found


def aside(folder: Path) -> list[Damaged]:
    """Return all files that were set aside and are still there."""
    kept = folder.parent / ASIDE
    return [_named(file) for file in sorted(kept.iterdir())] if kept.is_dir() else []


def _closed_fault(file: Path) -> str:
    """Return what is wrong with a file; nothing where the collector has it open."""
    if not file.exists():  # a link, or gone since: the collector puts another one in the place of what it compacts
        return "leads nowhere" if file.is_symlink() else ""
    if not stat.S_ISREG(file.stat().st_mode):
        return "is no file"
    try:
        opened = file.open("r+b")
    except PermissionError:
        return "may not be read and written by this user"
    with opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # it is open, or nobody can tell here
            return ""
        return fault_of(file)


def _aside(file: Path, name: str, fault: str) -> Damaged:
    kept = file.parent.parent / ASIDE
    kept.mkdir(mode=0o700, exist_ok=True)
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    names = (f"{name}.{moment}{again}{_NEW}" for again in ("", *(f"-{number}" for number in range(1, 1000))))
    to = next(kept / one for one in names if not (kept / one).exists() and not (kept / one.removesuffix(_NEW)).exists())
    file.rename(to)
    return Damaged(_queue(name), to, fault)


def _named(file: Path) -> Damaged:
    return Damaged(_queue(file.name.removesuffix(_NEW).rpartition(".")[0]), file)


def _queue(name: str) -> str:
    return name.removeprefix(_PREFIX)


@dataclass(frozen=True)
class Settings:
    """What the generator renders.

    Args:
        folder: of the queues.
        collector: address of the collector's OTLP/HTTP logs.
        token_file: holds the bearer tokens the collector takes, one a line.
        certificate_file: holds the collector's certificate.
        service: the records' service name.
        names: of attributes, the event and the scope, from the contract.
    """

    folder: str
    collector: str
    token_file: str | None
    certificate_file: str | None
    service: str
    names: dict[str, str]


def tell(settings: Settings) -> int:
    """Hand the collector an event for each file that was set aside since the last time; return how many.

    Raises:
        OSError: the collector does not take them; they are told the next time.
        ValueError: the files of token or certificate hold none.
    """
    new = [one for one in aside(Path(settings.folder)) if one.file.name.endswith(_NEW)]
    if new:
        _hand(settings, _records(settings, new, time.time_ns()))
    for one in new:
        one.file.rename(one.file.with_name(one.file.name.removesuffix(_NEW)))
    return len(new)


def _records(settings: Settings, damaged: list[Damaged], now: int) -> dict[str, Any]:
    names = settings.names
    made = [
        {
            "timeUnixNano": str(now + number),
            "observedTimeUnixNano": str(now + number),
            "severityNumber": 17,
            "severityText": "ERROR",
            "body": {"stringValue": f"the queue file of {one.queue} was damaged; it is {one.file.name} in {ASIDE} now"},
            "attributes": [_attribute(names["event_name"], names["event"]), _attribute(names["queue"], one.queue)],
        }
        for number, one in enumerate(damaged)
    ]
    resource = {"attributes": [_attribute(names["service"], settings.service)]}
    scope_logs = [{"scope": {"name": names["scope"]}, "logRecords": made}]
    return {"resourceLogs": [{"resource": resource, "scopeLogs": scope_logs}]}


def _attribute(name: str, value: str) -> dict[str, Any]:
    return {"key": name, "value": {"stringValue": value}}


def _hand(settings: Settings, request: dict[str, Any]) -> None:
    headers = {"Content-Type": "application/json"}
    if settings.token_file is not None:
        headers["Authorization"] = f"Bearer {Path(settings.token_file).read_text(encoding='utf-8').splitlines()[0]}"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if settings.certificate_file is not None:
        # No name is asked for: whoever holds this very certificate's key is the collector, whatever it is called here.
        context.check_hostname = False
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(settings.certificate_file)
    to = urllib.request.Request(settings.collector, json.dumps(request).encode(), headers)  # noqa: S310 - rendered
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context))
    opener.open(to, timeout=_SECONDS).close()


def _say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {text}\n")
    sys.stderr.flush()


def _watch(settings: Settings) -> None:
    """Look and tell until told to end: of each fault once, until it is another one."""
    said = ""
    while True:
        try:
            for one in look(Path(settings.folder)):
                _say(f"set aside: {one.queue}: {one.fault}; now {one.file}")
            if told := tell(settings):
                _say(f"told the collector of {told}")
            said = ""
        except (OSError, ValueError, IndexError) as error:
            if said != (said := f"not done yet: {type(error).__name__}: {error}"):
                _say(said)
        time.sleep(_SECONDS)


def main() -> None:
    """Do what the arguments say; watch without any."""
    settings = Settings(**json.loads(Path(__file__).with_name("settings.json").read_text(encoding="utf-8"))["settings"])
    if "--look" in sys.argv:
        look(Path(settings.folder))
    elif "--list" in sys.argv:
        sys.stdout.writelines(f"{one.file}\n" for one in aside(Path(settings.folder)))
    elif "--check" not in sys.argv:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        _watch(settings)


if __name__ == "__main__":
    main()
