"""
Reading the platform file: every mistake at once, with the key's path and what to write instead.

``python -m vitam_operators.platforms FILE`` checks a file; ``--schema`` prints the JSON Schema for editors.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from vitam_operators.config import Platform
from vitam_operators.errors import ConfigError
from vitam_operators.platform_checks import findings
from vitam_operators.platform_mistakes import in_words as path_words
from vitam_operators.platform_mistakes import sentence, shown, without_mistakes
from vitam_operators.platform_texts import odd_texts
from vitam_operators.platform_yaml import read_yaml
from vitam_operators.window import in_words

PLATFORM_FILE_VARIABLE = "VITAM_BACKUP_PLATFORM"
HINT = "config/platform.example.yaml explains every key"


def platform_file(beside: Path) -> Path:
    """
    Return the path of the platform file.

    :param beside: root of the package: ``config/platform.yaml`` below it is the default; the environment variable
        ``VITAM_BACKUP_PLATFORM`` names another
    """
    return Path(os.environ.get(PLATFORM_FILE_VARIABLE) or beside / "config" / "platform.yaml")


def load_platform(path: Path) -> Platform:
    """
    Read and check a platform file.

    :param path: the YAML file
    :raises ConfigError: it is missing, not YAML, or wrong; the message has a line for each mistake
    """
    try:
        content = read_yaml(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(
            f"there is no platform file at {path}",
            hint="copy config/platform.example.yaml there, or make one with python -m vitam_operators.inventory",
        ) from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}", hint="mend its place or its rights") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not YAML: {error}", hint="mend the line that is named") from error
    return check_platform(content, source=str(path))


def platform_at(path: str) -> Platform:
    """
    Return the platform of a file, read once in a process for each state of the file.

    :raises ConfigError: as :func:`load_platform`
    """
    try:
        status = os.stat(path)
    except OSError:
        return load_platform(Path(path))
    return _platform_at(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)
def _platform_at(path: str, changed_ns: int, size_bytes: int) -> Platform:
    return load_platform(Path(path))


def check_platform(content: Any, *, source: str) -> Platform:
    """
    Turn the content of a platform file into a :class:`Platform`.

    :param content: what YAML read
    :param source: the file's name, for the message
    :raises ConfigError: with a line for each mistake
    """
    if not isinstance(content, dict):
        raise ConfigError(f"{source} holds no keys, found {type(content).__name__}", hint=HINT)
    odd = {place: (words, text) for place, words, text in odd_texts(content)}
    texts = [f"at {path_words(content, p)}: {words}, found {shown(text)}" for p, (words, text) in odd.items()]
    try:
        platform = Platform.model_validate(content)
    except ValidationError as error:
        items = error.errors()
        words = [sentence(content, item) for item in items if item["loc"] not in odd]
        raise _wrong(source, [*texts, *words, *_behind(content, items)]) from error
    if words := [*texts, *findings(platform)]:
        raise _wrong(source, words)
    return platform


def _behind(content: Any, items: Iterable[Any]) -> list[str]:
    """Return the findings that would show next, as far as the mistakes found so far let them be seen."""
    try:
        return list(findings(Platform.model_validate(without_mistakes(content, items))))
    except ValidationError:
        return []


def _wrong(source: str, words: Iterable[str]) -> ConfigError:
    lines = "\n".join(f"  {line}" for line in words)
    return ConfigError(f"{source} is wrong:\n{lines}", hint=HINT)


def schema_text() -> str:
    """Return the JSON Schema of the platform file, as ``config/platform.schema.json`` holds it."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | Platform.model_json_schema(by_alias=True)
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def summary(platform: Platform) -> str:
    """Say in two lines what a platform file describes."""
    shards = sum(len(cluster.shards) for cluster in platform.mongodb)
    counts = [
        _count(len(platform.hosts), "host"),
        f"{_count(len(platform.mongodb), 'MongoDB cluster')} with {_count(shards, 'shard')}",
        _count(len(platform.elasticsearch), "Elasticsearch cluster"),
    ]
    what = f"platform {platform.name}, Vitam {platform.vitam_version}: {', '.join(counts)}."
    return f"{what}\n{in_words(platform.window)}."


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a platform file, or print the schema; the exit status is 1 when the file is wrong."""
    parser = argparse.ArgumentParser("python -m vitam_operators.platforms", description="Check a platform file.")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("file", nargs="?", type=Path, help="the platform file (YAML)")
    what.add_argument("--schema", action="store_true", help="print the JSON Schema of platform files")
    options = parser.parse_args(arguments)
    if options.schema:
        sys.stdout.write(schema_text())
        return 0
    try:
        print(f"{options.file} is right: {summary(load_platform(options.file))}")
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
