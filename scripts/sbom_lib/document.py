"""An SPDX 2.3 document: https://spdx.github.io/spdx-spec/v2.3/"""

import hashlib
import json
import re
from dataclasses import dataclass, field

UNKNOWN = "NOASSERTION"


@dataclass
class Package:
    name: str
    version: str | None
    # An SPDX expression; None where nobody knows.
    licence: str | None
    purl: str | None
    purpose: str = "LIBRARY"
    homepage: str | None = None
    # Where the very bytes come from.
    location: str = UNKNOWN
    supplier: str = UNKNOWN
    sha256: str | None = None
    # How the licence is known, and what it does not say.
    licence_note: str | None = None
    # What was done with it here.
    source_note: str | None = None
    # It has to be unlike that of any other package.
    key: str = ""
    more_purls: list = field(default_factory=list)

    @property
    def id(self):
        return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.]+", "-", self.key or f"Package-{self.name}").strip("-")

    def element(self):
        element = {
            "SPDXID": self.id, "name": self.name, "downloadLocation": self.location, "filesAnalyzed": False,
            "licenseConcluded": UNKNOWN, "licenseDeclared": self.licence or UNKNOWN, "copyrightText": UNKNOWN,
            "supplier": self.supplier, "primaryPackagePurpose": self.purpose}
        optional = {
            "versionInfo": self.version, "homepage": self.homepage, "licenseComments": self.licence_note,
            "sourceInfo": self.source_note}
        element |= {key: value for key, value in optional.items() if value}
        if self.sha256:
            element["checksums"] = [{"algorithm": "SHA256", "checksumValue": self.sha256}]
        purls = ([self.purl] if self.purl else []) + self.more_purls
        if purls:
            element["externalRefs"] = [
                {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}
                for purl in purls]
        return element


class Document:
    def __init__(self, tree):
        # First, because compilers read the variable as well.
        self.time = tree.time()
        self.packages = {}
        self.relationships = set()
        self.harrier = self.add(Package(
            "harrier", tree.version(), "Apache-2.0", None, purpose="APPLICATION", source_note="this repository"))
        self.relationships.add(("SPDXRef-DOCUMENT", "DESCRIBES", self.harrier.id))

    @property
    def without_licence(self):
        return sorted({package.name for package in self.packages.values() if not package.licence})

    def add(self, package):
        """A package that is there already is that one."""
        return self.packages.setdefault(package.id, package)

    def relate(self, subject, kind, other):
        """`subject` is in this relation to `other`: DEPENDS_ON, CONTAINS, BUILD_TOOL_OF ..."""
        if subject.id != other.id:
            self.relationships.add((subject.id, kind, other.id))

    def text(self):
        """The document; its namespace is a hash of all else, so that two different ones never share it."""
        document = {
            "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
            "name": f"harrier-{self.harrier.version}", "documentNamespace": "",
            "creationInfo": {
                "created": self.time, "creators": [f"Tool: harrier-sbom-{self.harrier.version}"]},
            "documentDescribes": [self.harrier.id],
            "packages": [self.packages[key].element() for key in sorted(self.packages)],
            "relationships": [
                {"spdxElementId": subject, "relationshipType": kind, "relatedSpdxElement": other}
                for subject, kind, other in sorted(self.relationships)]}
        digest = hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
        document["documentNamespace"] = f"https://spdx.org/spdxdocs/{document['name']}-{digest[:32]}"
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
