"""SPDX's names of licences, from their texts and from Debian's names."""

import re

# Phrases that stand in a text in this licence and in no other; all of them must be there.
TEXTS = {
    "Apache-2.0": ["apache license version 2.0, january 2004", "grant of patent license"],
    "MIT": [
        "permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated",
        "the above copyright notice and this permission notice shall be included in all copies"],
    "ISC": ["permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is"],
    "BSD-3-Clause": ["redistribution and use in source and binary forms", "neither the name"],
    "BSD-2-Clause": ["redistribution and use in source and binary forms"],
    "Zlib": ["altered source versions must be plainly marked as such"],
    "OpenSSL": ["openssl license", "original ssleay license"],
    "MPL-2.0": ["mozilla public license version 2.0", "exhibit a - source code form license notice"],
    "CC0-1.0": ["cc0 1.0 universal", "statement of purpose"],
}
# Beginnings of a source file that stand for a licence's text.
NOTICES = {
    "Apache-2.0": "licensed under the apache license, version 2.0",
    "ISC": TEXTS["ISC"][0],
    "CC0-1.0": "creativecommons.org/publicdomain/zero/1.0",
}
EXCEPTIONS = {
    "Swift-exception": "portions of this software are embedded into the binary product as a result, you may redistribute",
    "LLVM-exception": "llvm exceptions to the apache 2.0 license",
}
ADVERTISING = "all advertising materials mentioning features"
# Debian's names (copyright format 1.0), in lower case.
DEBIAN = {
    "expat": "MIT", "mit": "MIT", "isc": "ISC", "zlib": "Zlib", "curl": "curl", "libpng": "Libpng",
    "apache-2.0": "Apache-2.0", "apache-2": "Apache-2.0", "bsd-2-clause": "BSD-2-Clause",
    "bsd-3-clause": "BSD-3-Clause", "bsd-4-clause": "BSD-4-Clause", "mpl-1.1": "MPL-1.1", "mpl-2.0": "MPL-2.0",
    "postgresql": "PostgreSQL", "bsl-1.0": "BSL-1.0", "ftl": "FTL", "imagemagick": "ImageMagick", "vim": "Vim",
    "openldap-2.8": "OLDAP-2.8", "afl-2.1": "AFL-2.1", "cc0-1.0": "CC0-1.0", "cc0": "CC0-1.0", "x11": "X11",
    "bitstream-vera": "Bitstream-Vera", "fsfullr": "FSFULLR", "epl-1.0": "EPL-1.0", "openssl": "OpenSSL",
    "apache-2-llvm-exceptions": "Apache-2.0 WITH LLVM-exception",
}


def of_text(text):
    """The expression for a licence's text; None for one that is not among these few."""
    words = " ".join(text.lower().split())
    found = {name for name, phrases in TEXTS.items() if all(phrase in words for phrase in phrases)}
    if "BSD-3-Clause" in found:
        found.remove("BSD-2-Clause")
    if ADVERTISING in words and "OpenSSL" not in found:
        return None
    if "OpenSSL" in found:
        found -= {"BSD-2-Clause", "BSD-3-Clause"}
    exceptions = [name for name, phrase in EXCEPTIONS.items() if phrase in words]
    if "Apache-2.0" in found and len(exceptions) == 1:
        found = found - {"Apache-2.0"} | {f"Apache-2.0 WITH {exceptions[0]}"}
    elif exceptions:
        return None
    return " AND ".join(sorted(found)) or None


def of_sources(paths):
    """The expression for source files that say themselves what they are under; None if one of them does not."""
    found = set()
    for path in paths:
        # Comments go on with another sign in each line.
        beginning = re.sub(r"[/*#\s]+", " ", path.read_text(errors="replace")[:4000].lower())
        if not beginning.strip():
            continue
        names = {name for name, notice in NOTICES.items() if re.sub(r"[/*#\s]+", " ", notice) in beginning}
        if not names:
            return None
        found |= names
    return " AND ".join(sorted(found)) or None


def of_debian(name):
    """The expression for what Debian calls `LGPL-2+ or MPL-1.1`; None where one of its names is none of SPDX."""
    # A comma binds less than the words (copyright format 1.0, 7.2): "A or B, and C".
    groups = [part.strip() for part in re.split(r",\s+(?=and\b|or\b)", " ".join(name.split()))]
    if len(groups) > 1:
        joined = [re.match(r"(and|or)\s+(.+)", group) for group in groups[1:]]
        parts = [of_debian(groups[0])] + [of_debian(match[2]) for match in joined]
        if not all(parts):
            return None
        expression = f"({parts[0]})" if " " in parts[0] else parts[0]
        for match, part in zip(joined, parts[1:]):
            expression += f" {match[1].upper()} " + (f"({part})" if " OR " in part or " AND " in part else part)
        return expression
    alternatives = []
    for alternative in re.split(r"\s+or\s+", groups[0], flags=re.IGNORECASE):
        names = [single(word) for word in re.split(r"\s+and\s+", alternative, flags=re.IGNORECASE)]
        if not all(names):
            return None
        alternatives.append(" AND ".join(names))
    return " OR ".join(alternatives)


def single(name):
    lower = name.strip().lower()
    if lower in DEBIAN:
        return DEBIAN[lower]
    gnu = re.fullmatch(r"(a|l)?gpl-?v?(\d)(?:\.(\d))?(\.0)?(\+)?", lower)
    if not gnu:
        return None
    version = f"{gnu[2]}.{gnu[3] or 0}"
    kind = f"{(gnu[1] or '').upper()}GPL"
    # Those that there are; LGPL-1.0 is none.
    known = {"GPL": ("1.0", "2.0", "3.0"), "LGPL": ("2.0", "2.1", "3.0"), "AGPL": ("3.0",)}
    if version not in known[kind]:
        return None
    return f"{kind}-{version}-{'or-later' if gnu[5] else 'only'}"
