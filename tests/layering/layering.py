#!/usr/bin/env python3
"""Checks who includes whom, and a few words that do not belong where they stand.

usage: layering.py [ROOT]     prints one line for each finding and exits with 1 if there is any

The table of arrows is AREAS: the first row whose folder holds a file says what the file may include. A row grows when the
architecture does (docs/decisions), never to make a finding go away.
"""
import pathlib
import posixpath
import re
import subprocess
import sys

LIBC = {
    "assert", "ctype", "errno", "float", "inttypes", "limits", "locale", "math", "setjmp", "signal", "stdalign", "stdarg",
    "stdatomic", "stdbool", "stddef", "stdint", "stdio", "stdlib", "stdnoreturn", "string", "threads", "time", "uchar", "wchar",
}
# What a header that is neither the project's nor the standard library's belongs to; the first that fits.
LIBRARIES = [
    (r"boost/(spirit|fusion|phoenix|proto|mpl|preprocessor|variant|optional|config|core|range|type_traits|utility)\b", "x3"),
    (r"boost/dll\b", "boost-dll"),
    (r"boost/unordered/", "flat-map"),
    (r"boost/pfr\b", "reflection"),
    (r"boost/json\b", "json"),
    (r"boost/crc\b", "checksum"),
    (r"boost/(beast|url)\b", "beast"),
    (r"boost/(asio|system)\b", "asio"),
    (r"boost/", "boost"),
    (r"simdjson", "simdjson"),
    (r"re2/", "re2"),
    (r"toml\+\+/|toml\.hpp", "toml"),
    (r"librdkafka/", "rdkafka"),
    (r"pqxx/|libpq|postgres_ext|pg_config", "postgres"),
    (r"spdlog/", "spdlog"),
    (r"fmt/", "fmt"),
    (r"CLI/", "cli11"),
    (r"openssl/", "openssl"),
    (r"zlib\.h|zstd\.h", "compression"),
    (r"xxhash\.h", "xxhash"),
    (r"unicode/", "icu"),
    (r"(gtest|gmock|benchmark)/", "test"),
]
FILES_AND_SOCKETS = {"fstream", "filesystem", "iostream"}

BASE = {"std", "libc"}
KIT = BASE | {"posix", "files", "abi", "sdk", "fmt"}
ENGINE = BASE | {"posix", "files", "abi", "fmt", "spdlog"}
CORE = {"engine/config", "engine/host", "engine/modules"}
FLOW = ENGINE | {"asio", "engine/modules", "engine/host", "engine/flow"}
RUNTIME = ENGINE | CORE | {"json", "asio", "boost-dll", "toml", "openssl", "xxhash", "engine/flow", "engine/json", "engine/records", "engine/runtime"}
ADMIN = RUNTIME | {"beast", "engine/admin"}
CLI = ADMIN | {"cli11", "dsl", "engine/lsp", "engine/cli"}

# Folder, what its files may include. A plugin's own folder is always allowed to it.
AREAS = [
    ("plugins/abi", {"libc", "abi"}),
    ("plugins/sdk/millrace/testing", BASE | {"abi", "sdk", "posix", "files"}),
    ("plugins/sdk", BASE | {"abi", "sdk"}),
    ("plugins/examples/c", {"libc", "abi"}),
    ("plugins/examples", KIT),
    ("plugins/source_http", KIT | {"asio", "beast", "boost", "openssl", "compression"}),
    ("plugins/kafka_client", KIT | {"rdkafka"}),
    ("plugins/source_kafka", KIT | {"rdkafka", "plugins/kafka_client"}),
    ("plugins/sink_kafka", KIT | {"rdkafka", "plugins/kafka_client"}),
    ("plugins/sink_postgres", KIT | {"postgres", "simdjson"}),  # simdjson for what it knows of UTF-8
    ("plugins/sink_http", KIT | {"asio", "beast", "boost", "openssl"}),
    ("plugins/source_file", KIT | {"compression"}),
    ("plugins/sink_file", KIT | {"compression"}),
    ("plugins/router_rules", KIT | {"dsl", "xxhash"}),
    ("plugins", KIT),
    # xxHash and the folding of Unicode are functions of the language; the flat map is what the index is built on;
    # reflection copies nodes of the tree, whatever they hold; a checksum chooses partitions as librdkafka does.
    ("dsl", BASE | {"x3", "flat-map", "reflection", "checksum", "simdjson", "re2", "xxhash", "icu", "dsl"}),
    ("engine/config", ENGINE | CORE | {"toml"}),
    ("engine/modules", ENGINE | CORE | {"boost-dll"}),
    ("engine/host", ENGINE | CORE),
    ("engine/records", ENGINE | CORE | {"engine/records"}),
    ("engine/flow", FLOW),
    ("engine/runtime", RUNTIME),
    ("engine/admin", ADMIN),
    ("engine/json", BASE | {"json"}),
    # The language server is a protocol of JSON texts over the compiler; nothing that runs has a part in it.
    ("engine/lsp", BASE | {"json", "dsl", "engine/lsp"}),
    ("engine/cli", CLI),
    ("engine", CLI),
]
# The movement of events knows no outside system.
FOREIGN_WORDS = {"engine/flow": {"kafka", "sql", "postgres", "postgresql", "topic", "table"}}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
# What others copy or install without the rest includes its own files by their place beside each other.
SELF_CONTAINED = ("plugins/abi/", "plugins/sdk/", "plugins/examples/")
SOURCE = (".h", ".hpp", ".c", ".cpp")
SKIPPED_FOLDERS = {"build", ".git", ".deps", ".run", ".cache", "fixtures"}

# Places that exist on one machine only, and hosts that a reader need not reach.
MACHINE_PATH = re.compile(r"(?<![\w.$}/~-])/(?:work|home|root|Users|tmp/wt)/[\w.]")
URL_HOST = re.compile(r"https?://(?:[\w.-]+@)?([A-Za-z][\w.-]*\.[A-Za-z]{2,})")
KNOWN_HOSTS = re.compile(r"(?i)(^|\.)(apache\.org|example(\.(com|org|net))?|w3\.org|postgresql\.org|debian\.org/doc|json-schema\.org)$")
TEXT_LIMIT = 2_000_000


def library_of(header):
    for pattern, name in LIBRARIES:
        if re.match(pattern, header):
            return name
    return None


def angle_owner(header):
    """Who owns <header>, or None when nobody here knows it."""
    if header.startswith("millrace/"):
        return "abi" if header.endswith(".h") else "sdk"
    if library := library_of(header):
        return library
    if header in FILES_AND_SOCKETS:
        return "files"
    if re.fullmatch(r"[a-z_]+", header):
        return "std"
    if header.endswith(".h"):
        return "libc" if header[:-2] in LIBC else "posix"
    return None


def quoted_owner(root, path, includer):
    """Who owns the file that "path" names from the root of the project, or None when there is none."""
    if not (root / path).is_file():
        if not includer.startswith(SELF_CONTAINED):
            return None
        path = posixpath.normpath(posixpath.join(posixpath.dirname(includer), path))
        if not (root / path).is_file():
            return None
    parts = path.split("/")
    if parts[0] in ("engine", "plugins") and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0]


def area_of(path):
    for folder, allowed in AREAS:
        if path.startswith(folder + "/"):
            return folder, allowed
    return None, None


def own_folder(path):
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] in ("engine", "plugins") and len(parts) > 2 else parts[0]


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def include_findings(root, path, text):
    folder, allowed = area_of(path)
    if folder is None:
        return
    for match in INCLUDE.finditer(text):
        quote, header = match.groups()
        place = f"{path}:{line_of(text, match.start())}"
        owner = angle_owner(header) if quote == "<" else quoted_owner(root, header, path)
        if owner is None:
            way = "include from the root of the project" if quote == '"' else "name its library in tests/layering/layering.py"
            yield f"{place}: nobody knows whose '{header}' is; {way}"
        elif owner not in allowed and owner != own_folder(path):
            yield f"{place}: {folder} must not include {owner} ('{header}')"


def words_of(text):
    for match in re.finditer(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", text):
        yield match.group().lower(), match.start()


def word_findings(path, text):
    for folder, banned in FOREIGN_WORDS.items():
        if path.startswith(folder + "/"):
            for word, position in words_of(text):
                if word in banned or word.removesuffix("s") in banned:
                    yield f"{path}:{line_of(text, position)}: {folder} must not know the word '{word}'"


def place_findings(path, text):
    for match in MACHINE_PATH.finditer(text):
        yield f"{path}:{line_of(text, match.start())}: names a place of one machine ('{match.group()}…')"
    for match in URL_HOST.finditer(text):
        if not KNOWN_HOSTS.search(match.group(1)):
            yield f"{path}:{line_of(text, match.start())}: names a host ('{match.group(1)}')"


def files_of(root):
    """The files that git knows, or all of them where there is no git."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, text=True)
    if listed.returncode == 0 and listed.stdout:
        names = listed.stdout.rstrip("\0").split("\0")
    else:
        names = [str(file.relative_to(root)) for file in root.rglob("*")]
    return sorted(name for name in names if not SKIPPED_FOLDERS & set(name.split("/")[:-1]) and (root / name).is_file())


def findings(root):
    root = pathlib.Path(root)
    for path in files_of(root):
        if (root / path).stat().st_size > TEXT_LIMIT:
            continue
        try:
            text = (root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        yield from place_findings(path, text)
        if path.endswith(SOURCE):
            yield from include_findings(root, path, text)
            yield from word_findings(path, text)


def main(arguments):
    root = arguments[0] if arguments else pathlib.Path(__file__).resolve().parents[2]
    found = list(findings(root))
    for line in found:
        print(line)
    print(f"layering: {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
