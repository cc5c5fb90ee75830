"""
Make a mongod that was built for Debian 9 ask for the libcurl of today: ``python -m lab.mongod_binary FILE``.

libcurl.so.4 of Debian 9 named its symbols ``CURL_OPENSSL_3``, that of later Debians ``CURL_OPENSSL_4``; the functions
are the same. A program has the name once as text and once as its hash, in the table of versions that it needs
(``.gnu.version_r``, ``vna_hash``: https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/symversion.html).
Both end in a digit that becomes another: two bytes of the file.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

OLD, NEW = b"CURL_OPENSSL_3", b"CURL_OPENSSL_4"


class NotThatProgram(ValueError):
    """The file does not ask for the old name exactly once, so nothing is known of what a change would do."""


def elf_hash(name: bytes) -> int:
    """Return the hash by which ELF finds a name (System V ABI, chapter 5, "Hash Table")."""
    value = 0
    for byte in name:
        value = (value << 4) + byte
        high = value & 0xF0000000
        value = (value ^ high >> 24) & ~high
    return value


def _hash_bytes(name: bytes) -> bytes:
    return struct.pack("<I", elf_hash(name))


def changed(program: bytes) -> bytes:
    """
    Return the program that asks for the new name.

    :raises NotThatProgram: text or hash of the old name do not stand exactly once in it.
    """
    changes = {"the text CURL_OPENSSL_3": (OLD + b"\0", NEW + b"\0"), "its hash": (_hash_bytes(OLD), _hash_bytes(NEW))}
    wrong = [f"{what} stands {n} times" for what, (old, _) in changes.items() if (n := program.count(old)) != 1]
    if wrong:
        raise NotThatProgram(", ".join(wrong))
    for old, new in changes.values():
        program = program.replace(old, new)
    return program


def main(path: Path) -> None:
    """
    Change a file in its place, by way of one beside it.

    :raises SystemExit: it is not such a program; the file stays as it is.
    """
    try:
        program = changed(path.read_bytes())
    except NotThatProgram as error:
        raise SystemExit(
            f"{path}: {error}; expected each exactly once\nhint: is it a mongod built for Debian 9, not changed yet?"
        ) from error
    beside = path.with_name(f"{path.name}.new")
    beside.write_bytes(program)
    beside.chmod(path.stat().st_mode)
    beside.rename(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
