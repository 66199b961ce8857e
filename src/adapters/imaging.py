"""Pillow: makes the pictures that are shown from what somebody uploaded. Nothing of the upload's bytes is in them.

The bytes decide what an upload is, and not its name or type. It is read as JPEG, PNG or WebP and as nothing else. Its
pixels are counted before they are decoded.
"""

from __future__ import annotations

import io

from PIL import Image, ImageCms, ImageOps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_PIXELS = 25_000_000  # 100 MB when decoded
MOST_SCANS = 100  # of a progressive JPEG, each of which passes over all pixels
QUALITY = 82
TYPE = "image/webp"
# How readers of other formats recognize a file that is an image too: ZIP (and so Java and Office) by the record at its
# end, which may have a comment of 65,535 bytes behind it; PDF by its first 1,024 bytes.
ZIP_END, ZIP_TAIL = b"PK\x05\x06", 65_557
PDF_BEGIN, PDF_HEAD = b"%PDF-", 1024
PNG_END = b"\x00\x00\x00\x00IEND\xae\x42\x60\x82"


class Refused(Exception):
    """The upload is no picture that is shown; its text is the reason, in the words of a log line."""


def rendered(content: bytes, sizes: Iterable[int]) -> dict[int, bytes]:
    """The picture as a square of each size, upright, in WebP without metadata. Raises Refused."""
    _check_bytes(content)
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _check_header(image)
            whole = _decoded(image, max(sizes))
            return {size: _encoded(whole, size) for size in sizes}
    except Image.DecompressionBombError:
        raise Refused("too_many_pixels") from None
    except (OSError, ValueError, SyntaxError, IndexError, OverflowError) as error:  # Pillow raises these for bad files
        raise Refused("unreadable") from error


def _check_bytes(content: bytes) -> None:
    """Refuse what is something else too, and what costs more time than any camera's file."""
    if ZIP_END in content[-ZIP_TAIL:] or PDF_BEGIN in content[:PDF_HEAD]:
        raise Refused("other_format")
    if content.startswith(b"\x89PNG") and not content.endswith(PNG_END):
        raise Refused("not_ended")
    if content.startswith(b"RIFF") and int.from_bytes(content[4:8], "little") + 8 != len(content):
        raise Refused("not_ended")
    if content.startswith(b"\xff\xd8") and content.count(b"\xff\xda") > MOST_SCANS:
        raise Refused("too_many_scans")


def _check_header(image: Image.Image) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise Refused("too_many_pixels")
    # A JPEG of some cameras has further images behind the first, which is the picture.
    if image.format in ("PNG", "WEBP") and getattr(image, "is_animated", False):
        raise Refused("animated")


def _decoded(image: Image.Image, largest: int) -> Image.Image:
    """The image, upright, in RGB or RGBA, a little larger than needed, without anything else of the file."""
    image.draft("RGB", (2 * largest, 2 * largest))
    image.load()
    transparent = image.has_transparency_data
    whole = ImageOps.exif_transpose(image).convert("RGBA" if transparent else "RGB")
    whole = _in_srgb(whole, image.info.get("icc_profile"))
    bare = Image.new(whole.mode, whole.size)
    bare.paste(whole)
    return bare


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The image in the colors that a picture without a profile has. A profile that is not of RGB changes nothing."""
    if not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != "RGB":
            return image
        return ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB")) or image
    except (ImageCms.PyCMSError, OSError):  # no profile, or one that cannot be used
        return image


def _encoded(image: Image.Image, size: int) -> bytes:
    written = io.BytesIO()
    square = ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS)
    square.save(written, "WEBP", quality=QUALITY)
    return written.getvalue()
