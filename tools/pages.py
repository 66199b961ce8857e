"""The files of the console and of the documentation in the bucket of infra/console.yaml. deploy.sh --console uses this.

python -m tools.pages ADDRESS REGION BUCKET DISTRIBUTION [--dry-run] < RESOURCES

ADDRESS is where the pages will be, without a path. RESOURCES are those of the API's stack: a line with the logical id,
the type and the physical id of each. --dry-run says what would be done. The AWS CLI does it.
Exit status: 0 the bucket has these files; 1 it has not, and running this again goes on; 2 wrong usage.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import contract
from local.template.source import TemplateError, read_template
from local.template.transform import ROOT
from local.web import documentation, web_console

# A browser asks each time whether its copy is still right. CloudFront keeps its copy until a deployment tells it of a
# change, and a day at most.
CACHE = "max-age=0, s-maxage=86400"
JSON = "application/json"
UPLOADED = "uploaded.json"  # the list of the files with their headers; the distribution leads nobody to it
DRY = "--dry-run"
QUIET = ("--only-show-errors", "--no-guess-mime-type")
OUTPUT = ("--output", "json")


class NotUploaded(Exception):
    """The AWS CLI refused; with what it says."""


@dataclass(frozen=True)
class File:
    """A file of the bucket."""

    body: bytes
    kind: str

    @property
    def digest(self) -> str:
        """The ETag of an object with these bytes, if S3 encrypts it with its own key."""
        return hashlib.md5(self.body, usedforsecurity=False).hexdigest()

    @property
    def mark(self) -> str:
        """The bytes and headers in short. Two versions of a file differ in it."""
        return f"{self.digest} {self.kind} {CACHE}"


def main(arguments: list[str]) -> int:
    """Bring the bucket up to date, or say what would be done."""
    given = [each for each in arguments if each != DRY]
    if len(given) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    address, region, bucket, distribution = given
    resources = {line.split()[0]: line.split()[2] for line in sys.stdin if len(line.split()) > 2}
    try:
        wanted = files(address, region, resources)
        renew(Bucket(bucket, region), distribution, wanted, dry=DRY in arguments)
    except (NotUploaded, FileNotFoundError, TemplateError) as error:
        print(f"pages: {error}", file=sys.stderr)
        return 1
    return 0


def files(address: str, region: str, resources: Mapping[str, str]) -> dict[str, File]:
    """All files by their key, for a stack with these resources: physical id by logical id. Raises TemplateError."""
    return {**pages(), **facts(address, region, resources)}


def pages() -> dict[str, File]:
    """The files that are the same for every stack. A page has two names more, with and without a slash."""
    found = {}
    for name, path in web_console.files().items():
        found[f"console/{name}"] = File(path.read_bytes(), web_console.TYPES[path.suffix])
    for name, (_, kind) in documentation.FILES.items():
        found[f"docs/{name}"] = File(documentation.file(name).read_bytes(), kind)
    return {**found, **{page: found[f"{page}/"] for page in ("console", "docs")}}


def facts(address: str, region: str, resources: Mapping[str, str]) -> dict[str, File]:
    """The files that differ: the contract, with the operations that are there, and the facts of the sign-in."""
    prefix = resources.get("UserPoolDomain")
    sign_in = f"https://{prefix}.auth.{region}.amazoncognito.com" if prefix else ""
    source = read_template(ROOT / "template.yaml")
    shown = contract.document(source, address, resources, sign_in, "this stack")
    found = {contract.PLACE.strip("/"): File(shown or b"{}", JSON)}
    if sign_in:
        told = {"userPoolId": resources["UserPool"], "clientIds": {"pages": resources["PagesClient"]}}
        found[contract.FACTS.strip("/")] = File(json.dumps(told).encode() + b"\n", JSON)
    return found


class Bucket:
    """The bucket, by the AWS CLI. Everything raises NotUploaded."""

    def __init__(self, name: str, region: str) -> None:
        self.name, self.region = name, region

    def digests(self) -> dict[str, str]:
        """The ETag of each object, by its key."""
        found = json.loads(self.aws("s3api", "list-objects-v2", "--bucket", self.name) or "{}")
        return {each["Key"]: each["ETag"].strip('"') for each in found.get("Contents", [])}

    def uploaded(self) -> dict[str, str]:
        """The marks of the files that were uploaded last, by their key."""
        return dict(json.loads(self.aws("s3", "cp", f"s3://{self.name}/{UPLOADED}", "-")))

    def put(self, wanted: Mapping[str, File]) -> None:
        """Upload files: those of one type at once, and those that are named like a folder one by one."""
        with tempfile.TemporaryDirectory() as folder:
            for number, (kind, keys) in enumerate(sorted(by_type(wanted).items())):
                for key in keys:
                    write(Path(folder, str(number), key), wanted[key].body)
                headers = ("--content-type", kind, "--cache-control", CACHE)
                self.aws("s3", "cp", f"{folder}/{number}", f"s3://{self.name}", "--recursive", *QUIET, *headers)
            for key in filter(is_page, wanted):
                body = write(Path(folder, "page"), wanted[key].body)
                headers = ("--content-type", wanted[key].kind, "--cache-control", CACHE)
                self.aws("s3api", "put-object", "--bucket", self.name, "--key", key, "--body", str(body), *headers)

    def delete(self, keys: Collection[str]) -> None:
        """Delete objects, at most a thousand."""
        listed = json.dumps({"Objects": [{"Key": key} for key in sorted(keys)], "Quiet": True})
        self.aws("s3api", "delete-objects", "--bucket", self.name, "--delete", listed)

    def aws(self, *arguments: str) -> str:
        """The output of one call of the AWS CLI."""
        done = subprocess.run(
            ["aws", *arguments, "--region", self.region, *(OUTPUT if arguments[0] != "s3" else ())],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = done.stderr.strip() or f"aws ended with {done.returncode}"
            raise NotUploaded(f"{said}\npages: not everything is uploaded; run this again")
        return done.stdout


def is_page(key: str) -> bool:
    """Whether a key is that of a page without a file name: on a disk, nothing is called like a folder."""
    return "." not in key


def by_type(wanted: Mapping[str, File]) -> dict[str, list[str]]:
    """The keys of all files but pages, by type."""
    found: dict[str, list[str]] = {}
    for key, file in wanted.items():
        if not is_page(key):
            found.setdefault(file.kind, []).append(key)
    return found


def write(path: Path, body: bytes) -> Path:
    """Write a file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)
    return path


def renew(bucket: Bucket, distribution: str, wanted: Mapping[str, File], *, dry: bool = False) -> None:
    """Upload what has changed, delete what is gone, and tell CloudFront. Raises NotUploaded.

    The list of what was uploaded is written last: whatever fails before is done again the next time.
    """
    there = bucket.digests()
    known = bucket.uploaded() if UPLOADED in there else {}
    new = {key: file for key, file in wanted.items() if (there.get(key), known.get(key)) != (file.digest, file.mark)}
    gone = there.keys() - wanted.keys() - {UPLOADED}
    for line in lines(new, gone, dry=dry):
        print(line, flush=True)
    left = known.keys() - wanted.keys()  # deleted already, and CloudFront was not told
    if dry or not (new or gone or left):
        return
    bucket.put(new)
    if gone:
        bucket.delete(gone)
    if there:  # CloudFront has no copy of what was never there
        told: tuple[Any, ...] = ("--distribution-id", distribution, "--paths", "/*")
        bucket.aws("cloudfront", "create-invalidation", *told)
    marks = {key: file.mark for key, file in wanted.items()}
    bucket.put({UPLOADED: File(json.dumps(marks, indent=1).encode(), JSON)})


def lines(new: Collection[str], gone: Collection[str], *, dry: bool) -> Iterator[str]:
    """A line for all changes, and one for each if they are few or only planned."""
    if not new and not gone:
        yield "pages     as they are"
        return
    would = "would " if dry else ""
    yield f"pages     {would}upload {len(new)}, {would}delete {len(gone)}"
    if dry or len(new) + len(gone) <= 10:
        yield from (f"          {would}upload {key}" for key in sorted(new))
        yield from (f"          {would}delete {key}" for key in sorted(gone))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
